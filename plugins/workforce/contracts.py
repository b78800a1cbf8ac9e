"""What others may know of workforce: kinds of records, words for its codes, what is given in and out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from core.api import N_

SKILL = "workforce.skill"
CERTIFICATE = "workforce.certificate"

SKILL_KIND_WORDS = {
    "skill": N_("Skill"),
    "certificate": N_("Certificate"),
}
"""A skill counts for everything below it in the tree; a certificate counts for itself alone."""
CERTIFICATE_STATE_WORDS = {
    "valid": N_("Valid"),
    "coming": N_("Not valid yet"),
    "expiring": N_("Expires soon"),
    "expired": N_("Expired"),
    "renewed": N_("Renewed"),
    "revoked": N_("Withdrawn"),
}
"""How a certificate stands on a day; worked out from its dates, but for ``revoked``."""

REASON_WORDS = {
    "lacks": N_("“{name}” is needed, which this person does not have"),
    "expired": N_("“{name}” expired on {day}"),
    "coming": N_("“{name}” is valid only from {day}"),
    "revoked": N_("“{name}” was withdrawn"),
    "unknown": N_("The rules ask for “{name}”, which the company's list of skills does not have"),
    "wished": N_("“{name}” would be good to have"),
    "expires": N_("“{name}” expires on {day}"),
    "holds": N_("Has “{name}”"),
    "holds_until": N_("Has “{name}”, valid until {day}"),
    "left": N_("Does not work here"),
}
"""What speaks for and against sending somebody; placeholders are filled from the reason's facts."""


@dataclass(frozen=True)
class SkillData:
    """A skill or certificate as it is entered. ``id`` is set when one is changed."""

    code: str
    name: str
    kind: str = "skill"
    id: int | None = None
    parent_id: int | None = None
    valid_months: int | None = None
    warn_days: int | None = None
    active: bool = True


@dataclass(frozen=True)
class CertificateData:
    """A person's skill or certificate as it is entered."""

    user_id: int
    skill_id: int
    valid_from: dt.date
    valid_until: dt.date | None = None
    number: str = ""
    issuer: str = ""
    note: str = ""


# --- what work needs, and who has it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A skill or certificate that work needs. ``must``: without it nobody goes; else it is only good to have.

    ``reason`` names the row of the table that asks for it.
    """

    code: str
    must: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Reason:
    """Why somebody may go or not: a key of ``REASON_WORDS`` with its facts. ``against`` forbids."""

    key: str
    facts: dict[str, str] = field(default_factory=dict)
    against: bool = False


@dataclass(frozen=True)
class PersonFit:
    """Whether somebody may be sent, and everything that was looked at. ``words`` are the reasons in words.

    ``held`` and ``lacking`` are names of what is needed; ``valid_until`` is the first day on which something needed
    ends (None: no end). ``on_roster`` names the duty he or she is on at that moment.
    """

    user_id: int
    may_go: bool
    words: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    valid_until: dt.date | None = None
