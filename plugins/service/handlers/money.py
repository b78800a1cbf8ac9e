"""Work that is done and items that went back: what is to be invoiced first is invoiced on that day."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service.contracts import ORDER
from plugins.service.queries import workshop as queries
from plugins.service.services import money


def done(ctx: Ctx, event: Event) -> None:
    """The work on an order is done (VCH-5)."""
    if event.record_kind == ORDER and event.record_id is not None:
        money.begin_invoice_clock(ctx, event.record_id, event.occurred_at)


def returned(ctx: Ctx, event: Event) -> None:
    """An item went back to its customer (VCH-8)."""
    if event.record_id is not None:
        item = queries.get_item(ctx, event.record_id)
        money.begin_invoice_clock(ctx, item.order_id, event.occurred_at)
