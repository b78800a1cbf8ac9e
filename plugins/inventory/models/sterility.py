"""What was sold sterile long ago and whose sterility ends: one row for what one customer got of a batch (INS-12)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship


class SterileCase(Base, CompanyOwned, Versioned):
    """So much of a batch went out for a record long ago, and is sterile until a day that is near or has passed.

    ``quality`` is what was found before it is sterilised again; ``charge`` and ``payer`` what the company's table says.
    The new date is of this quantity; the batch has it only where all of the batch was sterilised again.
    """

    __tablename__ = "inventory_sterile_case"
    __label__ = N_("Sterile goods sold")
    __table_args__ = (
        sa.Index(
            "uq_inventory_sterile_case_of", "company_id", "batch_id", "record_kind", "record_id", "sterile_until",
            unique=True,
        ),
        sa.CheckConstraint(
            "state in ('found', 'asked', 'service', 'resterilised', 'refused', 'scrapped', 'gone')", name="state"
        ),
        sa.CheckConstraint("quality in ('', 'unaffected', 'affected')", name="quality"),
        sa.CheckConstraint("state not in ('service', 'resterilised') or quality = 'unaffected'", name="unaffected"),
        sa.CheckConstraint("state <> 'resterilised' or new_sterile_until is not null", name="new_date"),
        sa.CheckConstraint(
            "state not in ('resterilised', 'refused', 'scrapped') or decided_at is not null", name="decided"
        ),
        sa.Index("ix_inventory_sterile_case_until", "company_id", "sterile_until", "id"),
        sa.Index("ix_inventory_sterile_case_sold", "company_id", "sold_on", "id"),
        sa.Index("ix_inventory_sterile_case_state", "company_id", "state", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(sa.String(12), default="found")
    batch_id: Mapped[int] = owned_ref("inventory_batch", index=False)
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    """For what it went out: an order, a customer, a unit, a line of the sales ledger, or the move itself."""
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    sold_on: Mapped[dt.date]
    sterile_until: Mapped[dt.date]
    found_at: Mapped[dt.datetime]
    asked_at: Mapped[dt.datetime | None]
    asked_by: Mapped[str] = mapped_column(sa.String(120), default="")
    asked_note: Mapped[str] = mapped_column(sa.Text, default="")
    quality: Mapped[str] = mapped_column(sa.String(12), default="")
    quality_note: Mapped[str] = mapped_column(sa.Text, default="")
    quality_at: Mapped[dt.datetime | None]
    quality_by: Mapped[str] = mapped_column(sa.String(120), default="")
    charge: Mapped[str] = mapped_column(sa.String(10), default="")
    payer: Mapped[str] = mapped_column(sa.String(20), default="")
    service_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    service_id: Mapped[int | None] = mapped_column(BigId, info={"record_kind": "service_kind"})
    """The service order, where the module of service orders is on."""
    new_sterile_until: Mapped[dt.date | None]
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(sa.String(120), default="")

    batch = owned_relationship("Batch", "inventory_sterile_case", "batch_id")
