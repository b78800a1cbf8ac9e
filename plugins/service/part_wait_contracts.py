"""What goes in and out of waiting for parts, and the words for its codes."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import N_
from plugins.service.contracts import APPOINTMENT_HOW_WORDS

PART_CLOCK = "service.part_wait"
"""Until when the part is here, as the customer was told."""
SOURCES = "service.part_sources"
PART_MAIL = "service.part_wait"
TOLD_WORDS = APPOINTMENT_HOW_WORDS
PART_WAIT_WORDS = {
    "waits": N_("Waited for"),
    "arrived": N_("Part has arrived"),
    "replaced": N_("Promised anew"),
    "ended": N_("No longer waited for"),
}


@dataclass(frozen=True)
class PartWaitData:
    """A part that is missing. ``source`` empty: asked of the module that keeps the stock.

    ``reason`` says why this takes the place of what was promised before.
    """

    part: str
    source: str = ""
    part_number: str = ""
    told_how: str = "phone"
    mail_to: str = ""
    explanation: str = ""
    reason: str = ""
