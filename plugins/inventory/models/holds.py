"""What follows when a batch is held: who has some of it, and what is to be done about each (ISO-5.2.4)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Quantity, Versioned, owned_ref, owned_relationship

HOLD_STATES = ("open", "ended")
TASK_STATES = ("open", "done", "dropped")
TASK_KINDS = ("isolate", "transit", "recall")
DECISIONS = ("", "no_fault", "sorted", "reworked")


class Hold(Base, CompanyOwned, Versioned):
    """A batch was stopped everywhere, for a reason; it ends by a decision."""

    __tablename__ = "inventory_hold"
    __label__ = N_("Batch holds")
    __table_args__ = (
        sa.CheckConstraint("state in ('open', 'ended')", name="state"),
        sa.CheckConstraint("decision in ('', 'no_fault', 'sorted', 'reworked')", name="decision"),
        sa.CheckConstraint("(state = 'ended') = (decision <> '')", name="decided"),
        sa.Index(
            "uq_inventory_hold_open", "company_id", "batch_id", unique=True,
            sqlite_where=sa.literal_column("state = 'open'"), postgresql_where=sa.literal_column("state = 'open'"),
        ),
        sa.Index("ix_inventory_hold_state", "company_id", "state", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    batch_id: Mapped[int] = owned_ref("inventory_batch")
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    reason: Mapped[str] = mapped_column(sa.Text)
    begun_at: Mapped[dt.datetime]
    begun_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    begun_by: Mapped[str] = mapped_column(sa.String(120))
    freed: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    """How much was reserved of it and was set free by the hold."""
    decision: Mapped[str] = mapped_column(sa.String(12), default="")
    decision_reason: Mapped[str] = mapped_column(sa.Text, default="")
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")

    batch = owned_relationship("Batch", "inventory_hold", "batch_id")


class HoldTask(Base, CompanyOwned, Versioned):
    """One thing to do about a held batch: set apart what lies in a location, stop what is on its way there, reach who
    got some of it. ``record_kind`` and ``record_id``: for what it was issued, or the move itself.
    """

    __tablename__ = "inventory_hold_task"
    __label__ = N_("Tasks of batch holds")
    __table_args__ = (
        sa.CheckConstraint("kind in ('isolate', 'transit', 'recall')", name="kind"),
        sa.CheckConstraint("state in ('open', 'done', 'dropped')", name="state"),
        sa.Index("ix_inventory_hold_task_of", "company_id", "hold_id", "state", "id"),
    )

    id: Mapped[Id]
    hold_id: Mapped[int] = owned_ref("inventory_hold", index=False)
    kind: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    location_id: Mapped[int | None] = owned_ref("inventory_location", nullable=True)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    result: Mapped[str] = mapped_column(sa.Text, default="")
    done_at: Mapped[dt.datetime | None]
    done_by: Mapped[str] = mapped_column(sa.String(120), default="")

    hold = owned_relationship("Hold", "inventory_hold_task", "hold_id")
    location = owned_relationship("Location", "inventory_hold_task", "location_id")
