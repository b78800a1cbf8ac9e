"""What goes in and out of the services of returns (RMA), and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_

RMA = "service.rma"
"""The kind of record, for RecordRef."""
RMA_STEP = "rma"
"""The step of the table ``service.steps``: faulty parts are back before the order closes (AG-15)."""
RMA_SEND, RMA_ARRIVE, RMA_EXAMINE = (
    "service.rma_send", "service.rma_arrive", "service.rma_examine",
)
"""Clocks: until it is sent, until it arrives, until it is examined."""
RMA_LABEL, ANALYSIS_REPORT = "service.rma_label", "service.analysis_report"
"""The kinds of document."""
CHASE, RESULT_MAIL = "service.rma_chase", "service.analysis_result"
"""The templates of messages."""

WHAT_WORDS = {
    "part": N_("Faulty part"),
    "unit": N_("Faulty unit"),
    "material": N_("Material that was not used, or damaged"),
}
PURPOSE_WORDS = {
    "exchange": N_("Was exchanged"),
    "take_back": N_("The customer gives it back"),
    "analysis": N_("For analysis"),
    "unused": N_("Was not needed"),
}
RMA_STATE_WORDS = {
    "expected": N_("Still to be sent"),
    "sent": N_("On its way back"),
    "received": N_("Has come in"),
    "examined": N_("Was examined"),
    "closed": N_("Done with"),
    "written_off": N_("Written off"),
    "withdrawn": N_("Not expected any more"),
}
RMA_STATE_ICONS = {
    "expected": "hourglass",
    "sent": "truck",
    "received": "package-check",
    "examined": "microscope",
    "closed": "circle-check",
    "written_off": "circle-x",
    "withdrawn": "circle-minus",
}
RMA_STATE_TONES = {
    "expected": "warn", "sent": "info", "received": "info", "examined": "", "closed": "ok", "written_off": "bad",
    "withdrawn": "",
}  # fmt: skip
SERIAL_WORDS = {
    "": N_("Not compared"),
    "same": N_("As expected"),
    "unknown": N_("None was expected"),
    "taken": N_("Another than expected, taken all the same"),
}
RESULT_WORDS = {
    "confirmed": N_("Fault confirmed"),
    "no_fault": N_("No fault found on the bench"),
    "other_fault": N_("Another fault than told"),
    "customer": N_("Damaged by the customer"),
    "transport": N_("Damaged on the way"),
    "not_examined": N_("Not examined"),
}
RESULT_TONES = {"confirmed": "ok", "no_fault": "warn", "other_fault": "warn", "customer": "bad", "transport": "bad"}
DISPOSAL_WORDS = {
    "scrapped": N_("Scrapped"),
    "repaired": N_("Repaired, into stock"),
    "stock": N_("Into stock as it is"),
    "supplier": N_("To the supplier"),
    "customer": N_("Back to the customer"),
    "kept": N_("Kept as evidence"),
}


@dataclass(frozen=True)
class RmaData:
    """Something that has to come back. ``owner_id`` None: who works on the order sends it; ``to_unit_id`` None: to
    headquarters. ``source`` says where the need comes from: the same twice is one return, as is ``once``.
    """

    name: str
    what: str = "part"
    purpose: str = "exchange"
    part_number: str = ""
    serial: str = ""
    quantity: Decimal = Decimal(1)
    reason: str = ""
    owner_id: int | None = None
    to_unit_id: int | None = None
    source: str | None = None
    once: str = ""


@dataclass(frozen=True)
class SendData:
    """How it was sent. ``serial`` fills in what was not known when it was expected."""

    carrier: str
    tracking: str = ""
    sent_at: dt.datetime | None = None
    serial: str = ""


@dataclass(frozen=True)
class ReceiveData:
    """What came in. Another serial number than expected needs ``take_it`` and ``reason``; or it is refused."""

    condition: str
    serial: str = ""
    received_at: dt.datetime | None = None
    take_it: bool = False
    reason: str = ""


@dataclass(frozen=True)
class ExamineData:
    """What examining it showed."""

    result: str
    text: str = ""
