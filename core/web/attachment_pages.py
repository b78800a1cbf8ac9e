"""The panel of attachments on every record's page, and what its forms send."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, g, redirect, request, url_for

from core import hooks
from core.attachments import RIGHT, allowed_types, attach, attachments_of, detach
from core.contributions import Panel
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.events import RecordRef, ref_of
from core.files import LARGEST, frozen_words, may_see_record, size_words
from core.i18n import _, n_
from core.settings import get_setting
from core.web.files import SHOWN_INLINE
from core.web.gate import needs, takes_files
from core.web.shell import may_open

blueprint = Blueprint("attachments", __name__)

SEVERAL = 4
"""One upload may be as large as this many files of the largest size."""


def init_app(app: Flask) -> None:
    """Let the core answer for every record: its attachments, for those who may see it."""
    hooks.answer_from_core(app.extensions["sanbao"]["registry"], "record_panels", "attachments", panels)


def panels(ctx, record) -> list[Panel]:
    """The attachments of a record of a declared kind, with a form for those who may add some."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    if not may_see_record(ctx, ref):
        return []
    found = [
        {
            "id": row.id,
            "name": row.file.name,
            "size": size_words(row.file.size),
            "picture": row.file.media_type in SHOWN_INLINE,
            "file_id": row.file_id,
            "by": row.added_name,
            "at": row.added_at,
        }
        for row in attachments_of(ctx, ref)
    ]
    may_edit = ctx.can(RIGHT) and not frozen_words(ctx, ref)
    if not found and not may_edit:
        return []
    data = {
        "attachments": found,
        "may_edit": may_edit,
        "kind": ref.kind,
        "record_id": ref.id,
        "accept": ",".join(f".{ending}" for ending in allowed_types(ctx)),
        "largest": get_setting(ctx, LARGEST),
    }
    return [Panel(_("Attachments"), "attachments/_panel.html", data, order=80, acts=True, idle=not found)]


def _record_url(ctx, ref: RecordRef) -> str:
    kind = ctx.registry.kinds.get(ref.kind)
    if kind is None or not kind.endpoint or not may_open(ctx, kind.endpoint):
        return url_for("web.home")
    return url_for(kind.endpoint, record_id=ref.id) + "#attachments"


@blueprint.post("/attachments/<kind>/<int:record_id>")
@needs(RIGHT)
@takes_files(LARGEST, SEVERAL)
def attachments_add(kind: str, record_id: int):
    """Put one or several files on a record; each that can't be is named, the others are kept."""
    ctx = g.ctx
    ref = RecordRef(kind, record_id)
    if not may_see_record(ctx, ref):
        raise NotFound("unknown_record", _("There is no such record."))
    sent = [f for f in request.files.getlist("file") if f.filename]
    added = 0
    for file in sent:
        try:
            attach(ctx, ref, file.filename or "", file.stream)
            added += 1
        except (Invalid, Conflict) as error:
            flash(error.message, "bad")
    if not sent:
        flash(_("Choose a file."), "bad")
    if added:
        flash(n_("{n} file attached.", "{n} files attached.", added), "ok")
    return redirect(_record_url(ctx, ref))


@blueprint.post("/attachments/<int:attachment_id>/remove")
@needs(RIGHT)
def attachment_remove(attachment_id: int):
    """Remove a file, with a reason."""
    ctx = g.ctx
    from core.attachments import Attachment

    row = ctx.session.get(Attachment, attachment_id)
    ref = RecordRef(row.record_kind, row.record_id) if row is not None else None
    try:
        ref = detach(ctx, attachment_id, request.form.get("reason", ""))
        flash(_("Removed."), "ok")
    except DomainError as error:
        if error.status in (403, 404) or ref is None:
            raise
        flash(error.message, "bad")
    return redirect(_record_url(ctx, ref))
