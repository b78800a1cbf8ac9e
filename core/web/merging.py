"""Duplicates as pages: which records look alike, both side by side before they are merged, undoing, and where a record
is used.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core import merging
from core.context import Ctx
from core.errors import DomainError, NotFound
from core.events import RecordRef
from core.i18n import _, n_
from core.paging import paged
from core.references import references_to
from core.registry import RecordKind
from core.web.current import cursor_argument, pager_of
from core.web.gate import MEMBER, needs

blueprint = Blueprint("merging", __name__)
_PAIRS = 20


def _page_of(known: RecordKind, record_id: int) -> str:
    return url_for(known.endpoint, record_id=record_id) if known.endpoint else url_for("web.home")


@blueprint.get("/duplicates/<kind>")
@needs(MEMBER)
def duplicates_page(kind: str):
    """Records that look alike, to be merged or told apart."""
    ctx = g.ctx
    known, how = merging.mergeable(ctx, kind)
    if how.suspects is None:
        raise NotFound("not_mergeable", _("There is no such page."))
    model: Any = known.model
    page = paged(ctx, how.suspects(), (model.id,), size=_PAIRS, cursor=cursor_argument(), count=False)
    groups = []
    for record in page.rows:
        others = [a for a in merging.alike(ctx, kind, record) if a.record.id > record.id]
        if others:
            groups.append((record, others))
    return render_template(
        "web/duplicates.html",
        kind=kind,
        label=_(known.label),
        number=known.number,
        name=how.name,
        groups=groups,
        pager=pager_of(page),
        page_of=lambda record: _page_of(known, record.id),
    )


@blueprint.post("/duplicates/<kind>/apart")
@needs(MEMBER)
def told_apart(kind: str):
    """These two are not the same."""
    one, other = (request.form.get(name, type=int) or 0 for name in ("one", "other"))
    merging.tell_apart(g.ctx, kind, one, other)
    flash(_("Noted. The two will not be proposed again."), "ok")
    return redirect(url_for("merging.duplicates_page", kind=kind))


@blueprint.get("/merge/<kind>/<int:record_id>")
@needs(MEMBER)
def merge_page(kind: str, record_id: int):
    """Choose which record a duplicate really is; then both side by side, and what would move."""
    return _merge_screen(g.ctx, kind, record_id, request.args.get("into", ""))


def _merge_screen(ctx: Ctx, kind: str, record_id: int, into: str, refused: str = "", status: int = 200):
    known, how = merging.mergeable(ctx, kind)
    duplicate = _record(ctx, known, record_id)
    errors, shown = ([refused] if refused else []), None
    target = how.find(ctx, into) if into.strip() and not into.startswith("#") else None
    if into.startswith("#") and into[1:].isdigit():
        target = ctx.session.scalar(_by_id(known, int(into[1:])))
    if target is not None:
        try:
            shown = merging.preview_merge(ctx, kind, duplicate.id, target.id)
        except DomainError as error:
            errors, status = [*errors, error.message], error.status
    elif into.strip():
        errors, status = [_("There is no record {number} to merge into.", number=into)], 422
    rows = []
    if shown is not None:
        for name, text in how.fields:
            values = [how.words(ctx, record, name) for record in (shown.target, shown.duplicate)]
            rows.append((name, _(text), *values, bool(not values[0] and values[1])))
    page = render_template(
        "web/merge.html",
        kind=kind,
        label=_(known.label),
        number=known.number,
        name=how.name,
        duplicate=duplicate,
        preview=shown,
        rows=rows,
        into=into,
        errors=errors,
        alike=merging.alike(ctx, kind, duplicate) if shown is None else [],
        registry=ctx.registry,
        days=merging.get_setting(ctx, merging.UNDO_DAYS),
        back=_page_of(known, duplicate.id),
    )
    return page, status


@blueprint.post("/merge/<kind>/<int:record_id>")
@needs(MEMBER)
def merge_now(kind: str, record_id: int):
    """Merge, as chosen on the page."""
    ctx = g.ctx
    known, _how = merging.mergeable(ctx, kind)
    sent = request.form
    target_id = sent.get("target", 0, type=int)
    versions = (sent.get("version", type=int), sent.get("target_version", type=int))
    take = [name.removeprefix("take-") for name in sent if name.startswith("take-") and sent[name] == "duplicate"]
    try:
        merging.merge_records(ctx, kind, record_id, target_id, take, versions=versions)
    except DomainError as error:
        return _merge_screen(ctx, kind, record_id, f"#{target_id}", error.message, error.status)
    flash(_("Merged. What belonged to the duplicate is here now."), "ok")
    return redirect(_page_of(known, target_id))


@blueprint.get("/merges/<int:merge_id>/undo")
@needs(MEMBER)
def undo_page(merge_id: int):
    """What undoing a merge means, before it is done."""
    return _undo_screen(g.ctx, merge_id)


def _undo_screen(ctx: Ctx, merge_id: int, refused: str = "", status: int = 200):
    merge = merging.merge_by_id(ctx, merge_id)
    known, how = merging.mergeable(ctx, merge.kind)
    duplicate, target = (_record(ctx, known, i) for i in (merge.duplicate_id, merge.target_id))
    page = render_template(
        "web/merge_undo.html",
        merge=merge,
        duplicate=f"{known.number(duplicate)} {how.name(duplicate)}",
        target=f"{known.number(target)} {how.name(target)}",
        moved=len({(m["table"], i) for m in merge.moved for i in m["ids"]}),
        until=merging.undo_until(ctx, merge),
        refused=refused,
        back=_page_of(known, target.id),
    )
    return page, status


@blueprint.post("/merges/<int:merge_id>/undo")
@needs(MEMBER)
def undo_now(merge_id: int):
    """Take the duplicate out again."""
    ctx = g.ctx
    try:
        done = merging.undo_merge(ctx, merge_id)
    except DomainError as error:
        return _undo_screen(ctx, merge_id, error.message, error.status)
    merge = merging.merge_by_id(ctx, merge_id)
    known, how = merging.mergeable(ctx, merge.kind)
    flash(_("Undone. Both records stand on their own again."), "ok")
    if done.lost:
        text = "{n} entry was changed or removed since and stays."
        flash(n_(text, "{n} entries were changed or removed since and stay.", done.lost), "warn")
    if done.fields:
        names = _(", ").join(_(dict(how.fields).get(name, name)) for name in done.fields)
        flash(_("Changed since the merge and left as they are: {fields}", fields=names), "warn")
    return redirect(_page_of(known, merge.duplicate_id))


@blueprint.get("/used/<kind>/<int:record_id>")
@needs(MEMBER)
def used_page(kind: str, record_id: int):
    """Where a record is used: what hinders its removal, by module, with links to the newest entries."""
    ctx = g.ctx
    known = ctx.registry.kinds.get(kind)
    owner = ctx.registry.owner_of("kinds", kind) if known else ""
    if known is None or not known.view or (owner != "core" and owner not in ctx.enabled):
        raise NotFound("unknown_kind", _("There is no such record in this company."))
    ctx.require(known.view)
    record = _record(ctx, known, record_id)
    if known.sees is not None and not known.sees(ctx, record):
        raise NotFound("unknown_record", _("There is no such record in this company."))
    found = [
        (ctx.registry.plugin_label(r.plugin), r.words, r.count, _examples(ctx, r.plugin, r.kind, r.ids))
        for r in references_to(ctx, RecordRef(kind, record_id))
    ]
    may_merge = known.merge is not None and ctx.can(known.merge.right) and not getattr(record, known.merge.into)
    return render_template(
        "web/used.html",
        label=_(known.label),
        number=known.number(record),
        found=found,
        back=_page_of(known, record_id),
        merge=url_for("merging.merge_page", kind=kind, record_id=record_id) if may_merge else "",
    )


def _examples(ctx: Ctx, plugin: str, kind: str, ids: tuple[int, ...]) -> list[tuple[str, str]]:
    """(number, address) of those among the pointing records that this person may open."""
    known = ctx.registry.kinds.get(kind)
    if known is None or not known.endpoint or (plugin != "core" and plugin not in ctx.enabled):
        return []
    if known.view and not ctx.can(known.view):
        return []
    model: Any = known.model
    rows = ctx.session.scalars(sa.select(model).where(model.id.in_(ids)).order_by(model.id.desc()))
    seen = [row for row in rows if known.sees is None or known.sees(ctx, row)]
    return [(known.number(row), url_for(known.endpoint, record_id=row.id)) for row in seen]


def _by_id(known: RecordKind, record_id: int) -> sa.Select:
    model: Any = known.model
    return sa.select(model).where(model.id == record_id)


def _record(ctx: Ctx, known: RecordKind, record_id: int) -> Any:
    record = ctx.session.scalar(_by_id(known, record_id))
    if record is None:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    return record
