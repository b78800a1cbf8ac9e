"""What customers leave with us: the item with its receipt, who had it when, work and tests on the bench."""

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

RECEIPTS = ("out", "voided", "lost")
RETURNS = ("", "picked_up", "posted", "delivered", "left")


class Item(Base, CompanyOwned, Versioned):
    """Something of a customer's that we took along or took in against a numbered receipt (VCH-6).

    ``number`` is that of the receipt. Who may see the order sees it.
    """

    __tablename__ = "service_item"
    __label__ = N_("Customers' items")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "once"),
        sa.Index("ix_service_item_state", "company_id", "state", "return_on", "id"),
        sa.Index("ix_service_item_taken", "company_id", "taken_at", "id"),
        sa.Index("ix_service_item_return_on", "company_id", "return_on", "id"),
        sa.Index("ix_service_item_returned", "company_id", "returned_at", "id"),
        sa.Index("ix_service_item_holder", "company_id", "holder_id", "state"),
        one_of("state", ("here", "returned")),
        one_of("receipt", RECEIPTS),
        one_of("returned_how", RETURNS),
        sa.CheckConstraint("(state = 'here') = (returned_at is null)", name="returned"),
        sa.CheckConstraint("state = 'here' or receipt <> 'out'", name="receipt_back"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = owned_ref("service_order")
    name: Mapped[str] = mapped_column(sa.String(200))
    serial: Mapped[str] = mapped_column(sa.String(80), default="")
    condition: Mapped[str] = mapped_column(sa.Text)
    """How it looked on arrival."""
    accessories: Mapped[str] = mapped_column(sa.Text, default="")
    from_name: Mapped[str] = mapped_column(sa.String(120), default="")
    """Who handed it to us."""
    taken_at: Mapped[dt.datetime]
    taken_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    taken_by: Mapped[str] = mapped_column(sa.String(120), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="here")
    holder_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    """Who has it; None once it went back."""
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    return_on: Mapped[dt.date | None]
    """The day on which the customer gets it back, as it was told (VCH-7)."""
    inspected_at: Mapped[dt.datetime | None]
    inspected_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    inspected_by: Mapped[str] = mapped_column(sa.String(120), default="")
    inspection: Mapped[str] = mapped_column(sa.Text, default="")
    returned_at: Mapped[dt.datetime | None]
    returned_how: Mapped[str] = mapped_column(sa.String(10), default="")
    returned_to: Mapped[str] = mapped_column(sa.String(120), default="")
    returned_by: Mapped[str] = mapped_column(sa.String(120), default="")
    tracking: Mapped[str] = mapped_column(sa.String(80), default="")
    """Carrier and number of what was posted."""
    signed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    unsigned_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    receipt: Mapped[str] = mapped_column(sa.String(8), default="out")
    """``out`` while the customer has it, ``voided`` when it came back, ``lost`` with a reason."""
    receipt_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    once: Mapped[str | None] = mapped_column(sa.String(80))
    """A key that makes one item of a form that is sent twice."""

    order = owned_relationship("Order", "service_item", "order_id")


class Custody(Base, CompanyOwned):
    """One hand-over of a customer's item: when, from whom to whom, where. Never changed."""

    __tablename__ = "service_custody"
    __label__ = N_("Hand-overs of items")
    __table_args__ = (one_of("what", ("taken_in", "passed", "returned")),)

    id: Mapped[Id]
    item_id: Mapped[int] = owned_ref("service_item")
    at: Mapped[dt.datetime]
    what: Mapped[str] = mapped_column(sa.String(10))
    from_name: Mapped[str] = mapped_column(sa.String(120), default="")
    to_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    to_name: Mapped[str] = mapped_column(sa.String(120), default="")
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class BenchEntry(Base, CompanyOwned):
    """A line of the repair card (VCH-7): time worked, or a part used. A wrong one is struck out, with the reason."""

    __tablename__ = "service_bench_entry"
    __label__ = N_("Lines of repair cards")
    __table_args__ = (
        one_of("kind", ("work", "part")),
        sa.CheckConstraint("(kind = 'work') = (minutes is not null)", name="minutes"),
        sa.CheckConstraint("(kind = 'part') = (quantity is not null)", name="quantity"),
        sa.CheckConstraint("minutes is null or minutes > 0", name="some_minutes"),
        sa.CheckConstraint("quantity is null or quantity > 0", name="some_quantity"),
    )

    id: Mapped[Id]
    item_id: Mapped[int] = owned_ref("service_item")
    at: Mapped[dt.datetime]
    kind: Mapped[str] = mapped_column(sa.String(6))
    what: Mapped[str] = mapped_column(sa.String(200))
    minutes: Mapped[int | None]
    code: Mapped[str] = mapped_column(sa.String(60), default="")
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
    struck_at: Mapped[dt.datetime | None]
    struck_by: Mapped[str] = mapped_column(sa.String(120), default="")
    struck_reason: Mapped[str] = mapped_column(sa.String(400), default="")


class BenchTest(Base, CompanyOwned):
    """A test after repair (REP-5): what each point of the checklist showed. Never changed; the newest counts."""

    __tablename__ = "service_bench_test"
    __label__ = N_("Tests after repair")

    id: Mapped[Id]
    item_id: Mapped[int] = owned_ref("service_item")
    at: Mapped[dt.datetime]
    passed: Mapped[bool]
    checklist: Mapped[str] = mapped_column(sa.String(80), default="")
    points: Mapped[list] = mapped_column(JsonType, default=list)
    """``{"text": {"en", "zh"}, "value", "ok", "remark"}`` for each point, as the checklist was then."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class Application(Base, CompanyOwned):
    """The review of an application to send something in (REP-3.5), and how the customer was told."""

    __tablename__ = "service_application"
    __label__ = N_("Reviews of applications")
    __table_args__ = (one_of("verdict", ("accepted", "refused", "more")),)

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    at: Mapped[dt.datetime]
    verdict: Mapped[str] = mapped_column(sa.String(10))
    told_how: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")
