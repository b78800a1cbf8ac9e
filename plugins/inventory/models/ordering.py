"""Purchase orders: what is bought from one supplier, and how much of it has come."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship


class PurchaseOrder(Base, CompanyOwned, Versioned):
    """An order to one supplier, delivered to one location, for what a request was approved for.

    ``receipts`` counts how often goods were received on it, so that of two people who receive at once one is told.
    One that was ``loaded`` from a file is over: what came of it is in the opening stock, and nothing moved for it here.
    """

    __tablename__ = "inventory_order"
    __label__ = N_("Purchase orders")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('made', 'sent', 'received', 'closed', 'cancelled')", name="state"),
        sa.CheckConstraint("amount >= 0 and receipts >= 0", name="amount"),
        sa.CheckConstraint("state <> 'sent' or sent_on is not null", name="sent_on"),
        sa.CheckConstraint("loaded or (supplier_id is not null and request_id is not null)", name="loaded"),
        sa.Index("ix_inventory_order_state", "company_id", "state", "expected_on", "id"),
        sa.Index("ix_inventory_order_expected", "company_id", "expected_on", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    supplier_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    """None: it was loaded from a file that does not say."""
    supplier_found: Mapped[bool] = mapped_column(default=False)
    """The file does not say, and it is the only one of whom all parts of the order can be had."""
    request_id: Mapped[int | None] = owned_ref("inventory_request", nullable=True)
    to_id: Mapped[int] = owned_ref("inventory_location")
    state: Mapped[str] = mapped_column(sa.String(10), default="made")
    amount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    sent_on: Mapped[dt.date | None]
    expected_on: Mapped[dt.date | None]
    their_reference: Mapped[str] = mapped_column(sa.String(80), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    receipts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")
    loaded: Mapped[bool] = mapped_column(default=False)

    supplier = owned_relationship("Supplier", "inventory_order", "supplier_id")
    request = owned_relationship("PurchaseRequest", "inventory_order", "request_id")
    to = owned_relationship("Location", "inventory_order", "to_id")


class PurchaseOrderLine(Base, CompanyOwned):
    """So much of a part is ordered; ``received`` is what the moves for the order say, or the file it was loaded from.

    ``due_on`` and ``rejected`` (of what was received) are known of loaded lines only: of others their order says when
    it is expected, and the decisions of quality what went back.
    """

    __tablename__ = "inventory_order_line"
    __label__ = N_("Lines of purchase orders")
    __table_args__ = (
        sa.Index(
            "ix_inventory_order_line_part", "company_id", "order_id", "part_id", unique=True,
            sqlite_where=sa.literal_column("external_key is null"),
            postgresql_where=sa.literal_column("external_key is null"),
        ),
        sa.Index("ix_inventory_order_line_source", "company_id", "external_key", unique=True),
        sa.CheckConstraint("quantity > 0 and received >= 0", name="quantity"),
        sa.CheckConstraint("rejected >= 0 and rejected <= received", name="rejected"),
        sa.CheckConstraint("price >= 0", name="price"),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("inventory_order")
    part_id: Mapped[int] = owned_ref("inventory_part")
    their_number: Mapped[str] = mapped_column(sa.String(80), default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    received: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    price: Mapped[Decimal] = mapped_column(Money)
    due_on: Mapped[dt.date | None]
    rejected: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What a loaded line is called at its source."""

    order = owned_relationship("PurchaseOrder", "inventory_order_line", "order_id")
    part = owned_relationship("Part", "inventory_order_line", "part_id")

    @property
    def open(self) -> Decimal:
        """What is still to come."""
        return max(self.quantity - self.received, Decimal(0))
