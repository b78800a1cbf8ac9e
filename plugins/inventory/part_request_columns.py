"""What the columns of requests for parts are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.inventory.part_request_contracts import PART_REQUEST_STATE_WORDS, URGENCY_WORDS

WORDS = ColumnWords(
    {
        "inventory_part_request.number": N_("Number"),
        "inventory_part_request.state": N_("State"),
        "inventory_part_request.to_id": N_("Into whose store"),
        "inventory_part_request.assignee_id": N_("Asked by"),
        "inventory_part_request.urgency": N_("Urgency of the need"),
        "inventory_part_request.needed_by": N_("Needed by"),
        "inventory_part_request.made_at": N_("Request written on"),
        "inventory_part_request.made_by": N_("Written by"),
        "inventory_part_request.asked_at": N_("Asked"),
        "inventory_part_request.ended_at": N_("Ended on"),
        "inventory_part_request.ended_by": N_("Ended by"),
        "inventory_part_request.ended_reason": N_("Why it ended"),
        "inventory_part_request_line.request_id": N_("Request for parts"),
        "inventory_part_request_line.part_id": N_("Part"),
        "inventory_part_request_line.quantity": N_("Quantity wanted"),
        "inventory_part_request_line.handed": N_("Given out"),
    },
    {
        "inventory_part_request.state": PART_REQUEST_STATE_WORDS,
        "inventory_part_request.urgency": URGENCY_WORDS,
    },
)
