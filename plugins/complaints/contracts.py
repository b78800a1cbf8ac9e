"""What goes in and out of this plugin's services and queries, and the words for codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from core.api import N_

COMPLAINT = "complaints.complaint"
"""The kind of record, for RecordRef."""

RELAY, ANSWER, SOLUTION = "complaints.relay", "complaints.answer", "complaints.solution"
CLOCKS = (RELAY, ANSWER, SOLUTION)
MEETING, SILENCE = "complaints.meeting", "complaints.silence"
"""Until the head has met the customer; until a customer's silence closes the complaint."""
CALL = "complaints.call"
"""Until a customer, who is to hear of a step by phone, was called."""
UNHURRIED = (SILENCE, CALL)
"""Their deadlines are not those of the complaint itself: they do not move it in the queue."""
REPLIES = "complaints.reply"
"""The group of message templates for answers to customers."""
ACTION = "complaints.action"
"""The kind of record of a corrective or preventive action."""
ACTION_DUE, ACTION_CHECK = "complaints.action", "complaints.check"
REWARD, REPORT, CAUSE = "complaints.reward", "complaints.report", "complaints.cause"
QUESTIONNAIRE = "complaints.questionnaire"

KIND_WORDS = {"complaint": N_("Complaint"), "suggestion": N_("Suggestion")}
CHANNEL_WORDS = {
    "phone": N_("Phone call"),
    "email": N_("E-mail"),
    "portal": N_("Customer portal"),
    "visit": N_("Visit"),
    "letter": N_("Letter"),
    "video": N_("Video call"),
    "api": N_("Another system"),
    "questionnaire": N_("Questionnaire"),
    "other": N_("Other channel"),
}
ANSWER_CHANNEL_WORDS = {code: words for code, words in CHANNEL_WORDS.items() if code != "questionnaire"}
"""By which a customer can be answered: a questionnaire leads one way only."""
MATTER_WORDS = {
    "opinion": N_("Opinion"),
    "suggestion": N_("Suggestion"),
    "complaint": N_("Complaint"),
    "inquiry": N_("Inquiry"),
}
"""What a customer sends by a questionnaire; all but a complaint is kept as a suggestion."""
GRADES = (1, 2, 3, 4, 5)
"""The marks that a question may ask for, the last one being the best."""
WRITTEN = ("email", "letter", "portal")
"""Channels by which an answer is in writing (VCH-20)."""
MEETING_WORDS = {
    "visit": N_("Visit to the customer"),
    "office": N_("The customer came"),
    "phone": N_("By phone"),
    "video": N_("Video call"),
}
DUTY_WORDS = {"meet": N_("Meets the customer"), "handle": N_("Takes it on and meets the customer")}
ACTION_KIND_WORDS = {"corrective": N_("Corrective"), "preventive": N_("Preventive")}
ACTION_STATE_WORDS = {
    "open": N_("Being carried out"),
    "done": N_("To be checked"),
    "effective": N_("Effective"),
    "ineffective": N_("Not effective"),
    "cancelled": N_("Given up"),
}
ACTION_STATE_ICONS = {
    "open": "circle-dot",
    "done": "hourglass",
    "effective": "circle-check",
    "ineffective": "octagon-alert",
    "cancelled": "circle-x",
}
REWARD_STATE_WORDS = {
    "proposed": N_("Proposed"),
    "approved": N_("Approved, to be delivered"),
    "refused": N_("Refused"),
    "delivered": N_("Delivered"),
}
REPORT_STATE_WORDS = {"draft": N_("To be submitted"), "submitted": N_("Submitted")}
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
STEP_WORDS = {
    "received": N_("Taken in"),
    "routed": N_("Sent to a department"),
    "taken_on": N_("Being worked on"),
    "findings": N_("Findings written down"),
    "late": N_("Takes longer"),
    "reopened": N_("Worked on again"),
    "closed": N_("Closed"),
    "by_hand": N_("How it stands"),
}
BY_HAND = "by_hand"
"""The step of what a person told the customer by himself."""
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
    person_email: str = ""
    category: str = ""
    nature: str = ""
    region: str = ""
    injury: bool | None = None
    in_batch: bool | None = None
    unusable: bool | None = None
    severity: str = ""
    again_of_id: int | None = None
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


@dataclass(frozen=True)
class Repeats:
    """How many earlier complaints one repeats: altogether, about the same unit, with the same cause."""

    total: int = 0
    unit: int = 0
    cause: int = 0


@dataclass(frozen=True)
class CauseData:
    """A cause of the tree. ``id`` None is a new one; ``unit_id`` is the department that answers for it."""

    code: str
    name: str
    id: int | None = None
    parent_id: int | None = None
    unit_id: int | None = None
    needs_action: bool = False
    active: bool = True


@dataclass(frozen=True)
class CauseFound:
    """The root cause of a complaint, and who is held to account for it.

    Without ``unit_id`` it is the department of the cause, or of the nearest cause above it that has one.
    """

    cause_id: int
    unit_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class MeetingData:
    """That a complaining customer was met; ``who_id`` is who did, the person who records it unless said."""

    how: str
    met_at: dt.datetime | None = None
    who_id: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ActionData:
    """A corrective or preventive action. ``due_on`` None: as the table of time limits says.

    ``origin`` says what it was opened for where that is no complaint; ``origin_cut`` are the conditions of the
    statistics that showed it.
    """

    title: str
    kind: str = "corrective"
    text: str = ""
    cause_id: int | None = None
    complaint_ids: tuple[int, ...] = ()
    unit_id: int | None = None
    assignee_id: int | None = None
    due_on: dt.date | None = None
    origin: str = ""
    origin_cut: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionnaireData:
    """A questionnaire as entered; ``questions`` are lines as ``rules.read_questions`` takes them. ``id`` None: new."""

    title_zh: str
    title_en: str = ""
    intro_zh: str = ""
    intro_en: str = ""
    questions: str = ""
    product_code: str = ""
    category: str = ""
    valid_until: dt.date | None = None
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class AnswerData:
    """What a customer sends; ``key`` tells one sending from another, ``answers`` has one text per question."""

    key: str
    matter: str
    text: str = ""
    answers: tuple[str, ...] = ()
    person_name: str = ""
    person_phone: str = ""
    serial: str = ""


@dataclass(frozen=True)
class CentreFigure:
    """One figure of a centre's report; ``label`` is bilingual, ``key`` stays the same from report to report."""

    key: str
    label: dict
    value: int
