"""Batches and serial numbers: what a quantity, or a single piece, is told apart by."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Versioned, owned_ref, owned_relationship

BATCH_STATES = ("released", "held")


class Batch(Base, CompanyOwned, Versioned):
    """What was made together. It may be used through the earlier of its days, both included; held, not at all."""

    __tablename__ = "inventory_batch"
    __label__ = N_("Batches")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "number"),
        sa.CheckConstraint("state in ('released', 'held')", name="state"),
        sa.CheckConstraint("state = 'released' or hold_reason <> ''", name="hold_reason"),
        sa.Index("ix_inventory_batch_number", "company_id", "number"),
        sa.Index("ix_inventory_batch_expiry", "company_id", "expires_on", "id"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    number: Mapped[str] = mapped_column(sa.String(80))
    produced_on: Mapped[dt.date | None]
    expires_on: Mapped[dt.date | None]
    sterile_until: Mapped[dt.date | None]
    received_on: Mapped[dt.date]
    """When the first of it came: first in, first out goes by this."""
    state: Mapped[str] = mapped_column(sa.String(10), default="released")
    hold_reason: Mapped[str] = mapped_column(sa.Text, default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")

    part = owned_relationship("Part", "inventory_batch", "part_id")

    @property
    def usable_until(self) -> dt.date | None:
        """The last day on which it may be used; None: without end."""
        days = [day for day in (self.expires_on, self.sterile_until) if day is not None]
        return min(days) if days else None


class Serial(Base, CompanyOwned):
    """One piece of a part tracked by serial numbers."""

    __tablename__ = "inventory_serial"
    __label__ = N_("Serial numbers")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "number"),
        sa.Index("ix_inventory_serial_number", "company_id", "number"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    number: Mapped[str] = mapped_column(sa.String(80))
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    received_on: Mapped[dt.date]

    part = owned_relationship("Part", "inventory_serial", "part_id")
    batch = owned_relationship("Batch", "inventory_serial", "batch_id")
