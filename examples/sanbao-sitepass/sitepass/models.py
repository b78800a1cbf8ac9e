"""The table of passes, and the life of one."""

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
    State,
    Transition,
    Versioned,
    Workflow,
    owned_ref,
)

KIND = "sitepass.pass"
"""The kind of record, for RecordRef."""

WANTED, LENT, RETURNED = "wanted", "lent", "returned"


class Pass(Base, CompanyOwned, Versioned):
    """A pass that a customer's gatekeeper lends to our people: wanted, lent, returned."""

    __tablename__ = "sitepass_pass"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "source_event_id"),
        sa.Index("ix_sitepass_pass_back_by", "company_id", "back_by"),
        sa.CheckConstraint("state in ('wanted', 'lent', 'returned')", name="state"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    customer_id: Mapped[int] = owned_ref("base_customer")
    holder: Mapped[str] = mapped_column(sa.String(120), default="")
    days: Mapped[int]
    """For how many days the customer lends it, as the rule table said."""
    state: Mapped[str] = mapped_column(sa.String(12), default=WANTED)
    back_by: Mapped[dt.date | None]
    source_event_id: Mapped[int | None] = mapped_column(BigId)
    """The event that made us want it: a delivery that is repeated makes no second pass."""


WORKFLOW = Workflow(
    KIND,
    states=(
        State(WANTED, N_("Wanted"), "circle-dashed"),
        State(LENT, N_("With us"), "badge-check"),
        State(RETURNED, N_("Back with the customer"), "circle-check", final=True),
    ),
    transitions=(
        Transition("lend", N_("Take over"), (WANTED,), LENT, "sitepass.pass.edit"),
        Transition("return", N_("Give back"), (LENT,), RETURNED, "sitepass.pass.edit"),
    ),
)
