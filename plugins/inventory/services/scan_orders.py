"""What came of a purchase order, by scanner: its number, where it goes, then piece by piece."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, RecordRef, _
from plugins.inventory.contracts import ORDER, Arrival, BatchData, Posted
from plugins.inventory.models import PurchaseOrder
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.scanning_contracts import ONE, Scanned, Scanning
from plugins.inventory.services import ordering

VIEW = "inventory.purchase.view"


def order_by_number(ctx: Ctx, number: str) -> PurchaseOrder | None:
    """The purchase order with this number, where this person may see them."""
    if not ctx.can(VIEW):
        return None
    return ctx.session.scalar(sa.select(PurchaseOrder).where(PurchaseOrder.number == number))


def order_scanned(ctx: Ctx, state: Scanning, row: PurchaseOrder) -> Scanned:
    """What is scanned from now on has come of this order; it goes where the order says unless a location is scanned."""
    if state.mode != "receive":
        words = _("{number} is a purchase order. Choose “Receive” for it.", number=row.number)
        raise Invalid("other_work", words, "code")
    if row.state not in queries.OPEN_STATES:
        raise Conflict("not_open", _("{number} is no longer open.", number=row.number), field="code")
    begun = replace(state, ref=RecordRef(ORDER, row.id), place_id=state.place_id or row.to_id, part_id=None)
    return Scanned(begun, _("Receiving on {number}", number=row.number))


def receive(ctx: Ctx, state: Scanning, part: PartWords, once: str, batch: str = "", serial: str = "") -> Posted:
    """Take in what was scanned, on the order. Raises DomainError where it is not on it, or more than may come."""
    assert state.ref is not None
    row = queries.get_order(ctx, state.ref.id)
    lines = [line for line in queries.lines_of(ctx, row.id) if line.part_id == part.id]
    if not lines:
        words = _("{part} is not on {number}. Is it meant for somebody else?", part=part.words, number=row.number)
        raise Invalid("not_on_it", words, "code")
    line = next((x for x in lines if x.open), lines[0])
    quantity = ONE if serial else state.quantity
    arrival = Arrival(line.id, quantity, BatchData(batch) if batch else None, (serial,) if serial else ())
    return ordering.receive_order(ctx, row.id, [arrival], state.place_id or 0, once=once)
