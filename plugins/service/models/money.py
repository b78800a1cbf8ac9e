"""Money of an order: charges, payments, invoices, cash for finance. Written once; corrected by counter-entries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Money, Quantity, Versioned, owned_ref, owned_relationship
from plugins.service.models.orders import one_of

CHARGE_KINDS = ("labour", "travel", "part", "other")
PAYERS = ("customer", "company", "supplier", "contract")
SOURCES = ("hand", "list", "quote", "counter")
METHODS = ("cash", "transfer", "card", "wechat", "alipay", "other")
MODES = ("on_spot", "invoice_first", "transfer", "account")
PAYMENT_KINDS = ("payment", "refund", "correction")


class Charge(Base, CompanyOwned):
    """What something on an order costs, and who pays it. What the customer does not pay is shown with its price, too.

    Never changed: ``counters_id`` names the charge that this one takes back.
    """

    __tablename__ = "service_charge"
    __label__ = N_("Charges")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "once"),
        sa.UniqueConstraint("company_id", "counters_id"),
        one_of("kind", CHARGE_KINDS),
        one_of("payer", PAYERS),
        one_of("source", SOURCES),
        sa.CheckConstraint("unit_price >= 0 or source in ('quote', 'counter')", name="unit_price"),
        sa.CheckConstraint("(counters_id is null) = (quantity > 0)", name="quantity"),
        sa.CheckConstraint("quantity <> 0", name="some_quantity"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    kind: Mapped[str] = mapped_column(sa.String(10))
    code: Mapped[str] = mapped_column(sa.String(60), default="")
    label: Mapped[str] = mapped_column(sa.String(200))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_price: Mapped[Decimal] = mapped_column(Money)
    amount: Mapped[Decimal] = mapped_column(Money)
    """Negative in a counter-entry."""
    payer: Mapped[str] = mapped_column(sa.String(10))
    source: Mapped[str] = mapped_column(sa.String(10))
    why: Mapped[str] = mapped_column(sa.String(400), default="")
    """Where the price comes from, or the reason for a price by hand, a counter-entry, or that somebody else pays."""
    counters_id: Mapped[int | None] = owned_ref("service_charge", nullable=True)
    once: Mapped[str | None] = mapped_column(sa.String(80))
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class CashHandover(Base, CompanyOwned, Versioned):
    """Cash that somebody who collected it hands over to finance (GS-11), and what finance counted."""

    __tablename__ = "service_cash_handover"
    __label__ = N_("Cash handed over")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_service_cash_handover_state", "company_id", "state", "handed_at", "id"),
        sa.Index("ix_service_cash_handover_handed", "company_id", "handed_at", "id"),
        one_of("state", ("given", "confirmed", "refused")),
        sa.CheckConstraint("(state = 'confirmed') = (counted is not null)", name="counted"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="given")
    from_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    from_name: Mapped[str] = mapped_column(sa.String(120), default="")
    amount: Mapped[Decimal] = mapped_column(Money)
    """The sum of its payments."""
    handed_at: Mapped[dt.datetime]
    counted: Mapped[Decimal | None] = mapped_column(Money)
    difference_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    settled_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    settled_by: Mapped[str] = mapped_column(sa.String(120), default="")
    refuse_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    once: Mapped[str | None] = mapped_column(sa.String(80))


class Payment(Base, CompanyOwned, Versioned):
    """Money that came from a customer, or went back (a negative amount). Its amount never changes.

    ``hand_over`` says whether it is cash that still has to reach finance, ``holder_id`` who has it, ``handover_id``
    with which sum it goes there.
    """

    __tablename__ = "service_payment"
    __label__ = N_("Payments received")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "once"),
        sa.UniqueConstraint("company_id", "counters_id"),
        sa.Index("ix_service_payment_paid", "company_id", "paid_at", "id"),
        sa.Index("ix_service_payment_cash", "company_id", "hand_over", "holder_id", "id"),
        one_of("kind", PAYMENT_KINDS),
        one_of("method", METHODS),
        one_of("mode", MODES),
        sa.CheckConstraint("kind <> 'payment' or amount > 0", name="paid"),
        sa.CheckConstraint("kind <> 'refund' or amount < 0", name="given_back"),
        sa.CheckConstraint("amount <> 0", name="some_amount"),
        sa.CheckConstraint("(kind = 'correction') = (counters_id is not null)", name="counters"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = owned_ref("service_order")
    kind: Mapped[str] = mapped_column(sa.String(10))
    amount: Mapped[Decimal] = mapped_column(Money)
    method: Mapped[str] = mapped_column(sa.String(10))
    mode: Mapped[str] = mapped_column(sa.String(14))
    mode_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it was not collected as the table says."""
    paid_at: Mapped[dt.datetime]
    payer_name: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    """A reference, or the reason for a refund or correction."""
    counters_id: Mapped[int | None] = owned_ref("service_payment", nullable=True)
    hand_over: Mapped[bool] = mapped_column(default=False)
    handover_id: Mapped[int | None] = owned_ref("service_cash_handover", nullable=True)
    holder_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    received_by: Mapped[str] = mapped_column(sa.String(120), default="")
    once: Mapped[str | None] = mapped_column(sa.String(80))

    order = owned_relationship("Order", "service_payment", "order_id")
    handover = owned_relationship("CashHandover", "service_payment", "handover_id")


class Invoice(Base, CompanyOwned):
    """An invoice that finance wrote, by its number. A cancelled one stays, with the reason."""

    __tablename__ = "service_invoice"
    __label__ = N_("Invoices")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    number: Mapped[str] = mapped_column(sa.String(40))
    invoiced_on: Mapped[dt.date]
    amount: Mapped[Decimal] = mapped_column(Money)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_by: Mapped[str] = mapped_column(sa.String(120), default="")
    cancel_reason: Mapped[str] = mapped_column(sa.String(400), default="")


class Unpaid(Base, CompanyOwned):
    """Leave to close an order although so much of it is not paid: by whom, and why. Never changed."""

    __tablename__ = "service_unpaid"
    __label__ = N_("Orders that may close unpaid")

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    amount: Mapped[Decimal] = mapped_column(Money)
    role: Mapped[str] = mapped_column(sa.String(80), default="")
    """The role that the company's table asks for."""
    reason: Mapped[str] = mapped_column(sa.String(1000))
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
