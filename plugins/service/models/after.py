"""Before, on and after a trip: plan told, agreement to come back, what is handed in, reviewed, checked; expenses."""

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
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.service.models.orders import one_of

RETURN_STATES = ("due", "handed_in", "reviewed", "settled")
CHECK_STEPS = ("return_checklist", "review", "cost_check")
CHECK_RESULTS = ("done", "refused", "waived")
QUALITIES = ("", "good", "fair", "poor")
EXPENSE_KINDS = ("travel", "local", "lodging", "allowance", "freight", "material", "entertainment", "other")
EXPENSE_STATES = ("planned", "allowed", "claimed", "refused", "dropped")


class Briefing(Base, CompanyOwned):
    """DEF-6.2.5: the plan as the customer was told it before somebody left. Never changed; the newest counts."""

    __tablename__ = "service_briefing"
    __label__ = N_("Plans told to customers")

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    told_to: Mapped[str] = mapped_column(sa.String(120))
    how: Mapped[str] = mapped_column(sa.String(20))
    plan: Mapped[str] = mapped_column(sa.Text)
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    """What whoever goes is to mind."""
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Agreement(Base, CompanyOwned):
    """DEF-6.2.6: the department agrees that whoever is on site comes back. Recorded by another, it tells who agreed."""

    __tablename__ = "service_agreement"
    __label__ = N_("Agreements to come back")

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    agreed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Return(Base, CompanyOwned, Versioned):
    """What an order still owes the department after the work: handed in, reviewed, costs checked (DEF-6.2.7, 6.2.8).

    One per order; when the work goes on it begins anew. Who may see the order sees it.
    """

    __tablename__ = "service_return"
    __label__ = N_("Returns")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id"),
        sa.Index("ix_service_return_stage", "company_id", "stage", "since", "id"),
        sa.Index("ix_service_return_since", "company_id", "since", "id"),
        sa.Index("ix_service_return_person", "company_id", "technician_id", "stage"),
        one_of("state", RETURN_STATES),
        one_of("stage", ("", "working", *CHECK_STEPS)),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order", index=False)
    state: Mapped[str] = mapped_column(sa.String(10), default="due")
    stage: Mapped[str] = mapped_column(sa.String(20))
    """The step that comes next; ``working`` while the work goes on again, empty when nothing is left."""
    asked: Mapped[dict] = mapped_column(JsonType, default=dict)
    """The steps that this order owes, as the table ``service.steps`` said when the work was done."""
    asked_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why somebody asked for it, where the table did not."""
    since: Mapped[dt.datetime]
    """When the work was done, from which the first time limit counts."""
    technician_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    technician_name: Mapped[str] = mapped_column(sa.String(120), default="")

    order = owned_relationship("Order", "service_return", "order_id")


class ReturnCheck(Base, CompanyOwned):
    """One step of a return: handed in, reviewed, costs checked, sent back or waived. Never changed."""

    __tablename__ = "service_return_check"
    __label__ = N_("Checks of returns")
    __table_args__ = (
        one_of("step", CHECK_STEPS),
        one_of("result", CHECK_RESULTS),
        one_of("quality", QUALITIES),
    )

    id: Mapped[Id]
    return_id: Mapped[int] = owned_ref("service_return")
    at: Mapped[dt.datetime]
    step: Mapped[str] = mapped_column(sa.String(20))
    result: Mapped[str] = mapped_column(sa.String(10))
    quality: Mapped[str] = mapped_column(sa.String(10), default="")
    amount: Mapped[Decimal | None] = mapped_column(Money)
    """The expenses that the check of the costs accepted, in all."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    role: Mapped[str] = mapped_column(sa.String(60), default="")
    """The role in which a step was waived."""
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Expense(Base, CompanyOwned, Versioned):
    """An expense on an order: allowed beforehand where the table asks for it (DEF-7.4), claimed, checked."""

    __tablename__ = "service_expense"
    __label__ = N_("Expenses on orders")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "once"),
        one_of("kind", EXPENSE_KINDS),
        one_of("state", EXPENSE_STATES),
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.CheckConstraint("receipts >= 0", name="receipts"),
        sa.CheckConstraint("state <> 'claimed' or spent_on is not null", name="spent"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = owned_ref("service_order")
    kind: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(10), default="planned")
    what: Mapped[str] = mapped_column(sa.String(200))
    amount: Mapped[Decimal] = mapped_column(Money)
    """What was spent; what is planned until it is claimed."""
    allowed_amount: Mapped[Decimal | None] = mapped_column(Money)
    allowed_at: Mapped[dt.datetime | None]
    spent_on: Mapped[dt.date | None]
    receipts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    refused_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    person_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    at: Mapped[dt.datetime]
    once: Mapped[str | None] = mapped_column(sa.String(80))

    order = owned_relationship("Order", "service_expense", "order_id")
