"""What goes in and out of this plugin's services and queries, and the words for codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.api import N_, RecordRef

ORDER = "service.order"
"""The kind of record, for RecordRef."""

RECEIPT_SLIP = "service.receipt_slip"
"""The receipt slip of an order, a kind of document."""

RESPONSE, PROPOSAL, ASSIGNMENT, ARRIVAL, SOLUTION, APPLICATION = (
    "service.response", "service.proposal", "service.assignment", "service.arrival", "service.solution",
    "service.application",
)
CLOCKS = (RESPONSE, PROPOSAL, ASSIGNMENT, ARRIVAL, SOLUTION, APPLICATION)
"""The clocks of an order that begin when it comes in; the table ``service.limits`` says which of them it has."""
REPAIR = "service.repair"
"""From when a customer's item came in until it has passed its test (REP-5)."""
TIMED = (*CLOCKS, REPAIR)
"""The clocks of an order that end with the work on it."""
SILENCE = "service.silence"
"""Until a customer's silence closes an order that is done."""

INQUIRY, ON_SITE, WORKSHOP, INSTALLATION, PREVENTIVE, INSPECTION, ANALYSIS = (
    "inquiry", "on_site", "workshop", "installation", "preventive", "inspection", "analysis",
)
VISITED = (ON_SITE, INSTALLATION, PREVENTIVE, INSPECTION)
"""Kinds for which somebody goes to the customer."""
FAULTS = (ON_SITE, WORKSHOP, ANALYSIS)
"""Kinds that are about a fault, whose cause has to be found."""
SOURCE_WORDS = {"demo": N_("Demonstration data"), "plan": N_("Preventive plan"), "round": N_("Inspection round")}
"""What an order came from, where it was no person who took it in; what else there is, its system has named."""
KIND_WORDS = {
    ON_SITE: N_("Repair on site"),
    WORKSHOP: N_("Repair in the workshop"),
    INQUIRY: N_("Inquiry"),
    INSTALLATION: N_("Installation and commissioning"),
    PREVENTIVE: N_("Preventive visit"),
    INSPECTION: N_("Inspection round"),
    ANALYSIS: N_("Return for analysis"),
}
KIND_ICONS = {
    ON_SITE: "wrench",
    WORKSHOP: "hammer",
    INQUIRY: "circle-question-mark",
    INSTALLATION: "package-check",
    PREVENTIVE: "calendar-check",
    INSPECTION: "clipboard-list",
    ANALYSIS: "microscope",
}
STATE_WORDS = {
    "requested": N_("Requested"),
    "accepted": N_("To dispatch"),
    "dispatched": N_("Dispatched"),
    "working": N_("Being worked on"),
    "done": N_("Work done"),
    "confirmed": N_("Confirmed by the customer"),
    "closed": N_("Closed"),
    "archived": N_("Archived"),
    "cancelled": N_("Cancelled"),
}
STATE_ICONS = {
    "requested": "circle-dashed",
    "accepted": "circle-dot",
    "dispatched": "user-check",
    "working": "wrench",
    "done": "check",
    "confirmed": "thumbs-up",
    "closed": "circle-check",
    "archived": "archive",
    "cancelled": "circle-x",
}
WORK_KIND_WORDS = {
    "": N_("Not decided yet"),
    "free": N_("Free of charge"),
    "paid": N_("Paid"),
    "contract": N_("By contract"),
    "administration": N_("Administration"),
}
"""The four kinds of work of VCH-1."""
WORK_KIND_TONES = {"": "", "free": "ok", "paid": "warn", "contract": "info", "administration": ""}
WORK_KIND_ICONS = {
    "": "circle-question-mark",
    "free": "shield-check",
    "paid": "coins",
    "contract": "file-check",
    "administration": "building-2",
}
URGENCY_WORDS = {"urgent": N_("Urgent"), "normal": N_("Normal"), "low": N_("Can wait")}
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
ZONE_WORDS = {"": N_("Not said"), "city": N_("In town"), "suburb": N_("Out of town")}
DISTANCE_WORDS = {
    "": N_("Not known"),
    "entered": N_("Entered"),
    "coordinates": N_("From coordinates, as the crow flies"),
}
CAUSE_WORDS = {
    "": N_("Not known yet"),
    "defect": N_("Defect"),
    "misuse": N_("Misuse"),
    "wear": N_("Wear"),
    "transport": N_("Transport"),
    "installation": N_("Installation of the unit"),
    "unauthorised": N_("Opened by others"),
    "force_majeure": N_("Force majeure"),
    "unknown": N_("Can't tell"),
}
WAITING_WORDS = {
    "": N_("Waits for nothing"),
    "parts": N_("Waits for parts"),
    "customer": N_("Waits for the customer"),
    "approval": N_("Waits for approval"),
    "other": N_("Waits"),
}
OUTCOME_WORDS = {
    "": N_("Not said"),
    "solved": N_("Solved"),
    "solved_by_phone": N_("Solved by phone"),
    "answered": N_("Answered"),
    "no_fault": N_("No fault found"),
    "not_solved": N_("Could not be solved"),
    "refused": N_("The customer refused the work"),
}
GUIDANCE_WORDS = {
    "phone": N_("Guidance by phone"),
    "solution": N_("Solution that the customer carries out"),
    "answer": N_("Answer to the inquiry"),
}
GUIDANCE_RESULT_WORDS = {
    "solved": N_("It works again"),
    "trying": N_("The customer tries it"),
    "not_solved": N_("It did not help"),
    "answered": N_("Answered"),
}
CONSENT_WORDS = {
    "phone": N_("By phone"),
    "signature": N_("By signature"),
    "email": N_("By e-mail"),
    "message": N_("By message"),
    "in_person": N_("In person"),
}
STEP_WORDS = {
    "guidance": N_("Phone guidance first"),
    "consent": N_("The customer's consent before paid work"),
    "confirmation": N_("Confirmation by the customer"),
    "silence": N_("Closes by itself when the customer is silent"),
    "triage": N_("Assessment by the head of the serving unit"),
    "appointment": N_("Appointment with the customer before somebody goes"),
    "receipt": N_("Taken in against a receipt"),
    "test": N_("Test after repair"),
    "inspection": N_("Inspected by the head"),
    "conduct": N_("Checklist of conduct on site"),
    "contacts": N_("Contacts exchanged with the customer"),
    "vehicle": N_("Checklist of the vehicle's condition"),
    "signature": N_("Signature of the customer after a visit"),
    "rating": N_("Rating by the customer after a visit"),
    "payment": N_("Paid before it closes"),
    "slip": N_("Signed slip to headquarters"),
    "voucher": N_("Voucher drawn before dispatch, filed before the archive"),
    "late_warning": N_("Reported to the head when a promise is in danger"),
    "briefing": N_("Plan told to the customer, sheet handed out before leaving"),
    "agreement": N_("Comes back only with the department's agreement"),
    "return_checklist": N_("Return checklist"),
    "review": N_("Review of quality and rating"),
    "cost_check": N_("Check of the costs"),
    "report": N_("Report of an inspection before it closes"),
    "receipt_slip": N_("Receipt slip before work begins"),
    "rma": N_("Faulty parts back before it closes"),
}
"""The steps of the table ``service.steps``."""
PROGRESS_WORDS = {
    "received": N_("Taken in"),
    "dispatched": N_("Somebody was sent"),
    "waits": N_("It waits"),
    "again": N_("Another visit is needed"),
    "late": N_("It takes longer"),
    "done": N_("Work done"),
    "closed": N_("Closed"),
}
"""The steps of which a customer is told, by the table ``service.progress``."""


@dataclass(frozen=True)
class OrderData:
    """A service order as it comes in. What ``contact_id``, ``device_id`` and ``site_id`` say is taken from there.

    ``urgency`` empty is normal. ``distance_km`` None: reckoned from coordinates where both are known. ``work_kind``
    empty: decided by the entitlement. ``external_key`` twice answers the first order.
    """

    kind: str = ON_SITE
    subject: str = ""
    text: str = ""
    urgency: str = ""
    channel: str = "phone"
    received_at: dt.datetime | None = None
    contact_id: int | None = None
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    site_id: int | None = None
    serial_told: str = ""
    person_name: str = ""
    person_phone: str = ""
    address: str = ""
    region: str = ""
    zone: str = ""
    distance_km: Decimal | None = None
    unit_id: int | None = None
    promised_at: dt.datetime | None = None
    cause: str = ""
    work_kind: str = ""
    work_kind_reason: str = ""
    about: RecordRef | None = None
    """The record from which it was opened: a complaint, a plan, an inspection point."""
    source: str = ""
    external_key: str | None = None


@dataclass(frozen=True)
class CoverageQuestion:
    """What ``find_coverage`` is asked: a fault (or other work) on a unit.

    ``former_id`` is the decision that this one takes the place of, because ``reason`` has changed.
    """

    unit_id: int
    problem: str = ""
    about: RecordRef | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    handed_in: dt.date | None = None
    former_id: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class ResultData:
    """What came of the work on an order."""

    outcome: str
    text: str = ""
    cause: str = ""
    cause_text: str = ""
    finished_at: dt.datetime | None = None


ASSIGNMENT_WORDS = {"main": N_("Technician"), "helper": N_("Helper")}
APPOINTMENT_HOW_WORDS = {
    "phone": N_("By phone"),
    "message": N_("By message"),
    "email": N_("By e-mail"),
    "in_person": N_("In person"),
}
PUNCTUALITY_WORDS = {"early": N_("Came early"), "in_time": N_("Came in time"), "late": N_("Came late")}
TRIAGE_WORDS = {"assessed": N_("Assessed"), "referred": N_("Passed on")}


@dataclass(frozen=True)
class PlanData:
    """When somebody is to go. ``agreed``: the customer knows the time, so that it is an appointment."""

    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    agreed: bool = False
    person_name: str = ""
    how: str = "phone"
    mail_to: str = ""
    """Where the customer is told by mail; empty: not by mail."""
    note: str = ""


@dataclass(frozen=True)
class AppointmentData:
    """A time agreed with the customer. ``reason`` says why it takes the place of the one agreed before."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    person_name: str = ""
    how: str = "phone"
    mail_to: str = ""
    reason: str = ""


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next on an order, in the words of a button; ``url`` leads to where it is done."""

    label: str
    url: str
    weight: int = 10


Steps = list[tuple[int, NextStep]]
"""What to do next on several orders: pairs of an order's id and a step."""


@dataclass(frozen=True)
class Counts:
    """The figures beside the queue's tabs; each counts no further than 1,001."""

    mine: int = 0
    overdue: int = 0
    to_dispatch: int = 0
    waiting: int = 0
    to_close: int = 0
    open: int = 0
