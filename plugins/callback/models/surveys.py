"""Surveys as data: forms in versions, campaigns, the card of each who is asked, what was answered, what follows."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
    record_ref,
)

AUDIENCES = ("cases", "customers", "asked")
CAMPAIGN_STATES = ("draft", "running", "closed")
CARD_STATES = ("open", "answered", "left_out")
WAYS = ("", "mail", "phone", "paper")
GIVEN = ("link", "phone", "paper")
TASK_KINDS = ("case", "improvement", "summary")
TASK_STATES = ("open", "done", "cancelled")
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""``urgent_at`` of a task that nothing hurries: it comes last."""


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Survey(Base, CompanyOwned, Versioned):
    """What customers are asked. Its questions stand in versions; ``current`` is the number of the one that is asked."""

    __tablename__ = "callback_survey"
    __label__ = N_("Survey forms")
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    title_zh: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str] = mapped_column(sa.String(120), default="")
    intro_zh: Mapped[str] = mapped_column(sa.Text, default="")
    intro_en: Mapped[str] = mapped_column(sa.Text, default="")
    current: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class SurveyVersion(Base, CompanyOwned):
    """The questions of a survey as they were at one time. Never changed: cards that are out keep theirs."""

    __tablename__ = "callback_survey_version"
    __label__ = N_("Versions of survey forms")
    __table_args__ = (sa.UniqueConstraint("company_id", "survey_id", "number"),)

    id: Mapped[Id]
    survey_id: Mapped[int] = owned_ref("callback_survey", index=False)
    number: Mapped[int]
    questions: Mapped[list]
    """``{"key", "kind", "required", "zh", "en", "choices": [{"zh", "en"}]}`` in order; grades with the best first."""
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))

    survey = owned_relationship("Survey", "callback_survey_version", "survey_id")


class Campaign(Base, CompanyOwned, Versioned):
    """Whom a survey is sent to, and from when until when (both days included)."""

    __tablename__ = "callback_campaign"
    __label__ = N_("Survey campaigns")
    __table_args__ = (
        sa.Index("ix_callback_campaign_state", "company_id", "state", "audience", "id"),
        sa.CheckConstraint("ends_on is null or ends_on >= begins_on", name="days"),
        sa.CheckConstraint("valid_days > 0", name="valid_days"),
        _one_of("audience", AUDIENCES),
        _one_of("state", CAMPAIGN_STATES),
    )

    id: Mapped[Id]
    title: Mapped[str] = mapped_column(sa.String(120))
    survey_id: Mapped[int] = owned_ref("callback_survey")
    audience: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    begins_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]
    valid_days: Mapped[int]
    """A card may be answered by its link for so many days after it was made."""
    klass: Mapped[str] = mapped_column(sa.String(60), default="")
    customer_kind: Mapped[str] = mapped_column(sa.String(10), default="")
    for_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    yearly: Mapped[bool] = mapped_column(default=False)
    """The survey of the year: a customer's class says after how many months he or she is asked again."""
    filled_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]

    survey = owned_relationship("Survey", "callback_campaign", "survey_id")


class CampaignDay(Base, CompanyOwned):
    """The proof that nobody was forgotten: of the cases finished on a day, so many got a card, so many were left out.

    ``failed`` names the modules that could not say what they had finished; the day is asked about again then.
    """

    __tablename__ = "callback_campaign_day"
    __label__ = N_("Days of opinion cards")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "campaign_id", "day"),
        sa.CheckConstraint("finished = sent + left_out", name="complete"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int] = owned_ref("callback_campaign", index=False)
    day: Mapped[dt.date]
    finished: Mapped[int]
    sent: Mapped[int]
    left_out: Mapped[int]
    failed: Mapped[str] = mapped_column(sa.String(400), default="")
    checked_at: Mapped[dt.datetime]


class Invitation(Base, CompanyOwned, UnitScoped):
    """The card of one who is asked: about what, until when, by which way; or why he or she is not.

    ``unit_id`` is the organisation unit that served, ``technician_id`` the person.
    """

    __tablename__ = "callback_invitation"
    __label__ = N_("Opinion cards")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "token"),
        sa.UniqueConstraint("company_id", "campaign_id", "once"),
        sa.Index("ix_callback_invitation_state", "company_id", "state", "id"),
        sa.Index("ix_callback_invitation_day", "company_id", "day", "id"),
        sa.Index("ix_callback_invitation_answered", "company_id", "answered_month", "technician_id"),
        sa.CheckConstraint("(state = 'left_out') = (reason <> '')", name="reason"),
        sa.CheckConstraint("(state = 'answered') = (answered_at is not null)", name="answered"),
        _one_of("state", CARD_STATES),
        _one_of("way", WAYS),
    )

    id: Mapped[Id]
    campaign_id: Mapped[int] = owned_ref("callback_campaign", index=False)
    version_id: Mapped[int] = owned_ref("callback_survey_version")
    token: Mapped[str] = mapped_column(sa.String(40), info={"secret": True})
    """The part of its address that nobody can guess."""
    once: Mapped[str] = mapped_column(sa.String(120))
    """What it is about, so that nobody is asked about it twice: a case, or the customer."""
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    reason: Mapped[str] = mapped_column(sa.String(20), default="")
    reason_text: Mapped[str] = mapped_column(sa.String(400), default="")
    way: Mapped[str] = mapped_column(sa.String(10), default="")
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    technician_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    case_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    case_ref: Mapped[int | None] = record_ref("case_kind")
    case_number: Mapped[str] = mapped_column(sa.String(60), default="")
    case_subject: Mapped[str] = mapped_column(sa.String(200), default="")
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    person_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(200), default="")
    day: Mapped[dt.date]
    """The day that it is about: on which the case was finished, or the card was made."""
    month: Mapped[dt.date]
    """The first of that day's month."""
    valid_until: Mapped[dt.date]
    made_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    answered_month: Mapped[dt.date | None]
    """The first day of the month in which it was answered: what counts for the month's evaluation."""
    lowest: Mapped[int | None]
    average: Mapped[int | None]
    """Points of the grades that were given, 0 the worst, 100 the best."""
    bad: Mapped[bool] = mapped_column(default=False)
    """The rule table calls what was answered a bad score."""
    follow_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    follow_ref: Mapped[int | None] = record_ref("follow_kind")
    """The complaint or task that a bad score has opened."""

    campaign = owned_relationship("Campaign", "callback_invitation", "campaign_id")
    version = owned_relationship("SurveyVersion", "callback_invitation", "version_id")
    customer = owned_relationship("Customer", "callback_invitation", "customer_id")
    product = owned_relationship("Product", "callback_invitation", "product_id")
    unit = owned_relationship("OrgUnit", "callback_invitation", "unit_id")


class Response(Base, CompanyOwned):
    """What was answered on a card, once, with the questions as they were asked."""

    __tablename__ = "callback_response"
    __label__ = N_("Answers to surveys")
    __table_args__ = (sa.UniqueConstraint("company_id", "invitation_id"), _one_of("channel", GIVEN))

    id: Mapped[Id]
    invitation_id: Mapped[int] = owned_ref("callback_invitation", index=False)
    at: Mapped[dt.datetime]
    channel: Mapped[str] = mapped_column(sa.String(10))
    language: Mapped[str] = mapped_column(sa.String(10), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who of the company asked by phone or entered the paper; empty for the link."""
    answers: Mapped[list]
    """``{"key", "kind", "zh", "en", "value": [codes or text], "words": {"zh", "en"}}`` in the questions' order."""
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    wants_call: Mapped[bool] = mapped_column(default=False)


class Mark(Base, CompanyOwned):
    """One grade that was given, in points, for results by question."""

    __tablename__ = "callback_mark"
    __label__ = N_("Grades given")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "invitation_id", "question"),
        sa.CheckConstraint("points between 0 and 100", name="points"),
    )

    id: Mapped[Id]
    invitation_id: Mapped[int] = owned_ref("callback_invitation", index=False)
    question: Mapped[str] = mapped_column(sa.String(40))
    points: Mapped[int]


class SurveyTask(Base, CompanyOwned, UnitScoped, Versioned):
    """What is done about what a survey brought up: ``assignee_id`` or whoever holds ``role`` does it."""

    __tablename__ = "callback_survey_task"
    __label__ = N_("Tasks from surveys")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_callback_survey_task_queue", "company_id", "state", "urgent_at", "id"),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        _one_of("kind", TASK_KINDS),
        _one_of("state", TASK_STATES),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    title: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    role: Mapped[str] = mapped_column(sa.String(60), default="")
    campaign_id: Mapped[int | None] = owned_ref("callback_campaign", nullable=True)
    invitation_id: Mapped[int | None] = owned_ref("callback_invitation", nullable=True)
    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    opened_at: Mapped[dt.datetime]
    opened_by: Mapped[str] = mapped_column(sa.String(120))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    result: Mapped[str] = mapped_column(sa.Text, default="")
