"""Promises that will not be kept: reported to the head at once (VCH-9), answered, the customer told."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Versioned, owned_ref, owned_relationship
from plugins.service.models.orders import one_of


class LateReport(Base, CompanyOwned, Versioned):
    """One report that a promised time will not be kept, with reason and new time, and the head's answer."""

    __tablename__ = "service_late_report"
    __label__ = N_("Reports of promises not kept")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_service_late_report_state", "company_id", "state", "at", "id"),
        one_of("promise", ("appointment", "arrival", "solution", "promised")),
        one_of("state", ("open", "answered", "over")),
        one_of("answer", ("", "agreed", "helped", "reassigned", "kept")),
        one_of("told_how", ("", "phone", "message", "email", "in_person")),
        sa.CheckConstraint("(state = 'answered') = (answer <> '')", name="answered"),
        sa.CheckConstraint("(told_at is null) = (told_how = '')", name="told"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    promise: Mapped[str] = mapped_column(sa.String(12))
    due_at: Mapped[dt.datetime]
    """The time that was promised, or until when the limit runs."""
    new_at: Mapped[dt.datetime | None]
    reason: Mapped[str] = mapped_column(sa.String(400))
    help: Mapped[str] = mapped_column(sa.String(400), default="")
    automatic: Mapped[bool] = mapped_column(default=False)
    """Nobody reported it; the warning of the time limit did."""
    told_at: Mapped[dt.datetime | None]
    told_how: Mapped[str] = mapped_column(sa.String(12), default="")
    """How the customer was told; empty while he was not."""
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    answer: Mapped[str] = mapped_column(sa.String(12), default="")
    answer_text: Mapped[str] = mapped_column(sa.String(400), default="")
    answered_at: Mapped[dt.datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    answered_by: Mapped[str] = mapped_column(sa.String(120), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    once: Mapped[str | None] = mapped_column(sa.String(80))

    order = owned_relationship("Order", "service_late_report", "order_id")
