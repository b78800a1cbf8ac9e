"""The register of implants: which piece went into whom, where and when (INS-9)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Versioned, owned_ref


class Implant(Base, CompanyOwned, Versioned):
    """One piece that was implanted. Who has it is shown to those with a right of its own, each time on record."""

    __tablename__ = "vigilance_implant"
    __label__ = N_("Implants")
    __table_args__ = (
        sa.CheckConstraint("state in ('in_use', 'explanted')", name="state"),
        sa.CheckConstraint("serial <> '' or batch <> ''", name="known"),
        sa.CheckConstraint("(state = 'explanted') = (explanted_on is not null)", name="explanted"),
        sa.Index("ix_vigilance_implant_batch", "company_id", "product_id", "batch", "id"),
        sa.Index("ix_vigilance_implant_serial", "company_id", "serial"),
        sa.Index(
            "uq_vigilance_implant_piece", "company_id", "product_id", "serial", unique=True,
            sqlite_where=sa.literal_column("serial <> '' and state = 'in_use'"),
            postgresql_where=sa.literal_column("serial <> '' and state = 'in_use'"),
        ),
        sa.Index("ix_vigilance_implant_used", "company_id", "used_on", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(sa.String(10), default="in_use")
    product_id: Mapped[int] = owned_ref("base_product", index=False)
    serial: Mapped[str] = mapped_column(sa.String(80), default="")
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    customer_id: Mapped[int] = owned_ref("base_customer")
    """The hospital."""
    used_by: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who implanted it: the department or the surgeon."""
    used_on: Mapped[dt.date]
    patient_name: Mapped[str] = mapped_column(sa.String(120), default="")
    patient_number: Mapped[str] = mapped_column(sa.String(80), default="")
    """What the hospital calls the patient."""
    patient_contact: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(120))
    explanted_on: Mapped[dt.date | None]
    explant_reason: Mapped[str] = mapped_column(sa.Text, default="")
