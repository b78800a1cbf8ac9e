"""Filed on the wrong one: search the right one, see what comes along, say why, and it is moved."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core import refiling
from core.context import Ctx
from core.errors import DomainError, NotFound
from core.events import ref_of
from core.i18n import _, n_
from core.registry import RecordKind
from core.web.gate import MEMBER, needs

blueprint = Blueprint("refiling", __name__)


@blueprint.get("/refile/<kind>/<int:record_id>")
@needs(MEMBER)
def refile_page(kind: str, record_id: int):
    """Which one is right, and what comes along."""
    return _screen(g.ctx, kind, record_id, request.args)


@blueprint.post("/refile/<kind>/<int:record_id>")
@needs(MEMBER)
def refile_now(kind: str, record_id: int):
    """File it there."""
    ctx, sent = g.ctx, request.form
    known, how = refiling.refilable(ctx, kind)
    under = sent.get("under", "")
    target = refiling.find_target(ctx, under, sent.get("into", "")) if under in how.under else None
    if target is None:
        return _screen(ctx, kind, record_id, sent, status=422)
    version = sent.get("version", type=int)
    try:
        moved = refiling.refile(ctx, kind, record_id, under, target.id, sent.get("reason", ""), version=version)
    except DomainError as error:
        return _screen(ctx, kind, record_id, sent, error.message, error.status)
    flash(n_("Filed there now: {n} record.", "Filed there now: {n} records.", len(moved)), "ok")
    return redirect(url_for(known.endpoint, record_id=record_id))


def _screen(ctx: Ctx, kind: str, record_id: int, sent: Any, refused: str = "", status: int = 200):
    known, how = refiling.refilable(ctx, kind)
    model: Any = known.model
    record = ctx.session.scalar(sa.select(model).where(model.id == record_id))
    if record is None:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    kinds = [(name, _(ctx.registry.kinds[name].label)) for name in how.under if name in ctx.registry.kinds]
    under = sent.get("under") if sent.get("under") in how.under else kinds[0][0]
    into = (sent.get("into") or "").strip()
    target = refiling.find_target(ctx, under, into)
    errors = [refused] if refused else []
    if into and target is None:
        errors, status = [_("There is no “{number}”.", number=into)], 422
    page = render_template(
        "web/refile.html",
        label=_(known.label),
        number=known.number(record),
        record=record,
        kinds=kinds,
        under=under,
        into=into,
        reason=sent.get("reason") or "",
        before=_named(ctx, ctx.registry.kinds[under], getattr(record, how.under[under])),
        after=_named(ctx, ctx.registry.kinds[under], target.id) if target is not None else "",
        along=[_words(ctx, other) for other in refiling.goes_along(ctx, record, under)] if target is not None else [],
        errors=errors,
        back=url_for(known.endpoint, record_id=record_id),
        here=url_for("refiling.refile_page", kind=kind, record_id=record_id),
    )
    return page, status


def _named(ctx: Ctx, known: RecordKind, record_id: int | None) -> str:
    model: Any = known.model
    row = ctx.session.scalar(sa.select(model).where(model.id == record_id)) if record_id is not None else None
    return " ".join(filter(None, (known.number(row), known.merge.name(row) if known.merge else ""))) if row else ""


def _words(ctx: Ctx, record: Any) -> str:
    known = ctx.registry.kinds[ref_of(ctx, record).kind]
    return f"{_(known.label)} {known.number(record)}"
