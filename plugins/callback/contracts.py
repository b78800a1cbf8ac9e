"""What others may know of callback: kinds of records, words for its codes, what is given in and out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.api import N_

PERIOD = "callback.period"
CALL = "callback.call"
PREFERENCE = "callback.preference"

PERIOD_STATE_WORDS = {
    "open": N_("Not planned yet"),
    "planned": N_("Planned, to be reviewed"),
    "approved": N_("Approved"),
    "released": N_("Released to callers"),
    "closed": N_("Quarter closed"),
}
CALL_STATE_WORDS = {
    "planned": N_("In the plan"),
    "approved": N_("Approved"),
    "released": N_("To be called"),
    "calling": N_("Being called"),
    "done": N_("Call made"),
    "missed": N_("Not called in time"),
    "carried_over": N_("Carried over"),
    "cancelled": N_("Cancelled"),
}
RESULT_WORDS = {
    "": N_("No result yet"),
    "reached": N_("Reached"),
    "busy": N_("Busy"),
    "no_answer": N_("No answer"),
    "wrong_number": N_("Wrong number"),
    "refused": N_("Does not want to talk"),
}
PART_WORDS = {0: N_("Morning"), 1: N_("Afternoon"), 2: N_("Evening")}
WEEKDAY_WORDS = {
    0: N_("Monday"),
    1: N_("Tuesday"),
    2: N_("Wednesday"),
    3: N_("Thursday"),
    4: N_("Friday"),
    5: N_("Saturday"),
    6: N_("Sunday"),
}
WEEKDAY_SHORT = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
"""Heads of narrow columns."""

LEFT_OUT_WORDS = {
    "no_phone": N_("No phone number"),
    "no_call": N_("Wishes no calls"),
    "no_window": N_("No day within the customer's wishes"),
    "no_day": N_("No working day, or nobody on duty"),
    "month_full": N_("Called often enough that month"),
    "full": N_("All days are full"),
    "past": N_("Its days had passed when the plan was made"),
    "withdrawn": N_("The rules no longer ask for it"),
    "cancelled": N_("Cancelled by a person"),
    "merged": N_("Called that day already; planned anew"),
}
"""Why nobody calls."""
MOVE_WORDS = {
    "day": N_("Nobody works on that day any more"),
    "wish": N_("The customer's wishes have changed"),
    "span": N_("It is due on other days now"),
    "full": N_("More calls than can be made in that time"),
    "room": N_("Made room for another call"),
    "agent": N_("Another person calls, on the same day"),
    "missed": N_("Not called in time, carried over"),
    "dropped": N_("Nothing asks for this call any more, or another one serves it"),
}
"""Why planning anew has moved or dropped a call."""


@dataclass(frozen=True)
class PreferenceData:
    """A customer's wishes as they are entered; ``weekdays`` 0 is Monday, ``parts`` 0 is the morning."""

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    parts: tuple[int, ...] = (0, 1, 2)
    no_call: bool = False
    note: str = ""


@dataclass(frozen=True)
class MoveData:
    """Where a call goes; ``agent_id`` None: nobody yet."""

    day: dt.date
    part: int
    agent_id: int | None


@dataclass(frozen=True)
class CallData:
    """A call that a person plans by hand."""

    customer_id: int
    day: dt.date
    reason: str
    agent_id: int | None = None
    part: int = 0
    questionnaire: str = ""
