"""Transfers: what is brought from one location to another, what of it has arrived, what became of the rest."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship

ON_ITS_WAY = ("sent", "differs")
"""While it is in one of these states, what of it has not arrived lies in transit."""


class Transfer(Base, CompanyOwned, Versioned):
    """Goods go from one location to another: what is sent lies in transit until it is received.

    ``receipts`` counts how often something was received or decided, so that of two people at once one is told.
    ``record_kind`` and ``record_id`` say for what it is brought.
    """

    __tablename__ = "inventory_transfer"
    __label__ = N_("Transfers between locations")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('draft', 'sent', 'differs', 'done', 'cancelled')", name="state"),
        sa.CheckConstraint("from_id <> to_id", name="ends"),
        sa.CheckConstraint("state in ('draft', 'cancelled') or sent_at is not null", name="sent_at"),
        sa.Index("ix_inventory_transfer_state", "company_id", "state", "id"),
        sa.Index("ix_inventory_transfer_record", "company_id", "record_kind", "record_id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    from_id: Mapped[int] = owned_ref("inventory_location")
    to_id: Mapped[int] = owned_ref("inventory_location")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    receipts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))
    sent_at: Mapped[dt.datetime | None]
    sent_by: Mapped[str] = mapped_column(sa.String(120), default="")
    sent_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    source = owned_relationship("Location", "inventory_transfer", "from_id")
    target = owned_relationship("Location", "inventory_transfer", "to_id")


class TransferLine(Base, CompanyOwned):
    """So much of a lot goes along. ``received``, ``damaged`` (into quarantine), ``back`` and ``lost`` say where it is;
    what they don't say is in transit. ``surplus`` came beyond it, ``surplus_damaged`` of that damaged; ``settled`` of
    it is decided, the damaged ones first. Of a part that came without having been sent ``quantity`` is 0.
    """

    __tablename__ = "inventory_transfer_line"
    __label__ = N_("Lines of transfers")
    __unrecorded__ = frozenset({"once"})
    __table_args__ = (
        sa.CheckConstraint("quantity > 0 or (quantity = 0 and surplus > 0)", name="quantity"),
        sa.CheckConstraint("received >= 0 and damaged >= 0 and back >= 0 and lost >= 0", name="parts"),
        sa.CheckConstraint("received + damaged + back + lost <= quantity", name="whole"),
        sa.CheckConstraint("surplus >= 0 and settled >= 0 and settled <= surplus", name="surplus"),
        sa.CheckConstraint("surplus_damaged >= 0 and surplus_damaged <= surplus", name="surplus_damaged"),
        sa.Index("ix_inventory_transfer_line_of", "company_id", "transfer_id", "id"),
        sa.Index("ix_inventory_transfer_line_once", "company_id", "once"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = owned_ref("inventory_transfer", index=False)
    part_id: Mapped[int] = owned_ref("inventory_part")
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    from_id: Mapped[int] = owned_ref("inventory_location")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    received: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    damaged: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    back: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    lost: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    surplus: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    surplus_damaged: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    settled: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    once: Mapped[str | None] = mapped_column(sa.String(60))
    """The scan that put the last of it in: one that is sent again puts in nothing more."""

    transfer = owned_relationship("Transfer", "inventory_transfer_line", "transfer_id")
    part = owned_relationship("Part", "inventory_transfer_line", "part_id")
    batch = owned_relationship("Batch", "inventory_transfer_line", "batch_id")
    serial = owned_relationship("Serial", "inventory_transfer_line", "serial_id")
    source = owned_relationship("Location", "inventory_transfer_line", "from_id")

    @property
    def open(self) -> Decimal:
        """What has neither arrived nor been decided: of a transfer that was sent it lies in transit."""
        return self.quantity - self.received - self.damaged - self.back - self.lost

    @property
    def too_many(self) -> Decimal:
        """What came beyond what was sent and is still to be decided."""
        return self.surplus - self.settled

    @property
    def too_many_damaged(self) -> Decimal:
        """How much of what is to be decided came damaged."""
        return max(Decimal(0), self.surplus_damaged - self.settled)

    @property
    def unsent(self) -> bool:
        """It came along and was not sent."""
        return not self.quantity


class TransferScan(Base, CompanyOwned):
    """One scan of what came of a transfer, until what this person has scanned is entered or taken back. Nothing has
    moved yet. ``seen`` is how the transfer stood: what was scanned before somebody else received on it counts no more.
    What is on no line of it, since it was not sent, is named by part, batch and serial number.
    """

    __tablename__ = "inventory_transfer_scan"
    __label__ = N_("Scans of what came on transfers")
    __audited__ = False
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("(line_id is null) = (part_id is not null)", name="what"),
        sa.UniqueConstraint("company_id", "once", "place"),
        sa.Index("ix_inventory_transfer_scan_of", "company_id", "transfer_id", "user_id", "id"),
        sa.Index("ix_inventory_transfer_scan_by", "company_id", "user_id", "id"),
    )

    id: Mapped[Id]
    transfer_id: Mapped[int] = owned_ref("inventory_transfer", index=False)
    line_id: Mapped[int | None] = owned_ref("inventory_transfer_line", nullable=True)
    part_id: Mapped[int | None] = owned_ref("inventory_part", nullable=True)
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    damaged: Mapped[bool] = mapped_column(default=False)
    seen: Mapped[int]
    scanned_at: Mapped[dt.datetime]
    once: Mapped[str | None] = mapped_column(sa.String(60))
    """Tells a scan that was sent again; one that fills several lines has a ``place`` for each."""
    place: Mapped[int] = mapped_column(default=1)
    part = owned_relationship("Part", "inventory_transfer_scan", "part_id")
    batch = owned_relationship("Batch", "inventory_transfer_scan", "batch_id")
    serial = owned_relationship("Serial", "inventory_transfer_scan", "serial_id")

    taken_back: Mapped[str | None] = mapped_column(sa.String(60))
    """The request that took it back: one that is sent again takes back nothing more. It stands until all is entered."""
