"""Bills of assemblies, and loading all of it from files: parts, locations, opening stock, bills."""

from __future__ import annotations

from core.api import N_, ColumnWords, EventKind, RecordKind
from plugins.inventory.contracts import BILL_LINE
from plugins.inventory.models import BillLine

PERMISSIONS = ()
SETTINGS = ()


def record_kinds():
    return [
        RecordKind(
            BILL_LINE, BillLine, N_("Line of a bill"), lambda row: str(row.id), "inventory.bill_line_page",
            "inventory.part.view", icon="list-tree",
        )
    ]  # fmt: skip


def column_words():
    return [
        ColumnWords(
            {
                "inventory_part.external_key": N_("Key at the source"),
                "inventory_bill_line.assembly_id": N_("Assembly"),
                "inventory_bill_line.part_id": N_("Part"),
                "inventory_bill_line.quantity": N_("Quantity"),
                "inventory_bill_line.measure_id": N_("Unit of measure"),
                "inventory_bill_line.since": N_("Valid from"),
                "inventory_bill_line.until": N_("Valid through"),
                "inventory_bill_line.external_key": N_("Key at the source"),
            }
        )
    ]


def event_kinds():
    return [
        EventKind("inventory.bill_line_saved", N_("{code}: {what} in its bill"), "list-tree"),
        EventKind("inventory.bill_line_dropped", N_("{code}: {part} taken out of its bill"), "x"),
    ]


def importers():
    from plugins.inventory.importing import buying, catalogue, opening

    return [*catalogue.IMPORTERS, *opening.IMPORTERS, *buying.IMPORTERS]


def lists():
    from plugins.inventory.lists.bills import BILL_LINES

    return [BILL_LINES]


def record_panels(ctx, record):
    from plugins.inventory.panels.bills import panels_for

    return panels_for(ctx, record)
