"""What an order that goes on tells the part for which it waited."""

from __future__ import annotations

from core.api import Ctx, Event, transaction
from plugins.service.queries import orders
from plugins.service.services.part_waits import give_up


def gone_on(ctx: Ctx, event: Event) -> None:
    """The order goes on, or is over: nobody waits for the part any more."""
    with transaction(ctx):
        order = orders.find_order(ctx, event.record_id)
        if order is not None and not order.waiting:
            give_up(ctx, order)
