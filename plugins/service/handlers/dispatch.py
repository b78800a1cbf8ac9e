"""What follows from an order that came in: the head of the unit that serves it is told (GS-7, AG-7)."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service import services
from plugins.service.contracts import INQUIRY
from plugins.service.queries import orders as queries


def tell_head(ctx: Ctx, event: Event) -> None:
    """Tell whoever heads the serving unit of a new order, while nobody is sent to it."""
    order = queries.find_order(ctx, event.record_id)
    if order is not None and order.kind != INQUIRY and order.state in ("requested", "accepted"):
        services.tell_head(ctx, order, order.office, f"order {order.id}")
