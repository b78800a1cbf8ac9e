"""The lists of inspections, scrap and returns to suppliers, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

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
    UnitFilter,
    _,
    label,
)
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.lists.ledger import lot_words, place_name
from plugins.inventory.models import Inspection, Location, Part, Scrap, SupplierReturn
from plugins.inventory.quality_contracts import (
    EXPECTED_WORDS,
    INSPECTION_STATE_WORDS,
    SCRAP_STATE_WORDS,
    SOURCE_WORDS,
)
from plugins.inventory.queries import quality as queries
from plugins.inventory.queries.parts import tidy
from plugins.inventory.services.quality import VIEW
from plugins.inventory.services.returns import TAKE

_INSPECTION_MARKS = {
    "open": ("warn", "circle-dashed"), "decided": ("ok", "circle-check"), "withdrawn": ("", "circle-minus"),
}  # fmt: skip
_SCRAP_MARKS = {
    "asked": ("warn", "circle-dashed"), "scrapped": ("bad", "trash-2"), "refused": ("", "circle-x"),
    "withdrawn": ("", "undo-2"),
}  # fmt: skip


def inspection_mark(row: Inspection) -> Mark:
    """How an inspection stands, in words with its colour."""
    tone, icon = _INSPECTION_MARKS[row.state]
    return Mark(_(INSPECTION_STATE_WORDS[row.state]), tone, icon)


def scrap_mark(row: Scrap) -> Mark:
    """How a scrapping stands, in words with its colour."""
    tone, icon = _SCRAP_MARKS[row.state]
    return Mark(_(SCRAP_STATE_WORDS[row.state]), tone, icon)


def supplier_mark(row: SupplierReturn) -> Mark:
    """Whether anything is outstanding, in words with its colour."""
    if row.settled < row.quantity:
        return Mark(_("Outstanding"), "warn", "hourglass")
    return Mark(_("Settled"), "ok", "circle-check")


def _of_part(model: Any):
    def search(_ctx: Ctx, text: str):
        parts = sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
        return sa.or_(model.number.istartswith(text, autoescape=True), model.part_id.in_(parts))

    return search


def _sources(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in SOURCE_WORDS.items()]


def _reasons(ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, label(words)) for code, words in queries.reasons(ctx).items()]


@dataclass(frozen=True)
class InspectionRow:
    """An inspection with its reason in words."""

    row: Inspection
    reason: str


def _inspections(ctx: Ctx, rows: list[Inspection]) -> list[InspectionRow]:
    return [InspectionRow(row, queries.reason_words(ctx, row.reason_code)) for row in rows]


INSPECTIONS = ListDef(
    "inventory.inspections",
    N_("Quality inspections"),
    Inspection,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.number, "id", "id", Inspection.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.row.part.code} {r.row.part.name}", "main", "main"),
        ListColumn("source", N_("Where it comes from"), lambda r: _(SOURCE_WORDS[r.row.source]), place="left"),
        ListColumn("reason", N_("Reason"), lambda r: r.reason),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.row.quantity), "number"),
        ListColumn("undecided", N_("Still to be decided"), lambda r: tidy(r.row.undecided), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.row.part.measure.name),
        ListColumn("lot", N_("Batch or serial number"), lambda r: lot_words(r.row)),
        ListColumn("place", N_("Location"), lambda r: place_name(r.row.location), shown=False),
        ListColumn("state", N_("State"), lambda r: inspection_mark(r.row), "mark", "right"),
        ListColumn("at", N_("Came in on"), lambda r: r.row.opened_at, "moment"),
        ListColumn("by", N_("Entered by"), lambda r: r.row.opened_by, shown=False),
    ),
    "/inventory/inspections/",
    icon="clipboard-check",
    query=queries.inspection_rows,
    prepare=_inspections,
    search=_of_part(Inspection),
    search_words=N_("Number, part"),
    filters=(
        ChoiceFilter("source", N_("Where it comes from"), Inspection.source, _sources),
        ChoiceFilter("reason", N_("Reason"), Inspection.reason_code, _reasons),
        RecordFilter("part", N_("Part"), Inspection.part_id, model=Part, by=Part.code),
        RecordFilter("place", N_("Location"), Inspection.location_id, model=Location, by=Location.name),
        UnitFilter("unit", N_("Organisation unit"), Inspection.unit_id),
        DaysFilter("day", N_("Came in on"), Inspection.opened_at),
    ),
    tabs=(
        ListTab("open", N_("To be decided"), lambda _ctx: Inspection.state == "open"),
        ListTab("decided", N_("All decided"), lambda _ctx: Inspection.state == "decided", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Inspection.id, True),),
    new=NewRecord(N_("Take back into quarantine"), "inventory.return_new", TAKE),
    links=(
        ListLink(N_("Scrap"), "inventory.scraps_list", VIEW, "trash-2"),
        ListLink(N_("Returns to suppliers"), "inventory.supplier_returns_list", VIEW, "truck"),
    ),
    export=VIEW,
    empty=N_("Nothing waits in quarantine"),
    empty_hint=N_("What has to be inspected, and what comes back, stands here."),
)  # fmt: skip


SCRAPS = ListDef(
    "inventory.scraps",
    N_("Scrap"),
    Scrap,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", Scrap.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.part.code} {r.part.name}", "main", "main"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.quantity), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.part.measure.name),
        ListColumn("lot", N_("Batch or serial number"), lot_words),
        ListColumn("amount", N_("Worth"), lambda r: r.amount, "money"),
        ListColumn("reason", N_("Reason"), lambda r: r.reason, place="left"),
        ListColumn("place", N_("Location"), lambda r: place_name(r.location)),
        ListColumn("state", N_("State"), scrap_mark, "mark", "right"),
        ListColumn("by", N_("Asked by"), lambda r: r.asked_by),
        ListColumn("at", N_("Asked on"), lambda r: r.asked_at, "moment"),
    ),
    "/inventory/scraps/",
    icon="trash-2",
    query=queries.scrap_rows,
    search=_of_part(Scrap),
    search_words=N_("Number, part"),
    filters=(
        RecordFilter("part", N_("Part"), Scrap.part_id, model=Part, by=Part.code),
        UnitFilter("unit", N_("Organisation unit"), Scrap.unit_id),
        DaysFilter("day", N_("Asked on"), Scrap.asked_at),
    ),
    tabs=(
        ListTab("asked", N_("To be scrapped"), lambda _ctx: Scrap.state == "asked"),
        ListTab("scrapped", N_("Scrapped"), lambda _ctx: Scrap.state == "scrapped", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Scrap.id, True),),
    links=(ListLink(N_("Quality inspections"), "inventory.inspections_list", VIEW, "clipboard-check"),),
    export=VIEW,
    empty=N_("Nothing is to be scrapped"),
    empty_hint=N_("Scrapping begins on the page of the stock, or with a decision at an inspection."),
)  # fmt: skip


SUPPLIER_RETURNS = ListDef(
    "inventory.supplier_returns",
    N_("Returns to suppliers"),
    SupplierReturn,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", SupplierReturn.id, fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.part.code} {r.part.name}", "main", "main"),
        ListColumn("supplier", N_("Supplier"), lambda r: r.supplier, place="left"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.quantity), "number"),
        ListColumn("left", N_("Outstanding"), lambda r: tidy(r.quantity - r.settled), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.part.measure.name),
        ListColumn("lot", N_("Batch or serial number"), lambda r: lot_words(r.inspection)),
        ListColumn("expects", N_("What is expected for it"), lambda r: _(EXPECTED_WORDS[r.expects])),
        ListColumn("state", N_("State"), supplier_mark, "mark", "right"),
        ListColumn("at", N_("Sent on"), lambda r: r.sent_at, "moment"),
        ListColumn("by", N_("Sent by"), lambda r: r.sent_by, shown=False),
        ListColumn("reason", N_("Reason"), lambda r: r.reason, shown=False),
    ),
    "/inventory/supplier-returns/",
    icon="truck",
    query=queries.supplier_return_rows,
    search=lambda ctx, text: sa.or_(
        _of_part(SupplierReturn)(ctx, text), SupplierReturn.supplier.icontains(text, autoescape=True)
    ),
    search_words=N_("Number, part, supplier"),
    filters=(
        RecordFilter("part", N_("Part"), SupplierReturn.part_id, model=Part, by=Part.code),
        RecordFilter(
            "supplier", N_("Supplier"), SupplierReturn.supplier_id, model=Supplier, by=Supplier.name
        ),
        UnitFilter("unit", N_("Organisation unit"), SupplierReturn.unit_id),
        DaysFilter("day", N_("Sent on"), SupplierReturn.sent_at),
    ),
    tabs=(
        ListTab("open", N_("Outstanding"), lambda _ctx: SupplierReturn.settled < SupplierReturn.quantity),
        ListTab("settled", N_("Settled"), lambda _ctx: SupplierReturn.settled == SupplierReturn.quantity,
                counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((SupplierReturn.id, True),),
    links=(ListLink(N_("Quality inspections"), "inventory.inspections_list", VIEW, "clipboard-check"),),
    export=VIEW,
    empty=N_("Nothing went back to suppliers"),
)  # fmt: skip
