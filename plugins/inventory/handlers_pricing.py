"""What sale prices do when their approval is granted or refused."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.inventory.pricing_contracts import PRICE_CHANGE
from plugins.inventory.services import pricing


def approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a price: it counts from its day on, nothing more is to be entered."""
    if event.record_kind == PRICE_CHANGE and event.record_id is not None:
        pricing.approved(ctx, event.record_id)


def refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a price: it is refused for good."""
    if event.record_kind == PRICE_CHANGE and event.record_id is not None:
        pricing.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))
