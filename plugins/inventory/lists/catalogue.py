"""The lists of parts, batches and units of measure, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    _,
)
from plugins.inventory.contracts import BATCH_STATE_WORDS, TRACKING_WORDS, Stock
from plugins.inventory.models import Batch, Measure, Part
from plugins.inventory.queries import stock as queries
from plugins.inventory.queries.parts import tidy

SEE, EDIT = "inventory.part.view", "inventory.part.edit"
SEE_STOCK = "inventory.stock.view"


# --- parts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartRow:
    """A part with how it stands."""

    part: Part
    stock: Stock


def _parts(ctx: Ctx, rows: list[Part]) -> list[PartRow]:
    found = queries.stock_of(ctx, [row.id for row in rows]) if ctx.can(SEE_STOCK) else {}
    return [PartRow(row, found.get(row.id, Stock())) for row in rows]


def _part_marks(row: PartRow) -> list[Mark]:
    return [Mark(_("Guarantee part"), "info", "shield-check", tag=True)] if row.part.guarantee else []


def _part_state(row: PartRow) -> Mark:
    if not row.part.active:
        return Mark(_("No longer kept"), "", "circle-x")
    if row.stock.free > 0:
        return Mark(_("In stock"), "ok", "circle-check")
    return Mark(_("None free"), "bad" if row.part.guarantee else "warn", "package-x")


PARTS = ListDef(
    "inventory.parts",
    N_("Parts"),
    Part,
    SEE,
    (
        ListColumn("code", N_("Code"), lambda r: r.part.code, "id", "id", Part.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.part.name, "main", "main", Part.name, notes=_part_marks),
        ListColumn("tracking", N_("Tracked"), lambda r: _(TRACKING_WORDS[r.part.tracking])),
        ListColumn("free", N_("Available"), lambda r: tidy(r.stock.free), "number", "left"),
        ListColumn("reserved", N_("Reserved"), lambda r: tidy(r.stock.reserved), "number"),
        ListColumn("on_hand", N_("On hand"), lambda r: tidy(r.stock.on_hand), "number"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.part.measure.name, place="tag"),
        ListColumn("storage", N_("How to keep it"), lambda r: r.part.storage, shown=False),
        ListColumn("state", N_("State"), _part_state, "mark", "right"),
    ),
    "/inventory/parts/",
    icon="cog",
    query=lambda _ctx: sa.select(Part).options(orm.joinedload(Part.measure)),
    prepare=_parts,
    search=lambda _ctx, text: sa.or_(
        Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(
        ChoiceFilter(
            "tracking", N_("Tracked"), Part.tracking,
            lambda _ctx: [(code, _(words)) for code, words in TRACKING_WORDS.items()],
        ),
        ChoiceFilter(
            "guarantee", N_("Guarantee part"), None, lambda _ctx: [("yes", _("Guarantee parts only"))],
            lambda _ctx, _value: Part.guarantee.is_(True),
        ),
    ),
    tabs=(
        ListTab("active", N_("Kept"), lambda _ctx: Part.active.is_(True)),
        ListTab("retired", N_("No longer kept"), lambda _ctx: Part.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Part.code, False),),
    new=NewRecord(N_("Add a part"), "inventory.part_new", EDIT),
    links=(
        ListLink(N_("Batches"), "inventory.batches_list", SEE, "layers"),
        ListLink(N_("Units of measure"), "inventory.measures_list", SEE, "ruler"),
    ),
    export=SEE,
    empty=N_("No parts here"),
    empty_hint=N_("Parts are added here, each with its unit and how it is tracked."),
)  # fmt: skip


# --- batches --------------------------------------------------------------------------------------------------------


def batch_mark(batch: Batch, today) -> Mark:
    """How a batch stands, in words with its colour."""
    if batch.state == "held":
        return Mark(_(BATCH_STATE_WORDS["held"]), "bad", "octagon-pause")
    until = batch.usable_until
    if until is not None and until < today:
        return Mark(_("Expired"), "bad", "calendar-x")
    return Mark(_(BATCH_STATE_WORDS["released"]), "ok", "circle-check")


@dataclass(frozen=True)
class BatchRow:
    """A batch with how it stands today."""

    batch: Batch
    mark: Mark


def _batches(ctx: Ctx, rows: list[Batch]) -> list[BatchRow]:
    return [BatchRow(row, batch_mark(row, ctx.today)) for row in rows]


def _over(ctx: Ctx):
    return sa.or_(Batch.expires_on < ctx.today, Batch.sterile_until < ctx.today)


BATCHES = ListDef(
    "inventory.batches",
    N_("Batches"),
    Batch,
    SEE,
    (
        ListColumn("number", N_("Batch"), lambda r: r.batch.number, "id", "id", Batch.number, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.batch.part.code} {r.batch.part.name}", "main", "main"),
        ListColumn("produced_on", N_("Produced on"), lambda r: r.batch.produced_on, "date", shown=False),
        ListColumn("expires_on", N_("Expires on"), lambda r: r.batch.expires_on, "date", "left", Batch.expires_on),
        ListColumn("sterile_until", N_("Sterile until"), lambda r: r.batch.sterile_until, "date"),
        ListColumn("received_on", N_("First received on"), lambda r: r.batch.received_on, "date"),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
    ),
    "/inventory/batches/",
    icon="layers",
    query=lambda _ctx: sa.select(Batch).options(orm.joinedload(Batch.part)),
    prepare=_batches,
    search=lambda _ctx, text: Batch.number.istartswith(text, autoescape=True),
    search_words=N_("Batch"),
    filters=(
        RecordFilter("part", N_("Part"), Batch.part_id, model=Part, by=Part.code),
        DaysFilter("expires", N_("Expires on"), Batch.expires_on),
    ),
    tabs=(
        ListTab("held", N_("On hold"), lambda _ctx: Batch.state == "held"),
        ListTab("expired", N_("Expired"), _over, order=((Batch.expires_on, False),)),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("held", "all"),
    order=((Batch.number, False),),
    links=(ListLink(N_("Parts"), "inventory.parts_list", SEE, "cog"),),
    export=SEE,
    empty=N_("No batches here"),
    empty_hint=N_("A batch is made when parts of it are received."),
)  # fmt: skip


# --- units of measure -----------------------------------------------------------------------------------------------


def _used(row: Measure) -> Mark:
    return Mark(_("In use"), "ok", "circle-check") if row.active else Mark(_("Not in use"), "", "circle-x")


MEASURES = ListDef(
    "inventory.measures",
    N_("Units of measure"),
    Measure,
    SEE,
    (
        ListColumn("code", N_("Code"), None, "id", "id", Measure.code, fixed=True),
        ListColumn("name", N_("Name"), None, "main", "main"),
        ListColumn("decimals", N_("Decimals"), None, "number", "left"),
        ListColumn("state", N_("State"), _used, "mark", "right"),
    ),
    "/inventory/measures/",
    icon="ruler",
    search=lambda _ctx, text: sa.or_(
        Measure.code.istartswith(text, autoescape=True), Measure.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    order=((Measure.code, False),),
    new=NewRecord(N_("Add a unit of measure"), "inventory.measure_new", EDIT),
    links=(ListLink(N_("Parts"), "inventory.parts_list", SEE, "cog"),),
    export=SEE,
    empty=N_("No units of measure here"),
)
