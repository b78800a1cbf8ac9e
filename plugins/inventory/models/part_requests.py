"""Requests for parts: what a technician asks the store for, for an order or to fill up the van."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Quantity, UnitScoped, Versioned, owned_ref, owned_relationship

URGENCIES = ("normal", "urgent", "standstill")


class PartRequest(Base, CompanyOwned, UnitScoped, Versioned):
    """What is asked for, into whose store. ``assignee_id`` is who asks, ``unit_id`` that of the store.

    Who approves it is said by the company's table of approvals. ``record_kind`` and ``record_id`` say for what.
    """

    __tablename__ = "inventory_part_request"
    __label__ = N_("Requests for parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint(
            "state in ('draft', 'asked', 'approved', 'done', 'refused', 'cancelled')", name="state"
        ),
        sa.CheckConstraint("urgency in ('normal', 'urgent', 'standstill')", name="urgency"),
        sa.CheckConstraint("state in ('draft', 'cancelled') or asked_at is not null", name="asked_at"),
        sa.Index("ix_inventory_part_request_state", "company_id", "state", "id"),
        sa.Index("ix_inventory_part_request_record", "company_id", "record_kind", "record_id"),
        sa.Index("ix_inventory_part_request_needed", "company_id", "needed_by", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    to_id: Mapped[int] = owned_ref("inventory_location")
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    urgency: Mapped[str] = mapped_column(sa.String(12), default="normal")
    needed_by: Mapped[dt.date | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))
    asked_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    to = owned_relationship("Location", "inventory_part_request", "to_id")


class PartRequestLine(Base, CompanyOwned):
    """So much of a part is asked for; ``handed`` of it was handed over."""

    __tablename__ = "inventory_part_request_line"
    __label__ = N_("Lines of requests for parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "request_id", "part_id"),
        sa.CheckConstraint("quantity > 0 and handed >= 0 and handed <= quantity", name="quantity"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = owned_ref("inventory_part_request", index=False)
    part_id: Mapped[int] = owned_ref("inventory_part")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    handed: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))

    request = owned_relationship("PartRequest", "inventory_part_request_line", "request_id")
    part = owned_relationship("Part", "inventory_part_request_line", "part_id")

    @property
    def open(self) -> Decimal:
        """What is still to be handed over."""
        return self.quantity - self.handed
