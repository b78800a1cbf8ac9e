"""What goes in and out of the workshop's services, and the words for its codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_

ITEM = "service.item"
"""The kind of record, for RecordRef."""
TEST_LIST = "service.strict_test"
"""The checklist of the shipped table ``service.tests``."""
RECEIPT, TAG, CARD = "service.receipt", "service.tag", "service.card"
"""The documents of an item."""

STATE_WORDS = {"here": N_("With us"), "returned": N_("Back with the customer")}
RETURN_WORDS = {
    "picked_up": N_("Picked up by the customer"),
    "delivered": N_("Delivered to the customer"),
    "posted": N_("Sent by post"),
    "left": N_("Left with us by the customer"),
}
RECEIPT_WORDS = {
    "out": N_("With the customer"),
    "voided": N_("Taken back and voided"),
    "lost": N_("Not returned"),
}
CUSTODY_WORDS = {
    "taken_in": N_("Item taken in"),
    "passed": N_("Passed to a colleague"),
    "returned": N_("Back with the customer"),
}
CUSTODY_ICONS = {"taken_in": "package-check", "passed": "arrow-right", "returned": "undo-2"}
ENTRY_WORDS = {"work": N_("Work"), "part": N_("Part")}
TEST_WORDS = {
    "none": N_("Not tested"),
    "failed": N_("Test failed"),
    "stale": N_("Worked on after the test"),
    "passed": N_("Test passed"),
}
VERDICT_WORDS = {
    "accepted": N_("Accepted for repair"),
    "refused": N_("Not accepted for repair"),
    "more": N_("More is asked of the customer"),
}


@dataclass(frozen=True)
class ItemData:
    """An item as it is taken in. ``once`` twice answers the first one."""

    condition: str
    name: str = ""
    serial: str = ""
    accessories: str = ""
    from_name: str = ""
    place: str = ""
    return_on: dt.date | None = None
    taken_at: dt.datetime | None = None
    once: str = ""


@dataclass(frozen=True)
class EntryData:
    """A line of the repair card: ``minutes`` of work, or a ``quantity`` of a part."""

    kind: str
    what: str
    minutes: int | None = None
    code: str = ""
    quantity: Decimal | None = None


@dataclass(frozen=True)
class TestData:
    """What a test showed: code of a point → (answer, remark)."""

    __test__ = False

    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class ReturnData:
    """How an item goes back. Signed, or the reason why not; the receipt came back, or the reason why not."""

    how: str
    to: str = ""
    tracking: str = ""
    signed_by: str = ""
    unsigned_reason: str = ""
    receipt_back: bool = True
    receipt_reason: str = ""
