"""Service contracts: what is agreed for which units, how much of it is used, what is paid, and what follows its end."""

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
from plugins.warranty.contracts import COST_KINDS

CONTRACT_STATES = ("draft", "approved", "in_force", "ended", "renewed", "terminated", "dropped")
CONTRACT_OPEN = ("draft", "approved", "in_force")
CONTRACT_BINDING = ("approved", "in_force", "ended", "renewed", "terminated")
"""States in which a contract covers what happened between its first and its last day."""
RENEWALS = ("offer", "automatic", "none")
QUOTA_KINDS = ("visits", "hours", "parts")
QUOTA_PERIODS = ("contract", "year", "quarter", "month")
FOLLOW_UP_SORTS = ("contract", "warranty", "agreement")
FOLLOW_UP_ACTIONS = ("notice", "task", "report", "visit")
FOLLOW_UP_STATES = ("open", "done", "dropped")
VISIT_OUTCOMES = ("renewed", "refused", "later")


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that ``column`` holds one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class ServiceContract(Base, CompanyOwned, UnitScoped, Versioned):
    """A maintenance contract with a customer; ``unit_id`` and ``assignee_id`` look after it."""

    __tablename__ = "warranty_contract"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_warranty_contract_source", "company_id", "external_key", unique=True),
        sa.Index("ix_warranty_contract_queue", "company_id", "is_open", "ends_on", "id"),
        sa.Index("ix_warranty_contract_newest", "company_id", "created_at", "id"),
        sa.CheckConstraint("ends_on >= starts_on", name="days"),
        sa.CheckConstraint("price >= 0", name="price"),
        sa.CheckConstraint("covers_parts or covers_labour or covers_travel or covers_expenses", name="covers"),
        one_of("state", CONTRACT_STATES),
        one_of("renewal", RENEWALS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    customer_id: Mapped[int] = owned_ref("base_customer")
    title: Mapped[str] = mapped_column(sa.String(200))
    covers_parts: Mapped[bool]
    covers_labour: Mapped[bool]
    covers_travel: Mapped[bool]
    covers_expenses: Mapped[bool]
    level: Mapped[str] = mapped_column(sa.String(40), default="")
    """A level of service, one of the table ``warranty.contract_clocks``; empty: the company's usual time limits."""
    price_list: Mapped[str] = mapped_column(sa.String(60), default="")
    """Code of the price list for what the contract does not cover; empty: the usual one."""
    price: Mapped[Decimal] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(sa.String(3))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    """Its last day."""
    renewal: Mapped[str] = mapped_column(sa.String(10), default="offer")
    contact_name: Mapped[str] = mapped_column(sa.String(120), default="")
    contact_email: Mapped[str] = mapped_column(sa.String(255), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="draft")
    is_open: Mapped[bool] = mapped_column(default=True)
    follows_id: Mapped[int | None] = owned_ref("warranty_contract", nullable=True)
    """The contract that this one renews."""
    created_at: Mapped[dt.datetime]
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str] = mapped_column(sa.String(120), default="")
    closed_on: Mapped[dt.date | None]
    """The last day on which it covered anything, once it is over: that agreed, or earlier."""
    close_reason: Mapped[str] = mapped_column(sa.Text, default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    customer = owned_relationship("Customer", "warranty_contract", "customer_id")

    @property
    def covers(self) -> frozenset[str]:
        """The kinds of cost that it covers."""
        return frozenset(kind for kind in COST_KINDS if getattr(self, f"covers_{kind}"))

    @property
    def last_day(self) -> dt.date:
        """The last day on which it covers anything."""
        return self.closed_on if self.closed_on is not None else self.ends_on


class ContractItem(Base, CompanyOwned):
    """What a contract is about: one unit, the customer's units of a product, or all units at a site."""

    __label__ = N_("What contracts are about")

    __tablename__ = "warranty_contract_item"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "contract_id", "device_id"),
        sa.UniqueConstraint("company_id", "contract_id", "product_id"),
        sa.UniqueConstraint("company_id", "contract_id", "site_id"),
        sa.CheckConstraint(
            "(case when device_id is null then 0 else 1 end) + (case when product_id is null then 0 else 1 end)"
            " + (case when site_id is null then 0 else 1 end) = 1",
            name="one",
        ),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = owned_ref("warranty_contract")
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    site_id: Mapped[int | None] = owned_ref("base_site", nullable=True)

    device = owned_relationship("Unit", "warranty_contract_item", "device_id")
    product = owned_relationship("Product", "warranty_contract_item", "product_id")
    site = owned_relationship("Site", "warranty_contract_item", "site_id")


class ContractQuota(Base, CompanyOwned):
    """How much of something a contract includes in each of its periods; what has no quota is not limited."""

    __label__ = N_("Quotas of contracts")

    __tablename__ = "warranty_contract_quota"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "contract_id", "kind"),
        sa.CheckConstraint("amount > 0", name="amount"),
        one_of("kind", QUOTA_KINDS),
        one_of("period", QUOTA_PERIODS),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = owned_ref("warranty_contract")
    kind: Mapped[str] = mapped_column(sa.String(10))
    period: Mapped[str] = mapped_column(sa.String(10))
    amount: Mapped[Decimal] = mapped_column(Quantity)


class ContractUse(Base, CompanyOwned):
    """Something done under a contract, such as a visit, for the record that ``record_kind`` and ``record_id`` name."""

    __label__ = N_("Use of contracts")

    __tablename__ = "warranty_contract_use"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_warranty_contract_use_day", "company_id", "contract_id", "kind", "used_on"),
        sa.Index("ix_warranty_contract_use_record", "company_id", "record_kind", "record_id"),
        sa.CheckConstraint("quantity <> 0 and (counters_id is null) = (quantity > 0)", name="quantity"),
        sa.CheckConstraint(
            "(quantity > 0 and beyond >= 0 and beyond <= quantity)"
            " or (quantity < 0 and beyond <= 0 and beyond >= quantity)",
            name="beyond",
        ),
        one_of("kind", QUOTA_KINDS),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = owned_ref("warranty_contract", index=False)
    kind: Mapped[str] = mapped_column(sa.String(10))
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    beyond: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    """How much of it the quota no longer included."""
    used_on: Mapped[dt.date]
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    once: Mapped[str] = mapped_column(sa.String(120))
    """What caused it: the same cause is booked once, however often it is sent."""
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    counters_id: Mapped[int | None] = owned_ref("warranty_contract_use", nullable=True)
    """The entry that this one takes back: the same with minus, on the same day."""


class Instalment(Base, CompanyOwned):
    """A part of a contract's price and when it is due."""

    __label__ = N_("Instalments of contracts")

    __tablename__ = "warranty_instalment"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "contract_id", "number"),
        sa.Index("ix_warranty_instalment_due", "company_id", "paid_on", "due_on"),
        sa.CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[Id]
    contract_id: Mapped[int] = owned_ref("warranty_contract")
    number: Mapped[int]
    due_on: Mapped[dt.date]
    amount: Mapped[Decimal] = mapped_column(Money)
    paid_on: Mapped[dt.date | None]
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    """Of the invoice or the payment."""


class FollowUp(Base, CompanyOwned, UnitScoped, Versioned):
    """A step of the expiry ladder: something ends, and somebody is told, writes, follows up or visits."""

    __tablename__ = "warranty_follow_up"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "record_kind", "record_id", "expires_on", "rung"),
        sa.Index("ix_warranty_follow_up_queue", "company_id", "is_open", "due_on", "id"),
        sa.Index("ix_warranty_follow_up_newest", "company_id", "made_at", "id"),
        one_of("sort", FOLLOW_UP_SORTS),
        one_of("action", FOLLOW_UP_ACTIONS),
        one_of("state", FOLLOW_UP_STATES),
        one_of("outcome", ("", *VISIT_OUTCOMES)),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    sort: Mapped[str] = mapped_column(sa.String(10))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    """What ends: a contract, a unit (its warranty period), a supplier's service agreement."""
    about: Mapped[str] = mapped_column(sa.String(200))
    """What ends, in words, as it was called when the step was made."""
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    expires_on: Mapped[dt.date]
    rung: Mapped[str] = mapped_column(sa.String(120))
    """The row of the ladder that asked for it; what follows from it has a longer name."""
    action: Mapped[str] = mapped_column(sa.String(10))
    role: Mapped[str] = mapped_column(sa.String(60), default="")
    then_role: Mapped[str] = mapped_column(sa.String(60), default="")
    """Who goes on when it is done."""
    task: Mapped[str] = mapped_column(sa.String(200), default="")
    """What is to be done, as the ladder says."""
    follows_id: Mapped[int | None] = owned_ref("warranty_follow_up", nullable=True)
    made_at: Mapped[dt.datetime]
    due_on: Mapped[dt.date]
    late: Mapped[bool] = mapped_column(default=False)
    """It was made later than the ladder says, because nobody looked at the time."""
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    is_open: Mapped[bool] = mapped_column(default=True)
    sent_to: Mapped[str] = mapped_column(sa.String(255), default="")
    visited_on: Mapped[dt.date | None]
    outcome: Mapped[str] = mapped_column(sa.String(10), default="")
    result: Mapped[str] = mapped_column(sa.Text, default="")
    """The report, or what was done."""
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    next_on: Mapped[dt.date | None]
    successor_id: Mapped[int | None] = owned_ref("warranty_contract", nullable=True)
    """The contract that renews the one about to end."""
    done_at: Mapped[dt.datetime | None]
    done_by: Mapped[str] = mapped_column(sa.String(120), default="")

    customer = owned_relationship("Customer", "warranty_follow_up", "customer_id")
