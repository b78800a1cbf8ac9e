"""What others may know of workforce: kinds of records, words for its codes, what is given in and out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

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
    "renewed": N_("Newer one issued"),
    "revoked": N_("Revoked"),
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
    "on_leave": N_("On leave ({kind}): {when}"),
    "on_duty": N_("Has duty: {roster}, {when}"),
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
    ends (None: no end). ``on_roster`` names the rosters on which he or she has duty at that moment.
    """

    user_id: int
    may_go: bool
    words: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    valid_until: dt.date | None = None
    on_leave: bool = False
    on_roster: tuple[str, ...] = ()


class FitAnswer(tuple[bool, list[str], dict[str, Any]]):
    """``(may go, sentences, facts)``, as the hook ``people_for_order`` asks; all that was looked at is in ``fit``."""

    fit: PersonFit

    def __new__(cls, fit: PersonFit) -> FitAnswer:
        """What others are answered about one person."""
        facts = {"certified": not fit.lacking, "on_roster": bool(fit.on_roster), "on_leave": fit.on_leave}
        answer = super().__new__(cls, (fit.may_go, list(fit.words), facts))
        answer.fit = fit
        return answer


# --- leave and duty -------------------------------------------------------------------------------------------------

LEAVE = "workforce.leave"
ROSTER = "workforce.roster"
SHIFT = "workforce.shift"
POOL_MEMBER = "workforce.pool_member"
CALL_IN = "workforce.call_in"

LEAVE_STATE_WORDS = {
    "asked": N_("Asked for"),
    "agreed": N_("Agreed"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}
LEAVE_PART_WORDS = {
    "days": N_("Whole days"),
    "morning": N_("Morning of the first day"),
    "afternoon": N_("Afternoon of the first day"),
    "hours": N_("From one time to another"),
}
COVERS_WORDS = {
    "daily": N_("The same hours every day"),
    "calendar": N_("The hours of a working calendar"),
}
SHIFT_STATE_WORDS = {"planned": N_("Planned"), "cancelled": N_("Cancelled")}
SOURCE_WORDS = {
    "plan": N_("Planned by hand"),
    "pattern": N_("From the pattern"),
    "pool": N_("Called in from the pool"),
    "import": N_("Loaded from a file"),
}
SWAP_STATE_WORDS = {
    "asked": N_("Asked for"),
    "agreed": N_("Agreed"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}
OUTCOME_WORDS = {
    "comes": N_("Comes"),
    "refused": N_("Can't come"),
    "unreachable": N_("Could not be reached"),
}
WEEKDAY_WORDS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


@dataclass(frozen=True)
class LeaveData:
    """Leave as it is asked for: ``part`` is one of LEAVE_PART_WORDS, times are minutes after midnight."""

    user_id: int
    kind: str
    first: dt.date
    last: dt.date
    part: str = "days"
    begins: int = 0
    ends: int = 0
    reason: str = ""


@dataclass(frozen=True)
class RosterData:
    """A roster as it is entered; times are minutes after midnight."""

    code: str
    name: str
    valid_from: dt.date
    covers: str = "daily"
    calendar: str = ""
    begins: int = 0
    ends: int = 0
    needed: int = 1
    phone: str = ""
    unit_id: int | None = None
    user_id: int | None = None
    skill_id: int | None = None
    valid_until: dt.date | None = None
    cycle_weeks: int = 1
    cycle_from: dt.date | None = None
    active: bool = True


@dataclass(frozen=True)
class LineData:
    """A line of a pattern: who has duty on a weekday (0 is Monday) of a week, from and to minutes after midnight."""

    week: int
    weekday: int
    begins: int
    ends: int
    user_id: int


@dataclass(frozen=True)
class CallData:
    """A call to somebody of the backup pool: for when, why, and what he or she said."""

    roster_id: int
    day: dt.date
    begins: int
    ends: int
    outcome: str
    reason: str


@dataclass(frozen=True)
class OnDuty:
    """Somebody who had, has or will have duty at a moment."""

    roster_id: int
    roster: str
    phone: str
    user_id: int
    name: str
    starts_at: dt.datetime
    ends_at: dt.datetime


# --- training -------------------------------------------------------------------------------------------------------

TRAINING = "workforce.training"
SESSION = "workforce.training_session"
ATTENDANCE = "workforce.attendance"

SESSION_STATE_WORDS = {"planned": N_("Planned"), "held": N_("Held"), "cancelled": N_("Cancelled")}
ATTENDED_WORDS = {"invited": N_("Invited"), "present": N_("Was there"), "absent": N_("Was absent")}
RESULT_WORDS = {"": N_("No test"), "passed": N_("Passed"), "failed": N_("Not passed")}


@dataclass(frozen=True)
class TrainingData:
    """A training of the plan as it is entered."""

    title: str
    due_on: dt.date
    need: str = ""
    audience: str = ""
    skill_id: int | None = None
    user_id: int | None = None
    unit_id: int | None = None
    open: bool = True


@dataclass(frozen=True)
class SessionData:
    """A time at which a training is held."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    place: str = ""
    trainer: str = ""
    note: str = ""


@dataclass(frozen=True)
class AttendedData:
    """Whether somebody was there, and the result."""

    state: str
    result: str = ""
    score: str = ""
