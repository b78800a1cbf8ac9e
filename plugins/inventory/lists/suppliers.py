"""The lists of suppliers, as who buys looks at them, and of sources of parts, declared."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, Ctx, ListColumn, ListDef, ListLink, ListTab, Mark, NewRecord, RecordFilter, _
from plugins.base.queries.suppliers import Supplier, is_due, is_offered, search_suppliers
from plugins.inventory.lists.evaluation import standing_mark
from plugins.inventory.models import Part, PartSource
from plugins.inventory.queries.parts import tidy
from plugins.inventory.queries.suppliers import with_words

SEE, EDIT = "inventory.supplier.view", "inventory.supplier.edit"


def _state(row: Supplier) -> Mark:
    return Mark(_("In use"), "ok", "circle-check") if row.active else Mark(_("Not in use"), "", "circle-x")


SUPPLIERS = ListDef(
    "inventory.suppliers",
    N_("Suppliers of parts"),
    Supplier,
    SEE,
    (
        ListColumn("number", N_("Number"), None, "id", "id", Supplier.number, fixed=True),
        ListColumn("name", N_("Name"), None, "main", "main", Supplier.name),
        ListColumn("contact_name", N_("Contact person")),
        ListColumn("phone", N_("Phone"), place="left"),
        ListColumn("email", N_("E-mail address"), shown=False),
        ListColumn("lead_days", N_("Lead time (days)"), None, "number", "tag"),
        ListColumn("standing", N_("Supplier standing"), lambda r: standing_mark(r.standing), "mark", "right"),
        ListColumn("evaluate_on", N_("Due for evaluation on"), None, "date", sort=Supplier.evaluate_on),
        ListColumn("state", N_("State"), _state, "mark", shown=False),
    ),
    "/inventory/suppliers/",
    icon="truck",
    search=lambda _ctx, text: search_suppliers(text),
    search_words=N_("Number, name, contact person"),
    tabs=(
        ListTab("active", N_("In use"), lambda _ctx: is_offered()),
        ListTab("due", N_("To be evaluated"), is_due, order=((Supplier.evaluate_on, False),)),
        ListTab("retired", N_("Not in use"), lambda _ctx: Supplier.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Supplier.number, False),),
    new=NewRecord(N_("Add a supplier"), "base.supplier_new", "base.supplier.edit"),
    links=(
        ListLink(N_("Sources of parts"), "inventory.sources_list", SEE, "list"),
        ListLink(N_("Evaluations of suppliers"), "inventory.evaluations_list", SEE, "star"),
    ),
    export=SEE,
    empty=N_("No suppliers here"),
    empty_hint=N_("Add those from whom parts are bought, then say at each part from whom it can be had."),
)  # fmt: skip


def _rows(_ctx: Ctx) -> sa.Select:
    return with_words(sa.select(PartSource))


def _first(row: PartSource) -> list[Mark]:
    return [Mark(_("First choice"), "info", "star", tag=True)] if row.preferred else []


SOURCES = ListDef(
    "inventory.sources",
    N_("Sources of parts"),
    PartSource,
    SEE,
    (
        ListColumn("part", N_("Part"), lambda r: r.part.code, "id", "id", PartSource.part_id, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.part.name, "main", "main", notes=_first),
        ListColumn("supplier", N_("Supplier"), lambda r: r.supplier.name, place="left"),
        ListColumn("their_number", N_("Their number")),
        ListColumn("days", N_("Lead time (days)"), lambda r: r.days, "number"),
        ListColumn("minimum", N_("Least quantity"), lambda r: tidy(r.minimum) if r.minimum else None, "number"),
        ListColumn("pack", N_("In packs of"), lambda r: tidy(r.pack) if r.pack else None, "number"),
        ListColumn("price", N_("Price"), None, "money", "tag"),
    ),
    "/inventory/sources/",
    icon="list",
    query=_rows,
    search=lambda _ctx, text: sa.or_(
        PartSource.their_number.istartswith(text, autoescape=True),
        PartSource.part_id.in_(sa.select(Part.id).where(Part.code.istartswith(text, autoescape=True))),
    ),
    search_words=N_("Part, their number"),
    filters=(
        RecordFilter("part", N_("Part"), PartSource.part_id, model=Part, by=Part.code),
        RecordFilter("supplier", N_("Supplier"), PartSource.supplier_id, model=Supplier, by=Supplier.name),
    ),
    order=((PartSource.part_id, False),),
    new=NewRecord(N_("Add a source"), "inventory.source_new", EDIT),
    links=(ListLink(N_("Suppliers of parts"), "inventory.suppliers_list", SEE, "truck"),),
    export=SEE,
    empty=N_("No sources here"),
    empty_hint=N_("A source says from whom a part can be had, how soon and at what price."),
)  # fmt: skip
