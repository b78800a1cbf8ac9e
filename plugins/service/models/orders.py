"""The service order from the call to the archive, what was decided about who pays, and what was told by phone."""

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
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
    record_ref,
)

KINDS = ("inquiry", "on_site", "workshop", "installation", "preventive", "inspection", "analysis")
OPEN_STATES = ("requested", "accepted", "dispatched", "working", "done", "confirmed")
FINAL_STATES = ("closed", "archived", "cancelled")
STATES = OPEN_STATES + FINAL_STATES
WORK_KINDS = ("", "free", "paid", "contract", "administration")
URGENCIES = ("urgent", "normal", "low")
ZONES = ("", "city", "suburb")
WAITINGS = ("", "parts", "customer", "approval", "other")
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""``urgent_at`` of an order none of whose time limits is running: it comes last."""


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that ``column`` holds one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Order(Base, CompanyOwned, UnitScoped, Versioned):
    """One service order. ``unit_id`` is the organisation unit that serves it (a centre or an agent), ``assignee_id``
    the person; ``device_id`` is the customer's unit (installed base).
    """

    __tablename__ = "service_order"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_service_order_urgent", "company_id", "urgent_at", "id"),
        sa.Index("ix_service_order_queue", "company_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_service_order_mine", "company_id", "assignee_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_service_order_state", "company_id", "state", "urgent_at", "id"),
        sa.Index("ix_service_order_received", "company_id", "received_at", "id"),
        sa.Index("ix_service_order_closed", "company_id", "closed_at", "id"),
        sa.Index("ix_service_order_phone", "company_id", "phone_reversed"),
        sa.Index("ix_service_order_of_device", "company_id", "device_id", "received_at"),
        sa.Index("ix_service_order_of_customer", "company_id", "customer_id", "received_at"),
        sa.Index("ix_service_order_coverage", "company_id", "coverage_kind", "coverage_ref"),
        sa.Index("ix_service_order_about", "company_id", "about_kind", "about_ref"),
        one_of("kind", KINDS),
        one_of("state", STATES),
        one_of("work_kind", WORK_KINDS),
        one_of("urgency", URGENCIES),
        one_of("zone", ZONES),
        one_of("waiting", WAITINGS),
        sa.CheckConstraint("distance_km is null or distance_km >= 0", name="distance_km"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(16))
    state: Mapped[str] = mapped_column(sa.String(12), default="requested")
    is_open: Mapped[bool] = mapped_column(default=True)
    urgency: Mapped[str] = mapped_column(sa.String(10), default="normal")
    channel: Mapped[str] = mapped_column(sa.String(20))
    received_at: Mapped[dt.datetime]
    contact_id: Mapped[int | None] = owned_ref("base_contact", nullable=True)
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    site_id: Mapped[int | None] = owned_ref("base_site", nullable=True)
    serial_told: Mapped[str] = mapped_column(sa.String(80), default="")
    """The serial number as the customer told it; kept when no unit has it."""
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    person_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    phone_reversed: Mapped[str] = mapped_column(sa.String(30), default="")
    """The digits of ``person_phone`` from back to front, so that an index finds it by its last digits."""
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    region: Mapped[str] = mapped_column(sa.String(80), default="")
    zone: Mapped[str] = mapped_column(sa.String(10), default="")
    distance_km: Mapped[Decimal | None] = mapped_column(Quantity)
    distance_source: Mapped[str] = mapped_column(sa.String(12), default="")
    """``entered`` or ``coordinates``; empty while the distance is not known."""
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")

    work_kind: Mapped[str] = mapped_column(sa.String(16), default="")
    """Paid, contract, free or administration (VCH-1); empty while nothing and nobody has decided."""
    work_kind_by_hand: Mapped[bool] = mapped_column(default=False)
    coverage_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    coverage_ref: Mapped[int | None] = record_ref("coverage_kind")
    """The decision on coverage by which the kind of work was decided, where a module takes such decisions."""
    coverage_words: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it is so, or why it could not be decided."""
    cause: Mapped[str] = mapped_column(sa.String(20), default="")
    cause_text: Mapped[str] = mapped_column(sa.Text, default="")
    cause_reported: Mapped[str] = mapped_column(sa.String(20), default="")
    """The likely cause as it was told when the order came in; ``cause`` is what was found."""
    consent_at: Mapped[dt.datetime | None]
    consent_who: Mapped[str] = mapped_column(sa.String(120), default="")
    consent_how: Mapped[str] = mapped_column(sa.String(20), default="")
    consent_note: Mapped[str] = mapped_column(sa.Text, default="")

    steps: Mapped[dict] = mapped_column(JsonType, default=dict)
    """What the table ``service.steps`` asks of this order: code of a step → its days, role and hint."""
    waiting: Mapped[str] = mapped_column(sa.String(10), default="")
    waiting_reason: Mapped[str] = mapped_column(sa.Text, default="")
    waiting_since: Mapped[dt.datetime | None]
    promised_at: Mapped[dt.datetime | None]
    """The moment that was promised to the customer, where one was."""
    accepted_at: Mapped[dt.datetime | None]
    dispatched_at: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    confirmed_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    archived_at: Mapped[dt.datetime | None]
    silent_closed: Mapped[bool] = mapped_column(default=False)
    """Closed because the customer, told that silence would close it, said nothing in time."""
    outcome: Mapped[str] = mapped_column(sa.String(20), default="")
    result: Mapped[str] = mapped_column(sa.Text, default="")

    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    """The earliest deadline of its running time limits; queues are sorted by it."""
    about_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    about_ref: Mapped[int | None] = record_ref("about_kind")
    """The record from which it was opened."""
    opened_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    opened_by: Mapped[str] = mapped_column(sa.String(120), default="")
    source: Mapped[str] = mapped_column(sa.String(60), default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(160))
    """What the source calls it; unique, so that sending twice makes one order."""

    customer = owned_relationship("Customer", "service_order", "customer_id")
    device = owned_relationship("Unit", "service_order", "device_id")
    product = owned_relationship("Product", "service_order", "product_id")
    site = owned_relationship("Site", "service_order", "site_id")
    office = owned_relationship("OrgUnit", "service_order", "unit_id")


class Entitlement(Base, CompanyOwned):
    """What was decided about the kind of work of an order, each time; the newest counts, earlier ones stay."""

    __tablename__ = "service_entitlement"
    __label__ = N_("Decisions on the kind of work")
    __table_args__ = (one_of("work_kind", WORK_KINDS),)

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    work_kind: Mapped[str] = mapped_column(sa.String(16), default="")
    before: Mapped[str] = mapped_column(sa.String(16), default="")
    cause: Mapped[str] = mapped_column(sa.String(20), default="")
    by_hand: Mapped[bool] = mapped_column(default=False)
    coverage_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    coverage_ref: Mapped[int | None] = record_ref("coverage_kind")
    words: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Guidance(Base, CompanyOwned):
    """What the customer was told by phone: guidance, a solution to carry out, the answer to an inquiry."""

    __tablename__ = "service_guidance"
    __label__ = N_("Guidance and answers")
    __table_args__ = (
        one_of("kind", ("phone", "solution", "answer")),
        one_of("result", ("solved", "trying", "not_solved", "answered")),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    kind: Mapped[str] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.Text)
    result: Mapped[str] = mapped_column(sa.String(12))
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
