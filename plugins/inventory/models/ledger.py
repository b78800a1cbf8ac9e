"""The ledger: moves, which are never changed, and what follows from them: balances. Who has what reserved."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    Quantity,
    Versioned,
    owned_ref,
    owned_relationship,
)

MOVE_KINDS = ("receipt", "issue", "return", "transfer", "adjustment", "reversal", "release", "scrap", "supplier")


class Move(Base, CompanyOwned):
    """A quantity of a part went from one location to another. Never changed; what was wrong is reversed, once.

    ``effective_on`` is the day for which it counts, ``posted_at`` when it was entered. ``record_kind`` and
    ``record_id`` say what it was for. ``once`` and ``line`` tell a repeated request.
    """

    __tablename__ = "inventory_move"
    __label__ = N_("Stock moves")
    __unrecorded__ = frozenset({"once"})
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("from_id <> to_id", name="ends"),
        sa.CheckConstraint("serial_id is null or quantity = 1000000", name="one_piece"),
        sa.CheckConstraint(
            "kind in ('receipt', 'issue', 'return', 'transfer', 'adjustment', 'reversal', 'release', 'scrap', "
            "'supplier')",
            name="kind",
        ),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id is not null)", name="reversal"),
        sa.UniqueConstraint("company_id", "reverses_id"),
        sa.UniqueConstraint("company_id", "once", "line"),
        sa.Index("ix_inventory_move_part", "company_id", "part_id", "id"),
        sa.Index("ix_inventory_move_day", "company_id", "effective_on", "id"),
        sa.Index("ix_inventory_move_record", "company_id", "record_kind", "record_id", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(12))
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    from_id: Mapped[int] = owned_ref("inventory_location")
    to_id: Mapped[int] = owned_ref("inventory_location")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    """In the part's own unit of measure, always above 0."""
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    effective_on: Mapped[dt.date]
    posted_at: Mapped[dt.datetime]
    posted_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    posted_by: Mapped[str] = mapped_column(sa.String(120))
    reverses_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True, index=False)
    once: Mapped[str | None] = mapped_column(sa.String(80))
    line: Mapped[int] = mapped_column(default=1)

    part = owned_relationship("Part", "inventory_move", "part_id")
    batch = owned_relationship("Batch", "inventory_move", "batch_id")
    serial = owned_relationship("Serial", "inventory_move", "serial_id")
    source = owned_relationship("Location", "inventory_move", "from_id")
    target = owned_relationship("Location", "inventory_move", "to_id")


@event.listens_for(Move, "before_update")
@event.listens_for(Move, "before_delete")
def _refuse(_mapper, _connection, move: Move) -> None:
    raise RuntimeError(f"move {move.id} is posted: reverse it instead of changing it")


class Balance(Base, CompanyOwned):
    """How much of a part (of a batch, of a serial number) is in an inside location, and how much of it is promised.

    It follows from moves and reservations; ``sanbao inventory check`` rebuilds and compares. What says whether it may
    be used stands here as well (``held``, ``usable_until``), so that whoever has locked it knows it for certain.
    """

    __tablename__ = "inventory_balance"
    __label__ = N_("Stock")
    __audited__ = False
    __table_args__ = (
        sa.CheckConstraint("on_hand >= 0", name="on_hand"),
        sa.CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved"),
        sa.CheckConstraint("serial_id is null or on_hand in (0, 1000000)", name="one_piece"),
        sa.Index(
            "uq_inventory_balance_plain", "company_id", "part_id", "location_id", unique=True,
            sqlite_where=sa.literal_column("batch_id is null and serial_id is null"),
            postgresql_where=sa.literal_column("batch_id is null and serial_id is null"),
        ),
        sa.Index(
            "uq_inventory_balance_batch", "company_id", "part_id", "location_id", "batch_id", unique=True,
            sqlite_where=sa.literal_column("batch_id is not null and serial_id is null"),
            postgresql_where=sa.literal_column("batch_id is not null and serial_id is null"),
        ),
        sa.Index(
            "uq_inventory_balance_serial", "company_id", "serial_id", "location_id", unique=True,
            sqlite_where=sa.literal_column("serial_id is not null"),
            postgresql_where=sa.literal_column("serial_id is not null"),
        ),
        sa.Index(
            "uq_inventory_balance_one_place", "company_id", "serial_id", unique=True,
            sqlite_where=sa.literal_column("serial_id is not null and on_hand > 0"),
            postgresql_where=sa.literal_column("serial_id is not null and on_hand > 0"),
        ),
        sa.Index(
            "ix_inventory_balance_there", "company_id", "part_id", "location_id",
            sqlite_where=sa.literal_column("on_hand > 0"), postgresql_where=sa.literal_column("on_hand > 0"),
        ),
        sa.Index("ix_inventory_balance_part", "company_id", "part_id", "id"),
        sa.Index("ix_inventory_balance_until", "company_id", "usable_until", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True, index=False)
    location_id: Mapped[int] = owned_ref("inventory_location")
    on_hand: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    reserved: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    held: Mapped[bool] = mapped_column(default=False)
    usable_until: Mapped[dt.date | None]
    arrived_on: Mapped[dt.date | None]
    """When the first of its batch, or the piece, came to the company."""

    part = owned_relationship("Part", "inventory_balance", "part_id")
    batch = owned_relationship("Batch", "inventory_balance", "batch_id")
    serial = owned_relationship("Serial", "inventory_balance", "serial_id")
    location = owned_relationship("Location", "inventory_balance", "location_id")


class Reservation(Base, CompanyOwned):
    """So much of a balance is kept for a record: ``quantity`` still, ``taken`` was issued already.

    ``rank`` orders demands: what has a lower one may take from those with a higher one (SB-6).
    """

    __tablename__ = "inventory_reservation"
    __label__ = N_("Reservations")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "record_kind", "record_id", "balance_id"),
        sa.CheckConstraint("quantity >= 0 and taken >= 0", name="quantity"),
        sa.Index(
            "ix_inventory_reservation_open", "company_id", "part_id", "id",
            sqlite_where=sa.literal_column("quantity > 0"), postgresql_where=sa.literal_column("quantity > 0"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    part_id: Mapped[int] = owned_ref("inventory_part")
    balance_id: Mapped[int] = owned_ref("inventory_balance")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    taken: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    rank: Mapped[int]
    made_at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120))

    part = owned_relationship("Part", "inventory_reservation", "part_id")
    balance = owned_relationship("Balance", "inventory_reservation", "balance_id")


class Book(Base, CompanyOwned, Versioned):
    """The one book of a company: no move counts for a day up to ``closed_until`` any more."""

    __tablename__ = "inventory_book"
    __label__ = N_("Stock book")
    __table_args__ = (sa.UniqueConstraint("company_id"),)

    id: Mapped[Id]
    closed_until: Mapped[dt.date | None]
