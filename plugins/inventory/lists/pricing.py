"""The price list that everybody may read, and the list of changes, declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, NewRecord, RecordFilter, _
from plugins.inventory.models import Part, PriceChange
from plugins.inventory.pricing_contracts import PRICE_STATE_WORDS, InForce
from plugins.inventory.queries import pricing as queries
from plugins.inventory.services.pricing import ASK, SEE

_MARKS = {
    "asked": ("warn", "circle-dashed"), "approved": ("ok", "circle-check"), "refused": ("", "circle-x"),
    "withdrawn": ("", "undo-2"),
}  # fmt: skip


def change_mark(row: PriceChange, today: dt.date) -> Mark:
    """How a change stands, in words with its colour; one that counts from a later day on says so."""
    if row.state == "approved" and row.valid_from > today:
        return Mark(_("Approved, from a later day on"), "info", "calendar-clock")
    return Mark(_(PRICE_STATE_WORDS[row.state]), *_MARKS[row.state])


@dataclass(frozen=True)
class PriceRow:
    """A part with what it costs today and what comes next."""

    part: Part
    now: InForce | None
    next: PriceChange | None

    @property
    def price(self) -> Decimal | None:
        """What one of it costs today."""
        return self.now.price if self.now else None


def _priced(ctx: Ctx, rows: list[Part]) -> list[PriceRow]:
    ids = [row.id for row in rows]
    now, coming = queries.prices_on(ctx, ids, ctx.today), queries.coming_prices(ctx, ids)
    return [PriceRow(row, now.get(row.id), coming.get(row.id)) for row in rows]


def _has_price(ctx: Ctx) -> sa.ColumnElement[bool]:
    found = sa.select(PriceChange.id).where(
        PriceChange.part_id == Part.id, PriceChange.state == "approved", PriceChange.valid_from <= ctx.today
    )
    return sa.exists(found)


PRICES = ListDef(
    "inventory.prices",
    N_("Sale prices"),
    Part,
    SEE,
    (
        ListColumn("code", N_("Code"), lambda r: r.part.code, "id", "id", Part.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.part.name, "main", "main", Part.name),
        ListColumn("price", N_("Price of one"), lambda r: r.price, "money", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.part.measure.name, place="left"),
        ListColumn("since", N_("Since"), lambda r: r.now.since if r.now else None, "date"),
        ListColumn("next", N_("Next price"), lambda r: r.next.price if r.next else None, "money"),
        ListColumn("next_from", N_("Counts from"), lambda r: r.next.valid_from if r.next else None, "date"),
    ),
    "/inventory/prices/",
    icon="tag",
    query=lambda _ctx: sa.select(Part).where(Part.active.is_(True)).options(orm.joinedload(Part.measure)),
    prepare=_priced,
    search=lambda _ctx, text: sa.or_(
        Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    tabs=(
        ListTab("priced", N_("With a price"), _has_price),
        ListTab("none", N_("Without a price"), lambda ctx: ~_has_price(ctx), counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("priced", "all"),
    order=((Part.code, False),),
    new=NewRecord(N_("Ask for a price change"), "inventory.price_new", ASK),
    links=(ListLink(N_("Changes of prices"), "inventory.price_changes_list", SEE, "history"),),
    export=SEE,
    empty=N_("No part has a price yet"),
    empty_hint=N_("A price is asked for, approved by who may, and counts from a day on."),
)  # fmt: skip


@dataclass(frozen=True)
class ChangeRow:
    """A change with how it stands today."""

    row: PriceChange
    mark: Mark


def _changes(ctx: Ctx, rows: list[PriceChange]) -> list[ChangeRow]:
    return [ChangeRow(row, change_mark(row, ctx.today)) for row in rows]


CHANGES = ListDef(
    "inventory.price_changes",
    N_("Changes of prices"),
    PriceChange,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.number, "id", "id", PriceChange.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.row.part.code} {r.row.part.name}", "main", "main"),
        ListColumn("before", N_("Price before"), lambda r: r.row.before, "money"),
        ListColumn("price", N_("Price of one"), lambda r: r.row.price, "money", "tag"),
        ListColumn("from", N_("Counts from"), lambda r: r.row.valid_from, "date", "left"),
        ListColumn("reason", N_("Reason"), lambda r: r.row.reason),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
        ListColumn("by", N_("Asked by"), lambda r: r.row.asked_by),
        ListColumn("decided", N_("Decided by"), lambda r: r.row.decided_by),
        ListColumn("at", N_("Asked on"), lambda r: r.row.asked_at, "moment", shown=False),
    ),
    "/inventory/price-changes/",
    icon="history",
    query=queries.change_rows,
    prepare=_changes,
    search=lambda _ctx, text: sa.or_(
        PriceChange.number.istartswith(text, autoescape=True),
        PriceChange.part_id.in_(
            sa.select(Part.id).where(
                sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
            )
        ),
    ),
    search_words=N_("Number, part"),
    filters=(
        RecordFilter("part", N_("Part"), PriceChange.part_id, model=Part, by=Part.code),
        DaysFilter("from", N_("Counts from"), PriceChange.valid_from),
    ),
    tabs=(
        ListTab("asked", N_("To be decided"), lambda _ctx: PriceChange.state == "asked"),
        ListTab("approved", N_("Approved"), lambda _ctx: PriceChange.state == "approved", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("asked", "all"),
    order=((PriceChange.id, True),),
    new=NewRecord(N_("Ask for a price change"), "inventory.price_new", ASK),
    links=(ListLink(N_("Sale prices"), "inventory.prices_list", SEE, "tag"),),
    export=SEE,
    empty=N_("No change of a price waits"),
    empty_hint=N_("What was decided stands under All."),
)  # fmt: skip
