"""Parts: what the company keeps, in which unit of measure, what replaces it, what it fits."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship

TRACKING = ("none", "batch", "serial")
MOST_DECIMALS = 6
"""As many as a quantity can have in the database."""


class Measure(Base, CompanyOwned, Versioned):
    """A unit of measure; quantities in it have ``decimals`` decimals at most, so 0 for pieces."""

    __tablename__ = "inventory_measure"
    __label__ = N_("Units of measure")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("decimals between 0 and 6", name="decimals"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(100))
    decimals: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Part(Base, CompanyOwned, Versioned):
    """Something that is kept in stock. All its quantities are in ``measure``; others are converted exactly."""

    __tablename__ = "inventory_part"
    __label__ = N_("Parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_inventory_part_name", "company_id", "name"),
        sa.Index("ix_inventory_part_source", "company_id", "external_key", unique=True),
        sa.CheckConstraint("tracking in ('none', 'batch', 'serial')", name="tracking"),
        sa.CheckConstraint("shelf_life_days is null or shelf_life_days > 0", name="shelf_life_days"),
        sa.CheckConstraint("warn_days is null or warn_days > 0", name="warn_days"),
        sa.CheckConstraint("replaced_by_id is null or replaced_by_id <> id", name="replaced_by"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(200))
    measure_id: Mapped[int] = owned_ref("inventory_measure")
    tracking: Mapped[str] = mapped_column(sa.String(10), default="none")
    """``batch`` and ``serial``: every quantity names its batch, every piece its serial number."""
    guarantee: Mapped[bool] = mapped_column(default=False)
    """A guarantee part (SB-4): always to be there."""
    storage: Mapped[str] = mapped_column(sa.String(200), default="")
    """How it has to be kept."""
    shelf_life_days: Mapped[int | None]
    """From production on; the expiry of a batch that names none."""
    warn_days: Mapped[int | None]
    """It is told of so many days before the end of a batch, in the place of the company's own steps."""
    replaced_by_id: Mapped[int | None] = owned_ref("inventory_part", nullable=True)
    """The part that supersedes it: from then on that one is ordered."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What it is called where it was imported from; further files name it by this."""

    measure = owned_relationship("Measure", "inventory_part", "measure_id")


class PartMeasure(Base, CompanyOwned):
    """One ``measure`` of a part is exactly ``factor`` of the part's own unit: a box is 12 pieces."""

    __tablename__ = "inventory_part_measure"
    __label__ = N_("Packs of parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "measure_id"),
        sa.CheckConstraint("factor > 0", name="factor"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    measure_id: Mapped[int] = owned_ref("inventory_measure")
    factor: Mapped[Decimal] = mapped_column(Quantity)

    measure = owned_relationship("Measure", "inventory_part_measure", "measure_id")


class Substitute(Base, CompanyOwned):
    """``substitute`` may be used in the place of ``part``; of several the one with the lowest ``place`` first."""

    __tablename__ = "inventory_substitute"
    __label__ = N_("Substitutes")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "substitute_id"),
        sa.CheckConstraint("part_id <> substitute_id", name="itself"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    substitute_id: Mapped[int] = owned_ref("inventory_part")
    place: Mapped[int] = mapped_column(default=1)
    note: Mapped[str] = mapped_column(sa.String(200), default="")

    substitute = owned_relationship("Part", "inventory_substitute", "substitute_id")


class PartProduct(Base, CompanyOwned):
    """A line of a product's bill of parts: so many of a part are in it, and where."""

    __tablename__ = "inventory_part_product"
    __label__ = N_("Bill of parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "product_id", "part_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    product_id: Mapped[int] = owned_ref("base_product")
    quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(1))
    place: Mapped[str] = mapped_column(sa.String(80), default="")

    part = owned_relationship("Part", "inventory_part_product", "part_id")
    product = owned_relationship("Product", "inventory_part_product", "product_id")
