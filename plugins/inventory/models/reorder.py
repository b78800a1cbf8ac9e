"""When a part is bought again, and what is proposed to be bought."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship

REORDER_RULES = ("levels", "cover")
PROPOSAL_STATES = ("open", "requested", "dismissed", "gone")


class ReorderPoint(Base, CompanyOwned, Versioned):
    """Below ``minimum`` a part is bought again, up to ``maximum``: quantities (``levels``), or days for which it has to
    last at the rate at which it was issued (``cover``).

    It counts what there is in ``location_id`` and below it; without one the whole company.
    """

    __tablename__ = "inventory_reorder"
    __label__ = N_("Reorder points")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id", "location_id"),
        sa.Index(
            "ix_inventory_reorder_company", "company_id", "part_id", unique=True,
            sqlite_where=sa.literal_column("location_id is null"),
            postgresql_where=sa.literal_column("location_id is null"),
        ),
        sa.CheckConstraint("rule in ('levels', 'cover')", name="rule"),
        sa.CheckConstraint("minimum > 0 and maximum >= minimum", name="levels"),
    )  # fmt: skip

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part")
    location_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    rule: Mapped[str] = mapped_column(sa.String(10), default="levels")
    minimum: Mapped[Decimal] = mapped_column(Quantity)
    maximum: Mapped[Decimal] = mapped_column(Quantity)
    active: Mapped[bool] = mapped_column(default=True)

    part = owned_relationship("Part", "inventory_reorder", "part_id")
    location = owned_relationship("Location", "inventory_reorder", "location_id")


class ReorderProposal(Base, CompanyOwned):
    """So much of a part is proposed to be bought, with what led to it: what was free, what was coming, below which
    level it fell and to which it is filled up.

    At most one of a point is open. ``dismissed`` ones keep the point silent through ``until``.
    """

    __tablename__ = "inventory_proposal"
    __label__ = N_("Reorder proposals")
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("state in ('open', 'requested', 'dismissed', 'gone')", name="state"),
        sa.CheckConstraint("state <> 'dismissed' or until is not null", name="until"),
        sa.CheckConstraint("(state = 'requested') = (request_id is not null)", name="request"),
        sa.Index("ix_inventory_proposal_state", "company_id", "state", "id"),
        sa.Index(
            "ix_inventory_proposal_open", "company_id", "point_id", unique=True,
            sqlite_where=sa.literal_column("state = 'open'"), postgresql_where=sa.literal_column("state = 'open'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    point_id: Mapped[int] = owned_ref("inventory_reorder")
    part_id: Mapped[int] = owned_ref("inventory_part")
    location_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    supplier_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    free: Mapped[Decimal] = mapped_column(Quantity)
    coming: Mapped[Decimal] = mapped_column(Quantity)
    minimum: Mapped[Decimal] = mapped_column(Quantity)
    target: Mapped[Decimal] = mapped_column(Quantity)
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    made_at: Mapped[dt.datetime]
    until: Mapped[dt.date | None]
    request_id: Mapped[int | None] = owned_ref("inventory_request", nullable=True)

    part = owned_relationship("Part", "inventory_proposal", "part_id")
    location = owned_relationship("Location", "inventory_proposal", "location_id")
    supplier = owned_relationship("Supplier", "inventory_proposal", "supplier_id")
    request = owned_relationship("PurchaseRequest", "inventory_proposal", "request_id")
