"""Days on which something happened to a unit from which a period may start, with the proof of each."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, Versioned, owned_ref, owned_relationship
from plugins.warranty.contracts import DATED_EVENTS
from plugins.warranty.models.terms import one_of


class UnitDate(Base, CompanyOwned, Versioned):
    """That an event happened to a unit on a day, as one proof says. Proofs may differ; one that is wrong is set aside.

    What the archive itself knows of a unit (sale, delivery, installation, acceptance, production) is not copied here.
    """

    __label__ = N_("Proofs of dates")

    __tablename__ = "warranty_date"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_warranty_date_device", "company_id", "device_id", "id"),
        sa.CheckConstraint("not set_aside or reason <> ''", name="reason"),
        one_of("event", DATED_EVENTS),
    )

    id: Mapped[Id]
    device_id: Mapped[int] = owned_ref("base_unit", index=False)
    event: Mapped[str] = mapped_column(sa.String(14))
    day: Mapped[dt.date]
    source: Mapped[str] = mapped_column(sa.String(40))
    """One of the company's kinds of proof, which are ordered by weight."""
    document: Mapped[str] = mapped_column(sa.String(80), default="")
    """Number of the invoice, card or report."""
    file: Mapped[str] = mapped_column(sa.String(255), default="", server_default="")
    """Name of the picture or scan of it, which is attached to the unit."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    set_aside: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    recorded_by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    device = owned_relationship("Unit", "warranty_date", "device_id")
