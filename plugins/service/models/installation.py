"""Installations: what was agreed, steps with the customer's word on each, papers handed over, operators trained."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, JsonType, Versioned, owned_ref, owned_relationship
from plugins.service.models.orders import one_of

STEP_PARTS = ("step", "trial", "training")
STEP_MODES = ("us", "supervised", "customer")
STEP_STATES = ("open", "done", "accepted", "objected", "dropped")


class Installation(Base, CompanyOwned, Versioned):
    """What an order of kind installation has beside the order: arrangements with the customer, and final acceptance."""

    __tablename__ = "service_installation"
    __label__ = N_("Installations")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id"),
        sa.CheckConstraint("(accepted_on is null) = (accepted_at is null)", name="accepted"),
        sa.Index("ix_service_installation_accepted", "company_id", "accepted_on", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order", index=False)
    access: Mapped[str] = mapped_column(sa.Text, default="")
    """How one gets onto the customer's site, and who lets in."""
    equipment: Mapped[str] = mapped_column(sa.Text, default="")
    """What of the customer's is used: crane, power, lift."""
    evenings: Mapped[bool] = mapped_column(default=False)
    weekends: Mapped[bool] = mapped_column(default=False)
    hours_note: Mapped[str] = mapped_column(sa.String(400), default="")
    accepted_on: Mapped[dt.date | None]
    """The day of final acceptance; a warranty may count from it."""
    accepted_at: Mapped[dt.datetime | None]
    accepted_by: Mapped[str] = mapped_column(sa.String(120), default="")
    dated_on: Mapped[dt.date | None]
    """The day that this acceptance put on the unit; empty where the unit had one before."""

    order = owned_relationship("Order", "service_installation", "order_id")


class InstallStep(Base, CompanyOwned):
    """One step. It counts as done when we say so, and as accepted when the customer does (DST-4.4)."""

    __tablename__ = "service_install_step"
    __label__ = N_("Steps of installations")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id", "n"),
        one_of("part", STEP_PARTS),
        one_of("mode", STEP_MODES),
        one_of("state", STEP_STATES),
        sa.CheckConstraint("state not in ('done', 'accepted') or done_at is not null", name="done"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order", index=False)
    n: Mapped[int]
    code: Mapped[str] = mapped_column(sa.String(40), default="")
    """Code of the row of the table; empty for a step that was added by hand."""
    part: Mapped[str] = mapped_column(sa.String(10))
    text: Mapped[dict] = mapped_column(JsonType)
    """``{"en", "zh"}``, as the table said then."""
    mode: Mapped[str] = mapped_column(sa.String(12), default="us")
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    done_at: Mapped[dt.datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    done_by: Mapped[str] = mapped_column(sa.String(120), default="")
    done_note: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why the customer objected, or why it is left out."""


class InstallVerdict(Base, CompanyOwned):
    """What the customer said to a step, or (without a step) to the whole: accepted or not. Never changed."""

    __tablename__ = "service_install_verdict"
    __label__ = N_("Customers' words on installations")
    __table_args__ = (
        one_of("verdict", ("accepted", "objected")),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    step_id: Mapped[int | None] = owned_ref("service_install_step", nullable=True)
    at: Mapped[dt.datetime]
    verdict: Mapped[str] = mapped_column(sa.String(10))
    who: Mapped[str] = mapped_column(sa.String(120))
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why not accepted, or why there is no signature."""
    file_id: Mapped[int | None] = owned_ref("core_file", nullable=True)
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120), default="")


class InstallPaper(Base, CompanyOwned):
    """A paper for the customer: what, which edition, who got it when (DST-4.4, INS-1c)."""

    __tablename__ = "service_install_paper"
    __label__ = N_("Papers handed over")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "order_id", "n"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order", index=False)
    n: Mapped[int]
    code: Mapped[str] = mapped_column(sa.String(40), default="")
    text: Mapped[dict] = mapped_column(JsonType)
    edition: Mapped[str] = mapped_column(sa.String(80), default="")
    handed_at: Mapped[dt.datetime | None]
    received_by: Mapped[str] = mapped_column(sa.String(120), default="")
    handed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    dropped_reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why the customer gets none."""


class Trainee(Base, CompanyOwned):
    """An operator of the customer's who was trained, and whether he or she masters it (INS-1e)."""

    __tablename__ = "service_trainee"
    __label__ = N_("Operators trained")
    __table_args__ = (one_of("result", ("mastered", "again")),)

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    name: Mapped[str] = mapped_column(sa.String(120))
    job: Mapped[str] = mapped_column(sa.String(120), default="")
    result: Mapped[str] = mapped_column(sa.String(10))
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    at: Mapped[dt.datetime]
    trainer_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    trainer: Mapped[str] = mapped_column(sa.String(120), default="")
