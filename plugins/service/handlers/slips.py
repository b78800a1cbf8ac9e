"""What an order tells its signed slip: from when its time limit runs, and when it no longer does."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service.services import slips

FOLLOWED = ("service.done", "service.objected", "service.reopened", "service.closed", "service.cancelled")
"""Events after which the time limit begins or ends."""


def keep_clock(ctx: Ctx, event: Event) -> None:
    """The time limit for the signed slip follows the order."""
    if event.record_id is not None:
        slips.keep_clock(ctx, event.record_id)
