"""Sale prices of parts: every change, asked for, decided, in force from a day. They are the history and the price."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Money, Versioned, owned_ref, owned_relationship

PRICE_STATES = ("asked", "approved", "refused", "withdrawn")


class PriceChange(Base, CompanyOwned, Versioned):
    """One of a part, in its own unit of measure, costs ``price`` from ``valid_from`` on (STO-18).

    What a part costs on a day is the approved change with the latest ``valid_from`` up to it, of one day the one that
    was decided last. Nothing is ever written over: another price is another change.
    """

    __tablename__ = "inventory_price_change"
    __label__ = N_("Changes of prices")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("price >= 0", name="price"),
        sa.CheckConstraint("before is null or before >= 0", name="before"),
        sa.CheckConstraint("state in ('asked', 'approved', 'refused', 'withdrawn')", name="state"),
        sa.CheckConstraint("reason <> ''", name="reason"),
        sa.CheckConstraint("state <> 'approved' or decided_at is not null", name="decided_at"),
        sa.Index("ix_inventory_price_change_part", "company_id", "part_id", "state", "valid_from"),
        sa.Index("ix_inventory_price_change_state", "company_id", "state", "id"),
        sa.Index(
            "ix_inventory_price_change_asked", "company_id", "part_id", unique=True,
            sqlite_where=sa.literal_column("state = 'asked'"),
            postgresql_where=sa.literal_column("state = 'asked'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    price: Mapped[Decimal] = mapped_column(Money)
    before: Mapped[Decimal | None] = mapped_column(Money)
    """What it cost until then; None: it had no price."""
    valid_from: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    asked_by: Mapped[str] = mapped_column(sa.String(120))
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    part = owned_relationship("Part", "inventory_price_change", "part_id")
