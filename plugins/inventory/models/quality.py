"""Quality: what lies in quarantine, what was decided on it, what is scrapped or went back to a supplier."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    Money,
    Quantity,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)

INSPECTION_STATES = ("open", "decided", "withdrawn")
SOURCES = ("receipt", "return", "field", "stock")
VERDICTS = ("release", "rework", "scrap", "supplier")
SCRAP_STATES = ("asked", "scrapped", "refused", "withdrawn")
EXPECTED = ("replacement", "credit", "repair", "nothing")


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A column holds one of these codes."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Inspection(Base, CompanyOwned, UnitScoped, Versioned):
    """A quantity that came into quarantine at once. ``undecided`` of it waits for a decision; that of all open ones
    and what is asked to be scrapped is what lies there.
    """

    __tablename__ = "inventory_inspection"
    __label__ = N_("Inspections")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("undecided >= 0 and undecided <= quantity", name="undecided"),
        one_of("state", INSPECTION_STATES),
        one_of("source", SOURCES),
        sa.Index("ix_inventory_inspection_state", "company_id", "state", "id"),
        sa.Index("ix_inventory_inspection_record", "company_id", "record_kind", "record_id", "id"),
        sa.Index("ix_inventory_inspection_part", "company_id", "part_id", "location_id", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    source: Mapped[str] = mapped_column(sa.String(10))
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    location_id: Mapped[int] = owned_ref("inventory_location")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    undecided: Mapped[Decimal] = mapped_column(Quantity)
    reason_code: Mapped[str] = mapped_column(sa.String(40), default="")
    """Why it came back, by the company's list."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    finding: Mapped[str] = mapped_column(sa.Text, default="")
    """What inspecting it showed."""
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)
    """The move by which it came; None: it lay there before."""
    opened_at: Mapped[dt.datetime]
    opened_by: Mapped[str] = mapped_column(sa.String(120))
    ended_at: Mapped[dt.datetime | None]

    part = owned_relationship("Part", "inventory_inspection", "part_id")
    batch = owned_relationship("Batch", "inventory_inspection", "batch_id")
    serial = owned_relationship("Serial", "inventory_inspection", "serial_id")
    location = owned_relationship("Location", "inventory_inspection", "location_id")


class Verdict(Base, CompanyOwned):
    """What becomes of a quantity of an inspection, and why. Rework leaves it where it is, to be decided on again."""

    __tablename__ = "inventory_verdict"
    __label__ = N_("Quality decisions")
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        one_of("verdict", VERDICTS),
        sa.CheckConstraint("verdict = 'release' or note <> ''", name="note"),
    )

    id: Mapped[Id]
    inspection_id: Mapped[int] = owned_ref("inventory_inspection")
    verdict: Mapped[str] = mapped_column(sa.String(10))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    to_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))

    target = owned_relationship("Location", "inventory_verdict", "to_id")


class Scrap(Base, CompanyOwned, UnitScoped, Versioned):
    """A quantity that is to be scrapped. ``amount`` is what it is worth, None where nobody knows; who has to approve
    it is said by the company's table.
    """

    __tablename__ = "inventory_scrap"
    __label__ = N_("Scrap")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        one_of("state", SCRAP_STATES),
        sa.CheckConstraint("reason <> ''", name="reason"),
        sa.Index("ix_inventory_scrap_state", "company_id", "state", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    part_id: Mapped[int] = owned_ref("inventory_part")
    batch_id: Mapped[int | None] = owned_ref("inventory_batch", nullable=True)
    serial_id: Mapped[int | None] = owned_ref("inventory_serial", nullable=True)
    location_id: Mapped[int] = owned_ref("inventory_location")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    amount: Mapped[Decimal | None] = mapped_column(Money)
    reason: Mapped[str] = mapped_column(sa.Text)
    inspection_id: Mapped[int | None] = owned_ref("inventory_inspection", nullable=True)
    move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    asked_by: Mapped[str] = mapped_column(sa.String(120))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    part = owned_relationship("Part", "inventory_scrap", "part_id")
    batch = owned_relationship("Batch", "inventory_scrap", "batch_id")
    serial = owned_relationship("Serial", "inventory_scrap", "serial_id")
    location = owned_relationship("Location", "inventory_scrap", "location_id")
    inspection = owned_relationship("Inspection", "inventory_scrap", "inspection_id")


class SupplierReturn(Base, CompanyOwned, UnitScoped, Versioned):
    """What went back to a supplier, and how much of it is not settled yet."""

    __tablename__ = "inventory_supplier_return"
    __label__ = N_("Returns to suppliers")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("quantity > 0 and settled >= 0 and settled <= quantity", name="quantity"),
        one_of("expects", EXPECTED),
        sa.Index("ix_inventory_supplier_return_sent", "company_id", "sent_at", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    inspection_id: Mapped[int] = owned_ref("inventory_inspection")
    part_id: Mapped[int] = owned_ref("inventory_part")
    supplier: Mapped[str] = mapped_column(sa.String(200))
    """What the supplier was called when it went."""
    supplier_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    """None: it was named by hand, before suppliers were chosen."""
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    settled: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    expects: Mapped[str] = mapped_column(sa.String(12))
    """What the supplier is to do for it."""
    reason: Mapped[str] = mapped_column(sa.Text)
    move_id: Mapped[int] = owned_ref("inventory_move")
    sent_at: Mapped[dt.datetime]
    sent_by: Mapped[str] = mapped_column(sa.String(120))

    inspection = owned_relationship("Inspection", "inventory_supplier_return", "inspection_id")
    part = owned_relationship("Part", "inventory_supplier_return", "part_id")


class Cost(Base, CompanyOwned, Versioned):
    """What one of a part is worth, in its own unit of measure: by it scrap and differences of a count are valued."""

    __tablename__ = "inventory_cost"
    __label__ = N_("Values of parts")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "part_id"),
        sa.CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[Id]
    part_id: Mapped[int] = owned_ref("inventory_part", index=False)
    amount: Mapped[Decimal] = mapped_column(Money)
