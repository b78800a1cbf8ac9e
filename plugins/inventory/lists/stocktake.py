"""The lists of stocktakes and of their lines, declared. In a blind count the book is not told to who counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from core.api import (
    N_,
    BulkAction,
    ChoiceFilter,
    Ctx,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.inventory.lists.ledger import lot_words, place_name
from plugins.inventory.models import Location, Part, Stocktake, StocktakeLine
from plugins.inventory.queries import stocktake as queries
from plugins.inventory.queries.parts import tidy
from plugins.inventory.services import stocktake as services
from plugins.inventory.services.stocktake import LEAD, SEE_BOOK, VIEW
from plugins.inventory.stocktake_contracts import STOCKTAKE_KIND_WORDS, STOCKTAKE_STATE_WORDS

_MARKS = {
    "open": ("info", "clipboard-list"), "review": ("warn", "search"), "posted": ("ok", "circle-check"),
    "cancelled": ("", "circle-x"),
}  # fmt: skip


def stocktake_mark(row: Stocktake) -> Mark:
    """How a stocktake stands, in words with its colour."""
    tone, icon = _MARKS[row.state]
    return Mark(_(STOCKTAKE_STATE_WORDS[row.state]), tone, icon)


def sees_book(ctx: Ctx, row: Stocktake) -> bool:
    """Whether this person may know what the book says: not while counting blind, unless by right."""
    return not row.blind or row.state == "posted" or ctx.can(SEE_BOOK)


def line_mark(line: StocktakeLine, known: bool) -> Mark:
    """How a line stands; whether it differs only for who may know."""
    if line.again:
        return Mark(_("To be counted again"), "warn", "rotate-ccw")
    if line.counted is None:
        return Mark(_("To be counted"), "", "circle-dashed")
    if known and line.difference:
        return Mark(_("Differs"), "bad", "triangle-alert")
    return Mark(_("It is counted"), "ok", "check")


def _kinds(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in STOCKTAKE_KIND_WORDS.items()]


STOCKTAKES = ListDef(
    "inventory.stocktakes",
    N_("Stocktakes"),
    Stocktake,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", Stocktake.id, fixed=True),
        ListColumn("place", N_("Location"), lambda r: place_name(r.location), "main", "main"),
        ListColumn("kind", N_("Sort of count"), lambda r: _(STOCKTAKE_KIND_WORDS[r.kind]), place="left"),
        ListColumn("blind", N_("Counted blind"), lambda r: r.blind, "yes_no"),
        ListColumn("state", N_("State"), stocktake_mark, "mark", "right"),
        ListColumn("amount", N_("Differences worth"), lambda r: r.amount, "money"),
        ListColumn("at", N_("Count begun on"), lambda r: r.opened_at, "moment"),
        ListColumn("by", N_("Begun by"), lambda r: r.opened_by),
        ListColumn("note", N_("Note"), lambda r: r.note, shown=False),
    ),
    "/inventory/stocktakes/",
    icon="clipboard-list",
    query=queries.stocktake_rows,
    search=lambda _ctx, text: Stocktake.number.istartswith(text, autoescape=True),
    search_words=N_("Number"),
    filters=(
        ChoiceFilter("kind", N_("Sort of count"), Stocktake.kind, _kinds),
        RecordFilter("place", N_("Location"), Stocktake.location_id, model=Location, by=Location.name),
        UnitFilter("unit", N_("Organisation unit"), Stocktake.unit_id),
    ),
    tabs=(
        ListTab("running", N_("Running"), lambda _ctx: Stocktake.state.in_(queries.RUNNING)),
        ListTab("posted", N_("Posted"), lambda _ctx: Stocktake.state == "posted", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Stocktake.id, True),),
    new=NewRecord(N_("Begin a stocktake"), "inventory.stocktake_new", LEAD),
    export=VIEW,
    empty=N_("No stocktakes here"),
    empty_hint=N_("A stocktake lists what lies in a location, and is counted while the stock goes on moving."),
)  # fmt: skip


@dataclass(frozen=True)
class LineRow:
    """A line with what of it this person may know."""

    line: StocktakeLine
    known: bool

    @property
    def counted(self) -> Decimal | None:
        """What was counted."""
        return None if self.line.counted is None else tidy(self.line.counted)

    @property
    def book(self) -> Decimal | None:
        """What the book said, where this person may know."""
        return tidy(self.line.book) if self.known and self.line.book is not None else None

    @property
    def difference(self) -> Decimal | None:
        """How much more there was, where this person may know."""
        more = self.line.difference
        return tidy(more) if self.known and more is not None else None


def _lines(ctx: Ctx, rows: list[StocktakeLine]) -> list[LineRow]:
    return [LineRow(row, sees_book(ctx, row.stocktake)) for row in rows]


def _may_differ(ctx: Ctx):
    """Lines that differ, for who may know; nobody else gets an answer by choosing the tab."""
    differs = StocktakeLine.counted != StocktakeLine.book
    if ctx.can(SEE_BOOK):
        return differs
    open_ones = sa.select(Stocktake.id).where(sa.or_(Stocktake.blind.is_(False), Stocktake.state == "posted"))
    return sa.and_(differs, StocktakeLine.stocktake_id.in_(open_ones))


LINES = ListDef(
    "inventory.stocktake_lines",
    N_("Lines of stocktakes"),
    StocktakeLine,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.line.stocktake.number, "id", "id", StocktakeLine.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.line.part.code} {r.line.part.name}", "main", "main"),
        ListColumn("place", N_("Location"), lambda r: place_name(r.line.location), place="left"),
        ListColumn("lot", N_("Batch or serial number"), lambda r: lot_words(r.line)),
        ListColumn("counted", N_("Quantity counted"), lambda r: r.counted, "number", "tag"),
        ListColumn("book", N_("By the book"), lambda r: r.book, "number"),
        ListColumn("difference", N_("Difference"), lambda r: r.difference, "number"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.line.part.measure.name),
        ListColumn("state", N_("State"), lambda r: line_mark(r.line, r.known), "mark", "right"),
        ListColumn("by", N_("Counted by"), lambda r: r.line.counted_by),
        ListColumn("at", N_("Counted on"), lambda r: r.line.counted_at, "moment"),
        ListColumn("note", N_("Note"), lambda r: r.line.note, shown=False),
    ),
    "/inventory/stocktake-lines/",
    icon="list-checks",
    query=queries.line_rows,
    prepare=_lines,
    search=lambda _ctx, text: StocktakeLine.part_id.in_(
        sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
    ),
    search_words=N_("Part"),
    filters=(
        RecordFilter("stocktake", N_("Stocktake"), StocktakeLine.stocktake_id, model=Stocktake, by=Stocktake.number),
        RecordFilter("place", N_("Location"), StocktakeLine.location_id, model=Location, by=Location.name),
        RecordFilter("part", N_("Part"), StocktakeLine.part_id, model=Part, by=Part.code),
    ),
    tabs=(
        ListTab("left", N_("To be counted"),
                lambda _ctx: sa.or_(StocktakeLine.counted.is_(None), StocktakeLine.again.is_(True)), counted=False),
        ListTab("differs", N_("Differs"), _may_differ, counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((StocktakeLine.id, True),),
    actions=(
        BulkAction(
            "again", N_("Count again"), LEAD,
            lambda n, _choice: n_("{n} to be counted again", "{n} to be counted again", n),
            each=lambda ctx, i, _value: services.ask_again(ctx, i),
            question=N_("Have {n} lines counted again?"), icon="rotate-ccw",
        ),
    ),
    links=(ListLink(N_("Stocktakes"), "inventory.stocktakes_list", VIEW, "clipboard-list"),),
    export=VIEW,
    empty=N_("No lines here"),
)  # fmt: skip
