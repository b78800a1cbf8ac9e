"""The customer is told of the steps of an order, where the company's table says so."""

from __future__ import annotations

from collections.abc import Callable

from core.api import Ctx, Event
from plugins.service.contracts import ORDER, SOLUTION
from plugins.service.services.progress import tell_step

STEPS = {
    "service.opened": "received",
    "service.dispatched": "dispatched",
    "service.waits": "waits",
    "service.comes_again": "again",
    "service.done": "done",
    "service.closed": "closed",
}
"""Event → the step of which the customer may be told."""


def teller(step: str) -> Callable[[Ctx, Event], None]:
    """A handler that tells of one step."""

    def tell(ctx: Ctx, event: Event) -> None:
        if event.record_kind == ORDER and event.record_id is not None:
            tell_step(ctx, event.record_id, step, str(event.id), str(event.facts.get("reason") or ""))

    return tell


def late(ctx: Ctx, event: Event) -> None:
    """The time limit of the solution has run out."""
    if event.facts.get("kind") == SOLUTION and event.record_kind == ORDER and event.record_id is not None:
        tell_step(ctx, event.record_id, "late", str(event.id))
