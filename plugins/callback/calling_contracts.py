"""What calling and the phone desk give in and out: kinds of records, words for their codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.api import N_

TRY = "callback.try"
PROMISE = "callback.promise"
MISSED = "callback.missed"
"""Kinds of records; a promise's and a missed call's time limits are of the same kinds."""

TRY_RESULTS = ("reached", "busy", "no_answer", "wrong_number", "refused")
THEN_WORDS = {
    "again": N_("is called again"),
    "plan_anew": N_("not called in time, planned anew"),
    "end": N_("ended with this"),
}
"""What becomes of a call after an attempt in vain."""
PROMISE_KIND_WORDS = {
    "promise": N_("Our promise to the customer"),
    "number": N_("Find the right number"),
    "fault": N_("See to a fault"),
    "complaint": N_("See to a complaint"),
}
PROMISE_STATE_WORDS = {"open": N_("To do"), "done": N_("Done"), "cancelled": N_("Given up")}
MISSED_STATE_WORDS = {
    "open": N_("To be called back"),
    "called_back": N_("Called back"),
    "closed": N_("Not called back"),
}
CONSEQUENCE_WORDS = {
    "none": N_("No consequence"),
    "stands": N_("Stands"),
    "appealed": N_("Under objection"),
    "waived": N_("Waived"),
}
ATTRIBUTION_WORDS = {
    "on_duty": N_("Had duty at the time"),
    "responsible": N_("Answers for the roster, nobody had duty"),
    "nobody": N_("Nobody: outside the hours of the phone"),
    "unknown": N_("Nobody: no roster is known for that time"),
}


@dataclass(frozen=True)
class ResultData:
    """What came of an attempt. ``key`` names it: sent twice it is one. ``until`` is a day, at the company.

    ``fault_goes_on``: another module takes the fault in right after this, from the entry of the call register.
    """

    key: str
    result: str
    note: str = ""
    phone: str = ""
    promise: str = ""
    promise_until: dt.date | None = None
    promise_for: int | None = None
    complaint: bool = False
    fault: bool = False
    fault_goes_on: bool = False
    device_id: int | None = None
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Answers to the questions that go with the call, by the name of their field."""


@dataclass(frozen=True)
class Came:
    """What an attempt led to. ``again``: sent before, nothing was done anew."""

    try_id: int
    contact_id: int | None
    state: str
    next_try_at: dt.datetime | None = None
    again: bool = False


@dataclass(frozen=True)
class Questions:
    """What is asked on a call: ``fields`` as ``{"name", "label", "kind", "required", "choices": [(value, words)]}``.

    ``kind`` is one, several, text or number. ``key`` is given back with the answers.
    """

    key: str
    title: str
    intro: str = ""
    fields: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class MissedData:
    """A call that nobody answered, as it is written down. ``external_key``: how the telephone system names it."""

    at: dt.datetime
    phone: str = ""
    caller: str = ""
    note: str = ""
    external_key: str = ""
    source: str = "hand"


@dataclass(frozen=True)
class Answerable:
    """Who answers for the phone at a moment: ``why`` is one of ``ATTRIBUTION_WORDS``."""

    user_id: int | None
    name: str
    why: str
