"""What an order tells the plan from which it was opened."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service.services import plans

SETTLED = ("service.done", "service.cancelled")
"""Events after which a planned visit is made, or will not be."""


def settle_visit(ctx: Ctx, event: Event) -> None:
    """The planned visit is settled with its order; a drifting plan goes on from that day."""
    if event.record_id is not None:
        plans.settle(ctx, event.record_id)
