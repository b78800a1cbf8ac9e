"""Loaners: pieces that replace a customer's unit during repair, and each time one was lent (GS-15)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Money,
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.inventory.models.quality import one_of

LOAN_STATES = ("reserved", "out", "back", "done", "cancelled", "lost")
AWAY = ("out", "back")
"""States in which the piece can't go to anybody else: with the customer, or not yet ready again."""
_AWAY: Any = sa.literal_column("state in ('out', 'back')")


class Loaner(Base, CompanyOwned, Versioned):
    """A piece of the pool. It stands in the ledger by its serial number; ``home_id`` is the location for loaners in
    which it lies while nobody has it. The pool is the whole company's: who may lend from where follows from the
    locations.
    """

    __tablename__ = "inventory_loaner"
    __label__ = N_("Loaners")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "serial_id"),
        sa.CheckConstraint("active or retired_on is not null", name="retired"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    serial_id: Mapped[int] = owned_ref("inventory_serial", index=False)
    home_id: Mapped[int] = owned_ref("inventory_location")
    accessories: Mapped[str] = mapped_column(sa.Text, default="")
    """What goes with it, one per line."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    pooled_on: Mapped[dt.date]
    retired_on: Mapped[dt.date | None]
    retired_reason: Mapped[str] = mapped_column(sa.Text, default="")

    serial = owned_relationship("Serial", "inventory_loaner", "serial_id")
    home = owned_relationship("Location", "inventory_loaner", "home_id")


class LoanerProduct(Base, CompanyOwned):
    """A product for which a loaner can stand in."""

    __tablename__ = "inventory_loaner_product"
    __label__ = N_("Products that loaners stand in for")
    __table_args__ = (sa.UniqueConstraint("company_id", "loaner_id", "product_id"),)

    id: Mapped[Id]
    loaner_id: Mapped[int] = owned_ref("inventory_loaner", index=False)
    product_id: Mapped[int] = owned_ref("base_product")


class Loan(Base, CompanyOwned, Versioned):
    """A loaner kept for, or with, a customer because of a record (a service order): reserved, handed out, taken back,
    made ready again. ``from_on`` and ``due_on`` are the first and the last day.

    Who may see it follows from its customer. That a piece is away is known to everybody: it is nobody else's then.
    """

    __tablename__ = "inventory_loan"
    __label__ = N_("Loans")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        one_of("state", LOAN_STATES),
        sa.CheckConstraint("due_on >= from_on", name="days"),
        sa.CheckConstraint("state in ('reserved', 'cancelled') = (out_at is null)", name="handed_out"),
        sa.CheckConstraint("damage_amount is null or damage_amount >= 0", name="damage_amount"),
        sa.CheckConstraint("settled_at is null or damage <> ''", name="settled"),
        sa.Index(
            "uq_inventory_loan_away", "company_id", "loaner_id", unique=True, sqlite_where=_AWAY,
            postgresql_where=_AWAY,
        ),
        sa.Index("ix_inventory_loan_state", "company_id", "state", "due_on", "id"),
        sa.Index("ix_inventory_loan_due", "company_id", "due_on", "id"),
        sa.Index("ix_inventory_loan_of", "company_id", "loaner_id", "from_on"),
        sa.Index("ix_inventory_loan_record", "company_id", "record_kind", "record_id", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="reserved")
    loaner_id: Mapped[int] = owned_ref("inventory_loaner", index=False)
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int] = owned_ref("base_customer")
    site_id: Mapped[int | None] = owned_ref("base_site", nullable=True)
    from_on: Mapped[dt.date]
    due_on: Mapped[dt.date]
    extended: Mapped[int] = mapped_column(default=0)
    """How often it was given more time."""
    reserved_at: Mapped[dt.datetime]
    reserved_by: Mapped[str] = mapped_column(sa.String(120))
    reserved_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))

    out_at: Mapped[dt.datetime | None]
    out_by: Mapped[str] = mapped_column(sa.String(120), default="")
    person: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who took it, of the customer."""
    out_grades: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Point of the condition list → its grade when it went out."""
    out_note: Mapped[str] = mapped_column(sa.Text, default="")
    accessories: Mapped[list] = mapped_column(JsonType, default=list)
    """What went out with it, in words."""
    out_move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)

    back_at: Mapped[dt.datetime | None]
    back_by: Mapped[str] = mapped_column(sa.String(120), default="")
    back_grades: Mapped[dict] = mapped_column(JsonType, default=dict)
    back_note: Mapped[str] = mapped_column(sa.Text, default="")
    missing: Mapped[list] = mapped_column(JsonType, default=list)
    """What of the accessories did not come back."""
    faulty: Mapped[bool] = mapped_column(default=False)
    inspection_id: Mapped[int | None] = owned_ref("inventory_inspection", nullable=True)
    back_move_id: Mapped[int | None] = owned_ref("inventory_move", nullable=True)
    damage: Mapped[str] = mapped_column(sa.Text, default="")
    damage_amount: Mapped[Decimal | None] = mapped_column(Money)
    settled_at: Mapped[dt.datetime | None]
    settled_by: Mapped[str] = mapped_column(sa.String(120), default="")
    settled_note: Mapped[str] = mapped_column(sa.Text, default="")

    reminded_at: Mapped[dt.datetime | None]
    """When the customer was written to because of the day that stands."""
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")

    loaner = owned_relationship("Loaner", "inventory_loan", "loaner_id")
    customer = owned_relationship("Customer", "inventory_loan", "customer_id")
    site = owned_relationship("Site", "inventory_loan", "site_id")
    inspection = owned_relationship("Inspection", "inventory_loan", "inspection_id")
