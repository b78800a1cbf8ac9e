"""Two tables: gadgets, and the categories that they belong to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import Base, CompanyOwned, Id, Money, Versioned, owned_ref, owned_relationship


class Category(Base, CompanyOwned):
    """What gadgets are sorted into."""

    __tablename__ = "sample_category"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(60))

    def __str__(self) -> str:
        return self.name


class Gadget(Base, CompanyOwned, Versioned):
    """A thing with a column of every kind."""

    __tablename__ = "sample_gadget"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_sample_gadget_rank", "company_id", "rank"),
        sa.Index("ix_sample_gadget_seen_at", "company_id", "seen_at"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(10), default="plain")
    category_id: Mapped[int | None] = owned_ref("sample_category", nullable=True)
    home_id: Mapped[int | None] = owned_ref("sample_category", nullable=True)
    price: Mapped[Decimal | None] = mapped_column(Money)
    rank: Mapped[int | None]
    sold_on: Mapped[dt.date | None]
    seen_at: Mapped[dt.datetime]
    active: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[str] = mapped_column(sa.Text, default="")

    category = owned_relationship("Category", "sample_gadget", "category_id")
    home = owned_relationship("Category", "sample_gadget", "home_id")

    def __str__(self) -> str:
        return self.code


class GadgetNote(Base, CompanyOwned):
    """Keeps a gadget from being deleted."""

    __tablename__ = "sample_gadget_note"

    id: Mapped[Id]
    gadget_id: Mapped[int] = owned_ref("sample_gadget")
    text: Mapped[str] = mapped_column(sa.String(60))
