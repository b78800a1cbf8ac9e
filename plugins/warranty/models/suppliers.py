"""How long suppliers guarantee what they sold us, and who gives technical support for it (MD-4)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import Base, CompanyOwned, Id, Versioned, owned_ref, owned_relationship
from plugins.warranty.models.agreements import one_of

SUPPLIER_START_EVENTS = ("sale", "delivery", "installation", "acceptance", "production")
SUPPLIER_TERM_UNITS = ("months", "days")
SUPPORTERS = ("we", "supplier", "third")
AGREEMENT_STATES = ("in_force", "ended")


class SupplierTerm(Base, CompanyOwned, Versioned):
    """How long a supplier answers for what it sold us (back-to-back warranty), for goods bought between two days.

    What it is about: a product, else those of a group or of a maker, and of these a group of parts where one is named.
    """

    __tablename__ = "warranty_supplier_term"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="days"),
        one_of("start_event", SUPPLIER_START_EVENTS),
        one_of("unit", SUPPLIER_TERM_UNITS),
    )

    id: Mapped[Id]
    supplier_id: Mapped[int] = owned_ref("base_supplier")
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    product_group: Mapped[str] = mapped_column(sa.String(80), default="")
    maker: Mapped[str] = mapped_column(sa.String(200), default="")
    part_group: Mapped[str] = mapped_column(sa.String(80), default="")
    start_event: Mapped[str] = mapped_column(sa.String(20), default="delivery")
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(sa.String(10), default="months")
    covers_parts: Mapped[bool] = mapped_column(default=True)
    covers_labour: Mapped[bool] = mapped_column(default=False)
    covers_travel: Mapped[bool] = mapped_column(default=False)
    covers_expenses: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")

    supplier = owned_relationship("Supplier", "warranty_supplier_term", "supplier_id")
    product = owned_relationship("Product", "warranty_supplier_term", "product_id")


class SupplierAgreement(Base, CompanyOwned, Versioned):
    """Who gives technical support for a supplier's goods before and after the sale, and until when (MD-4)."""

    __tablename__ = "warranty_supplier_agreement"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_warranty_supplier_agreement_end", "company_id", "state", "valid_until", "id"),
        sa.CheckConstraint("valid_until >= valid_from", name="days"),
        one_of("before_sale", SUPPORTERS),
        one_of("after_sale", SUPPORTERS),
        one_of("state", AGREEMENT_STATES),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    supplier_id: Mapped[int] = owned_ref("base_supplier")
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    product_group: Mapped[str] = mapped_column(sa.String(80), default="")
    maker: Mapped[str] = mapped_column(sa.String(200), default="")
    before_sale: Mapped[str] = mapped_column(sa.String(10))
    after_sale: Mapped[str] = mapped_column(sa.String(10))
    third_party: Mapped[str] = mapped_column(sa.String(200), default="")
    contact_name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(255), default="")
    content: Mapped[str] = mapped_column(sa.Text, default="")
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date]
    state: Mapped[str] = mapped_column(sa.String(10), default="in_force")
    ended_on: Mapped[dt.date | None]
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    follows_id: Mapped[int | None] = owned_ref("warranty_supplier_agreement", nullable=True)

    supplier = owned_relationship("Supplier", "warranty_supplier_agreement", "supplier_id")
    product = owned_relationship("Product", "warranty_supplier_agreement", "product_id")
