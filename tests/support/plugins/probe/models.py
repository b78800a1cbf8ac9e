"""Items with a column of every kind, notes that belong to an item, and effects of the handler."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Money,
    Quantity,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)


class Item(Base, CompanyOwned, UnitScoped, Versioned):
    """A thing with a life: new → open → closed."""

    __tablename__ = "probe_item"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    price: Mapped[Decimal | None] = mapped_column(Money)
    amount: Mapped[Decimal | None] = mapped_column(Quantity)
    sold_on: Mapped[dt.date | None]
    seen_at: Mapped[dt.datetime | None]
    tags: Mapped[list] = mapped_column(JsonType, default=list)
    state: Mapped[str] = mapped_column(sa.String(10), default="new")


class Note(Base, CompanyOwned):
    """A line on an item."""

    __tablename__ = "probe_note"

    id: Mapped[Id]
    item_id: Mapped[int] = owned_ref("probe_item")
    text: Mapped[str] = mapped_column(sa.String(200))

    item = owned_relationship("Item", "probe_note", "item_id")


class Effect(Base, CompanyOwned):
    """What the handler did for an event. No unique key on purpose: a second effect must show, not be refused."""

    __tablename__ = "probe_effect"

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
