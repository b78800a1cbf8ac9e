"""What goes in and out of this plugin's services and queries, and the words for codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.api import N_

COMPLAINT = "complaints.complaint"
"""The kind of record, for RecordRef."""

RELAY, ANSWER, SOLUTION = "complaints.relay", "complaints.answer", "complaints.solution"
CLOCKS = (RELAY, ANSWER, SOLUTION)

KIND_WORDS = {"complaint": N_("Complaint"), "suggestion": N_("Suggestion")}
CHANNEL_WORDS = {
    "phone": N_("Phone call"),
    "email": N_("E-mail"),
    "portal": N_("Customer portal"),
    "visit": N_("Visit"),
    "letter": N_("Letter"),
    "video": N_("Video call"),
    "api": N_("Another system"),
    "other": N_("Other channel"),
}
WRITTEN = ("email", "letter", "portal")
"""Channels by which an answer is in writing (VCH-20)."""
STATE_WORDS = {
    "received": N_("To classify"),
    "in_progress": N_("In progress"),
    "to_answer": N_("To answer"),
    "replied": N_("Waiting for the customer"),
    "closed": N_("Closed"),
    "withdrawn": N_("Withdrawn"),
    "duplicate": N_("Duplicate"),
}
STATE_ICONS = {
    "received": "circle-dashed",
    "in_progress": "circle-dot",
    "to_answer": "message-square",
    "replied": "smartphone",
    "closed": "circle-check",
    "withdrawn": "circle-x",
    "duplicate": "copy",
}
VERB_WORDS = {
    "routed": N_("Routed"),
    "assigned": N_("Assigned"),
    "handed_back": N_("Handed back"),
    "handed_on": N_("Handed on"),
}


@dataclass(frozen=True)
class ComplaintData:
    """A complaint as entered. ``severity`` empty: the severity table decides; ``category`` empty: still to classify.

    ``person_phone`` is kept as typed. ``received_at`` is now unless given.
    """

    subject: str
    text: str = ""
    kind: str = "complaint"
    channel: str = "phone"
    received_at: dt.datetime | None = None
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    contact_id: int | None = None
    person_name: str = ""
    person_phone: str = ""
    category: str = ""
    nature: str = ""
    region: str = ""
    injury: bool | None = None
    in_batch: bool | None = None
    unusable: bool | None = None
    severity: str = ""
    source: str = ""
    external_key: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Classification:
    """What a person decides when classifying; ``severity`` empty leaves it to the severity table."""

    category: str
    nature: str = ""
    severity: str = ""
    kind: str = "complaint"
    region: str = ""
    injury: bool | None = None
    in_batch: bool | None = None
    unusable: bool | None = None


@dataclass(frozen=True)
class Choice:
    """A value of a choice column, with its bilingual label."""

    value: str
    label: dict | str


@dataclass(frozen=True)
class Counts:
    """The figures beside the queue's tabs; each counts no further than 1,001."""

    mine: int = 0
    overdue: int = 0
    serious: int = 0
    week: int = 0
    open: int = 0
    unassigned: int = 0
