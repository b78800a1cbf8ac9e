"""Adverse events, and what each asks for: stop-use notice, reports, claim (INS-5)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, Versioned, owned_ref, owned_relationship, record_ref


class AdverseEvent(Base, CompanyOwned, Versioned):
    """Something went wrong with a device while it was used. ``patient`` is seen by those with a right of its own."""

    __tablename__ = "vigilance_event"
    __label__ = N_("Adverse events")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.CheckConstraint("state in ('reported', 'investigating', 'concluded', 'closed')", name="state"),
        sa.CheckConstraint("harm in ('none', 'minor', 'possible', 'serious', 'death')", name="harm"),
        sa.CheckConstraint("cause in ('', 'instrument', 'operation', 'other', 'unknown')", name="cause"),
        sa.CheckConstraint("state in ('reported', 'investigating') or cause <> ''", name="concluded"),
        sa.Index("ix_vigilance_event_state", "company_id", "state", "id"),
        sa.Index("ix_vigilance_event_learned", "company_id", "learned_at", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(14), default="reported")
    subject: Mapped[str] = mapped_column(sa.String(200))
    harm: Mapped[str] = mapped_column(sa.String(10))
    several: Mapped[bool] = mapped_column(default=False)
    """Several people were harmed in the same way: a group event."""
    abroad: Mapped[bool] = mapped_column(default=False)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    told_by: Mapped[str] = mapped_column(sa.String(120), default="")
    told_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    happened_on: Mapped[dt.date | None]
    learned_at: Mapped[dt.datetime]
    """When we learned of it: all time limits count from here."""
    course: Mapped[str] = mapped_column(sa.Text, default="")
    operation: Mapped[str] = mapped_column(sa.Text, default="")
    """How the device was operated."""
    usage: Mapped[str] = mapped_column(sa.Text, default="")
    """For what, and under which circumstances, it was used."""
    patient: Mapped[str] = mapped_column(sa.Text, default="")
    cause: Mapped[str] = mapped_column(sa.String(12), default="")
    finding: Mapped[str] = mapped_column(sa.Text, default="")
    about_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    about_ref: Mapped[int | None] = record_ref("about_kind")
    """What it was learned from: an entry of the call register."""
    opened_by: Mapped[str] = mapped_column(sa.String(120))
    closed_at: Mapped[dt.datetime | None]


class Duty(Base, CompanyOwned, Versioned):
    """One thing that an adverse event asks for by the company's table. A stop-use notice is done when confirmed."""

    __tablename__ = "vigilance_duty"
    __label__ = N_("Duties of adverse events")
    __table_args__ = (
        sa.CheckConstraint("kind in ('stop', 'maker', 'phone', 'report', 'claim', 'evaluation')", name="kind"),
        sa.CheckConstraint("state in ('open', 'sent', 'done', 'dropped')", name="state"),
        sa.CheckConstraint("kind <> 'stop' or state not in ('sent', 'done') or sent_at is not null", name="told"),
        sa.Index("uq_vigilance_duty_kind", "company_id", "event_id", "kind", unique=True),
        sa.Index("ix_vigilance_duty_state", "company_id", "state", "id"),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = owned_ref("vigilance_event", index=False)
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    person: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who was told, or confirmed it."""
    reference: Mapped[str] = mapped_column(sa.String(120), default="")
    """The number of the report or of the claim."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    sent_at: Mapped[dt.datetime | None]
    sent_by: Mapped[str] = mapped_column(sa.String(120), default="")
    done_at: Mapped[dt.datetime | None]
    done_by: Mapped[str] = mapped_column(sa.String(120), default="")

    event = owned_relationship("AdverseEvent", "vigilance_duty", "event_id")
