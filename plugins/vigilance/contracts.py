"""Codes, their words, and what goes into the verbs of this plugin."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.api import N_, RecordRef

EVENT = "vigilance.event"
DUTY = "vigilance.duty"
IMPLANT = "vigilance.implant"
"""Kinds of records, for RecordRef."""
DUTY_CLOCK = "vigilance.duty"
DUTIES = "vigilance.duties"
LIMITS = "vigilance.limits"
LADDER = "vigilance.ladder"
"""The tables of what an adverse event asks for, by when, and who is told when it is late."""
REPORT, STOP_NOTICE = "vigilance.report", "vigilance.stop_notice"
"""Kinds of documents."""

STATE_WORDS = {
    "reported": N_("Reported"),
    "investigating": N_("Being investigated"),
    "concluded": N_("Cause found"),
    "closed": N_("Closed"),
}
STATE_MARKS = {
    "reported": ("bad", "siren"),
    "investigating": ("warn", "microscope"),
    "concluded": ("info", "clipboard-check"),
    "closed": ("ok", "circle-check"),
}
HARM_WORDS = {
    "none": N_("Nobody was harmed"),
    "minor": N_("Minor harm"),
    "possible": N_("It could have led to serious harm"),
    "serious": N_("Serious harm"),
    "death": N_("Death"),
}
CAUSE_WORDS = {
    "": N_("Not known yet"),
    "instrument": N_("The device itself"),
    "operation": N_("How it was operated or used"),
    "other": N_("Something else"),
    "unknown": N_("Can’t be found out"),
}
DUTY_WORDS = {
    "stop": N_("Tell the user to stop using it at once"),
    "maker": N_("Tell the maker"),
    "phone": N_("Report it by phone"),
    "report": N_("Report it in writing"),
    "claim": N_("Claim for compensation"),
    "evaluation": N_("Report the result of the evaluation"),
}
DUTY_STATE_WORDS = {
    "open": N_("To do"),
    "sent": N_("Told, not confirmed yet"),
    "done": N_("Done"),
    "dropped": N_("No longer needed"),
}
DUTY_MARKS = {
    "open": ("warn", "circle-dot"),
    "sent": ("warn", "send"),
    "done": ("ok", "circle-check"),
    "dropped": ("", "circle-slash"),
}
IMPLANT_STATE_WORDS = {"in_use": N_("Implanted"), "explanted": N_("No longer implanted")}


@dataclass(frozen=True)
class EventData:
    """An adverse event as it is told. ``device_id`` says product and customer where they aren't named."""

    subject: str
    harm: str = "none"
    course: str = ""
    several: bool = False
    abroad: bool = False
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    batch: str = ""
    told_by: str = ""
    told_phone: str = ""
    happened_on: dt.date | None = None
    about: RecordRef | None = None
    patient: str = ""


@dataclass(frozen=True)
class Details:
    """What was gathered: how the device was operated, how it was used, what happened, whom it harmed and how."""

    operation: str
    usage: str
    course: str = ""
    harm: str = ""
    several: bool = False
    abroad: bool = False


@dataclass(frozen=True)
class ImplantData:
    """What was implanted where, by whom, when, and in whom."""

    product_id: int
    customer_id: int
    used_on: dt.date
    serial: str = ""
    batch: str = ""
    used_by: str = ""
    patient_name: str = ""
    patient_number: str = ""
    patient_contact: str = ""
    note: str = ""


@dataclass(frozen=True)
class Patient:
    """Who has an implant."""

    implant_id: int
    name: str
    number: str
    contact: str
