"""Inspection rounds: the places of a round, what each point of the checklist showed there, and the repairs opened."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, JsonType, Versioned, owned_ref, owned_relationship
from plugins.service.models.orders import one_of

PLACE_STATES = ("open", "checked", "skipped")


class Round(Base, CompanyOwned, Versioned):
    """What an order of kind inspection has beside the order: the checklist by which each of its places is looked at."""

    __tablename__ = "service_round"
    __label__ = N_("Inspection rounds")
    __table_args__ = (sa.UniqueConstraint("company_id", "order_id"),)

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order", index=False)
    checklist: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[dict] = mapped_column(JsonType)
    points: Mapped[list] = mapped_column(JsonType, default=list)
    """The points as the checklist asked them when the round began."""

    order = owned_relationship("Order", "service_round", "order_id")


class RoundPlace(Base, CompanyOwned, Versioned):
    """A place of a round: a room, a unit, a part of the house; what each point showed there."""

    __tablename__ = "service_round_place"
    __label__ = N_("Places of rounds")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "round_id", "n"),
        one_of("state", PLACE_STATES),
        sa.CheckConstraint("(state = 'open') = (seen_at is null)", name="seen"),
    )

    id: Mapped[Id]
    round_id: Mapped[int] = owned_ref("service_round", index=False)
    n: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    answers: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Code of a point → ``{"value", "ok", "remark"}``."""
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why nobody looked at it."""
    seen_at: Mapped[dt.datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    seen_by: Mapped[str] = mapped_column(sa.String(120), default="")

    round = owned_relationship("Round", "service_round_place", "round_id")


class RoundFault(Base, CompanyOwned):
    """A point that failed at a place, and the repair order for it: opened by it, or open since an earlier round."""

    __tablename__ = "service_round_fault"
    __label__ = N_("Faults found on rounds")
    __table_args__ = (sa.UniqueConstraint("company_id", "place_id", "point"),)

    id: Mapped[Id]
    place_id: Mapped[int] = owned_ref("service_round_place", index=False)
    point: Mapped[str] = mapped_column(sa.String(40))
    remark: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime]
    repair_id: Mapped[int | None] = owned_ref("service_order", nullable=True)
    """None: the company's table opens no repair for this point."""
    opened: Mapped[bool] = mapped_column(default=False)
    """Whether this fault opened the repair; it was open already otherwise."""

    place = owned_relationship("RoundPlace", "service_round_fault", "place_id")
    repair = owned_relationship("Order", "service_round_fault", "repair_id")
