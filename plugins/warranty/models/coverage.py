"""Decisions on coverage: what was decided about a unit, on which facts, and what replaced it."""

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
from plugins.warranty.contracts import CHARGE_WORDS, DECISION_STATE_WORDS
from plugins.warranty.models.terms import one_of

OPEN_STATES = ("stands", "referred", "waiting", "refused")
"""The last word on a case so far."""


class CoverageDecision(Base, CompanyOwned, UnitScoped, Versioned):
    """One decision on coverage. The rule, its row, version and words are in the core's stored decision ``ruling_id``.

    A changed fact makes a new decision that names this one; this one then is ``superseded`` and stays as it was.
    """

    __label__ = N_("Decisions on coverage")

    __tablename__ = "warranty_decision"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_warranty_decision_device", "company_id", "device_id", "id"),
        sa.Index("ix_warranty_decision_state", "company_id", "state", "id"),
        sa.Index("ix_warranty_decision_about", "company_id", "about_kind", "about_id"),
        sa.Index("ix_warranty_decision_holds", "company_id", "holds_until", "id"),
        sa.Index("ix_warranty_decision_made", "company_id", "made_at", "id"),
        sa.Index("ix_warranty_decision_task", "company_id", "task_id", "id"),
        one_of("state", DECISION_STATE_WORDS),
        one_of("charge", ["", *CHARGE_WORDS]),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    device_id: Mapped[int] = owned_ref("base_unit", index=False)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    about_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    about_id: Mapped[int | None] = record_ref("about_kind")
    problem: Mapped[str] = mapped_column(sa.String(200), default="")
    rule_set: Mapped[str] = mapped_column(sa.String(40), default="")
    """Code of the rule set that decided; empty: the company's own terms."""
    ruling_id: Mapped[int | None] = owned_ref("core_decision", nullable=True)
    choice_id: Mapped[int | None] = owned_ref("core_decision", nullable=True)
    """The stored decision that chose the rule set."""
    state: Mapped[str] = mapped_column(sa.String(10))
    charge: Mapped[str] = mapped_column(sa.String(20), default="")
    outputs: Mapped[dict] = mapped_column(JsonType, default=dict)
    """What holds: the results of the row, or what a person decided."""
    by_hand: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Every fact that was found or given, also those that the rule set did not ask for."""
    sources: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Where each fact comes from, a code of SOURCE_WORDS; what is named there follows after a colon."""
    given: Mapped[dict] = mapped_column(JsonType, default=dict)
    """What a person said; it is kept when the case is decided again."""
    handed_in: Mapped[dt.date | None]
    turns: Mapped[list] = mapped_column(JsonType, default=list)
    """``{"on": day, "row": number, "charge": …, "outputs": {…}}``: what follows later if only time passes."""
    holds_until: Mapped[dt.date | None]
    """The last day of what was decided, if only time passes."""
    former_id: Mapped[int | None] = owned_ref("warranty_decision", nullable=True)
    changed: Mapped[list] = mapped_column(JsonType, default=list)
    """Names of the facts in which it differs from the former one."""
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it was decided again."""
    task_id: Mapped[int | None] = mapped_column(BigId)
    """The background work that decided it again."""
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120), default="")
    made_by_id: Mapped[int | None] = mapped_column(BigId)
    settled_at: Mapped[dt.datetime | None]
    settled_by: Mapped[str] = mapped_column(sa.String(120), default="")
    settled_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why a person decided, approved or refused as he or she did."""

    device = owned_relationship("Unit", "warranty_decision", "device_id")
    customer = owned_relationship("Customer", "warranty_decision", "customer_id")

    @property
    def is_open(self) -> bool:
        """Whether no later decision has taken its place."""
        return self.state in OPEN_STATES
