"""Tables of prices: lists, their dated versions, and the rows of each version."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship
from plugins.warranty.contracts import LINE_COSTS

PRICE_LIST_KINDS = ("normal", "preferential", "contract")
PRICE_STATES = ("draft", "submitted", "published", "dropped")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class PriceList(Base, CompanyOwned, Versioned):
    """A list of prices in one currency, with tax or without; what it says on a day stands in its versions."""

    __tablename__ = "warranty_price_list"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_warranty_price_list_name", "company_id", "name"),
        sa.CheckConstraint("base_id is null or base_id <> id", name="base"),
        _one_of("kind", PRICE_LIST_KINDS),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(14), default="normal")
    currency: Mapped[str] = mapped_column(sa.String(3))
    tax_included: Mapped[bool] = mapped_column(default=True)
    base_id: Mapped[int | None] = owned_ref("warranty_price_list", nullable=True)
    """The list whose prices a percentage refers to."""
    active: Mapped[bool] = mapped_column(default=True)

    base = owned_relationship("PriceList", "warranty_price_list", "base_id")


class PriceVersion(Base, CompanyOwned, Versioned):
    """What a list says in a span of days. Once published its rows never change; only its last day may be set."""

    __tablename__ = "warranty_price_version"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "list_id", "number"),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name="span"),
        _one_of("state", PRICE_STATES),
    )

    id: Mapped[Id]
    list_id: Mapped[int] = owned_ref("warranty_price_list")
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    """The last day on which it counts; None: until another version takes its place."""
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    made_by: Mapped[str] = mapped_column(sa.String(120), default="")
    made_at: Mapped[dt.datetime]
    edited_at: Mapped[dt.datetime]
    """When its rows were last changed, so that two people who edit them notice each other."""
    published_by: Mapped[str] = mapped_column(sa.String(120), default="")
    published_at: Mapped[dt.datetime | None]

    list = owned_relationship("PriceList", "warranty_price_version", "list_id")


class PriceItem(Base, CompanyOwned):
    """A row of a version: a price per unit or a percentage of the base list's, from a quantity on."""

    __label__ = N_("Prices")

    __tablename__ = "warranty_price_item"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "version_id", "kind", "code", "group", "from_quantity"),
        sa.Index("ix_warranty_price_item_code", "company_id", "code", "id"),
        sa.Index("ix_warranty_price_item_label", "company_id", "label", "id"),
        sa.CheckConstraint("(price is null) <> (percent is null)", name="price_or_percent"),
        sa.CheckConstraint("price is null or price >= 0", name="price"),
        sa.CheckConstraint("percent is null or percent >= 0", name="percent"),
        sa.CheckConstraint("from_quantity >= 0", name="from_quantity"),
        sa.CheckConstraint("minimum is null or minimum >= 0", name="minimum"),
        _one_of("kind", tuple(LINE_COSTS)),
    )

    id: Mapped[Id]
    version_id: Mapped[int] = owned_ref("warranty_price_version")
    kind: Mapped[str] = mapped_column(sa.String(10))
    code: Mapped[str] = mapped_column(sa.String(60), default="")
    group: Mapped[str] = mapped_column(sa.String(80), default="")
    label: Mapped[str] = mapped_column(sa.String(200), default="")
    unit: Mapped[str] = mapped_column(sa.String(10))
    price: Mapped[Decimal | None] = mapped_column(Money)
    percent: Mapped[Decimal | None] = mapped_column(Quantity)
    from_quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    minimum: Mapped[Decimal | None] = mapped_column(Money)

    version = owned_relationship("PriceVersion", "warranty_price_item", "version_id")
