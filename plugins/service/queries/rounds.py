"""Reads of inspection rounds. Who sees the order sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Document, NotFound, RecordRef, _, checklists_for, documents_of, label, rule
from plugins.service.contracts import ORDER
from plugins.service.models import Order, Round, RoundFault, RoundPlace
from plugins.service.round_contracts import FAULTS_TABLE, REPORT, ROUND


def round_of(ctx: Ctx, order_id: int) -> Round | None:
    """The round of an order; None where it has none."""
    return ctx.session.scalar(sa.select(Round).where(Round.order_id == order_id))


def rounds_of(ctx: Ctx, order_ids: Sequence[int]) -> list[tuple[Round, bool, bool]]:
    """The rounds of these orders, each with whether places are left and whether its report was issued."""
    rounds = list(ctx.session.scalars(sa.select(Round).where(Round.order_id.in_(order_ids)))) if order_ids else []
    if not rounds:
        return []
    ids = [r.id for r in rounds]
    places = sa.select(RoundPlace.round_id).where(RoundPlace.round_id.in_(ids), RoundPlace.state == "open").distinct()
    reports = sa.select(Document.record_id).where(
        Document.record_kind == ROUND, Document.record_id.in_(ids), Document.kind == REPORT,
        Document.cancelled_at.is_(None),
    )  # fmt: skip
    left, reported = set(ctx.session.scalars(places)), set(ctx.session.scalars(reports))
    return [(r, r.id in left, r.id in reported) for r in rounds]


def get_round(ctx: Ctx, round_id: int) -> Round:
    """The round; NotFound when there is none for this person."""
    seen = sa.and_(Order.id == Round.order_id, Order.company_id == Round.company_id)
    row = ctx.session.scalar(sa.select(Round).join(Order, seen).where(Round.id == round_id))
    if row is None:
        raise NotFound("unknown_round", _("There is no such round, or it is not meant for you."))
    return row


def get_place(ctx: Ctx, place_id: int) -> RoundPlace:
    """A place of a round; NotFound when there is none for this person."""
    row = ctx.session.scalar(sa.select(RoundPlace).where(RoundPlace.id == place_id))
    if row is None:
        raise NotFound("unknown_place", _("There is no such place, or it is not meant for you."))
    get_round(ctx, row.round_id)
    return row


def places_of(ctx: Ctx, round_id: int) -> list[RoundPlace]:
    """The places of a round, in their order."""
    query = sa.select(RoundPlace).where(RoundPlace.round_id == round_id).order_by(RoundPlace.n)
    return list(ctx.session.scalars(query))


def faults_of(ctx: Ctx, round_id: int) -> list[RoundFault]:
    """The points that failed on a round, with their places and repairs."""
    own = sa.and_(RoundPlace.id == RoundFault.place_id, RoundPlace.company_id == RoundFault.company_id)
    query = sa.select(RoundFault).join(RoundPlace, own).where(RoundPlace.round_id == round_id)
    query = query.options(orm.joinedload(RoundFault.place), orm.joinedload(RoundFault.repair))
    return list(ctx.session.scalars(query.order_by(RoundPlace.n, RoundFault.id)))


def faults_for(ctx: Ctx, repair_id: int) -> list[RoundFault]:
    """The faults for which a repair order is, with the rounds on which they were found, the newest first."""
    query = sa.select(RoundFault).where(RoundFault.repair_id == repair_id)
    query = query.options(orm.joinedload(RoundFault.place).joinedload(RoundPlace.round).joinedload(Round.order))
    return list(ctx.session.scalars(query.order_by(RoundFault.id.desc()).limit(20)))


def fault_at(ctx: Ctx, place_id: int, point: str) -> RoundFault | None:
    """The fault that was found at a point of a place."""
    return ctx.session.scalar(sa.select(RoundFault).where(RoundFault.place_id == place_id, RoundFault.point == point))


def open_repair(ctx: Ctx, found: Round, place: RoundPlace, point: str) -> Order | None:
    """The repair that is open already for the same point of the same place, found on an earlier round."""
    place_too = sa.and_(RoundPlace.id == RoundFault.place_id, RoundPlace.company_id == RoundFault.company_id)
    round_too = sa.and_(Round.id == RoundPlace.round_id, Round.company_id == RoundPlace.company_id)
    where = RoundPlace.device_id == place.device_id if place.device_id else RoundPlace.name == place.name
    query = (
        sa.select(Order)
        .join(RoundFault, sa.and_(RoundFault.repair_id == Order.id, RoundFault.company_id == Order.company_id))
        .join(RoundPlace, place_too)
        .join(Round, round_too)
        .where(RoundFault.point == point, Round.checklist == found.checklist, where, Order.is_open.is_(True))
    )
    return ctx.session.scalar(query.order_by(Order.id.desc()).limit(1))


def repair_for(ctx: Ctx, found: Round, point: str) -> dict[str, Any]:
    """What the company's table says that a failed point opens."""
    facts = {"checklist": found.checklist, "point": point}
    return dict(rule(ctx, FAULTS_TABLE, facts).outputs or {})


def reported(ctx: Ctx, found: Round) -> bool:
    """Whether the report of a round was issued."""
    return any(d.kind == REPORT and d.cancelled_at is None for d in documents_of(ctx, RecordRef(ROUND, found.id)))


def checklists(ctx: Ctx) -> list[tuple[str, str]]:
    """(code, name) of the company's checklists by which rounds are made, by name."""
    return [(code, label(name)) for code, name in checklists_for(ctx, ORDER)]
