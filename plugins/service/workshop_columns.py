"""How the columns of the workshop's tables are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.contracts import CONSENT_WORDS
from plugins.service.workshop_contracts import (
    CUSTODY_WORDS,
    ENTRY_WORDS,
    RECEIPT_WORDS,
    RETURN_WORDS,
    STATE_WORDS,
    VERDICT_WORDS,
)

WORKSHOP = ColumnWords(
    {
        "accessories": N_("Accessories"),
        "checklist": N_("Checklist"),
        "condition": N_("How it looks"),
        "from_name": N_("Handed over by"),
        "holder_id": N_("Who has it"),
        "inspected_at": N_("Inspected"),
        "inspected_by": N_("Inspected by"),
        "inspected_by_id": N_("Inspected by"),
        "inspection": N_("What the head says"),
        "item_id": N_("Customer's item"),
        "minutes": N_("Minutes"),
        "once": N_("Key of the form"),
        "passed": N_("Passed"),
        "place": N_("Where it lies"),
        "points": N_("Points"),
        "quantity": N_("Quantity"),
        "receipt": N_("Receipt"),
        "receipt_reason": N_("Why the receipt did not come back"),
        "return_on": N_("Goes back on"),
        "returned_at": N_("Back with the customer"),
        "returned_by": N_("Handed back by"),
        "returned_how": N_("How it went back"),
        "returned_to": N_("Fetched by"),
        "serial": N_("Serial number"),
        "signed_by": N_("Signed by"),
        "struck_at": N_("Struck out"),
        "struck_by": N_("Struck out by"),
        "struck_reason": N_("Why it was struck out"),
        "taken_at": N_("Item taken in"),
        "taken_by": N_("Item taken in by"),
        "taken_by_id": N_("Item taken in by"),
        "to_id": N_("Handed over to"),
        "to_name": N_("Handed over to"),
        "told_how": N_("How the customer was told"),
        "tracking": N_("Carrier and tracking number"),
        "unsigned_reason": N_("Why nobody signed"),
        "verdict": N_("Result of the review"),
    },
    {
        "receipt": RECEIPT_WORDS,
        "returned_how": RETURN_WORDS,
        "service_bench_entry.kind": ENTRY_WORDS,
        "service_custody.what": CUSTODY_WORDS,
        "service_item.state": STATE_WORDS,
        "told_how": CONSENT_WORDS,
        "verdict": VERDICT_WORDS,
    },
)
