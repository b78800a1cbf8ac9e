"""Bills of parts made of parts: what is inside an assembly, and from when to when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship


class BillLine(Base, CompanyOwned, Versioned):
    """So many of ``part`` are in one ``assembly``, itself a part. Without an assembly: the part heads its own bill.

    ``quantity`` is in ``measure`` as the drawing says it; stock is not counted by it. It goes from ``since`` through
    ``until``, both included, without an end where they are missing.
    """

    __tablename__ = "inventory_bill_line"
    __label__ = N_("Bills of assemblies")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "external_key"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("assembly_id is null or assembly_id <> part_id", name="itself"),
        sa.CheckConstraint("since is null or until is null or until >= since", name="days"),
    )

    id: Mapped[Id]
    assembly_id: Mapped[int | None] = owned_ref("inventory_part", nullable=True)
    part_id: Mapped[int] = owned_ref("inventory_part")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    measure_id: Mapped[int] = owned_ref("inventory_measure")
    since: Mapped[dt.date | None]
    until: Mapped[dt.date | None]
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    assembly = owned_relationship("Part", "inventory_bill_line", "assembly_id")
    part = owned_relationship("Part", "inventory_bill_line", "part_id")
    measure = owned_relationship("Measure", "inventory_bill_line", "measure_id")
