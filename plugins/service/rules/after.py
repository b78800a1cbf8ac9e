"""What comes next after the work, and whether an expense needed an allowance. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from plugins.service.after_contracts import RETURN_STEPS

DONE_BY = {"due": 0, "handed_in": 1, "reviewed": 2, "settled": 3}
"""State of a return → how many of ``RETURN_STEPS`` lie behind it."""


def next_stage(asked: Collection[str], state: str) -> str:
    """The first step asked for that is not behind the state; empty when nothing is left."""
    ahead = RETURN_STEPS[DONE_BY[state] :]
    return next((step for step in ahead if step in asked), "")


def return_facts(order: Any, product_group: str, agent: bool) -> dict[str, Any]:
    """Facts of the tables ``service.return_limits`` and ``service.escalation``; the clock's name is added later."""
    return {
        "kind": order.kind,
        "urgency": order.urgency,
        "work_kind": order.work_kind or None,
        "by_agent": agent,
        "product_group": product_group or None,
        "region": order.region or None,
    }


def allowed_for(
    allowed_amount: Decimal | None, allowed_on: dt.date | None, amount: Decimal, spent_on: dt.date
) -> str:
    """What is wrong with claiming an expense that needs an allowance: ``none``, ``late`` or ``more``; empty when
    nothing is.
    """
    if allowed_amount is None or allowed_on is None:
        return "none"
    if spent_on < allowed_on:
        return "late"
    return "more" if amount > allowed_amount else ""
