"""What others may know of surveys: kinds of records, words for their codes, what goes in and out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.api import N_

SURVEY = "callback.survey"
CAMPAIGN = "callback.campaign"
INVITATION = "callback.invitation"
TASK = "callback.survey_task"
"""The kinds of records, for RecordRef; the last one is the kind of its time limit as well."""
SUMMARY = "callback.survey_summary"
"""The document that sums a campaign up."""
INVITE = "callback.survey_invite"
"""The template of the mail with the link."""
OPINION_CARD, YEARLY = "opinion_card", "yearly"
"""Codes of surveys that come with the module."""

QUESTION_WORDS = {
    "grade": N_("Grade"),
    "choice": N_("One of several"),
    "several": N_("Any of several"),
    "text": N_("Text"),
    "number": N_("Number"),
    "yes_no": N_("Yes or no"),
}
AUDIENCE_WORDS = {
    "cases": N_("Every case that was finished the day before"),
    "customers": N_("Customers, chosen by class, kind and centre"),
    "asked": N_("Whoever is invited one by one"),
}
CAMPAIGN_STATE_WORDS = {
    "draft": N_("Being prepared"),
    "running": N_("Running"),
    "closed": N_("Closed"),
}
CARD_STATE_WORDS = {
    "open": N_("Waits for the answer"),
    "answered": N_("Answered"),
    "left_out": N_("Left out, with a reason"),
}
OVER = N_("Not answered in time")
"""How an open card is called once its last day is over."""
WAY_WORDS = {
    "mail": N_("Link by e-mail"),
    "phone": N_("Question by phone"),
    "paper": N_("Card on paper"),
}
GIVEN_WORDS = {
    "link": N_("By the link"),
    "phone": N_("Asked by phone"),
    "paper": N_("Entered from paper"),
}
LEFT_OUT_WORDS = {
    "rule": N_("The rule table “Who gets an opinion card” leaves it out"),
    "unreachable": N_("Neither a phone number nor an e-mail address is known"),
    "no_call": N_("The customer wishes no calls, and no e-mail address is known"),
    "month_full": N_("Called often enough that month"),
}
TASK_KIND_WORDS = {
    "case": N_("See to what was answered"),
    "improvement": N_("Improve something"),
    "summary": N_("Take note of a summary"),
}
TASK_STATE_WORDS = {"open": N_("To do"), "done": N_("Done"), "cancelled": N_("Given up")}
GROUP_WORDS = {
    "technician": N_("Technician"),
    "product": N_("Product"),
    "centre": N_("Centre"),
    "month": N_("Month"),
}


@dataclass(frozen=True)
class SurveyData:
    """A survey as entered. ``questions`` is one line per question (see ``rules.surveys.read_questions``)."""

    code: str
    title_zh: str
    title_en: str = ""
    intro_zh: str = ""
    intro_en: str = ""
    questions: str = ""
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class CampaignData:
    """A campaign as entered. ``klass``, ``customer_kind`` and ``unit_id`` narrow the customers; empty: all."""

    title: str
    survey_id: int
    audience: str = "customers"
    begins_on: dt.date | None = None
    ends_on: dt.date | None = None
    valid_days: int = 30
    klass: str = ""
    customer_kind: str = ""
    unit_id: int | None = None
    yearly: bool = False
    id: int | None = None


@dataclass(frozen=True)
class InviteData:
    """Somebody who is asked by himself: a customer, and what he or she is asked about."""

    customer_id: int
    device_id: int | None = None
    product_id: int | None = None
    technician_id: int | None = None
    unit_id: int | None = None
    person_name: str = ""
    person_phone: str = ""
    record_kind: str = ""
    record_id: int | None = None
    number: str = ""
    subject: str = ""


@dataclass(frozen=True)
class GivenData:
    """What a customer answered: question's key → what was given, several values where several may be chosen."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channel: str = "link"
    language: str = ""
    comment: str = ""
    wants_call: bool = False


@dataclass(frozen=True)
class TaskData:
    """Something to be done about what a survey brought up; ``due_on`` empty: the rule table says until when."""

    title: str
    text: str = ""
    assignee_id: int | None = None
    due_on: dt.date | None = None
    campaign_id: int | None = None
    invitation_id: int | None = None
