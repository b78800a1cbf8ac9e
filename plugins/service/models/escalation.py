"""What can't be solved on site by the facts is put to a department, which decides (FLW-6)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, owned_ref, owned_relationship

_OPEN = sa.column("answered_at").is_(None)


class Escalation(Base, CompanyOwned):
    """A question about an order that a department answers; the order waits until it has."""

    __tablename__ = "service_escalation"
    __label__ = N_("Escalations to departments")
    __table_args__ = (
        sa.Index(
            "uq_service_escalation_open", "company_id", "order_id", unique=True, sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    to_unit_id: Mapped[int] = owned_ref("core_org_unit")
    question: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    answered_at: Mapped[dt.datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    answered_by: Mapped[str] = mapped_column(sa.String(120), default="")

    order = owned_relationship("Order", "service_escalation", "order_id")
