"""Faulty parts and units that have to come back (AG-15), and units sent in for analysis (ISO-5.2.5)."""

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
    Quantity,
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.service.models.orders import NEVER, one_of

RMA_STATES = ("expected", "sent", "received", "examined", "closed", "written_off", "withdrawn")
AWAITED_STATES = ("expected", "sent", "received")
"""States in which somebody still has to do something under a time limit."""
WHATS = ("part", "unit", "material")
PURPOSES = ("exchange", "take_back", "analysis", "unused")
RESULTS = ("", "confirmed", "no_fault", "other_fault", "customer", "transport", "not_examined")
DISPOSALS = ("", "scrapped", "repaired", "stock", "supplier", "customer", "kept")


class Rma(Base, CompanyOwned, Versioned):
    """Something that has to come back from an order. ``number`` is its RMA number; ``owner_id`` has to send it,
    ``to_unit_id`` is where it arrives. Who may see the order sees it.
    """

    __tablename__ = "service_rma"
    __label__ = N_("Returned parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "source"),
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_service_rma_urgent", "company_id", "urgent_at", "id"),
        sa.Index("ix_service_rma_state", "company_id", "state", "urgent_at", "id"),
        sa.Index("ix_service_rma_owner", "company_id", "owner_id", "state", "urgent_at"),
        sa.Index("ix_service_rma_expected", "company_id", "expected_at", "id"),
        sa.Index("ix_service_rma_chase", "company_id", "chase_at", "id"),
        sa.Index("ix_service_rma_serial", "company_id", "serial"),
        one_of("what", WHATS),
        one_of("purpose", PURPOSES),
        one_of("state", RMA_STATES),
        one_of("serial_verdict", ("", "same", "unknown", "taken")),
        one_of("result", RESULTS),
        one_of("disposal", DISPOSALS),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint(
            "state not in ('received', 'examined', 'closed') or received_at is not null", name="received"
        ),
        sa.CheckConstraint("state not in ('examined', 'closed') or result <> ''", name="examined"),
        sa.CheckConstraint("serial_verdict <> 'taken' or serial_reason <> ''", name="serial_reason"),
        sa.CheckConstraint("state not in ('written_off', 'withdrawn') or end_reason <> ''", name="end_reason"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = owned_ref("service_order")
    state: Mapped[str] = mapped_column(sa.String(12), default="expected")
    what: Mapped[str] = mapped_column(sa.String(10))
    purpose: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(200))
    part_number: Mapped[str] = mapped_column(sa.String(80), default="")
    serial: Mapped[str] = mapped_column(sa.String(80), default="")
    """The serial number that is expected; empty while nobody knows it."""
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it has to come back: the row of the company's table, or a person's words."""
    source: Mapped[str | None] = mapped_column(sa.String(60))
    """The part used, or the exchange, from which the need comes: one return for each."""
    owner_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    to_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    expected_at: Mapped[dt.datetime]
    expected_by: Mapped[str] = mapped_column(sa.String(120), default="")

    carrier: Mapped[str] = mapped_column(sa.String(80), default="")
    tracking: Mapped[str] = mapped_column(sa.String(80), default="")
    sent_at: Mapped[dt.datetime | None]
    sent_by: Mapped[str] = mapped_column(sa.String(120), default="")
    received_at: Mapped[dt.datetime | None]
    received_by: Mapped[str] = mapped_column(sa.String(120), default="")
    condition: Mapped[str] = mapped_column(sa.Text, default="")
    serial_received: Mapped[str] = mapped_column(sa.String(80), default="")
    serial_verdict: Mapped[str] = mapped_column(sa.String(10), default="")
    serial_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why another serial number than the expected one was taken."""
    result: Mapped[str] = mapped_column(sa.String(14), default="")
    result_text: Mapped[str] = mapped_column(sa.Text, default="")
    examined_at: Mapped[dt.datetime | None]
    examined_by: Mapped[str] = mapped_column(sa.String(120), default="")
    told_at: Mapped[dt.datetime | None]
    told_how: Mapped[str] = mapped_column(sa.String(20), default="")
    told_to: Mapped[str] = mapped_column(sa.String(160), default="")
    """Whom the result of an analysis was told, and how."""
    disposal: Mapped[str] = mapped_column(sa.String(12), default="")
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    end_reason: Mapped[str] = mapped_column(sa.String(400), default="")

    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    """The deadline of its running time limit; lists are sorted by it."""
    chase_at: Mapped[dt.datetime | None]
    """When somebody is chased next, by the table ``service.rma_chasing``."""
    chased: Mapped[list] = mapped_column(JsonType, default=list)
    """Who was chased when: ``{"step", "at", "to"}`` each."""
    once: Mapped[str | None] = mapped_column(sa.String(80))

    order = owned_relationship("Order", "service_rma", "order_id")
    to_unit = owned_relationship("OrgUnit", "service_rma", "to_unit_id")
