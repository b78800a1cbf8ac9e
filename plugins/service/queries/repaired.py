"""What an order repaired, told with its closing for modules that keep a register of repairs (REP-7)."""

from __future__ import annotations

from typing import Any

from core.api import Ctx
from plugins.service.contracts import ON_SITE, WORKSHOP
from plugins.service.models import Order
from plugins.service.queries import orders, visits, workshop

RESULTS = {"solved": "repaired", "no_fault": "no_fault", "not_solved": "not_repaired"}
"""What came of a repair; by phone, or refused, nothing was repaired."""


def repair_of(ctx: Ctx, order: Order) -> dict[str, Any] | None:
    """The repair that an order was, as plain facts; None for other work, or where no unit is known.

    ``came_in`` is when the first item was taken in, else when the order was received; ``handed_back`` when the work was
    done, or the last item went back after that.
    """
    if order.kind not in (ON_SITE, WORKSHOP) or order.device_id is None or order.outcome not in RESULTS:
        return None
    items = workshop.items_of(ctx, order.id)
    entries = [e for item in items for e in workshop.entries_of(ctx, item.id) if e.kind == "part"]
    parts = [{"name": e.what, "code": e.code, "quantity": e.quantity} for e in entries]
    used = [p for p in visits.parts_of(ctx, order.id) if p.kind == "part" and p.used]
    parts += [{"name": p.name, "code": p.number, "quantity": p.used} for p in used]
    came_in = min((i.taken_at for i in items), default=order.received_at)
    returned = [i.returned_at for i in items if i.returned_at is not None]
    return {
        "device_id": order.device_id,
        "problem": order.subject,
        "cause": order.cause,
        "result": RESULTS[order.outcome],
        "came_in": came_in,
        "handed_back": max(order.done_at or ctx.now, came_in, *returned),
        "who": orders.names_of(ctx, [order.assignee_id]).get(order.assignee_id or 0, ""),
        "parts": parts,
    }
