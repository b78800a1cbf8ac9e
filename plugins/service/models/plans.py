"""Preventive plans: how often somebody goes to a unit or a customer, and what became of each time."""

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
from plugins.service.models.orders import one_of

PLAN_STATES = ("active", "paused", "ended")
OCCURRENCE_STATES = ("open", "held", "done", "skipped", "missed", "cancelled")
WAITING_STATES = ("open", "held")


class CarePlan(Base, CompanyOwned, UnitScoped, Versioned):
    """A plan of visits. ``unit_id`` is the organisation unit that serves it, ``assignee_id`` who looks after it."""

    __tablename__ = "service_plan"
    __label__ = N_("Preventive plans")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_service_plan_opens", "company_id", "state", "opens_on", "id"),
        sa.Index("ix_service_plan_next", "company_id", "next_on", "id"),
        sa.Index("ix_service_plan_starts", "company_id", "starts_on", "id"),
        one_of("kind", ("preventive", "inspection")),
        one_of("state", PLAN_STATES),
        one_of("rhythm", ("fixed", "drifting")),
        one_of("period", ("days", "weeks", "months")),
        one_of("closed_days", ("earlier", "later", "as_is")),
        sa.CheckConstraint("every > 0", name="every"),
        sa.CheckConstraint("lead_days >= 0", name="lead_days"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="days"),
        sa.CheckConstraint("customer_id is not null or device_id is not null or places <> ''", name="about"),
        sa.CheckConstraint("(next_on is null) = (opens_on is null)", name="opens"),
        sa.CheckConstraint("state = 'active' or next_on is null", name="rests"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    checklist: Mapped[str] = mapped_column(sa.String(80), default="")
    """Code of the checklist of each inspection round; empty: no round."""
    places: Mapped[str] = mapped_column(sa.Text, default="")
    """The places of the round, one per line: a room, or a unit by its serial number. A plan of the house's own places
    needs no customer.
    """
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    contract_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    contract_ref: Mapped[int | None] = record_ref("contract_kind")
    contract_words: Mapped[str] = mapped_column(sa.String(200), default="")
    rhythm: Mapped[str] = mapped_column(sa.String(10))
    every: Mapped[int]
    period: Mapped[str] = mapped_column(sa.String(10))
    starts_on: Mapped[dt.date]
    """From here a fixed rhythm counts."""
    ends_on: Mapped[dt.date | None]
    calendar: Mapped[str] = mapped_column(sa.String(60))
    closed_days: Mapped[str] = mapped_column(sa.String(10))
    lead_days: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default="active")
    state_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    first_on: Mapped[dt.date]
    """Nothing is planned before: the day it was made, or went on after a pause."""
    next_nominal: Mapped[dt.date | None]
    next_on: Mapped[dt.date | None]
    opens_on: Mapped[dt.date | None]
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    customer = owned_relationship("Customer", "service_plan", "customer_id")
    device = owned_relationship("Unit", "service_plan", "device_id")


class Occurrence(Base, CompanyOwned, Versioned):
    """One time of a plan. The key (plan, n) makes it one, however many workers come upon it."""

    __tablename__ = "service_occurrence"
    __label__ = N_("Planned visits")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "plan_id", "n"),
        sa.Index("ix_service_occurrence_order", "company_id", "order_id", unique=True),
        sa.Index("ix_service_occurrence_due", "company_id", "state", "due_on", "id"),
        one_of("state", OCCURRENCE_STATES),
        sa.CheckConstraint("state not in ('open', 'done', 'cancelled') or order_id is not null", name="ordered"),
        sa.CheckConstraint("(state in ('open', 'held')) = (settled_on is null)", name="settled"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = owned_ref("service_plan")
    n: Mapped[int]
    nominal_on: Mapped[dt.date]
    due_on: Mapped[dt.date]
    state: Mapped[str] = mapped_column(sa.String(10))
    order_id: Mapped[int | None] = owned_ref("service_order", nullable=True, index=False)
    settled_on: Mapped[dt.date | None]
    """The day of the visit, or the due day of one that was not made: a drifting rhythm counts from it."""
    booked: Mapped[bool] = mapped_column(default=False)
    """Whether the visit counts under the contract of the plan."""
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")

    plan = owned_relationship("CarePlan", "service_occurrence", "plan_id")
    order = owned_relationship("Order", "service_occurrence", "order_id")
