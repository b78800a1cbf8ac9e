"""How the columns of preventive plans are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.plan_contracts import (
    CLOSED_WORDS,
    OCCURRENCE_WORDS,
    PERIOD_WORDS,
    PLAN_STATE_WORDS,
    RHYTHM_WORDS,
)

PLANS = ColumnWords(
    {
        "booked": N_("Counts under the contract"),
        "calendar": N_("Working calendar"),
        "checklist": N_("Checklist"),
        "closed_days": N_("Days off move the visit"),
        "contract_kind": N_("Contract"),
        "contract_ref": N_("Contract"),
        "contract_words": N_("Contract"),
        "due_on": N_("Due on"),
        "ends_on": N_("Until"),
        "every": N_("Every"),
        "first_on": N_("Plans from"),
        "lead_days": N_("Days ahead at which the order is opened"),
        "n": N_("Which time"),
        "next_nominal": N_("Next by the rhythm"),
        "next_on": N_("Next visit"),
        "nominal_on": N_("By the rhythm"),
        "opens_on": N_("Order opens on"),
        "period": N_("Time unit"),
        "places": N_("Places of the round"),
        "plan_id": N_("Preventive plan"),
        "rhythm": N_("Rhythm"),
        "service_occurrence.order_id": N_("Order"),
        "service_occurrence.state": N_("State"),
        "service_plan.name": N_("What is done"),
        "service_plan.state": N_("State"),
        "service_plan.assignee_id": N_("Looked after by"),
        "settled_on": N_("Settled on"),
        "starts_on": N_("From"),
        "state_reason": N_("Reason"),
    },
    {
        "closed_days": CLOSED_WORDS,
        "period": PERIOD_WORDS,
        "rhythm": RHYTHM_WORDS,
        "service_occurrence.state": OCCURRENCE_WORDS,
        "service_plan.state": PLAN_STATE_WORDS,
    },
)
