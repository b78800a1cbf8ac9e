"""The phone desk: calls that nobody answered, who had to, what follows from it, and that they are called back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Money, UnitScoped, Versioned, owned_ref, owned_relationship
from plugins.callback.calling_contracts import ATTRIBUTION_WORDS, CONSEQUENCE_WORDS, MISSED_STATE_WORDS
from plugins.callback.models.calls import _one_of


class MissedCall(Base, CompanyOwned, UnitScoped, Versioned):
    """A call to the service phone that nobody answered. ``assignee_id`` calls back; ``answerable_id`` had to answer."""

    __tablename__ = "callback_missed"
    __label__ = N_("Missed calls")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_callback_missed_at", "company_id", "at", "id"),
        sa.Index("ix_callback_missed_state", "company_id", "state", "at", "id"),
        sa.Index("ix_callback_missed_person", "company_id", "answerable_id", "at"),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        sa.CheckConstraint("amount is null or amount >= 0", name="amount"),
        sa.CheckConstraint("source in ('hand', 'import')", name="source"),
        _one_of("state", tuple(MISSED_STATE_WORDS)),
        _one_of("attribution", tuple(ATTRIBUTION_WORDS)),
        _one_of("consequence", tuple(CONSEQUENCE_WORDS)),
    )

    id: Mapped[Id]
    at: Mapped[dt.datetime]
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    """E.164; as it was written where it is no whole number."""
    caller: Mapped[str] = mapped_column(sa.String(120), default="")
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.String(8), default="hand")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """How its source names it, or number and moment; unique, so that loading twice adds nothing."""
    roster: Mapped[str] = mapped_column(sa.String(40), default="")
    """The code of the roster that covered the phone."""
    attribution: Mapped[str] = mapped_column(sa.String(12), default="unknown")
    answerable_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    answerable_name: Mapped[str] = mapped_column(sa.String(120), default="")
    consequence: Mapped[str] = mapped_column(sa.String(10), default="none")
    amount: Mapped[Decimal | None] = mapped_column(Money)
    """What the rule table puts on it, in the company's currency: data for the evaluation, booked nowhere."""
    why: Mapped[str] = mapped_column(sa.Text, default="")
    """The reason of an objection, or of waiving the consequence."""
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    due_at: Mapped[dt.datetime]
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    result: Mapped[str] = mapped_column(sa.Text, default="")
    contact_id: Mapped[int | None] = owned_ref("base_contact", nullable=True)

    customer = owned_relationship("Customer", "callback_missed", "customer_id")
