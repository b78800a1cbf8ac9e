"""What service orders ask of the stock, where their module is installed: parts offered, kept, used."""

from __future__ import annotations

from core.api import Handler, hookimpl
from plugins.inventory import handlers
from plugins.inventory.services import for_orders

PERMISSIONS = ()
SETTINGS = ()


def event_handlers():
    return [
        Handler("service.closed", "order_ended", handlers.order_ended),
        Handler("service.cancelled", "order_ended", handlers.order_ended),
        Handler("service.rma_received", "rma_into_quarantine", handlers.rma_received),
    ]


@hookimpl(optionalhook=True)
def parts_for_order(ctx, order):
    return for_orders.parts_for_order(ctx, order)


@hookimpl(optionalhook=True)
def reserve_parts(ctx, order, parts):
    return for_orders.reserve_parts(ctx, order, parts)


@hookimpl(optionalhook=True)
def use_parts(ctx, order, uses, once):
    return for_orders.use_parts(ctx, order, uses, once)
