"""The complaints behind the numbers of the statistics, as a declared list: the same conditions as filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListFilter, ListLink, _
from plugins.complaints import figures, following, life, queries
from plugins.complaints.contracts import KIND_WORDS
from plugins.complaints.figures import NONE
from plugins.complaints.labels import Words
from plugins.complaints.lists import COLUMNS, Row, prepare, rows_of
from plugins.complaints.models import Complaint

FIGURES = "complaints.figures.view"


class Names:
    """The words for what the statistics count by, read once per request."""

    def __init__(self, ctx: Ctx):
        self.ctx = ctx
        self.words = Words(ctx)
        self.tree = following.tree(ctx)
        self.units = {u.id: u.name for u in queries.all_units(ctx)}
        self.offered = [(f"{u.id}+", u.name) for u in following.centres(ctx)]

    @classmethod
    def of(cls, ctx: Ctx) -> Names:
        """Those of this request."""
        kept = ctx.memo.get("complaints names")
        if kept is None:
            kept = ctx.memo["complaints names"] = cls(ctx)
        return kept

    def cause(self, key: Any) -> str:
        """A cause by the key that the statistics give it."""
        if key is None:
            return _("not found yet")
        found = self.tree.by_id.get(figures.number_of(key.removesuffix("!")) or 0)
        name = found.name if found else ""
        return _("{name}, nothing closer", name=name) if key.endswith("!") else name

    def unit(self, key: Any) -> str:
        """An organisation unit; those that were closed, too."""
        return self.units.get(key, _("nobody"))

    def product(self, key: int | None) -> str:
        """A product with its model."""
        return figures.names_of_products(self.ctx, [key]).get(key or 0, _("no product given"))


@dataclass(frozen=True)
class CutFilter(ListFilter):
    """One of the conditions of the statistics. What was once chosen and is no longer offered is still counted by."""

    said: Callable[[Names, str], str] = lambda _names, text: text
    offered: Callable[[Names], list[tuple[str, str]]] = lambda _names: []

    def choices(self, ctx: Ctx) -> list[tuple[str, str]]:
        """What is offered."""
        return self.offered(Names.of(ctx))

    def words(self, ctx: Ctx, text: str) -> str:
        """The value in words."""
        return self.said(Names.of(ctx), text) or _("none")

    def condition(self, ctx: Ctx, text: str) -> Any:
        """The very condition by which the statistics count."""
        return figures.condition(ctx, self.key, text)


def _number(text: str) -> int:
    return figures.number_of(text.rstrip("+!")) or 0


def _unit(names: Names, text: str) -> str:
    return names.units.get(_number(text), "")


def _units(names: Names) -> list[tuple[str, str]]:
    return [*((str(i), name) for i, name in sorted(names.units.items(), key=lambda u: u[1])), (NONE, _("none"))]


def _causes(names: Names) -> list[tuple[str, str]]:
    tree = names.tree
    return [*((str(c.id), tree.path_words(c.id)) for _d, c in tree.in_order()), (NONE, _("not found yet"))]


def _late(names: Names) -> list[tuple[str, str]]:
    kinds = names.ctx.registry.clock_kinds
    return [(kind, _(kinds[kind].label)) for kind in figures.LIMITS]


FILTERS = (
    DaysFilter("received", N_("Received"), Complaint.received_at),
    CutFilter("kind", N_("Kind"), lambda n, t: _(KIND_WORDS.get(t, t)), lambda n: [
        (code, _(text)) for code, text in KIND_WORDS.items()
    ]),
    CutFilter("centre", N_("Centre of the customer"), _unit, lambda n: [*n.offered, (NONE, _("none"))]),
    CutFilter("category", N_("Category"), lambda n, t: n.words.category("" if t == NONE else t), lambda n: [
        *n.words.categories.items(), (NONE, _("not classified")),
    ]),
    CutFilter("severity", N_("Severity"), lambda n, t: n.words.severity(t), lambda n: [*n.words.severities.items()]),
    CutFilter("department", N_("Department"), _unit, _units),
    CutFilter("product", N_("Product"), lambda n, t: n.product(figures.number_of(t)), lambda n: [
        *figures.products(n.ctx), (NONE, _("no product given")),
    ]),
    CutFilter("cause", N_("Cause"), lambda n, t: n.cause(None if t == NONE else t), _causes),
    CutFilter("late", N_("Late"), lambda n, t: dict(_late(n)).get(t, t), _late),
)


def cut_words(ctx: Ctx, cut: figures.Cut) -> str:
    """The conditions of a cut in words, the period first."""
    told = [_("{begins} to {ends}", begins=cut.begins.isoformat(), ends=cut.ends.isoformat())]
    for item in FILTERS:
        value = getattr(cut, item.key, "")
        if value and isinstance(item, CutFilter):
            told.append(_("{label} {value}", label=_(item.label), value=item.words(ctx, value)))
    return _(", ").join(told)


def _rows(ctx: Ctx) -> sa.Select:
    return rows_of(ctx).where(figures.counted())


@dataclass(frozen=True)
class CountedRow(Row):
    """A complaint with its root cause, too."""

    cause: str = ""


def _prepare(ctx: Ctx, complaints: list[Complaint]) -> list[CountedRow]:
    paths = Names.of(ctx).tree.path_words
    rows = prepare(ctx, complaints)
    return [CountedRow(r.complaint, r.words, r.clock, r.assignee, paths(r.complaint.cause_id)) for r in rows]


_LEFT_OUT = ("urgent", "assignee")
COUNTED_COLUMNS = (
    *(replace(c, shown=c.shown and c.key not in _LEFT_OUT) for c in COLUMNS),
    ListColumn("cause", N_("Root cause"), lambda r: r.cause),
)

COUNTED = ListDef(
    "complaints.counted",
    N_("Complaints behind the numbers"),
    Complaint,
    life.VIEW,
    COUNTED_COLUMNS,
    "/complaints/statistics/behind/",
    icon="chart-column",
    query=_rows,
    prepare=_prepare,
    search=lambda ctx, text: queries.search_clause(text),
    search_words=N_("Number, customer, subject, phone"),
    filters=FILTERS,
    order=((Complaint.received_at, True),),
    links=(ListLink(N_("Complaint statistics"), "complaints.statistics_page", FIGURES, "chart-column"),),
    export=life.VIEW,
    empty=N_("Nothing in this period."),
)
