"""What is printed of quality: the label of what lies in quarantine, the note that goes with a return to a supplier."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.inventory.models import Inspection, SupplierReturn
from plugins.inventory.quality_contracts import (
    EXPECTED_WORDS,
    INSPECTION,
    LABEL,
    RETURN_NOTE,
    SOURCE_WORDS,
    SUPPLIER_RETURN,
)
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import quality as queries
from plugins.inventory.services.quality import INSPECT
from plugins.inventory.services.returns import TAKE


def _lot(row: Inspection) -> dict[str, str]:
    return {
        "batch": row.batch.number if row.batch is not None else "",
        "serial": row.serial.number if row.serial is not None else "",
    }


def _label(ctx: Ctx, row: Inspection) -> dict[str, Any]:
    if row.state != "open":
        raise Conflict("not_open", _("{number} lies in quarantine no longer.", number=row.number))
    part = part_queries.part_words(ctx, [row.part_id])[row.part_id]
    return {
        "number": row.number, "part": part.code, "name": part.name, "quantity": part.amount(row.undecided),
        **_lot(row), "source": _(SOURCE_WORDS[row.source]), "reason": queries.reason_words(ctx, row.reason_code),
        "note": row.note, "place": row.location.name if row.location is not None else "", "since": row.opened_at,
    }  # fmt: skip


def _note(ctx: Ctx, row: SupplierReturn) -> dict[str, Any]:
    part = part_queries.part_words(ctx, [row.part_id])[row.part_id]
    return {
        "number": row.number, "supplier": row.supplier, "part": part.code, "name": part.name,
        "quantity": part.amount(row.quantity), **_lot(row.inspection), "reason": row.reason,
        "finding": row.inspection.finding, "expects": _(EXPECTED_WORDS[row.expects]), "sent": row.sent_at,
        "inspection": row.inspection.number,
    }  # fmt: skip


KINDS = [
    DocumentKind(
        LABEL, N_("Quarantine label"), INSPECTION, "inventory/documents/quarantine_label.html", _label, TAKE,
        "inventory.label_pattern", signed=False, paper="label", ready=lambda row: row.state == "open",
    ),
    DocumentKind(
        RETURN_NOTE, N_("Delivery note to the supplier"), SUPPLIER_RETURN, "inventory/documents/supplier_note.html",
        _note, INSPECT, "inventory.supplier_note_pattern",
    ),
]  # fmt: skip
