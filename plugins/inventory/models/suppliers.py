"""Suppliers and from which of them a part can be had, on what terms."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship


class PartSupplier(Base, CompanyOwned, Versioned):
    """Somebody who sells us parts. ``lead_days`` goes for every part of which the source says nothing else."""

    __tablename__ = "inventory_supplier"
    __label__ = N_("Suppliers of parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_inventory_supplier_name", "company_id", "name"),
        sa.Index("ix_inventory_supplier_source", "company_id", "external_key", unique=True),
        sa.Index("ix_inventory_supplier_due", "company_id", "evaluate_on", "id"),
        sa.CheckConstraint("lead_days between 0 and 3650", name="lead_days"),
        sa.CheckConstraint("standing in ('new', 'approved', 'watched', 'stopped')", name="standing"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    contact_name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(255), default="")
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    lead_days: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    standing: Mapped[str] = mapped_column(sa.String(10), default="new")
    """How its last evaluation came out (STO-7)."""
    evaluate_on: Mapped[dt.date | None]
    """When it is due to be evaluated again; None: it never was."""
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What it is called where it was imported from; further files name it by this."""


class PartSource(Base, CompanyOwned, Versioned):
    """A part can be had from a supplier: under which number, how soon, how many at least and in what packs, at what
    price in the company's currency. Quantities are in the part's own unit.

    Of several the preferred one is asked, at most one of each part; then the cheapest.
    """

    __tablename__ = "inventory_source"
    __label__ = N_("Sources of parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "supplier_id"),
        sa.Index(
            "ix_inventory_source_preferred", "company_id", "part_id", unique=True,
            sqlite_where=sa.literal_column("preferred"), postgresql_where=sa.literal_column("preferred"),
        ),
        sa.CheckConstraint("lead_days is null or lead_days between 0 and 3650", name="lead_days"),
        sa.CheckConstraint("minimum is null or minimum > 0", name="minimum"),
        sa.CheckConstraint("pack is null or pack > 0", name="pack"),
        sa.CheckConstraint("price is null or price >= 0", name="price"),
    )  # fmt: skip

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    supplier_id: Mapped[int] = owned_ref("inventory_supplier")
    their_number: Mapped[str] = mapped_column(sa.String(80), default="")
    lead_days: Mapped[int | None]
    minimum: Mapped[Decimal | None] = mapped_column(Quantity)
    pack: Mapped[Decimal | None] = mapped_column(Quantity)
    """Only whole multiples of it are sold."""
    price: Mapped[Decimal | None] = mapped_column(Money)
    preferred: Mapped[bool] = mapped_column(default=False)

    part = owned_relationship("Part", "inventory_source", "part_id")
    supplier = owned_relationship("PartSupplier", "inventory_source", "supplier_id")

    @property
    def days(self) -> int:
        """How many days it takes: the part's own, else the supplier's."""
        return self.lead_days if self.lead_days is not None else self.supplier.lead_days
