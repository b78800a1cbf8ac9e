"""What lending does when others tell something."""

from __future__ import annotations

from core.api import Ctx, Event, RecordRef
from plugins.inventory.services import lending


def record_ended(ctx: Ctx, event: Event) -> None:
    """An order that is closed or cancelled needs no loaner any more that is only reserved for it."""
    if event.record_id is not None:
        lending.record_ended(ctx, RecordRef(event.record_kind, event.record_id))


def remind(ctx: Ctx) -> None:
    """Write to customers whose loaner is overdue, where the company wants it."""
    lending.remind_all(ctx)
