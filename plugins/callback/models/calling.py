"""What happens while customers are called: attempts, what is typed and not sent yet, what is promised."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
    record_ref,
)
from plugins.callback.calling_contracts import PROMISE_KIND_WORDS, PROMISE_STATE_WORDS, TRY_RESULTS
from plugins.callback.models.calls import _one_of


class Try(Base, CompanyOwned):
    """One attempt to reach a customer and what came of it. Never changed."""

    __tablename__ = "callback_try"
    __label__ = N_("Attempts to call")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "key"),
        sa.Index("ix_callback_try_person", "company_id", "by_id", "at"),
        _one_of("result", TRY_RESULTS),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(80))
    """The key of the form that it was sent with, so that sending twice counts once."""
    call_id: Mapped[int] = owned_ref("callback_call")
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    result: Mapped[str] = mapped_column(sa.String(12))
    then: Mapped[str] = mapped_column(sa.String(12), default="")
    """What the rule table made of it: again, plan_anew or end; empty where the customer was reached."""
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    contact_id: Mapped[int | None] = owned_ref("base_contact", nullable=True)


class CallDraft(Base, CompanyOwned):
    """What a person has typed on a call and not sent yet. Goes when the result is there."""

    __tablename__ = "callback_call_draft"
    __label__ = N_("Drafts of calls")
    __table_args__ = (sa.UniqueConstraint("company_id", "call_id", "user_id"),)
    __audited__ = False

    id: Mapped[Id]
    call_id: Mapped[int] = owned_ref("callback_call", index=False)
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    fields: Mapped[dict] = mapped_column(JsonType, default=dict)
    saved_at: Mapped[dt.datetime]


class Promise(Base, CompanyOwned, UnitScoped, Versioned):
    """What was promised to a customer, or has to be done after a call: ``assignee_id`` does it until its time limit."""

    __tablename__ = "callback_promise"
    __label__ = N_("Promises and tasks from calls")
    __table_args__ = (
        sa.Index("ix_callback_promise_due", "company_id", "due_at", "id"),
        sa.Index("ix_callback_promise_queue", "company_id", "state", "due_at", "id"),
        sa.Index("ix_callback_promise_person", "company_id", "assignee_id", "state", "due_at"),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        _one_of("kind", tuple(PROMISE_KIND_WORDS)),
        _one_of("state", tuple(PROMISE_STATE_WORDS)),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    text: Mapped[str] = mapped_column(sa.Text)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    call_id: Mapped[int | None] = owned_ref("callback_call", nullable=True)
    source_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    source_ref: Mapped[int | None] = record_ref("source_kind")
    """What it came of where that is no planned call."""
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120), default="")
    due_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    result: Mapped[str] = mapped_column(sa.Text, default="")

    customer = owned_relationship("Customer", "callback_promise", "customer_id")
