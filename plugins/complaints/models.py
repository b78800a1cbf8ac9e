"""Tables of complaints: the complaint itself, how it went from hand to hand, and what the customer was answered."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import Base, BigId, CompanyOwned, Id, JsonType, UnitScoped, Versioned, owned_ref, owned_relationship

KINDS = ("complaint", "suggestion")
OPEN_STATES = ("received", "in_progress", "to_answer", "replied")
FINAL_STATES = ("closed", "withdrawn", "duplicate")
STATES = OPEN_STATES + FINAL_STATES
ROUTINGS = ("", "routed", "missing", "referred", "by_hand")
"""Not yet routed; sent to its department; its department is lacking here; no row fitted; chosen by a person."""
VERBS = ("routed", "assigned", "handed_back", "handed_on")
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""``urgent_at`` of a complaint none of whose time limits is running: it comes last."""


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Complaint(Base, CompanyOwned, UnitScoped, Versioned):
    """A complaint or suggestion. ``unit_id`` is the department that has it, ``assignee_id`` the person;
    ``device_id`` is the customer's unit (installed base).
    """

    __tablename__ = "complaints_complaint"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_complaints_complaint_urgent", "company_id", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_queue", "company_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_mine", "company_id", "assignee_id", "is_open", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_received", "company_id", "received_at", "id"),
        sa.Index("ix_complaints_complaint_state", "company_id", "state", "urgent_at", "id"),
        sa.Index("ix_complaints_complaint_phone", "company_id", "phone_reversed"),
        sa.Index("ix_complaints_complaint_severity", "company_id", "severity", "is_open"),
        _one_of("kind", KINDS),
        _one_of("state", STATES),
        _one_of("routing", ROUTINGS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(12), default="complaint")
    channel: Mapped[str] = mapped_column(sa.String(20))
    received_at: Mapped[dt.datetime]
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    product_id: Mapped[int | None] = owned_ref("base_product", nullable=True)
    contact_id: Mapped[int | None] = owned_ref("base_contact", nullable=True)
    person_name: Mapped[str] = mapped_column(sa.String(120), default="")
    person_phone: Mapped[str] = mapped_column(sa.String(60), default="")
    phone_reversed: Mapped[str] = mapped_column(sa.String(30), default="")
    """The digits of ``person_phone`` from back to front, so that an index finds it by its last digits."""
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text, default="")

    category: Mapped[str] = mapped_column(sa.String(80), default="")
    """One of the choices of the company's routing table; empty until it is classified."""
    nature: Mapped[str] = mapped_column(sa.String(120), default="")
    region: Mapped[str] = mapped_column(sa.String(80), default="")
    injury: Mapped[bool | None]
    in_batch: Mapped[bool | None]
    unusable: Mapped[bool | None]
    repeats: Mapped[int] = mapped_column(default=0)
    """How many earlier complaints the same customer (about the same unit, if one is named) has made."""
    severity: Mapped[str] = mapped_column(sa.String(40), default="minor")
    severity_by_hand: Mapped[bool] = mapped_column(default=False)

    state: Mapped[str] = mapped_column(sa.String(12), default="received")
    is_open: Mapped[bool] = mapped_column(default=True)
    routing: Mapped[str] = mapped_column(sa.String(10), default="")
    routing_note: Mapped[str] = mapped_column(sa.String(200), default="")
    """The department that the table named and the company lacks, or the note of the row that fired."""
    accepted_at: Mapped[dt.datetime | None]
    """When somebody in the department took it on; empty again after it was handed back or on."""
    findings: Mapped[str] = mapped_column(sa.Text, default="")
    replied_at: Mapped[dt.datetime | None]
    """When the customer was first answered."""
    confirmed_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(sa.String(40), default="")
    outcome_text: Mapped[str] = mapped_column(sa.Text, default="")
    closed_at: Mapped[dt.datetime | None]
    duplicate_of_id: Mapped[int | None] = owned_ref("complaints_complaint", nullable=True)

    urgent_at: Mapped[dt.datetime] = mapped_column(default=NEVER)
    """The earliest deadline of its running time limits; queues are sorted by it."""
    source: Mapped[str] = mapped_column(sa.String(60), default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(160))
    """What the source calls it; unique, so that loading or sending twice adds nothing."""
    tags: Mapped[list] = mapped_column(JsonType, default=list)

    customer = owned_relationship("Customer", "complaints_complaint", "customer_id")
    device = owned_relationship("Unit", "complaints_complaint", "device_id")
    product = owned_relationship("Product", "complaints_complaint", "product_id")
    department = owned_relationship("OrgUnit", "complaints_complaint", "unit_id")


class Handover(Base, CompanyOwned):
    """A complaint went from one department or person to another, and why."""

    __tablename__ = "complaints_handover"
    __table_args__ = (_one_of("verb", VERBS),)

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    verb: Mapped[str] = mapped_column(sa.String(12))
    from_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    to_unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    from_user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    to_user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decision_id: Mapped[int | None] = owned_ref("core_decision", nullable=True, index=False)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Reply(Base, CompanyOwned):
    """What the customer was answered, by which channel, when and by whom."""

    __tablename__ = "complaints_reply"

    id: Mapped[Id]
    complaint_id: Mapped[int] = owned_ref("complaints_complaint")
    text: Mapped[str] = mapped_column(sa.Text)
    channel: Mapped[str] = mapped_column(sa.String(20))
    sent_at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
