"""How the columns of installations are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.install_contracts import (
    INSTALL_VERDICT_WORDS,
    MODE_WORDS,
    PART_WORDS,
    STEP_STATE_WORDS,
    TRAINED_WORDS,
)

INSTALLATIONS = ColumnWords(
    {
        "access": N_("Access to the site"),
        "accepted_on": N_("Final acceptance"),
        "accepted_by": N_("Accepted by"),
        "service_installation.accepted_at": N_("Acceptance recorded"),
        "dated_on": N_("Acceptance put on the unit"),
        "done_by": N_("Who did it"),
        "done_by_id": N_("Who did it"),
        "done_note": N_("Remark"),
        "dropped_reason": N_("Why not handed over"),
        "edition": N_("Edition"),
        "equipment": N_("Equipment of the customer's"),
        "evenings": N_("In the evening, too"),
        "handed_at": N_("Paper handed over"),
        "handed_by": N_("Who handed it over"),
        "hours_note": N_("Working hours on site"),
        "job": N_("Job"),
        "mode": N_("Who does it"),
        "part": N_("What it is"),
        "received_by": N_("Who received it"),
        "service_install_paper.n": N_("Which paper"),
        "service_install_paper.text": N_("Paper"),
        "service_install_step.n": N_("Which step"),
        "service_install_step.state": N_("State"),
        "service_install_step.text": N_("Step"),
        "service_install_verdict.verdict": N_("The customer's word"),
        "service_install_verdict.who": N_("Who said so"),
        "service_trainee.name": N_("Operator"),
        "service_trainee.note": N_("Remark"),
        "step_id": N_("Step"),
        "trainer": N_("Trained by"),
        "trainer_id": N_("Trained by"),
        "weekends": N_("At weekends, too"),
    },
    {
        "mode": MODE_WORDS,
        "part": PART_WORDS,
        "service_install_step.state": STEP_STATE_WORDS,
        "service_install_verdict.verdict": INSTALL_VERDICT_WORDS,
        "service_trainee.result": TRAINED_WORDS,
    },
)
