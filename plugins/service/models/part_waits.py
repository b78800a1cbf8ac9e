"""What an order waits for: a part, where it comes from, and by when the customer was told that it arrives."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, owned_ref
from plugins.service.models.orders import one_of

PART_WAIT_STATES = ("waits", "arrived", "replaced", "ended")


class PartWait(Base, CompanyOwned):
    """A part that an order waits for. What was promised is never changed: a new promise takes its place, with why."""

    __tablename__ = "service_part_wait"
    __label__ = N_("Parts waited for")
    __table_args__ = (
        sa.Index(
            "uq_service_part_wait_standing", "company_id", "order_id", unique=True,
            sqlite_where=sa.column("state") == "waits", postgresql_where=sa.column("state") == "waits",
        ),
        one_of("state", PART_WAIT_STATES),
        sa.CheckConstraint("until_on >= from_on", name="days"),
        sa.CheckConstraint("(state = 'waits') = (ended_at is null)", name="ended"),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    part: Mapped[str] = mapped_column(sa.String(200))
    part_number: Mapped[str] = mapped_column(sa.String(80), default="")
    source: Mapped[str] = mapped_column(sa.String(40))
    """A choice of the table ``service.part_sources``."""
    source_words: Mapped[str] = mapped_column(sa.String(120), default="")
    from_on: Mapped[dt.date]
    until_on: Mapped[dt.date]
    told_at: Mapped[dt.datetime]
    told_how: Mapped[str] = mapped_column(sa.String(20))
    mailed_to: Mapped[str] = mapped_column(sa.String(254), default="")
    explanation: Mapped[str] = mapped_column(sa.Text, default="")
    """What the customer was told why it is missing (INS-2a)."""
    state: Mapped[str] = mapped_column(sa.String(10), default="waits")
    ended_at: Mapped[dt.datetime | None]
    ended_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
