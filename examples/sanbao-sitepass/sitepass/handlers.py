"""Event → service. A delivery may be repeated; the services are idempotent by the event's id."""

from __future__ import annotations

from core.api import Ctx, Event
from sitepass import services


def customer_added(ctx: Ctx, event: Event) -> None:
    """A new customer may have a gatekeeper: the rule table decides whether we want a pass."""
    assert event.record_id is not None
    services.want_pass(ctx, event.record_id, source_event_id=event.id)
