"""What inventory does when others tell something."""

from __future__ import annotations

from core.api import Ctx, Event, RecordRef
from plugins.inventory.services.for_orders import set_free


def order_ended(ctx: Ctx, event: Event) -> None:
    """An order that is closed or cancelled needs nothing any more."""
    if event.record_id is not None:
        set_free(ctx, RecordRef(event.record_kind, event.record_id))
