"""Who is sent to an order and when, what was agreed with the customer, how the centre's head judged it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, JsonType, owned_ref, owned_relationship
from plugins.service.models.orders import URGENCIES, one_of

PARTS_OF_A_TEAM = ("main", "helper")
_WHERE = sa.column("standing", sa.Boolean())
_STANDING: dict[str, Any] = {"sqlite_where": _WHERE, "postgresql_where": _WHERE}


class Assignment(Base, CompanyOwned):
    """Somebody sent to an order: the main technician, or a helper. One that is withdrawn stays, with the reason."""

    __tablename__ = "service_assignment"
    __label__ = N_("Assignments")
    __table_args__ = (
        sa.Index("ix_service_assignment_person", "company_id", "user_id", "standing", "starts_at"),
        sa.Index("uq_service_assignment_standing", "company_id", "order_id", "user_id", unique=True, **_STANDING),
        one_of("part", PARTS_OF_A_TEAM),
        sa.CheckConstraint("ends_at > starts_at", name="ends_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    part: Mapped[str] = mapped_column(sa.String(10), default="main")
    starts_at: Mapped[dt.datetime | None]
    """When it is planned for; None while nobody has said."""
    ends_at: Mapped[dt.datetime | None]
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    reasons: Mapped[list] = mapped_column(JsonType, default=list)
    """Why this person, as the proposal said it, each in both languages."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    standing: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    order = owned_relationship("Order", "service_assignment", "order_id")


class Appointment(Base, CompanyOwned):
    """When somebody comes, as agreed with the customer (GS-8). A change is a new row; the former stays with why."""

    __tablename__ = "service_appointment"
    __label__ = N_("Appointments")
    __table_args__ = (
        sa.Index("ix_service_appointment_day", "company_id", "standing", "starts_at"),
        sa.Index("uq_service_appointment_standing", "company_id", "order_id", unique=True, **_STANDING),
        sa.CheckConstraint("ends_at > starts_at", name="ends_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    how: Mapped[str] = mapped_column(sa.String(20), default="phone")
    mailed_to: Mapped[str] = mapped_column(sa.String(255), default="")
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    standing: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    order = owned_relationship("Order", "service_appointment", "order_id")


class Triage(Base, CompanyOwned):
    """What the head of the serving unit made of an order (GS-7): judged, or passed on to another unit."""

    __tablename__ = "service_triage"
    __label__ = N_("Assessments")
    __table_args__ = (one_of("kind", ("assessed", "referred")), one_of("urgency", URGENCIES))

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    kind: Mapped[str] = mapped_column(sa.String(10))
    at: Mapped[dt.datetime]
    text: Mapped[str] = mapped_column(sa.Text)
    """The likely fault and what it takes; or why it was passed on."""
    urgency: Mapped[str] = mapped_column(sa.String(10))
    from_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    to_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
