"""The repair register of units 维修记录, and units that were exchanged for others."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, JsonType, Versioned, owned_ref, owned_relationship, record_ref
from plugins.warranty.contracts import CARRIES_WORDS, REPAIR_CAUSE_WORDS, REPAIR_RESULT_WORDS
from plugins.warranty.models.terms import one_of


class RepairRecord(Base, CompanyOwned, Versioned):
    """One repair of a unit: what was wrong, how long it was away and why so long, what was exchanged, what came out.

    Open until it is handed back. ``source`` and ``source_ref`` point to the record it was written from.
    """

    __label__ = N_("Repair register")

    __tablename__ = "warranty_repair"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_warranty_repair_device", "company_id", "device_id", "received_at"),
        sa.Index("ix_warranty_repair_received", "company_id", "received_at", "id"),
        sa.Index("ix_warranty_repair_open", "company_id", "handed_back_at", "id"),
        sa.CheckConstraint("handed_back_at is null or handed_back_at >= received_at", name="order"),
        one_of("cause", REPAIR_CAUSE_WORDS),
        one_of("result", REPAIR_RESULT_WORDS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    device_id: Mapped[int] = owned_ref("base_unit", index=False)
    problem: Mapped[str] = mapped_column(sa.String(200))
    problem_key: Mapped[str] = mapped_column(sa.String(200))
    """The problem without blanks and punctuation: repairs of the same problem have the same."""
    cause: Mapped[str] = mapped_column(sa.String(12), default="")
    received_at: Mapped[dt.datetime]
    handed_back_at: Mapped[dt.datetime | None]
    waits_from: Mapped[dt.datetime | None]
    waits_to: Mapped[dt.datetime | None]
    """While it waited for parts."""
    own_from: Mapped[dt.datetime | None]
    own_to: Mapped[dt.datetime | None]
    """While it stood for reasons of the repairer's own."""
    own_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    parts: Mapped[list] = mapped_column(JsonType, default=list)
    """Parts exchanged: group, name, code, quantity, serial."""
    result: Mapped[str] = mapped_column(sa.String(14), default="")
    repairer: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.String(80), default="")
    source_ref: Mapped[int | None] = record_ref("source")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))

    device = owned_relationship("Unit", "warranty_repair", "device_id")


class UnitExchange(Base, CompanyOwned, Versioned):
    """That a unit was exchanged for another. ``carries`` empty: whether its period starts anew is said by the term."""

    __label__ = N_("Exchanges")

    __tablename__ = "warranty_exchange"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "old_device_id"),
        sa.UniqueConstraint("company_id", "new_device_id"),
        sa.CheckConstraint("old_device_id <> new_device_id", name="another"),
        one_of("carries", CARRIES_WORDS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    old_device_id: Mapped[int] = owned_ref("base_unit", index=False)
    new_device_id: Mapped[int] = owned_ref("base_unit", index=False)
    day: Mapped[dt.date]
    carries: Mapped[str] = mapped_column(sa.String(8), default="")
    reason: Mapped[str] = mapped_column(sa.String(400))
    source: Mapped[str] = mapped_column(sa.String(80), default="")
    source_ref: Mapped[int | None] = record_ref("source")

    old_device = owned_relationship("Unit", "warranty_exchange", "old_device_id")
    new_device = owned_relationship("Unit", "warranty_exchange", "new_device_id")
