"""Numbered documents: the panel on records' pages, and the sheet to print."""

from __future__ import annotations

import segno
from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup

from core import hooks
from core.context import Ctx
from core.contributions import Panel
from core.documents import services as documents
from core.errors import DomainError, NotFound
from core.events import RecordRef, ref_of
from core.files import frozen_words, may_see_record
from core.i18n import _, use_locale
from core.message_templates import written
from core.web.current import record_id
from core.web.gate import MEMBER, needs
from core.web.shell import Shell, may_open

blueprint = Blueprint("documents", __name__)

SHOWN = 10
"""So many documents stand in the panel at a time."""
BEFORE = "documents_before"
"""The argument of a record's page that pages its documents by key."""


def init_app(app: Flask) -> None:
    """The pages, and the panel on the page of every record of which documents are issued."""
    app.register_blueprint(blueprint)
    hooks.answer_from_core(app.extensions["sanbao"]["registry"], "record_panels", "documents", panels)


def panels(ctx: Ctx, record) -> list[Panel]:
    """The documents of a record, with a button for each kind that this person may issue."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    kinds = documents.kinds_for(ctx, ref.kind)
    if not kinds or not may_see_record(ctx, ref):
        return []
    named = {kind.code: _(kind.label) for kind in kinds}
    before = record_id(request.args.get(BEFORE)) if has_request_context() else None
    rows = documents.documents_of(ctx, ref, before_id=before, limit=SHOWN + 1)
    found = [(row, named[row.kind]) for row in rows[:SHOWN]]
    frozen = frozen_words(ctx, ref)
    offered: dict[str, list[tuple[str, str]]] = {}
    for kind in kinds:
        if ctx.can(kind.permission) and not frozen and kind.ready(record):
            proposed = kind.language(ctx, record) or ctx.locale
            offered.setdefault(proposed, []).append((kind.code, named[kind.code]))
    if not found and not offered and before is None:
        return []
    is_first = before is None
    data = {
        "documents": found, "offered": offered, "kind": ref.kind, "record_id": ref.id, "languages": Shell.languages,
        "endpoint": ctx.registry.kinds[ref.kind].endpoint, "is_newest": is_first,
        "earlier": found[-1][0].id if len(rows) > SHOWN else None,
    }  # fmt: skip
    idle = is_first and not found
    return [Panel(_("Documents"), "documents/_panel.html", data, order=75, acts=True, idle=idle)]


def _record_url(ctx: Ctx, ref: RecordRef, *, whole: bool = False) -> str:
    kind = ctx.registry.kinds.get(ref.kind)
    if kind is None or not kind.endpoint or not may_open(ctx, kind.endpoint):
        return ""
    return url_for(kind.endpoint, record_id=ref.id, _external=whole)


@blueprint.post("/documents/new/<kind>/<int:record_id>")
@needs(MEMBER)
def issue(kind: str, record_id: int):
    """Issue a document on a record, and show its sheet."""
    ctx, ref = g.ctx, RecordRef(kind, record_id)
    if not may_see_record(ctx, ref):
        raise NotFound("unknown_record", _("There is no such record."))
    try:
        row = documents.issue_document(ctx, request.form.get("code", ""), ref, request.form.get("locale", ""))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
        return redirect((_record_url(ctx, ref) or url_for("web.home")) + "#documents")
    return redirect(url_for("documents.paper", document_id=row.id))


@blueprint.get("/documents/<int:document_id>")
@needs(MEMBER)
def paper(document_id: int):
    """The sheet as it was issued, laid out for A4, in its own language."""
    ctx = g.ctx
    row = documents.find_document(ctx, document_id)
    kind = documents.kind_of(ctx, row.kind)
    ref = RecordRef(row.record_kind, row.record_id)
    record_kind = ctx.registry.kinds[ref.kind]
    address = _record_url(ctx, ref, whole=True)
    shown = {"row": row, "facts": row.facts}
    with use_locale(row.locale):
        body = current_app.jinja_env.get_template("documents/sheet.html").render(  # without the page's own words
            **shown,
            ctx=ctx,
            issued=written(row.issued_at.astimezone(ctx.tz), row.locale),
            cancelled=written(row.cancelled_at.astimezone(ctx.tz), row.locale) if row.cancelled_at else "",
            name=_(kind.label),
            kind=kind,
            code=Markup(segno.make(address, error="m").svg_inline(omitsize=True)) if address else "",
        )
    return render_template(
        "documents/print.html",
        **shown,
        name=_(kind.label),
        sheet=Markup(body),
        record_words=f"{_(record_kind.label)} {record_kind.number(documents.record_of(ctx, row))}",
        record_url=_record_url(ctx, ref),
        may_copy=ctx.can(kind.permission),
        may_cancel=row.cancelled_at is None and ctx.can(kind.permission) and not frozen_words(ctx, ref),
    )


@blueprint.post("/documents/<int:document_id>/copies")
@needs(MEMBER)
def copy(document_id: int):
    """Count another copy and show it."""
    documents.copy_document(g.ctx, document_id)
    return redirect(url_for("documents.paper", document_id=document_id))


@blueprint.post("/documents/<int:document_id>/cancel")
@needs(MEMBER)
def cancel(document_id: int):
    """Cancel a document, with a reason."""
    try:
        documents.cancel_document(g.ctx, document_id, request.form.get("reason", ""))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
    return redirect(url_for("documents.paper", document_id=document_id))
