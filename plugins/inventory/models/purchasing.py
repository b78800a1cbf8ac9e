"""Purchase requests and what is asked for in them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship


class PurchaseRequest(Base, CompanyOwned, Versioned):
    """What somebody asks to be bought. Who approves it is said by the company's table of approvals, by amount too.

    ``amount`` is the sum of its lines as they stand, in the company's currency.
    """

    __tablename__ = "inventory_request"
    __label__ = N_("Purchase requests")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('draft', 'approved', 'ordered', 'refused', 'withdrawn')", name="state"),
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.Index("ix_inventory_request_state", "company_id", "state", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    urgent: Mapped[bool] = mapped_column(default=False)
    """A guarantee part has fallen short (SB-4)."""
    amount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    asked_at: Mapped[dt.datetime]
    asked_by: Mapped[str] = mapped_column(sa.String(120))
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")


class PurchaseRequestLine(Base, CompanyOwned):
    """So much of a part, for this location or for any; from whom and at what price is found out before approval."""

    __tablename__ = "inventory_request_line"
    __label__ = N_("Lines of purchase requests")
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("price is null or price >= 0", name="price"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = owned_ref("inventory_request")
    part_id: Mapped[int] = owned_ref("inventory_part")
    location_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    supplier_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    price: Mapped[Decimal | None] = mapped_column(Money)

    request = owned_relationship("PurchaseRequest", "inventory_request_line", "request_id")
    part = owned_relationship("Part", "inventory_request_line", "part_id")
    location = owned_relationship("Location", "inventory_request_line", "location_id")
    supplier = owned_relationship("Supplier", "inventory_request_line", "supplier_id")
