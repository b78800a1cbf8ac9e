"""Leave: who is away from when to when, asked for and agreed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, UnitScoped, Versioned

LEAVE_STATES = ("asked", "agreed", "refused", "withdrawn")


class Leave(Base, CompanyOwned, UnitScoped, Versioned):
    """A person (``assignee_id``) is away from ``starts_at`` up to ``ends_at``, which is not included."""

    __tablename__ = "workforce_leave"
    __label__ = N_("Leave")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("assignee_id is not null", name="person"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("state in ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
        sa.Index("ix_workforce_leave_begin", "company_id", "starts_at", "id"),
        sa.Index("ix_workforce_leave_person", "company_id", "assignee_id", "starts_at"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(40))
    """A code of the company's kinds of leave (setting)."""
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[dt.datetime]
    asked_by: Mapped[str] = mapped_column(sa.String(120))
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it was refused or withdrawn."""
