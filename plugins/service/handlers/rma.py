"""What follows for returns from what other modules tell: a unit was exchanged (AG-14, AG-15)."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service.services import rma


def follow_exchange(ctx: Ctx, event: Event) -> None:
    """The old unit of an exchange comes back, where the company's table says so."""
    old = event.facts.get("old_id")
    if event.record_id is not None and isinstance(old, int):
        rma.follow_unit_exchange(ctx, old, f"exchange:{event.record_id}")
