"""Warranty terms: how long what is warranted, from which event, for whom."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, JsonType, Versioned, owned_ref, owned_relationship
from plugins.warranty.contracts import (
    AMOUNT_UNIT_WORDS,
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    REPAIR_DAYS_WORDS,
    TERM_STATE_WORDS,
)


def one_of(column: str, values) -> sa.CheckConstraint:
    """A check that ``column`` holds one of ``values``."""
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(v) for v in values)})", name=column)


class Term(Base, CompanyOwned, Versioned):
    """One term. What it says is never changed once it is in force: a change is a new one that takes its place for units
    sold from its first day on (or for all). One whose time is over stays in force for the units sold before;
    ``withdrawn`` ones fit no unit any more.
    """

    __label__ = N_("Warranty terms")

    __tablename__ = "warranty_term"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code", "revision"),
        sa.Index("ix_warranty_term_state", "company_id", "state", "code", "id"),
        sa.Index(
            "uq_warranty_term_in_force",
            "company_id",
            "code",
            "valid_from",
            unique=True,
            sqlite_where=sa.column("state") == "in_force",
            postgresql_where=sa.column("state") == "in_force",
        ),
        sa.CheckConstraint("amount is null or amount > 0", name="amount"),
        sa.CheckConstraint("exchange_days >= 0", name="exchange_days"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="validity"),
        one_of("cover", COVER_WORDS),
        one_of("amount_unit", AMOUNT_UNIT_WORDS),
        one_of("extends", EXTENDS_WORDS),
        one_of("repair_days", REPAIR_DAYS_WORDS),
        one_of("on_exchange", ON_EXCHANGE_WORDS),
        one_of("state", TERM_STATE_WORDS),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    revision: Mapped[int] = mapped_column(default=1)
    """Counts the terms of one code, drafts and discarded ones, too."""
    name: Mapped[str] = mapped_column(sa.String(120))
    cover: Mapped[str] = mapped_column(sa.String(12))
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    product_group: Mapped[str] = mapped_column(sa.String(80), default="")
    part_group: Mapped[str] = mapped_column(sa.String(80), default="")
    """Narrows the cover to one group of parts, such as engine or battery."""
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    amount: Mapped[int | None]
    """How many ``amount_unit`` the period lasts; None: limited by meters only."""
    amount_unit: Mapped[str] = mapped_column(sa.String(8), default="months")
    meters: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Kind of meter → limit, a decimal as text. Whichever limit is reached first ends the period."""
    starts: Mapped[list] = mapped_column(JsonType, default=list)
    """Pairs of event and days after it, tried in order until one has a date."""
    start_day_counts: Mapped[bool] = mapped_column(default=False)
    """Whether the day of the event is the first day; the Civil Code (art. 201) does not count it."""
    holiday_shift: Mapped[bool] = mapped_column(default=False)
    """Whether a last day that is no working day moves to the next one (Civil Code art. 203)."""
    calendar: Mapped[str] = mapped_column(sa.String(60), default="")
    """Code of the calendar that says what a working day is; empty: that of its office hours."""
    extends: Mapped[str] = mapped_column(sa.String(8), default="none")
    repair_days: Mapped[str] = mapped_column(sa.String(10), default="calendar")
    """How the time that extends it is counted in days."""
    on_exchange: Mapped[str] = mapped_column(sa.String(8), default="restart")
    exchange_days: Mapped[int] = mapped_column(default=0)
    """What is exchanged has at least so many days, where the period goes on as it was."""
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    """It fits units whose day of sale (or first known day) lies between the two, both included."""
    earlier_units: Mapped[bool] = mapped_column(default=False)
    """It fits units sold before ``valid_from``, too."""
    clause: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    replaces_id: Mapped[int | None] = owned_ref("warranty_term", nullable=True)
    """The term in force whose place this one takes."""

    product = owned_relationship("Product", "warranty_term", "product_id")
    customer = owned_relationship("Customer", "warranty_term", "customer_id")
