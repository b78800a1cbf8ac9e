"""The versions of a rule table: who changed what when and why, one of them, and the difference between any two."""

from __future__ import annotations

import sqlalchemy as sa
from flask import g, render_template, request

from core.context import Ctx
from core.decisions import store
from core.decisions.parsing import from_data
from core.decisions.store import DecisionTable, DecisionVersion
from core.decisions.trials import hits_days, hits_of, hits_since
from core.errors import Invalid
from core.i18n import _, label
from core.paging import paged
from core.web.current import cursor_argument, pager_of
from core.web.gate import needs
from core.web.rule_base import VIEW, blueprint, frame_of, label_of, named, table_of
from core.web.rule_cases import case_view
from core.web.rule_diff import diff_view
from core.web.rule_grid import GridView, view_of


@blueprint.get("/rules/<name>/versions")
@needs(VIEW)
def versions(name: str):
    """Every version of a table: from when, by whom, why, and what it changed."""
    ctx, found = g.ctx, table_of(name)
    query = sa.select(DecisionVersion).where(DecisionVersion.table_id == found.id)
    page = paged(
        ctx, query, [(DecisionVersion.number, "desc"), (DecisionVersion.id, "desc")], size=20, cursor=cursor_argument()
    )
    return render_template(
        "rules/versions.html",
        t=found,
        **frame_of(found),
        title=label_of(found),
        rows=_version_rows(ctx, found, page.rows),
        pager=pager_of(page),
        numbers=_numbers(ctx, found),
    )


def _numbers(ctx: Ctx, found: DecisionTable) -> list[int]:
    """The numbers of all versions, newest first."""
    query = sa.select(DecisionVersion.number).where(DecisionVersion.table_id == found.id)
    return list(ctx.session.scalars(query.order_by(DecisionVersion.number.desc())))


@blueprint.get("/rules/<name>/compare")
@needs(VIEW)
def compare(name: str):
    """The difference between two versions, ``?from=2&to=5``; without them between the newest two."""
    ctx, found = g.ctx, table_of(name)
    numbers = _numbers(ctx, found)
    new = _asked("to", numbers, numbers[0])
    old = _asked("from", numbers, max((n for n in numbers if n < new), default=new))
    before, after = (store.version_numbered(ctx, found, number) for number in (old, new))
    in_force = store.version_in_force(ctx, found.name, ctx.today).id
    return render_template(
        "rules/compare.html",
        t=found,
        **frame_of(found),
        title=label_of(found),
        numbers=numbers,
        before=before,
        after=after,
        states={version.id: _state(ctx, version, in_force) for version in (before, after)},
        diff=diff_view(named(ctx, found, before.body), named(ctx, found, after.body)),
    )


def _asked(argument: str, numbers: list[int], otherwise: int) -> int:
    text = request.args.get(argument, "")
    if not text:
        return otherwise
    if not text.isdecimal() or int(text) not in numbers:
        raise Invalid("unknown_version", _("There is no such version of the rule table."), argument)
    return int(text)


def _version_rows(ctx: Ctx, found: DecisionTable, shown: list[DecisionVersion]) -> list[dict]:
    in_force = store.version_in_force(ctx, found.name, ctx.today).id
    oldest = shown[-1].number if shown else 0
    before = ctx.session.scalar(
        sa.select(DecisionVersion).where(DecisionVersion.table_id == found.id, DecisionVersion.number == oldest - 1)
    )
    tables = [from_data(v.body) for v in (*shown, before) if v is not None]
    rows = []
    for index, version in enumerate(shown):
        summary = view_of(tables[index], tables[index + 1]).summary if index + 1 < len(tables) else ""
        rows.append({"version": version, "state": _state(ctx, version, in_force), "summary": summary})
    return rows


def _state(ctx: Ctx, version: DecisionVersion, in_force: int) -> str:
    """draft, current, ahead (published for a later day) or past."""
    if version.status == store.DRAFT:
        return "draft"
    if version.id == in_force:
        return "current"
    return "ahead" if version.effective_from and version.effective_from > ctx.today else "past"


@blueprint.get("/rules/<name>/versions/<int:number>")
@needs(VIEW)
def version(name: str, number: int):
    """A version as it was published; ``?row=3`` points at the row that a decision names."""
    ctx, found = g.ctx, table_of(name)
    chosen = store.version_numbered(ctx, found, number)
    shown = named(ctx, found, chosen.body)
    earlier = ctx.session.scalar(
        sa.select(DecisionVersion)
        .where(
            DecisionVersion.table_id == found.id,
            DecisionVersion.number < number,
            DecisionVersion.status == store.PUBLISHED,
        )
        .order_by(DecisionVersion.number.desc())
        .limit(1)
    )
    hits = hits_of(ctx, chosen, name, hits_since(ctx))
    base = named(ctx, found, earlier.body) if earlier else None
    view: GridView = view_of(shown, base, hits=hits, hits_table=shown)
    return render_template(
        "rules/version.html",
        t=found,
        table=shown,
        **frame_of(found),
        version=chosen,
        state=_state(ctx, chosen, store.version_in_force(ctx, name, ctx.today).id),
        earlier=earlier,
        view=view,
        row=request.args.get("row", type=int),
        may_edit=store.may_edit(ctx, found),
        has_draft=store.draft_of(ctx, found) is not None,
        case=case_view(shown, request.args),
        days=hits_days(ctx),
        label_words=label(chosen.body.get("label") or name),
    )
