"""What goes in and out of visits, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_, Gate
from plugins.service.contracts import OUTCOME_WORDS

VISIT = "service.visit"
"""The kind of record, for RecordRef."""
AGAIN = "again"
VISIT_STATE_WORDS = {"on_site": N_("There now"), "ended": N_("Has left")}
VISIT_OUTCOME_WORDS = {
    "": N_("Still there"),
    "solved": OUTCOME_WORDS["solved"],
    "no_fault": OUTCOME_WORDS["no_fault"],
    AGAIN: N_("Another visit is needed"),
    "not_solved": OUTCOME_WORDS["not_solved"],
    "refused": OUTCOME_WORDS["refused"],
}
DIFFERS_WORDS = {"": N_("Not said"), "no": N_("As reported"), "yes": N_("Differs from the report")}
FURTHER_WORDS = {"": N_("Not asked yet"), "none": N_("Asked, nothing else"), "found": N_("There is something else")}
CONTACTS_WORDS = {"": N_("Not said"), "exchanged": N_("Exchanged"), "none": N_("Not exchanged")}
GRADE_WORDS = {
    "very_good": N_("Very satisfied"),
    "good": N_("Satisfied"),
    "fair": N_("Fair"),
    "poor": N_("Not satisfied"),
}
"""The four grades of VCH-19, best first."""
ASPECT_WORDS = {
    "attitude": N_("Attitude"),
    "skill": N_("Technical skill"),
    "arrival": N_("Arrival time"),
    "promises": N_("Promises kept"),
}
"""What the customer rates (VCH-19)."""
SIGNER_WORDS = {
    "self": N_("Signed in person"),
    "family": N_("Signed by family or staff"),
    "stamp": N_("Stamped"),
    "none": N_("Can't sign"),
}
PART_WORDS = {"part": N_("Part"), "tool": N_("Tool or test gear")}
PART_SOURCE_WORDS = {"hand": N_("Written by hand"), "stock": N_("From stock")}


@dataclass(frozen=True)
class WorkData:
    """What was found and done on site. None of ``travel_minutes`` and ``work_minutes``: not said."""

    differs: str = ""
    differs_text: str = ""
    further: str = ""
    further_text: str = ""
    cause: str = ""
    cause_text: str = ""
    done_text: str = ""
    tested: str = ""
    travel_minutes: int | None = None
    work_minutes: int | None = None
    readings: Mapping[str, Decimal] = field(default_factory=dict)
    """Code of a meter → what it shows."""
    contacts: str = ""
    """``exchanged``, with ``contact_who`` and ``contact_phone`` of the customer; or ``none``, with ``contacts_why``."""
    contact_who: str = ""
    contact_phone: str = ""
    contacts_why: str = ""


@dataclass(frozen=True)
class SignatureData:
    """The customer's signature: drawn or photographed (``content`` with its ``name``), or the reason for none."""

    by: str
    who: str = ""
    reason: str = ""
    name: str = "signature.png"
    content: bytes = b""


@dataclass(frozen=True)
class RatingData:
    """The customer's rating: an aspect → its grade; or why the customer gave none."""

    grades: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    declined: str = ""


@dataclass(frozen=True)
class EndData:
    """How a visit ends. With the outcome ``again``: why, and the new time agreed (GS-12)."""

    outcome: str
    left_at: dt.datetime | None = None
    again_reason: str = ""
    again_at: dt.datetime | None = None
    signature: SignatureData | None = None
    rating: RatingData | None = None


@dataclass(frozen=True)
class PartData:
    """A part or tool written by hand, or one that the stock's module offers (``ref``)."""

    name: str = ""
    number: str = ""
    quantity: Decimal = Decimal(1)
    unit: str = ""
    kind: str = "part"
    ref: str = ""


@dataclass(frozen=True)
class PartOffer:
    """A part that ``parts_for_order`` offers: ``ref`` is how its module calls it, ``free`` how many there are."""

    ref: str
    name: str
    number: str = ""
    unit: str = ""
    free: Decimal | None = None


@dataclass(frozen=True)
class PartUse:
    """What ``use_parts`` is told: of ``ref`` the visit has used ``quantity`` in all; ``before`` was told last."""

    ref: str
    quantity: Decimal
    before: Decimal
    visit_id: int


@dataclass(frozen=True)
class Loaner:
    """What ``loaner`` answers: what is lent for an order, in words; ``url`` leads to where it is lent or taken back."""

    words: str
    url: str = ""
    out: bool = False


@dataclass(frozen=True)
class Meter:
    """A meter that ``meters_of`` knows of a unit; ``last`` is what it showed last, in words."""

    code: str
    label: str
    last: str = ""


@dataclass(frozen=True)
class Verdict:
    """Who pays after the cause was found: tone of the note, its heading, why."""

    tone: str
    title: str
    text: str = ""
    consent: bool = False
    """Whether the customer's consent has to be recorded on the order first."""
    missing: tuple[Gate, ...] = ()
    """What another module asks for first, such as the consent to its quote."""
