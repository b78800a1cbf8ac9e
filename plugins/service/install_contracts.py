"""What goes in and out of installations, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.api import N_

ACCEPTANCE = "service.acceptance"
"""The acceptance record, a document of the order."""
TABLE = "service.installation"

PART_WORDS = {"step": N_("Step"), "trial": N_("Trial run"), "training": N_("Training of operators")}
PART_ICONS = {"step": "wrench", "trial": "play", "training": "users"}
MODE_WORDS = {
    "us": N_("We do it"),
    "supervised": N_("The customer's people, we supervise"),
    "customer": N_("The customer"),
}
STEP_STATE_WORDS = {
    "open": N_("Not done yet"),
    "done": N_("Done, to be accepted"),
    "accepted": N_("Accepted by the customer"),
    "objected": N_("Objected to: to be done anew"),
    "dropped": N_("Left out"),
}
STEP_ICONS = {
    "open": "circle", "done": "check", "accepted": "circle-check", "objected": "circle-x", "dropped": "minus",
}  # fmt: skip
STEP_TONES = {"open": "", "done": "info", "accepted": "ok", "objected": "bad", "dropped": ""}
STAGE_WORDS = {
    "waiting": N_("Not begun"),
    "working": N_("Steps under way"),
    "objected": N_("The customer objects"),
    "to_accept": N_("A step is to be accepted"),
    "final": N_("Final acceptance is missing"),
    "accepted": N_("Finally accepted"),
    "ended": N_("Ended without acceptance"),
    "cancelled": N_("Cancelled"),
}
"""Where an installation as a whole stands."""
STAGE_ICONS = {
    "waiting": "circle", "working": "wrench", "objected": "thumbs-down", "to_accept": "hourglass", "final": "signature",
    "accepted": "circle-check", "ended": "minus", "cancelled": "minus",
}  # fmt: skip
STAGE_TONES = {
    "waiting": "", "working": "", "objected": "bad", "to_accept": "warn", "final": "warn", "accepted": "ok",
    "ended": "", "cancelled": "",
}  # fmt: skip
INSTALL_VERDICT_WORDS = {"accepted": N_("Accepted by the customer"), "objected": N_("Objected to by the customer")}
TRAINED_WORDS = {"mastered": N_("Masters it"), "again": N_("Is trained again")}


@dataclass(frozen=True)
class Line:
    """A line of the table ``service.installation``: a step, a tool or a paper."""

    part: str
    code: str
    text: dict[str, str]
    mode: str = "us"
    edition: str = ""


@dataclass(frozen=True)
class ArrangementData:
    """What is agreed with the customer about getting in, hours, and what of theirs is used."""

    access: str = ""
    equipment: str = ""
    evenings: bool = False
    weekends: bool = False
    hours_note: str = ""


@dataclass(frozen=True)
class AcceptData:
    """The customer's acceptance: the name, and the signature (``content``) or the reason for none.

    ``final_on``: final acceptance of the whole on that day, too.
    """

    who: str
    content: bytes = b""
    name: str = "signature.png"
    reason: str = ""
    final_on: dt.date | None = None


@dataclass(frozen=True)
class TraineeData:
    """An operator and whether he or she masters it."""

    name: str
    result: str
    job: str = ""
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an installation is; counts leave out what was dropped."""

    steps: int = 0
    done: int = 0
    accepted: int = 0
    papers: int = 0
    handed: int = 0
    final: bool = False
