"""Tables of complaints: the complaint itself, how it went from hand to hand, and what the customer was answered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Money,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)

KINDS = ("complaint", "suggestion")
OPEN_STATES = ("received", "in_progress", "to_answer", "replied")
FINAL_STATES = ("closed", "withdrawn", "duplicate")
STATES = OPEN_STATES + FINAL_STATES
ROUTINGS = ("", "routed", "missing", "referred", "by_hand")
"""Not yet routed; sent to its department; its department is lacking here; no row fitted; chosen by a person."""
DUTIES = ("", "meet", "handle")
"""What the head owes a complaining customer: nothing, a meeting, or taking the complaint on and meeting."""
ACTION_KINDS = ("corrective", "preventive")
ACTION_OPEN_STATES = ("open", "done")
ACTION_STATES = (*ACTION_OPEN_STATES, "effective", "ineffective", "cancelled")
PROGRESS_STATES = ("told", "to_call", "dropped")
REWARD_STATES = ("proposed", "approved", "refused", "delivered")
MATTERS = ("opinion", "suggestion", "complaint", "inquiry")
REPORT_STATES = ("draft", "submitted")
VERBS = ("routed", "assigned", "handed_back", "handed_on")
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""``urgent_at`` of a complaint none of whose time limits is running: it comes last."""


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Complaint(Base, CompanyOwned, UnitScoped, Versioned):
    """A complaint or suggestion. ``unit_id`` is the department that has it, ``assignee_id`` the person;
    ``device_id`` is the customer's unit (installed base).
    """

    __tablename__ = "complaints_complaint"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_complaints_complaint_urgent", "company_id", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_queue", "company_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_mine", "company_id", "assignee_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_state", "company_id", "state", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_phone", "company_id", "phone_reversed"),
        sa.Index("ix_complaints_complaint_severity", "company_id", "severity", "is_open"),
        sa.Index("ix_complaints_complaint_of_device", "company_id", "device_id", "received_at"),
        sa.Index("ix_complaints_complaint_of_customer", "company_id", "customer_id", "received_at"),
        # one index for lists by day and for statistics, which it covers: with a narrower one beside it PostgreSQL
        # weighs reading the rows against reading the index, and decides now this way, now that
        sa.Index(
            "ix_complaints_complaint_received", "company_id", "received_at", "id", "kind", "state", "category",
            "severity", "cause_id", "product_id", "unit_id", "customer_id",
        ),
        sa.CheckConstraint("lead_id is null or lead_id <> id", name="lead"),
        _one_of("duty", DUTIES),
        _one_of("kind", KINDS),
        _one_of("state", STATES),
        _one_of("routing", ROUTINGS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(12), default="complaint")
    channel: Mapped[str] = mapped_column(sa.String(20))
    received_at: Mapped[dt.datetime]
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    contact_id: Mapped[int | None] = owned_ref("base_contact", nullable=True)
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    person_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    person_email: Mapped[str] = mapped_column(sa.String(255), default="")
    phone_reversed: Mapped[str] = mapped_column(sa.String(30), default="")
    """The digits of ``person_phone`` from back to front, so that an index finds it by its last digits."""
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")

    category: Mapped[str] = mapped_column(sa.String(80), default="")
    """One of the choices of the company's routing table; empty until it is classified."""
    nature: Mapped[str] = mapped_column(sa.String(120), default="")
    region: Mapped[str] = mapped_column(sa.String(80), default="")
    injury: Mapped[bool | None]
    in_batch: Mapped[bool | None]
    unusable: Mapped[bool | None]
    repeats: Mapped[int] = mapped_column(default=0)
    """How many earlier complaints it repeats: about the same unit, or from the same customer with the same cause."""
    repeats_unit: Mapped[int] = mapped_column(default=0)
    repeats_cause: Mapped[int] = mapped_column(default=0)
    again_of_id: Mapped[int | None] = owned_ref("complaints_complaint", nullable=True)
    """The earlier complaint of which the customer reports the very same matter again, as a person recognised."""
    lead_id: Mapped[int | None] = owned_ref("complaints_complaint", nullable=True)
    """The complaint that leads its group: one cause, many customers. None for the lead itself."""
    severity: Mapped[str] = mapped_column(sa.String(40), default="minor")
    severity_by_hand: Mapped[bool] = mapped_column(default=False)

    state: Mapped[str] = mapped_column(sa.String(12), default="received")
    is_open: Mapped[bool] = mapped_column(default=True)
    routing: Mapped[str] = mapped_column(sa.String(10), default="")
    routing_note: Mapped[str] = mapped_column(sa.String(200), default="")
    """The department that the table named and the company lacks, or the note of the row that fired."""
    accepted_at: Mapped[dt.datetime | None]
    """When somebody in the department took it on; empty again after it was handed back or on."""
    findings: Mapped[str] = mapped_column(sa.Text, default="")
    cause_id: Mapped[int | None] = owned_ref("complaints_cause", nullable=True)
    responsible_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    responsible_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    """Who is held to account for the cause (QMS-4): a department, and perhaps a person."""
    duty: Mapped[str] = mapped_column(sa.String(10), default="")
    duty_role: Mapped[str] = mapped_column(sa.String(60), default="")
    """The role whose holder (or named delegate) owes the duty."""
    delegate_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    delegate_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    met_at: Mapped[dt.datetime | None]
    no_action_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why a cause that calls for a corrective action needs none."""
    tell_progress: Mapped[bool] = mapped_column(default=True)
    """The customer is told at each step how it stands (where the company tells at all)."""
    expected_at: Mapped[dt.datetime | None]
    """The finish that a person agreed with the customer; without one the time limit of the solution says it."""
    replied_at: Mapped[dt.datetime | None]
    """When the customer was first answered."""
    confirmed_at: Mapped[dt.datetime | None]
    silent_closed: Mapped[bool] = mapped_column(default=False)
    """Closed because the customer, told that silence would close it, said nothing in time."""
    outcome: Mapped[str] = mapped_column(sa.String(40), default="")
    outcome_text: Mapped[str] = mapped_column(sa.Text, default="")
    closed_at: Mapped[dt.datetime | None]
    duplicate_of_id: Mapped[int | None] = owned_ref("complaints_complaint", nullable=True)

    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    """The earliest deadline of its running time limits; queues are sorted by it."""
    source: Mapped[str] = mapped_column(sa.String(60), default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(160))
    """What the source calls it; unique, so that loading or sending twice adds nothing."""
    tags: Mapped[list] = mapped_column(JsonType, default=list)

    customer = owned_relationship("Customer", "complaints_complaint", "customer_id")
    device = owned_relationship("Unit", "complaints_complaint", "device_id")
    product = owned_relationship("Product", "complaints_complaint", "product_id")
    cause = owned_relationship("Cause", "complaints_complaint", "cause_id")
    department = owned_relationship("OrgUnit", "complaints_complaint", "unit_id")


class Handover(Base, CompanyOwned):
    """A complaint went from one department or person to another, and why."""

    __tablename__ = "complaints_handover"
    __label__ = N_("Handovers")
    __table_args__ = (_one_of("verb", VERBS),)

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    verb: Mapped[str] = mapped_column(sa.String(12))
    from_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    to_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    from_user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    to_user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decision_id: Mapped[int | None] = owned_ref("core_decision", nullable=True, index=False)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Reply(Base, CompanyOwned):
    """What the customer was answered, by which channel, when and by whom."""

    __tablename__ = "complaints_reply"
    __label__ = N_("Answers to customers")

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    text: Mapped[str] = mapped_column(sa.Text)
    channel: Mapped[str] = mapped_column(sa.String(20))
    sent_at: Mapped[dt.datetime]
    silence_told: Mapped[bool] = mapped_column(default=False)
    """The customer was told that the case closes by itself if he or she says nothing."""
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Progress(Base, CompanyOwned):
    """The customer was told how a complaint stands, or is to be called about it (MKT-4)."""

    __tablename__ = "complaints_progress"
    __label__ = N_("Messages on how it stands")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "complaint_id", "occasion"),
        sa.Index("ix_complaints_progress_state", "company_id", "state", "complaint_id"),
        _one_of("state", PROGRESS_STATES),
    )

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    step: Mapped[str] = mapped_column(sa.String(20))
    occasion: Mapped[str | None] = mapped_column(sa.String(60))
    """What tells one time that the step is reached from another; unique, so that nothing is told twice."""
    state: Mapped[str] = mapped_column(sa.String(10))
    channel: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    """What the customer was told, or is to be told by phone."""
    expected_at: Mapped[dt.datetime | None]
    """The expected finish that the customer was told."""
    created_at: Mapped[dt.datetime]
    told_at: Mapped[dt.datetime | None]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Cause(Base, CompanyOwned, Versioned):
    """A cause in the company's tree of root causes. One that is no longer chosen stays where it was given."""

    __tablename__ = "complaints_cause"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("parent_id is null or parent_id <> id", name="parent"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    parent_id: Mapped[int | None] = owned_ref("complaints_cause", nullable=True)
    unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    """The department that answers for such causes; proposed as the one responsible."""
    needs_action: Mapped[bool] = mapped_column(default=False)
    """So serious that a complaint with it closes only with a corrective action, or with the reason for none."""
    active: Mapped[bool] = mapped_column(default=True)


class Meeting(Base, CompanyOwned):
    """The head, or a delegate, met a complaining customer (VCH-22)."""

    __tablename__ = "complaints_meeting"
    __label__ = N_("Meetings with customers")

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    met_at: Mapped[dt.datetime]
    how: Mapped[str] = mapped_column(sa.String(20))
    who_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    who_name: Mapped[str] = mapped_column(sa.String(120))
    as_delegate: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_by: Mapped[str] = mapped_column(sa.String(120), default="")


class CauseAction(Base, CompanyOwned, UnitScoped, Versioned):
    """A corrective or preventive action (CAPA): owned by ``unit_id`` and ``assignee_id``, checked for its effect."""

    __tablename__ = "complaints_action"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_complaints_action_queue", "company_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_complaints_action_newest", "company_id", "opened_at", "id"),
        _one_of("kind", ACTION_KINDS),
        _one_of("state", ACTION_STATES),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    cause_id: Mapped[int | None] = owned_ref("complaints_cause", nullable=True)
    follows_id: Mapped[int | None] = owned_ref("complaints_action", nullable=True)
    """The action that had no effect and was followed by this one."""
    origin: Mapped[str] = mapped_column(sa.Text, default="")
    """What it was opened for, in words: a number of the statistics, an opinion heard in a survey."""
    origin_cut: Mapped[dict] = mapped_column(JsonType, default=dict)
    """The conditions of the statistics that gave rise to it, as in their address."""
    severity: Mapped[str] = mapped_column(sa.String(40), default="minor")
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    is_open: Mapped[bool] = mapped_column(default=True)
    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    opened_at: Mapped[dt.datetime]
    done_at: Mapped[dt.datetime | None]
    result: Mapped[str] = mapped_column(sa.Text, default="")
    checked_at: Mapped[dt.datetime | None]
    checked_by: Mapped[str] = mapped_column(sa.String(120), default="")
    check_text: Mapped[str] = mapped_column(sa.Text, default="")

    cause = owned_relationship("Cause", "complaints_action", "cause_id")
    department = owned_relationship("OrgUnit", "complaints_action", "unit_id")


class ActionSource(Base, CompanyOwned):
    """A complaint for which an action was taken."""

    __tablename__ = "complaints_action_source"
    __label__ = N_("Complaints behind an action")
    __table_args__ = (sa.UniqueConstraint("company_id", "action_id", "complaint_id"),)

    id: Mapped[Id]
    action_id: Mapped[int] = owned_ref("complaints_action")
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")


class Reward(Base, CompanyOwned, Versioned):
    """A gift for an excellent suggestion (GS-25): proposed, approved or refused, delivered."""

    __tablename__ = "complaints_reward"
    __label__ = N_("Rewards")
    __table_args__ = (
        sa.Index("ix_complaints_reward_state", "company_id", "state", "id"),
        sa.CheckConstraint("value >= 0", name="value"),
        _one_of("state", REWARD_STATES),
    )

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    gift: Mapped[str] = mapped_column(sa.String(200))
    value: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="proposed")
    proposed_at: Mapped[dt.datetime]
    proposed_by: Mapped[str] = mapped_column(sa.String(120))
    proposed_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(sa.String(120), default="")
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    delivered_at: Mapped[dt.datetime | None]
    delivered_by: Mapped[str] = mapped_column(sa.String(120), default="")

    complaint = owned_relationship("Complaint", "complaints_reward", "complaint_id")


class Questionnaire(Base, CompanyOwned, Versioned):
    """What lies beside a product, or stands on a web page: customers answer it without an account (GS-21)."""

    __tablename__ = "complaints_questionnaire"
    __table_args__ = (sa.UniqueConstraint("company_id", "token"),)

    id: Mapped[Id]
    token: Mapped[str] = mapped_column(sa.String(40), info={"secret": True})
    """The part of its address that nobody can guess. It stands on paper, so it never changes."""
    title_zh: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str] = mapped_column(sa.String(120), default="")
    intro_zh: Mapped[str] = mapped_column(sa.Text, default="")
    intro_en: Mapped[str] = mapped_column(sa.Text, default="")
    questions: Mapped[list] = mapped_column(JsonType, default=list)
    """``{"kind", "required", "zh", "en", "choices": [{"zh", "en"}]}`` in order."""
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    category: Mapped[str] = mapped_column(sa.String(80), default="")
    """What comes in is of this category of the routing table; empty: somebody classifies it."""
    valid_until: Mapped[dt.date | None]
    active: Mapped[bool] = mapped_column(default=True)

    product = owned_relationship("Product", "complaints_questionnaire", "product_id")


class Answer(Base, CompanyOwned):
    """What one customer sent by a questionnaire, and the complaint or suggestion that it became."""

    __tablename__ = "complaints_answer"
    __label__ = N_("Answers to questionnaires")
    __table_args__ = (sa.UniqueConstraint("company_id", "key"), _one_of("matter", MATTERS))

    id: Mapped[Id]
    questionnaire_id: Mapped[int] = owned_ref("complaints_questionnaire")
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    key: Mapped[str] = mapped_column(sa.String(24))
    """Drawn when the page was opened; unique, so that sending twice adds nothing."""
    matter: Mapped[str] = mapped_column(sa.String(12))
    serial: Mapped[str] = mapped_column(sa.String(120), default="")
    """As the customer says, whether there is such a unit or not."""
    answers: Mapped[list] = mapped_column(JsonType, default=list)
    """``{"zh", "en", "answer"}``: the questions as they were asked, with what was answered."""
    at: Mapped[dt.datetime]

    complaint = owned_relationship("Complaint", "complaints_answer", "complaint_id")


class CentreReport(Base, CompanyOwned, UnitScoped, Versioned):
    """What a regional centre (``unit_id``) tells the headquarters about a period (GS-26)."""

    __tablename__ = "complaints_report"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "unit_id", "begins_on", "ends_on"),
        sa.Index("ix_complaints_report_newest", "company_id", "begins_on", "id"),
        _one_of("state", REPORT_STATES),
    )

    id: Mapped[Id]
    begins_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    figures: Mapped[list] = mapped_column(JsonType, default=list)
    """``{"key", "label": bilingual, "value": int, "plugin"}`` in order, as they were when it was last drawn up."""
    remark: Mapped[str] = mapped_column(sa.Text, default="")
    drawn_up_at: Mapped[dt.datetime]
    submitted_at: Mapped[dt.datetime | None]
    submitted_by: Mapped[str] = mapped_column(sa.String(120), default="")

    centre = owned_relationship("OrgUnit", "complaints_report", "unit_id")
