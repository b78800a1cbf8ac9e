"""Stocktakes: what was counted where, beside what the book said at that very moment."""

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
    Money,
    Quantity,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)

STOCKTAKE_STATES = ("open", "review", "posted", "cancelled")
STOCKTAKE_KINDS = ("full", "cycle")


class Stocktake(Base, CompanyOwned, UnitScoped, Versioned):
    """A count of what lies in a location and all below it. Where it is ``blind``, who counts does not see the book."""

    __tablename__ = "inventory_stocktake"
    __label__ = N_("Stocktakes")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('open', 'review', 'posted', 'cancelled')", name="state"),
        sa.CheckConstraint("kind in ('full', 'cycle')", name="kind"),
        sa.Index("ix_inventory_stocktake_state", "company_id", "state", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    kind: Mapped[str] = mapped_column(sa.String(10))
    location_id: Mapped[int] = owned_ref("inventory_location")
    blind: Mapped[bool] = mapped_column(default=True)
    guarantee_only: Mapped[bool] = mapped_column(default=False)
    not_since: Mapped[dt.date | None]
    """Of a cycle count: only what was not counted since that day."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    opened_at: Mapped[dt.datetime]
    opened_by: Mapped[str] = mapped_column(sa.String(120))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")
    amount: Mapped[Decimal | None] = mapped_column(Money)
    """What the differences were worth when they were posted, added up without their signs."""

    location = owned_relationship("Location", "inventory_stocktake", "location_id")


class StocktakeLine(Base, CompanyOwned, Versioned):
    """What one lot in one location was counted to be. ``book`` is what the ledger said at ``counted_at``; what was
    moved later changes neither. ``again``: it has to be counted once more.
    """

    __tablename__ = "inventory_stocktake_line"
    __label__ = N_("Lines of stocktakes")
    __unrecorded__ = frozenset({"once"})
    __table_args__ = (
        sa.CheckConstraint("counted >= 0", name="counted"),
        sa.CheckConstraint("(counted is null) = (counted_at is null)", name="counted_at"),
        sa.CheckConstraint("(counted is null) = (book is null)", name="book"),
        sa.Index("ix_inventory_stocktake_line_of", "company_id", "stocktake_id", "id"),
        sa.Index("ix_inventory_stocktake_line_lot", "company_id", "part_id", "location_id", "counted_at"),
    )

    id: Mapped[Id]
    stocktake_id: Mapped[int] = owned_ref("inventory_stocktake", index=False)
    location_id: Mapped[int] = owned_ref("inventory_location")
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    found: Mapped[bool] = mapped_column(default=False)
    """It stood on no list: whoever counted has found it."""
    book: Mapped[Decimal | None] = mapped_column(Quantity)
    counted: Mapped[Decimal | None] = mapped_column(Quantity)
    counted_at: Mapped[dt.datetime | None]
    counted_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    counted_by: Mapped[str] = mapped_column(sa.String(120), default="")
    counts: Mapped[int] = mapped_column(default=0)
    again: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)
    once: Mapped[str | None] = mapped_column(sa.String(60))
    """The scan that counted the last of it: one that is sent again counts nothing more."""

    stocktake = owned_relationship("Stocktake", "inventory_stocktake_line", "stocktake_id")
    part = owned_relationship("Part", "inventory_stocktake_line", "part_id")
    batch = owned_relationship("Batch", "inventory_stocktake_line", "batch_id")
    serial = owned_relationship("Serial", "inventory_stocktake_line", "serial_id")
    location = owned_relationship("Location", "inventory_stocktake_line", "location_id")

    @property
    def difference(self) -> Decimal | None:
        """How much more there was than the book said; None until it is counted."""
        return None if self.counted is None or self.book is None else self.counted - self.book
