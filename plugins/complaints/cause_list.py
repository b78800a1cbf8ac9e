"""The tree of causes as a list: by code, each with the path that leads to it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    UnitFilter,
    _,
)
from plugins.complaints import following, queries
from plugins.complaints.models import Cause

VIEW, EDIT = "complaints.cause.view", "complaints.cause.edit"


@dataclass(frozen=True)
class Row:
    """A cause with what its columns say beside what it holds."""

    cause: Cause
    above: str
    department: str


def _prepare(ctx: Ctx, causes: list[Cause]) -> list[Row]:
    tree = following.tree(ctx)
    units = {u.id: u.name for u in queries.all_units(ctx)}
    return [Row(c, tree.path_words(c.parent_id), units.get(tree.department_of(c.id) or 0, "")) for c in causes]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Cause)


def _needs_action(row: Row) -> Mark | None:
    return Mark(_("only with an action"), "warn", "wrench", tag=True) if row.cause.needs_action else None


def _state(row: Row) -> Mark:
    return Mark(_("Can be chosen"), "ok", "circle-check") if row.cause.active else Mark(_("Retired"), "", "circle-x")


COLUMNS = (
    ListColumn("code", N_("Code"), lambda r: r.cause.code, "id", "id", Cause.code, fixed=True),
    ListColumn("name", N_("Name"), lambda r: r.cause.name, "main", "main"),
    ListColumn("above", N_("Parent cause"), lambda r: r.above, place="left"),
    ListColumn("department", N_("Department that answers for it"), lambda r: r.department),
    ListColumn("needs_action", N_("Closing"), _needs_action, "mark", "tag"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
)


def _tops(ctx: Ctx) -> list[tuple[str, str]]:
    tree = following.tree(ctx)
    return [(str(c.id), tree.path_words(c.id)) for _depth, c in tree.in_order() if tree.children(c.id)]


def _under(ctx: Ctx, cause: str):
    return Cause.id.in_(sorted(following.tree(ctx).below(int(cause))))


CAUSES = ListDef(
    "complaints.causes",
    N_("Root causes"),
    Cause,
    VIEW,
    COLUMNS,
    "/complaints/causes/",
    icon="list-tree",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        Cause.code.istartswith(text, autoescape=True), Cause.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(
        ChoiceFilter("below", N_("Parent cause"), None, _tops, _under),
        UnitFilter("unit", N_("Department"), Cause.unit_id, N_("none of its own")),
    ),
    tabs=(
        ListTab("active", N_("Can be chosen"), lambda _ctx: Cause.active.is_(True)),
        ListTab("retired", N_("Retired"), lambda _ctx: Cause.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Cause.code, False),),
    new=NewRecord(N_("Add a cause"), "complaints.cause_new", EDIT),
    links=(ListLink(N_("As a tree"), "complaints.causes_tree", VIEW, "list-tree"),),
    export=VIEW,
    empty=N_("No causes here"),
)
