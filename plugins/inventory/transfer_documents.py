"""What is printed of a transfer: the note that goes with the goods."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.inventory.models import Location, Transfer
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.parts import plain_quantity
from plugins.inventory.services.transfers import OWN
from plugins.inventory.transfer_contracts import TRANSFER, TRANSFER_NOTE


def _end(place: Location | None) -> str:
    return f"{place.code} {place.name}" if place is not None else ""


def _note(ctx: Ctx, transfer: Transfer) -> dict[str, Any]:
    row = queries.get_transfer(ctx, transfer.id)
    lines = [line for line in queries.lines_of(ctx, row.id) if not line.unsent]
    if not lines or row.state == "cancelled":
        raise Conflict("nothing", _("There is nothing in it yet."))
    known = place_queries.names_of(ctx, [row.target.assignee_id if row.target is not None else None])
    return {
        "number": row.number,
        "source": _end(row.source),
        "target": _end(row.target),
        "person": next(iter(known.values()), ""),
        "sent": row.sent_at,
        "by": row.sent_by or row.made_by,
        "lines": [
            {
                "part": f"{line.part.code} {line.part.name}",
                "lot": line.serial.number if line.serial else line.batch.number if line.batch else "",
                "place": line.source.code if line.source is not None else "",
                "quantity": plain_quantity(line.quantity),
                "unit": line.part.measure.name,
            }
            for line in lines
        ],
        "note": row.note,
    }


KINDS = [
    DocumentKind(
        TRANSFER_NOTE, N_("Transfer note"), TRANSFER, "inventory/documents/transfer_note.html", _note, OWN,
        "inventory.transfer_note_pattern", ready=lambda row: row.state != "cancelled",
    )
]  # fmt: skip
