"""What returns hold about a person, and removing it."""

from __future__ import annotations

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.queries import rma as queries
from plugins.service.rma_contracts import RMA


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """What came back, or should, from a customer's orders."""
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    rows = queries.of_orders(ctx, orders) if orders else []
    if not rows:
        return []
    return [
        PersonalData(
            _("Returned parts"),
            len(rows),
            _("Serial numbers, how it looked, what was found, tracking numbers, whom it was told, reasons"),
            _("The number, what it was, its state, dates, result and who did it: statistics need them"),
            tuple(RecordRef(RMA, r.id) for r in rows),
            max(r.ended_at or r.received_at or r.expected_at for r in rows),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    for item in queries.of_orders(ctx, orders) if orders else []:
        item.name = item.part_number or item.number
        item.serial = item.serial_received = item.condition = item.result_text = item.tracking = item.carrier = ""
        item.reason = item.told_to = ""
        item.serial_reason, item.end_reason = (("–" if text else "") for text in (item.serial_reason, item.end_reason))
        item.once = None
