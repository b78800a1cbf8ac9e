"""Visits: who was there when, what was found and done, the parts, the customer's signature and rating."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Quantity,
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.service.models.orders import one_of

VISIT_STATES = ("on_site", "ended")
VISIT_OUTCOMES = ("", "solved", "no_fault", "again", "not_solved", "refused")
GRADES = ("", "very_good", "good", "fair", "poor")
ASPECTS = ("attitude", "skill", "arrival", "promises")
SIGNERS = ("self", "family", "stamp", "none")


class Visit(Base, CompanyOwned, Versioned):
    """One visit of one person on an order, from arriving to leaving. ``number`` counts those of the order."""

    __tablename__ = "service_visit"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id", "number"),
        sa.Index("ix_service_visit_arrived", "company_id", "arrived_at", "id"),
        sa.Index("ix_service_visit_person", "company_id", "technician_id", "state", "arrived_at"),
        one_of("state", VISIT_STATES),
        one_of("outcome", VISIT_OUTCOMES),
        one_of("differs", ("", "no", "yes")),
        one_of("further", ("", "none", "found")),
        one_of("contacts", ("", "exchanged", "none")),
        sa.CheckConstraint("contacts <> 'exchanged' or contact_phone <> ''", name="contact_phone"),
        sa.CheckConstraint("left_at is null or left_at >= arrived_at", name="left_at"),
        sa.CheckConstraint("travel_minutes is null or travel_minutes >= 0", name="travel_minutes"),
        sa.CheckConstraint("work_minutes is null or work_minutes >= 0", name="work_minutes"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default="on_site")
    technician_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    technician_name: Mapped[str] = mapped_column(sa.String(120), default="")
    agreed_from: Mapped[dt.datetime | None]
    agreed_until: Mapped[dt.datetime | None]
    """The appointment as it stood at arrival (GS-8); both empty where there was none."""
    arrived_at: Mapped[dt.datetime]
    left_at: Mapped[dt.datetime | None]
    travel_minutes: Mapped[int | None]
    work_minutes: Mapped[int | None]
    differs: Mapped[str] = mapped_column(sa.String(10), default="")
    """FLW-5: whether the site is as it was reported."""
    differs_text: Mapped[str] = mapped_column(sa.Text, default="")
    further: Mapped[str] = mapped_column(sa.String(10), default="")
    """DEF-7.2: whether the customer was asked for further faults."""
    further_text: Mapped[str] = mapped_column(sa.Text, default="")
    contacts: Mapped[str] = mapped_column(sa.String(10), default="")
    """DEF-7.3: whether contacts were exchanged with the customer."""
    contact_who: Mapped[str] = mapped_column(sa.String(120), default="")
    contact_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    contacts_why: Mapped[str] = mapped_column(sa.Text, default="")
    """Why none were exchanged."""
    done_text: Mapped[str] = mapped_column(sa.Text, default="")
    tested: Mapped[str] = mapped_column(sa.Text, default="")
    readings: Mapped[list] = mapped_column(JsonType, default=list)
    """Meters read: each with code, label, value (as text), and whether a module took it on."""
    outcome: Mapped[str] = mapped_column(sa.String(12), default="")
    again_reason: Mapped[str] = mapped_column(sa.Text, default="")
    again_at: Mapped[dt.datetime | None]

    order = owned_relationship("Order", "service_visit", "order_id")


class PartLine(Base, CompanyOwned):
    """A part or tool to bring to an order (``planned``), or used on a visit (``used``)."""

    __tablename__ = "service_part"
    __label__ = N_("Parts of orders")
    __table_args__ = (
        one_of("kind", ("part", "tool")),
        one_of("source", ("hand", "stock")),
        sa.CheckConstraint("planned >= 0", name="planned"),
        sa.CheckConstraint("used >= 0", name="used"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    visit_id: Mapped[int | None] = owned_ref("service_visit", nullable=True)
    """The visit on which it was used; None while it is only planned."""
    kind: Mapped[str] = mapped_column(sa.String(10), default="part")
    source: Mapped[str] = mapped_column(sa.String(10), default="hand")
    ref: Mapped[str] = mapped_column(sa.String(80), default="")
    """How the stock's module calls it; empty for what was written by hand."""
    number: Mapped[str] = mapped_column(sa.String(80), default="")
    name: Mapped[str] = mapped_column(sa.String(200))
    unit: Mapped[str] = mapped_column(sa.String(20), default="")
    planned: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    used: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    packed_at: Mapped[dt.datetime | None]
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Signature(Base, CompanyOwned):
    """The customer's signature on a visit, or the reason for none. One that is replaced stays, with why."""

    __tablename__ = "service_signature"
    __label__ = N_("Signatures")
    __table_args__ = (
        sa.Index(
            "uq_service_signature_standing", "company_id", "visit_id", unique=True,
            sqlite_where=sa.column("standing"), postgresql_where=sa.column("standing"),
        ),  # fmt: skip
        one_of("by", SIGNERS),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    visit_id: Mapped[int] = owned_ref("service_visit")
    at: Mapped[dt.datetime]
    by: Mapped[str] = mapped_column(sa.String(10))
    who: Mapped[str] = mapped_column(sa.String(120), default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why nobody signed."""
    file_id: Mapped[int | None] = owned_ref("core_file", nullable=True)
    standing: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[dt.datetime | None]
    ended_reason: Mapped[str] = mapped_column(sa.Text, default="")
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who of the company had it signed."""


class Rating(Base, CompanyOwned):
    """The customer's rating of a visit, aspect by aspect (VCH-19); all empty where the customer gave none."""

    __tablename__ = "service_rating"
    __label__ = N_("Ratings")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "visit_id"),
        *(one_of(aspect, GRADES) for aspect in ASPECTS),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    visit_id: Mapped[int] = owned_ref("service_visit", index=False)
    technician_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    at: Mapped[dt.datetime]
    attitude: Mapped[str] = mapped_column(sa.String(10), default="")
    skill: Mapped[str] = mapped_column(sa.String(10), default="")
    arrival: Mapped[str] = mapped_column(sa.String(10), default="")
    promises: Mapped[str] = mapped_column(sa.String(10), default="")
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    declined: Mapped[str] = mapped_column(sa.Text, default="")
    """Why the customer gave no rating."""


class Sent(Base, CompanyOwned):
    """What came from a technician's phone, by its key: the same key again is the same thing, done once."""

    __tablename__ = "service_sent"
    __label__ = N_("Sent from phones")
    __table_args__ = (sa.UniqueConstraint("company_id", "once"),)

    id: Mapped[Id]
    once: Mapped[str] = mapped_column(sa.String(60))
    what: Mapped[str] = mapped_column(sa.String(20))
    order_id: Mapped[int] = owned_ref("service_order")
    visit_id: Mapped[int | None] = owned_ref("service_visit", nullable=True)
    at: Mapped[dt.datetime]
