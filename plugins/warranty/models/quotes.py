"""Tables of quotes: the quote, its lines, and what the customer answered."""

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
    JsonType,
    Money,
    Quantity,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.warranty.contracts import LINE_COSTS

QUOTE_OPEN_STATES = ("draft", "sent", "refused", "expired")
"""Somebody has to do something: send it, ask, release, make a new version, or withdraw it."""
QUOTE_STATES = ("draft", "sent", "accepted", "refused", "expired", "released", "replaced", "withdrawn")
PAYERS = ("customer", "company", "supplier", "contract")
ANSWERS = ("accepted", "refused")
ANSWER_WAYS = ("phone", "written", "on_site", "mail", "message")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Quote(Base, CompanyOwned, UnitScoped, Versioned):
    """What work on a record would cost a customer. ``number`` stays over all revisions of one quote.

    ``record_kind`` and ``record_id`` name the record that it is for, ``device_id`` the customer's unit.
    """

    __tablename__ = "warranty_quote"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number", "revision"),
        sa.Index("ix_warranty_quote_record", "company_id", "record_kind", "record_id", "id"),
        sa.Index("ix_warranty_quote_state", "company_id", "state", "id"),
        sa.Index("ix_warranty_quote_made", "company_id", "made_at", "id"),
        sa.Index("ix_warranty_quote_until", "company_id", "valid_until", "id"),
        sa.Index("ix_warranty_quote_total", "company_id", "total", "id"),
        sa.CheckConstraint("discount >= 0 and discount <= 100000000", name="discount"),
        sa.CheckConstraint("total >= 0", name="total"),
        sa.CheckConstraint("(record_kind = '') = (record_id is null)", name="record"),
        _one_of("state", QUOTE_STATES),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    revision: Mapped[int] = mapped_column(default=1)
    replaces_id: Mapped[int | None] = owned_ref("warranty_quote", nullable=True)
    """The revision in whose place this one was made."""
    title: Mapped[str] = mapped_column(sa.String(200))
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    person_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    person_email: Mapped[str] = mapped_column(sa.String(255), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    """What the customer is told beside the lines: terms, delivery."""

    list_id: Mapped[int | None] = owned_ref("warranty_price_list", nullable=True)
    currency: Mapped[str] = mapped_column(sa.String(3))
    tax_included: Mapped[bool] = mapped_column(default=True)
    payers: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Kind of cost → ``{"who": …, "reason": …}``, as the coverage decision says; new lines take it over."""
    coverage_id: Mapped[int | None] = owned_ref("warranty_decision", nullable=True)
    """The decision on coverage by which it was made."""
    decision_id: Mapped[int | None] = owned_ref("core_decision", nullable=True, index=False)
    """The stored ruling behind that decision."""
    discount: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    rounding: Mapped[dict] = mapped_column(JsonType, default=dict)
    """``{"step": …, "mode": …, "per": …}`` by which its sums were rounded."""
    net: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    total: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    """What the customer pays, with tax."""

    state: Mapped[str] = mapped_column(sa.String(10), default="draft")
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    made_by: Mapped[str] = mapped_column(sa.String(120), default="")
    sent_at: Mapped[dt.datetime | None]
    sent_how: Mapped[str] = mapped_column(sa.String(10), default="")
    valid_until: Mapped[dt.date | None]
    """The last day on which the customer may accept it; set when it is sent."""
    answered_at: Mapped[dt.datetime | None]
    end_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it was refused or withdrawn."""
    release_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why the service was released although the customer refused to pay."""

    customer = owned_relationship("Customer", "warranty_quote", "customer_id")
    device = owned_relationship("Unit", "warranty_quote", "device_id")
    price_list = owned_relationship("PriceList", "warranty_quote", "list_id")

    @property
    def full_number(self) -> str:
        """What people call it: the number, and the revision from the second one on."""
        return self.number if self.revision == 1 else f"{self.number}-{self.revision}"


class QuoteLine(Base, CompanyOwned):
    """A line of a quote with the price that it was quoted at; what the customer doesn't pay stands at nought."""

    __label__ = N_("Lines of quotes")

    __tablename__ = "warranty_quote_line"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price"),
        sa.CheckConstraint("discount >= 0 and discount <= 100000000", name="discount"),
        sa.CheckConstraint("payer = 'customer' or amount = 0", name="covered"),
        _one_of("kind", tuple(LINE_COSTS)),
        _one_of("payer", PAYERS),
    )

    id: Mapped[Id]
    quote_id: Mapped[int] = owned_ref("warranty_quote")
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(10))
    code: Mapped[str] = mapped_column(sa.String(60), default="")
    group: Mapped[str] = mapped_column(sa.String(80), default="")
    label: Mapped[str] = mapped_column(sa.String(200))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(sa.String(10))
    unit_price: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    """The price of one unit, whoever pays it."""
    minimum: Mapped[Decimal | None] = mapped_column(Money)
    discount: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    amount: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    """What the customer is asked for it, after its own discount."""
    tax_rate: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    """Per cent."""
    payer: Mapped[str] = mapped_column(sa.String(10), default="customer")
    payer_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    item_id: Mapped[int | None] = owned_ref("warranty_price_item", nullable=True)
    """The row of the price list that gave the price; None for a price given by hand."""
    why: Mapped[str] = mapped_column(sa.String(400), default="")
    """Where the price comes from, in words, as it was said then."""


class Consent(Base, CompanyOwned):
    """What a customer answered to a quote: who, when, how, with what evidence. Never changed."""

    __label__ = N_("Answers to quotes")

    __tablename__ = "warranty_consent"
    __table_args__ = (_one_of("answer", ANSWERS), _one_of("how", ANSWER_WAYS))

    id: Mapped[Id]
    quote_id: Mapped[int] = owned_ref("warranty_quote")
    answer: Mapped[str] = mapped_column(sa.String(8))
    who: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[dt.datetime]
    how: Mapped[str] = mapped_column(sa.String(10))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    evidence: Mapped[str] = mapped_column(sa.String(255), default="")
    """The name of the attached file that proves it."""
    total: Mapped[Decimal] = mapped_column(Money)
    """What the customer was told it costs."""
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(120), default="")
