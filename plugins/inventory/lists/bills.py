"""The list of the bills of assemblies, declared."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, Ctx, ListColumn, ListDef, ListLink, ListTab, NewRecord, RecordFilter
from plugins.inventory.models import BillLine, Part
from plugins.inventory.queries import bills as queries
from plugins.inventory.queries.parts import tidy

SEE, EDIT = "inventory.part.view", "inventory.part.edit"


def _search(_ctx: Ctx, text: str):
    parts = sa.select(Part.id).where(
        sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
    )
    return sa.or_(BillLine.part_id.in_(parts), BillLine.assembly_id.in_(parts))


BILL_LINES = ListDef(
    "inventory.bill_lines",
    N_("Bills of assemblies"),
    BillLine,
    SEE,
    (
        ListColumn("line", N_("Line"), lambda r: r.id, "id", "id", fixed=True),
        ListColumn(
            "assembly", N_("Assembly"), lambda r: f"{r.assembly.code} {r.assembly.name}" if r.assembly else "",
            place="left",
        ),
        ListColumn("part", N_("Part"), lambda r: f"{r.part.code} {r.part.name}", "main", "main"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.quantity), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.measure.name, place="right"),
        ListColumn("since", N_("Valid from"), lambda r: r.since, "date"),
        ListColumn("until", N_("Valid through"), lambda r: r.until, "date"),
    ),
    "/inventory/bills/",
    icon="list-tree",
    query=lambda _ctx: queries.with_words(sa.select(BillLine)),
    search=_search,
    search_words=N_("Part"),
    filters=(
        RecordFilter("assembly", N_("Assembly"), BillLine.assembly_id, model=Part, by=Part.code),
        RecordFilter("part", N_("Part"), BillLine.part_id, model=Part, by=Part.code),
    ),
    tabs=(
        ListTab("now", N_("In force"), queries.in_force),
        ListTab("over", N_("Over"), lambda ctx: BillLine.until < ctx.today, counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((BillLine.id, False),),
    new=NewRecord(N_("Add a line"), "inventory.bill_line_new", EDIT),
    links=(ListLink(N_("Parts"), "inventory.parts_list", SEE, "cog"),),
    export=SEE,
    empty=N_("No bills here"),
    empty_hint=N_("Add lines here, or load them from a file."),
)  # fmt: skip
