"""Claims to suppliers for what failed while they answer for it: told, answered, recovered (SB-5, INS-11, DEF-3.1)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Money, UnitScoped, Versioned, owned_ref, owned_relationship
from plugins.warranty.models.agreements import one_of

NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
CLAIM_STATES = ("opened", "told", "answered", "closed", "withdrawn")
CLAIM_OPEN = ("opened", "told", "answered")
CLAIM_WISHES = ("compensation", "replacement", "repair", "refund", "settlement")
CLAIM_ANSWERS = ("accepted", "partly", "refused")
CLAIM_OUTCOMES = ("recovered", "partly", "refused", "given_up")
CLAIM_WITHIN = ("yes", "no", "unknown")
TELL_CHANNELS = ("mail", "phone", "letter", "portal", "visit")
RECOVERY_WAYS = ("money", "credit", "goods", "repair")


class SupplierClaim(Base, CompanyOwned, UnitScoped, Versioned):
    """A claim to a supplier; ``unit_id`` and ``assignee_id`` look after it."""

    __tablename__ = "warranty_claim"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_warranty_claim_source", "company_id", "external_key", unique=True),
        sa.Index("ix_warranty_claim_queue", "company_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_warranty_claim_newest", "company_id", "opened_at", "id"),
        sa.Index("ix_warranty_claim_record", "company_id", "record_kind", "record_id"),
        sa.CheckConstraint("loss >= 0", name="loss"),
        sa.CheckConstraint("claimed >= 0 and claimed <= loss", name="claimed"),
        sa.CheckConstraint("recovered >= 0", name="recovered"),
        one_of("state", CLAIM_STATES),
        one_of("wish", CLAIM_WISHES),
        one_of("within", CLAIM_WITHIN),
        one_of("answer", ("", *CLAIM_ANSWERS)),
        one_of("outcome", ("", *CLAIM_OUTCOMES)),
        one_of("told_by", ("", *TELL_CHANNELS)),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    supplier_id: Mapped[int] = owned_ref("base_supplier")
    term_id: Mapped[int | None] = owned_ref("warranty_supplier_term", nullable=True)
    within: Mapped[str] = mapped_column(sa.String(10), default="unknown")
    """Whether the supplier still answered for it on the day of the fault."""
    within_until: Mapped[dt.date | None]
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    """From what it arose: a complaint, an order, a decision."""
    part: Mapped[str] = mapped_column(sa.String(120), default="")
    part_group: Mapped[str] = mapped_column(sa.String(80), default="")
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    found_on: Mapped[dt.date]
    subject: Mapped[str] = mapped_column(sa.String(200))
    problem: Mapped[str] = mapped_column(sa.Text, default="")
    wish: Mapped[str] = mapped_column(sa.String(20), default="compensation")
    loss: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    claimed: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    accepted: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    recovered: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    currency: Mapped[str] = mapped_column(sa.String(3))
    state: Mapped[str] = mapped_column(sa.String(12), default="opened")
    is_open: Mapped[bool] = mapped_column(default=True)
    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    opened_at: Mapped[dt.datetime]
    told_at: Mapped[dt.datetime | None]
    told_by: Mapped[str] = mapped_column(sa.String(10), default="")
    told_to: Mapped[str] = mapped_column(sa.String(255), default="")
    answer: Mapped[str] = mapped_column(sa.String(10), default="")
    answer_text: Mapped[str] = mapped_column(sa.Text, default="")
    answered_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(sa.String(10), default="")
    outcome_text: Mapped[str] = mapped_column(sa.Text, default="")
    closed_at: Mapped[dt.datetime | None]
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """The key of the form it came from; unique, so that sending twice makes one claim."""

    supplier = owned_relationship("Supplier", "warranty_claim", "supplier_id")
    device = owned_relationship("Unit", "warranty_claim", "device_id")
    product = owned_relationship("Product", "warranty_claim", "product_id")


class ClaimRecovery(Base, CompanyOwned):
    """Something that a supplier gave for a claim, and what it is worth."""

    __label__ = N_("What suppliers gave for claims")

    __tablename__ = "warranty_claim_recovery"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "once"),
        sa.CheckConstraint("amount > 0", name="amount"),
        one_of("way", RECOVERY_WAYS),
    )

    id: Mapped[Id]
    claim_id: Mapped[int] = owned_ref("warranty_claim")
    received_on: Mapped[dt.date]
    amount: Mapped[Decimal] = mapped_column(Money)
    way: Mapped[str] = mapped_column(sa.String(10))
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    once: Mapped[str] = mapped_column(sa.String(120))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
