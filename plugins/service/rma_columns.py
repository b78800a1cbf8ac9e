"""How the columns of the table of returns are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.contracts import CONSENT_WORDS
from plugins.service.rma_contracts import (
    DISPOSAL_WORDS,
    PURPOSE_WORDS,
    RESULT_WORDS,
    RMA_STATE_WORDS,
    SERIAL_WORDS,
    WHAT_WORDS,
)

RMAS = ColumnWords(
    {
        "carrier": N_("Carrier"),
        "chase_at": N_("Chased next"),
        "chased": N_("Who was chased"),
        "disposal": N_("What became of it"),
        "end_reason": N_("Why it ended"),
        "ended_at": N_("Ended at"),
        "ended_by": N_("Ended by"),
        "examined_at": N_("Examined at"),
        "examined_by": N_("Examined by"),
        "expected_at": N_("Expected since"),
        "expected_by": N_("Recorded by"),
        "owner_id": N_("Who sends it"),
        "purpose": N_("Why it comes back"),
        "received_at": N_("Came in at"),
        "received_by": N_("Return received by"),
        "result": N_("Result of the examination"),
        "result_text": N_("What the examination showed"),
        "serial_reason": N_("Why another one was taken"),
        "serial_received": N_("Serial number that came in"),
        "serial_verdict": N_("Serial number compared"),
        "service_rma.name": N_("What comes back"),
        "service_rma.part_number": N_("Part number"),
        "service_rma.reason": N_("Why it is expected"),
        "service_rma.sent_at": N_("Sent off at"),
        "service_rma.sent_by": N_("Sent off by"),
        "service_rma.source": N_("Where the need comes from"),
        "service_rma.state": N_("State"),
        "service_rma.tracking": N_("Tracking number"),
        "told_at": N_("Customer told at"),
        "told_to": N_("Who was told"),
        "service_rma.what": N_("Kind"),
    },
    {
        "disposal": DISPOSAL_WORDS,
        "purpose": PURPOSE_WORDS,
        "serial_verdict": SERIAL_WORDS,
        "service_rma.result": RESULT_WORDS,
        "service_rma.state": RMA_STATE_WORDS,
        "service_rma.told_how": CONSENT_WORDS,
        "service_rma.what": WHAT_WORDS,
    },
)
