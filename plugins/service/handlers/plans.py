"""What an order tells the plan from which it was opened."""

from __future__ import annotations

import datetime as dt

from core.api import Ctx, Event
from plugins.service.services import plans

SETTLED = ("service.done", "service.cancelled")
"""Events after which a planned visit is made, or will not be."""


REOPENED = ("service.objected", "service.reopened")
"""Events after which a visit that was made does not count as made."""


def reopen_visit(ctx: Ctx, event: Event) -> None:
    """The planned visit is open again with its order; what was booked for it is taken back."""
    if event.record_id is not None:
        plans.unsettle(ctx, event.record_id, str(event.facts.get("reason") or ""))


DECIDED = ("service.entitled", "service.entitlement_changed")
"""Events after which somebody else may pay for a visit that was made."""


def rebook_visit(ctx: Ctx, event: Event) -> None:
    """What is booked under the contract of the plan follows who pays."""
    if event.record_id is not None:
        plans.follow_work_kind(ctx, event.record_id, event.id)


def start_plans(ctx: Ctx, event: Event) -> None:
    """An installation was accepted: the plans of the company's table begin."""
    if event.record_id is not None:
        plans.start_after(ctx, int(event.facts["order_id"]), dt.date.fromisoformat(str(event.facts["on"])))


def settle_visit(ctx: Ctx, event: Event) -> None:
    """The planned visit is settled with its order; a drifting plan goes on from that day."""
    if event.record_id is not None:
        plans.settle(ctx, event.record_id)
