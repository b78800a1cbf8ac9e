"""What goes in and out of the services of requests for parts, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef

PART_REQUEST = "inventory.part_request"
"""The kind of record, for RecordRef, and that of its clock."""
LIMITS = "inventory.part_request_limits"
"""The table that says by when parts are handed over."""
URGENCY_WORDS = {"normal": N_("Normal need"), "urgent": N_("Urgent need"), "standstill": N_("The machine stands still")}
PART_REQUEST_STATE_WORDS = {
    "draft": N_("Being written"),
    "asked": N_("Waits for approval"),
    "approved": N_("To be handed over"),
    "done": N_("Given out"),
    "refused": N_("Refused"),
    "cancelled": N_("Cancelled"),
}


@dataclass(frozen=True)
class PartRequestData:
    """Who asks for parts asks for a record (``about``), or to fill up his or her store; None: the first one's own."""

    about: RecordRef | None = None
    to_id: int | None = None
    urgency: str = "normal"
    needed_by: dt.date | None = None
    note: str = ""


@dataclass(frozen=True)
class Pick:
    """So much of a lot in a location is taken for a request."""

    part_id: int
    quantity: Decimal
    location_id: int
    batch_id: int | None = None
    serial_id: int | None = None


@dataclass(frozen=True)
class Progress:
    """How a line of a request stands: kept for it, picked (not handed over yet), handed over."""

    reserved: Decimal = Decimal(0)
    picked: Decimal = Decimal(0)
