"""Duty: what has to be covered, by whom it is, who swaps with whom, who is called in."""

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
)

COVERS = ("calendar", "daily")
SHIFT_STATES = ("planned", "cancelled")
SOURCES = ("plan", "pattern", "pool", "import")
SWAP_STATES = ("asked", "agreed", "refused", "withdrawn")
CALL_OUTCOMES = ("comes", "refused", "unreachable")
DAY = 24 * 60


class Roster(Base, CompanyOwned, UnitScoped, Versioned):
    """Something that has to be staffed: a service phone, standby. ``unit_id`` is whose it is, ``assignee_id`` who
    answers for it.

    It covers the opening hours of a working ``calendar``, or every day from ``begins`` to ``ends`` (minutes after
    midnight at the company; up to the next day where ``ends`` is not later; all day where both are the same).
    """

    __tablename__ = "workforce_roster"
    __label__ = N_("Duty rosters")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("covers in ('calendar', 'daily')", name="covers"),
        sa.CheckConstraint("begins between 0 and 1439 and ends between 0 and 1439", name="hours"),
        sa.CheckConstraint("needed > 0", name="needed"),
        sa.CheckConstraint("cycle_weeks > 0", name="cycle_weeks"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="validity"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    covers: Mapped[str] = mapped_column(sa.String(10))
    calendar: Mapped[str] = mapped_column(sa.String(60), default="")
    begins: Mapped[int] = mapped_column(default=0)
    ends: Mapped[int] = mapped_column(default=0)
    needed: Mapped[int] = mapped_column(default=1)
    """How many people have to be there at once."""
    skill_id: Mapped[int | None] = owned_ref("workforce_skill", nullable=True)
    """What everybody on it must have."""
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    cycle_weeks: Mapped[int] = mapped_column(default=1)
    """After so many weeks the pattern begins anew."""
    cycle_from: Mapped[dt.date]
    """A day of the pattern's first week."""
    active: Mapped[bool] = mapped_column(default=True)

    skill = owned_relationship("Skill", "workforce_roster", "skill_id")


class PatternLine(Base, CompanyOwned):
    """Who has duty on a weekday (0 is Monday) of a week of the pattern, from and to minutes after midnight."""

    __tablename__ = "workforce_pattern_line"
    __label__ = N_("Patterns of rosters")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "roster_id", "week", "weekday", "begins", "user_id"),
        sa.CheckConstraint("week > 0 and weekday between 0 and 6", name="day"),
        sa.CheckConstraint("begins between 0 and 1439 and ends between 0 and 1439", name="hours"),
    )

    id: Mapped[Id]
    roster_id: Mapped[int] = owned_ref("workforce_roster")
    week: Mapped[int]
    weekday: Mapped[int]
    begins: Mapped[int]
    ends: Mapped[int]
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)


class Shift(Base, CompanyOwned, Versioned):
    """Somebody has duty from ``starts_at`` up to ``ends_at``. A cancelled one stays on record and counts for
    nothing.
    """

    __tablename__ = "workforce_shift"
    __label__ = N_("Shifts")
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("state in ('planned', 'cancelled')", name="state"),
        sa.CheckConstraint("source in ('plan', 'pattern', 'pool', 'import')", name="source"),
        sa.Index("ix_workforce_shift_begin", "company_id", "starts_at", "id"),
        sa.Index("ix_workforce_shift_roster", "company_id", "roster_id", "starts_at"),
        sa.Index("ix_workforce_shift_person", "company_id", "user_id", "starts_at"),
    )

    id: Mapped[Id]
    roster_id: Mapped[int] = owned_ref("workforce_roster", index=False)
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(sa.String(10), default="planned")
    source: Mapped[str] = mapped_column(sa.String(10), default="plan")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    planned_by: Mapped[str] = mapped_column(sa.String(120), default="")
    cancel_reason: Mapped[str] = mapped_column(sa.Text, default="")

    roster = owned_relationship("Roster", "workforce_shift", "roster_id")


class Swap(Base, CompanyOwned, Versioned):
    """Somebody asks a colleague to take a shift over, perhaps for one of the colleague's in return."""

    __tablename__ = "workforce_swap"
    __label__ = N_("Swaps of shifts")
    __table_args__ = (
        sa.CheckConstraint("state in ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
        sa.Index("ix_workforce_swap_to", "company_id", "to_id", "state"),
    )

    id: Mapped[Id]
    shift_id: Mapped[int] = owned_ref("workforce_shift")
    return_id: Mapped[int | None] = owned_ref("workforce_shift", nullable=True)
    """The colleague's shift that is taken over in return."""
    from_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    to_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[dt.datetime]
    asked_by: Mapped[str] = mapped_column(sa.String(120))
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str] = mapped_column(sa.String(120), default="")
    answer: Mapped[str] = mapped_column(sa.Text, default="")


class PoolMember(Base, CompanyOwned, UnitScoped, Versioned):
    """Somebody of another department (``assignee_id``, production for instance) who is drawn in when people are
    short.
    """

    __tablename__ = "workforce_pool_member"
    __label__ = N_("Backup pool")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "assignee_id"),
        sa.CheckConstraint("assignee_id is not null", name="person"),
    )

    id: Mapped[Id]
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)


class CallIn(Base, CompanyOwned):
    """Somebody of the pool was called: for when, why, and what became of it."""

    __tablename__ = "workforce_call_in"
    __label__ = N_("Calls to the backup pool")
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("outcome in ('comes', 'refused', 'unreachable')", name="outcome"),
        sa.Index("ix_workforce_call_in_when", "company_id", "called_at", "id"),
    )

    id: Mapped[Id]
    member_id: Mapped[int] = owned_ref("workforce_pool_member")
    roster_id: Mapped[int] = owned_ref("workforce_roster")
    shift_id: Mapped[int | None] = owned_ref("workforce_shift", nullable=True)
    """The shift that came of it."""
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(sa.String(12))
    reason: Mapped[str] = mapped_column(sa.Text)
    called_at: Mapped[dt.datetime]
    called_by: Mapped[str] = mapped_column(sa.String(120))

    member = owned_relationship("PoolMember", "workforce_call_in", "member_id")
    roster = owned_relationship("Roster", "workforce_call_in", "roster_id")
