"""From which suppliers a part can be had, on what terms."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship


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
    supplier_id: Mapped[int] = owned_ref("base_supplier")
    their_number: Mapped[str] = mapped_column(sa.String(80), default="")
    lead_days: Mapped[int | None]
    minimum: Mapped[Decimal | None] = mapped_column(Quantity)
    pack: Mapped[Decimal | None] = mapped_column(Quantity)
    """Only whole multiples of it are sold."""
    price: Mapped[Decimal | None] = mapped_column(Money)
    preferred: Mapped[bool] = mapped_column(default=False)

    part = owned_relationship("Part", "inventory_source", "part_id")
    supplier = owned_relationship("Supplier", "inventory_source", "supplier_id")

    @property
    def days(self) -> int:
        """How many days it takes: the part's own, else the supplier's."""
        return self.lead_days if self.lead_days is not None else self.supplier.lead_days
