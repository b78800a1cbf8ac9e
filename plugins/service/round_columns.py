"""How the columns of inspection rounds are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.round_contracts import PLACE_WORDS

ROUNDS = ColumnWords(
    {
        "answers": N_("What was seen"),
        "opened": N_("Opened a repair"),
        "place_id": N_("Place of the round"),
        "point": N_("Point"),
        "points": N_("Points"),
        "repair_id": N_("Repair order"),
        "round_id": N_("Inspection round"),
        "seen_at": N_("Looked at on"),
        "seen_by": N_("Looked at by"),
        "seen_by_id": N_("Looked at by"),
        "service_round.name": N_("Checklist"),
        "service_round_fault.remark": N_("What is wrong"),
        "service_round_place.n": N_("Which place"),
        "service_round_place.name": N_("Place of the round"),
        "service_round_place.state": N_("State"),
    },
    {"service_round_place.state": PLACE_WORDS},
)
