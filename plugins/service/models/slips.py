"""Slips signed by customers, which agents send to headquarters (AG-11)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Versioned, owned_ref, owned_relationship
from plugins.service.models.orders import one_of

SLIP_STATES = ("waiting", "accepted", "sent_back", "replaced")


class Slip(Base, CompanyOwned, Versioned):
    """A slip that the customer signed, as sent to headquarters. ``number`` counts those of the order.

    Who may see the order sees it.
    """

    __tablename__ = "service_slip"
    __label__ = N_("Signed slips")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id", "number"),
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_service_slip_state", "company_id", "state", "sent_at", "id"),
        sa.Index("ix_service_slip_sent", "company_id", "sent_at", "id"),
        one_of("state", SLIP_STATES),
        sa.CheckConstraint("state not in ('accepted', 'sent_back') or judged_at is not null", name="judged"),
        sa.CheckConstraint("state <> 'sent_back' or reason <> ''", name="reason"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")
    signed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    sent_at: Mapped[dt.datetime]
    sent_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    sent_by: Mapped[str] = mapped_column(sa.String(120), default="")
    tracking: Mapped[str] = mapped_column(sa.String(80), default="")
    """Carrier and number of the original, where it was mailed."""
    original_at: Mapped[dt.datetime | None]
    """When the original had come in."""
    judged_at: Mapped[dt.datetime | None]
    judged_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    judged_by: Mapped[str] = mapped_column(sa.String(120), default="")
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it was sent back."""
    once: Mapped[str | None] = mapped_column(sa.String(80))

    order = owned_relationship("Order", "service_slip", "order_id")


class SlipPage(Base, CompanyOwned):
    """One page of a signed slip: a photo or a scan."""

    __tablename__ = "service_slip_page"
    __label__ = N_("Pages of signed slips")
    __table_args__ = (sa.UniqueConstraint("company_id", "slip_id", "number"),)

    id: Mapped[Id]
    slip_id: Mapped[int] = owned_ref("service_slip")
    number: Mapped[int]
    file_id: Mapped[int | None] = owned_ref("core_file", nullable=True)
    """None once the picture was erased."""

    file = owned_relationship("StoredFile", "service_slip_page", "file_id")
