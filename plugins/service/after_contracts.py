"""What goes in and out of the services about coming back: plan told, agreement, return checklist, review, costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_
from plugins.service.contracts import STEP_WORDS

RETURN, EXPENSE = "service.return", "service.expense"
"""The kinds of record, for RecordRef."""
HAND_IN, REVIEW_CLOCK, COST_CLOCK = "service.hand_in", "service.review", "service.cost_check"
"""Clocks of a return (DEF-6.2.7, DEF-6.2.8); the table ``service.return_limits`` says their limits."""
RETURN_LIST = "service.return_list"
"""The checklist of what is handed in (DEF-6.2.7)."""

BRIEFING, AGREEMENT = "briefing", "agreement"
HANDED_IN, REVIEW, COST_CHECK = "return_checklist", "review", "cost_check"
RETURN_STEPS = (HANDED_IN, REVIEW, COST_CHECK)
"""Steps of the table ``service.steps`` after the work, in their order."""
CLOCK_OF = {HANDED_IN: HAND_IN, REVIEW: REVIEW_CLOCK, COST_CHECK: COST_CLOCK}

RETURN_STEP_WORDS = {step: STEP_WORDS[step] for step in RETURN_STEPS}
RETURN_STATE_WORDS = {
    "due": N_("To hand in"),
    "handed_in": N_("All handed in"),
    "reviewed": N_("Reviewed"),
    "settled": N_("All checked"),
}
STAGE_WORDS = {
    HANDED_IN: N_("To hand in"),
    REVIEW: N_("To review"),
    COST_CHECK: N_("Costs to check"),
    "": N_("All checked"),
}
"""What comes next on a return."""
CHECK_RESULT_WORDS = {"done": N_("In order"), "refused": N_("Sent back"), "waived": N_("Waived by exception")}
QUALITY_WORDS = {"good": N_("Good work"), "fair": N_("Work with flaws"), "poor": N_("Poor work")}
EXPENSE_WORDS = {
    "travel": N_("Travel to the customer"),
    "local": N_("Local transport"),
    "lodging": N_("Lodging"),
    "allowance": N_("Daily allowance"),
    "freight": N_("Freight"),
    "material": N_("Material bought"),
    "entertainment": N_("Entertainment"),
    "other": N_("Other expense"),
}
EXPENSE_STATE_WORDS = {
    "planned": N_("Asked beforehand"),
    "allowed": N_("Allowed beforehand"),
    "claimed": N_("Expense claimed"),
    "refused": N_("Not accepted"),
    "dropped": N_("Dropped"),
}


@dataclass(frozen=True)
class BriefingData:
    """DEF-6.2.5: what the customer was told of the plan, and what the technician is to mind."""

    told_to: str
    plan: str
    how: str = "phone"
    notes: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class ExpenseData:
    """An expense on an order: asked for beforehand (``spent_on`` None), or claimed.

    ``once`` twice answers the first.
    """

    kind: str
    what: str
    amount: Decimal
    spent_on: dt.date | None = None
    receipts: int = 0
    reason: str = ""
    """Why it is needed, or why there is no receipt."""
    once: str = ""
