"""What is planned: quarters, calls, the reasons that a call serves, and how customers wish to be called."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, UnitScoped, Versioned, owned_ref, owned_relationship

PERIOD_STATES = ("open", "planned", "approved", "released", "closed")
CALL_STATES = ("planned", "approved", "released", "calling", "done", "missed", "carried_over", "cancelled")
AHEAD = ("planned", "approved", "released")
"""States of a call that is still to be made and may be moved."""
HELD = (*AHEAD, "calling", "done")
"""States of a call that takes a place of the day: one a day for each customer."""
CALL_MOVES = {
    "planned": ("approved", "released", "missed", "carried_over", "cancelled"),
    "approved": ("planned", "released", "missed", "carried_over", "cancelled"),
    "released": ("calling", "missed", "carried_over", "cancelled"),
    "calling": ("released", "done"),
    "done": (),
    "missed": ("carried_over",),
    "carried_over": (),
    "cancelled": (),
}
"""State → the states that may follow."""
RESULTS = ("", "reached", "busy", "no_answer", "wrong_number", "refused")
PARTS_OF_DAY = ("morning", "afternoon", "evening")
ALL_DAYS, ALL_PARTS = 0b1111111, 0b111


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Period(Base, CompanyOwned, Versioned):
    """A quarter that is planned as a whole: planned, reviewed, approved, released, closed."""

    __tablename__ = "callback_period"
    __label__ = N_("Quarters of callbacks")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "first"),
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("last > first", name="days"),
        _one_of("state", PERIOD_STATES),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(10))
    """``2026-Q4``"""
    first: Mapped[dt.date]
    last: Mapped[dt.date]
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    planned_at: Mapped[dt.datetime | None]
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str] = mapped_column(sa.String(120), default="")
    released_at: Mapped[dt.datetime | None]
    kept_on: Mapped[dt.date | None]
    """The day on which it was last planned anew by itself."""


class Call(Base, CompanyOwned, UnitScoped, Versioned):
    """A call to a customer that is planned for a day: ``assignee_id`` makes it, ``unit_id`` looks after the customer.

    It serves one or several needs and may lie from ``due_from`` to ``due_until``. While it is being made it is locked
    to one person.
    """

    __tablename__ = "callback_call"
    __label__ = N_("Planned calls")
    __table_args__ = (
        sa.Index(
            "uq_callback_call_day",
            "company_id",
            "customer_id",
            "day",
            unique=True,
            sqlite_where=sa.column("state").in_(HELD),
            postgresql_where=sa.column("state").in_(HELD),
        ),
        sa.Index("ix_callback_call_plan", "company_id", "day", "assignee_id", "part", "id"),
        sa.Index("ix_callback_call_load", "company_id", "day", "assignee_id", "state", "period_id"),
        sa.Index("ix_callback_call_desk", "company_id", "assignee_id", "state", "day"),
        sa.Index("ix_callback_call_figures", "company_id", "period_id", "state", "day", "assignee_id"),
        sa.Index("ix_callback_call_customer", "company_id", "customer_id", "day", "id"),
        sa.Index("ix_callback_call_days", "company_id", "day", "id"),
        sa.Index("ix_callback_call_next", "company_id", "state", "day", "due_until", "id"),
        sa.CheckConstraint("due_until >= due_from", name="due"),
        sa.CheckConstraint("part between 0 and 2", name="part"),
        sa.CheckConstraint("(locked_by is null) = (locked_at is null)", name="lock"),
        _one_of("state", CALL_STATES),
        _one_of("result", RESULTS),
    )

    id: Mapped[Id]
    period_id: Mapped[int] = owned_ref("callback_period", index=False)
    customer_id: Mapped[int] = owned_ref("base_customer", index=False)
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    """The number that was there when it was planned, E.164."""
    due_from: Mapped[dt.date]
    due_until: Mapped[dt.date]
    day: Mapped[dt.date] = mapped_column(active_history=True)
    part: Mapped[int] = mapped_column(default=0)
    """Part of the day: 0 morning, 1 afternoon, 2 evening."""
    state: Mapped[str] = mapped_column(sa.String(12), default="planned", active_history=True)
    result: Mapped[str] = mapped_column(sa.String(12), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    pinned: Mapped[bool] = mapped_column(default=False)
    """A person has put it where it is: planning anew leaves it there."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[dt.datetime | None]
    locked_by: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    locked_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    carried_from_id: Mapped[int | None] = owned_ref("callback_call", nullable=True)

    customer = owned_relationship("Customer", "callback_call", "customer_id")


class Need(Base, CompanyOwned):
    """A reason to call a customer within a span of days: served by a call, or left out with a reason."""

    __tablename__ = "callback_need"
    __label__ = N_("Reasons to call")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "key"),
        sa.Index("ix_callback_need_period", "company_id", "period_id", "left_out", "id"),
        sa.CheckConstraint("call_id is not null or left_out <> ''", name="served"),
        sa.CheckConstraint("due_until >= due_from", name="due"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(120))
    """What tells it from all others, so that planning twice makes nothing twice."""
    period_id: Mapped[int] = owned_ref("callback_period", index=False)
    call_id: Mapped[int | None] = owned_ref("callback_call", nullable=True, active_history=True)
    customer_id: Mapped[int] = owned_ref("base_customer")
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    reason: Mapped[str] = mapped_column(sa.String(40))
    """One of the company's reasons (setting ``callback.reasons``)."""
    due_from: Mapped[dt.date]
    due_until: Mapped[dt.date]
    questionnaire: Mapped[str] = mapped_column(sa.String(60), default="")
    legal: Mapped[bool] = mapped_column(default=False)
    """The law asks for it: the customer is called although he or she wishes no calls."""
    left_out: Mapped[str] = mapped_column(sa.String(20), default="")
    """Why nobody calls, one of ``LEFT_OUT_WORDS``; empty while a call serves it."""

    customer = owned_relationship("Customer", "callback_need", "customer_id")
    period = owned_relationship("Period", "callback_need", "period_id")


class Preference(Base, CompanyOwned, Versioned):
    """How a customer wishes to be called: on which weekdays, in which parts of the day, or not at all."""

    __tablename__ = "callback_preference"
    __label__ = N_("Wishes about calls")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "customer_id"),
        sa.CheckConstraint("weekdays between 1 and 127", name="weekdays"),
        sa.CheckConstraint("parts between 1 and 7", name="parts"),
    )

    id: Mapped[Id]
    customer_id: Mapped[int] = owned_ref("base_customer", index=False)
    weekdays: Mapped[int] = mapped_column(default=ALL_DAYS)
    """A bit for each weekday, the lowest is Monday."""
    parts: Mapped[int] = mapped_column(default=ALL_PARTS)
    """A bit for each part of the day, the lowest is the morning."""
    no_call: Mapped[bool] = mapped_column(default=False)
    no_call_since: Mapped[dt.date | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")
