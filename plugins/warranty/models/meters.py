"""Readings of the usage meters of units."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship
from plugins.warranty.contracts import READING_SOURCE_WORDS
from plugins.warranty.models.terms import one_of


class MeterReading(Base, CompanyOwned, Versioned):
    """What a meter of a unit said on a day. ``total`` goes on when the meter itself is replaced; totals never fall."""

    __label__ = N_("Meter readings")

    __tablename__ = "warranty_reading"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_warranty_reading_device", "company_id", "device_id", "kind", "day", "id"),
        sa.Index("ix_warranty_reading_day", "company_id", "day", "id"),
        sa.CheckConstraint("value >= 0", name="value"),
        sa.CheckConstraint("not set_aside or reason <> ''", name="reason"),
        one_of("source", READING_SOURCE_WORDS),
    )

    id: Mapped[Id]
    device_id: Mapped[int] = owned_ref("base_unit", index=False)
    kind: Mapped[str] = mapped_column(sa.String(40))
    """One of the company's kinds of meters."""
    day: Mapped[dt.date]
    value: Mapped[Decimal] = mapped_column(Quantity)
    """What the meter shows."""
    total: Mapped[Decimal] = mapped_column(Quantity)
    """The value, with what earlier meters of the unit had counted."""
    replaced: Mapped[bool] = mapped_column(default=False)
    """The meter was replaced on this day; ``value`` is what the new one begins with."""
    source: Mapped[str] = mapped_column(sa.String(10), default="staff")
    corrects_id: Mapped[int | None] = owned_ref("warranty_reading", nullable=True)
    """The wrong reading in whose place this one stands."""
    set_aside: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it was set aside, or why the meter was replaced."""
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    recorded_by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    device = owned_relationship("Unit", "warranty_reading", "device_id")
