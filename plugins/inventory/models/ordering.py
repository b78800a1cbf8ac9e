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
    """

    __tablename__ = "inventory_order"
    __label__ = N_("Purchase orders")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('made', 'sent', 'received', 'closed', 'cancelled')", name="state"),
        sa.CheckConstraint("amount >= 0 and receipts >= 0", name="amount"),
        sa.CheckConstraint("state <> 'sent' or sent_on is not null", name="sent_on"),
        sa.Index("ix_inventory_order_state", "company_id", "state", "expected_on", "id"),
        sa.Index("ix_inventory_order_expected", "company_id", "expected_on", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    supplier_id: Mapped[int] = owned_ref("inventory_supplier")
    request_id: Mapped[int] = owned_ref("inventory_request")
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

    supplier = owned_relationship("PartSupplier", "inventory_order", "supplier_id")
    request = owned_relationship("PurchaseRequest", "inventory_order", "request_id")
    to = owned_relationship("Location", "inventory_order", "to_id")


class PurchaseOrderLine(Base, CompanyOwned):
    """So much of a part is ordered; ``received`` is what the moves for the order say."""

    __tablename__ = "inventory_order_line"
    __label__ = N_("Lines of purchase orders")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id", "part_id"),
        sa.CheckConstraint("quantity > 0 and received >= 0", name="quantity"),
        sa.CheckConstraint("price >= 0", name="price"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("inventory_order")
    part_id: Mapped[int] = owned_ref("inventory_part")
    their_number: Mapped[str] = mapped_column(sa.String(80), default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    received: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    price: Mapped[Decimal] = mapped_column(Money)

    order = owned_relationship("PurchaseOrder", "inventory_order_line", "order_id")
    part = owned_relationship("Part", "inventory_order_line", "part_id")

    @property
    def open(self) -> Decimal:
        """What is still to come."""
        return max(self.quantity - self.received, Decimal(0))
