"""Evaluations of suppliers: what deliveries showed in a period, scores by hand, and what followed (STO-7)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Quantity, owned_ref, owned_relationship

STANDINGS = ("new", "approved", "watched", "stopped")


class Evaluation(Base, CompanyOwned):
    """How a supplier did between two days. Made once, never changed: another judgement is another evaluation.

    Shares are in per cent, of all lines of purchase orders; None where there was nothing to judge by. ``scores`` are
    by the company's own list, ``score`` is their average.
    """

    __tablename__ = "inventory_evaluation"
    __label__ = N_("Evaluations of suppliers")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("until >= since", name="days"),
        sa.CheckConstraint("standing in ('approved', 'watched', 'stopped')", name="standing"),
        sa.Index("ix_inventory_evaluation_supplier", "company_id", "supplier_id", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    supplier_id: Mapped[int] = owned_ref("base_supplier", index=False)
    since: Mapped[dt.date]
    until: Mapped[dt.date]
    lines: Mapped[int]
    """Lines of orders that were due or came in the period."""
    on_time: Mapped[Decimal | None] = mapped_column(Quantity)
    rejected: Mapped[Decimal | None] = mapped_column(Quantity)
    made_good: Mapped[Decimal | None] = mapped_column(Quantity)
    """Of what went back to it: how much it has replaced, credited or repaired."""
    claims: Mapped[int | None]
    """How often something was claimed from it for what failed with customers; None where no module claims."""
    claims_met: Mapped[Decimal | None] = mapped_column(Quantity)
    """Of what was claimed: how much it has made good."""
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    score: Mapped[Decimal | None] = mapped_column(Quantity)
    standing: Mapped[str] = mapped_column(sa.String(10))
    consequence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What follows, in words of both languages, as the company's table said it then."""
    next_on: Mapped[dt.date]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(sa.String(120))

    supplier = owned_relationship("Supplier", "inventory_evaluation", "supplier_id")
