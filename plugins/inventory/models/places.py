"""Locations: where parts are, and whence they come and whither they go."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, UnitScoped, Versioned, owned_ref, owned_relationship

INSIDE = ("warehouse", "shelf", "van", "technician", "quarantine", "loan", "transit")
OUTSIDE = ("supplier", "customer", "scrap", "adjustment")
KINDS = INSIDE + OUTSIDE
ARRIVED = tuple(kind for kind in INSIDE if kind != "transit")
"""Where goods lie; what is in transit came there by a transfer and leaves by it alone."""
PICKED = ("warehouse", "shelf", "van", "technician")
"""Whence parts are reserved and issued; what is in quarantine, on loan or in transit is not there for anybody."""
PERSONAL = ("van", "technician")


class Location(Base, CompanyOwned, UnitScoped, Versioned):
    """A place in the tree of places. ``unit_id`` is the organisation unit whose it is, ``assignee_id`` the person who
    has it with him or her (a van, a technician's own store).

    Inside ones hold balances, which are never negative; outside ones are whence parts come and whither they go.
    """

    __tablename__ = "inventory_location"
    __label__ = N_("Locations")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint(
            "kind in ('warehouse', 'shelf', 'van', 'technician', 'quarantine', 'loan', 'transit', 'supplier', "
            "'customer', 'scrap', 'adjustment')",
            name="kind",
        ),
        sa.CheckConstraint("parent_id is null or parent_id <> id", name="parent"),
        sa.Index("ix_inventory_location_kind", "company_id", "kind", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(12))
    parent_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)

    parent = owned_relationship("Location", "inventory_location", "parent_id")

    @property
    def inside(self) -> bool:
        """Whether balances are kept for it."""
        return self.kind in INSIDE
