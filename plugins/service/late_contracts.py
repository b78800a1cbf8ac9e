"""What goes in and out of the services about promises that will not be kept, and the words for their codes (VCH-9)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.api import N_

LATE = "service.late"
"""The kind of record, for RecordRef."""
LATE_CLOCK = "service.late_answer"
"""Clock: until the head has answered; the table ``service.late_limits`` says its limit."""
LATE_STEP = "late_warning"
"""The step of the table ``service.steps``: the head is told by itself when a time limit's warning is due."""
LATE_MAIL = "service.late"

PROMISE_WORDS = {
    "appointment": N_("Appointment"),
    "arrival": N_("Arrival"),
    "solution": N_("Solution of the fault"),
    "promised": N_("Time promised"),
}
LATE_STATE_WORDS = {
    "open": N_("Waits for the head"),
    "answered": N_("Answered by the head"),
    "over": N_("Settled itself"),
}
LATE_ANSWER_WORDS = {
    "": N_("Not answered yet"),
    "agreed": N_("New time agreed"),
    "helped": N_("Help is sent"),
    "reassigned": N_("Somebody else goes"),
    "kept": N_("The promise is kept after all"),
}
LATE_HOW_WORDS = {
    "": N_("Not told yet"),
    "phone": N_("By phone"),
    "message": N_("By message"),
    "email": N_("By e-mail"),
    "in_person": N_("In person"),
}


@dataclass(frozen=True)
class LateData:
    """Somebody will not be there, or not be done, at the time promised. ``mail_to``: the customer is told by mail.

    ``once`` twice answers the first report.
    """

    reason: str
    new_at: dt.datetime | None = None
    help: str = ""
    """What help is asked for; empty: none."""
    told_how: str = ""
    mail_to: str = ""
    once: str = ""
