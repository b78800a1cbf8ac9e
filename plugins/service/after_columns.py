"""How the columns of the tables of trips and returns are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.after_contracts import (
    CHECK_RESULT_WORDS,
    EXPENSE_STATE_WORDS,
    EXPENSE_WORDS,
    QUALITY_WORDS,
    RETURN_STATE_WORDS,
    RETURN_STEP_WORDS,
    STAGE_WORDS,
)
from plugins.service.contracts import CONSENT_WORDS

AFTER = ColumnWords(
    {
        "agreed_by": N_("Who agreed"),
        "agreed_by_id": N_("Who agreed"),
        "allowed_amount": N_("Allowed beforehand"),
        "allowed_at": N_("Allowed at"),
        "asked": N_("Steps that are owed"),
        "asked_reason": N_("Why it is asked for"),
        "notes": N_("To mind on site"),
        "person_id": N_("Who made it"),
        "plan": N_("The plan"),
        "quality": N_("Quality of the work"),
        "receipts": N_("Receipts"),
        "refused_reason": N_("Why not accepted"),
        "return_id": N_("Return"),
        "service_briefing.how": N_("How the customer was told"),
        "service_expense.person_name": N_("Who made it"),
        "service_expense.what": N_("What the money is for"),
        "service_return_check.role": N_("Waived as"),
        "since": N_("Work done"),
        "spent_on": N_("Spent on"),
        "stage": N_("What comes next"),
        "told_to": N_("Who was told"),
    },
    {
        "service_briefing.how": CONSENT_WORDS,
        "service_expense.kind": EXPENSE_WORDS,
        "service_expense.state": EXPENSE_STATE_WORDS,
        "service_return.stage": {**STAGE_WORDS, "working": N_("The work goes on")},
        "service_return.state": RETURN_STATE_WORDS,
        "service_return_check.quality": QUALITY_WORDS,
        "service_return_check.result": CHECK_RESULT_WORDS,
        "service_return_check.step": RETURN_STEP_WORDS,
    },
)
