"""Reads of reports that a promise will not be kept. Who sees the order sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _, clocks_on
from plugins.service.contracts import ARRIVAL, SOLUTION
from plugins.service.late_contracts import LATE
from plugins.service.models import LateReport, Order
from plugins.service.queries import appointments


def _rows() -> sa.Select:
    joined = sa.and_(Order.id == LateReport.order_id, Order.company_id == LateReport.company_id)
    return sa.select(LateReport).join(Order, joined)


def get_report(ctx: Ctx, report_id: int) -> LateReport:
    """The report; NotFound when there is none for this person."""
    row = ctx.session.scalar(_rows().where(LateReport.id == report_id))
    if row is None:
        raise NotFound("unknown_report", _("There is no such report, or it is not meant for you."))
    return row


def by_once(ctx: Ctx, once: str) -> LateReport | None:
    """The report that was made with this key."""
    return ctx.session.scalar(sa.select(LateReport).where(LateReport.once == once)) if once else None


def reports_of(ctx: Ctx, order_id: int) -> list[LateReport]:
    """The reports of an order, the newest first."""
    query = sa.select(LateReport).where(LateReport.order_id == order_id).order_by(LateReport.id.desc())
    return list(ctx.session.scalars(query))


def open_of(ctx: Ctx, order_id: int) -> list[LateReport]:
    """The reports of an order that wait for the head."""
    return [r for r in reports_of(ctx, order_id) if r.state == "open"]


def late_among(ctx: Ctx, order_ids: Sequence[int]) -> dict[int, LateReport]:
    """Order → its newest report that a promise will not be kept, unless it will be after all."""
    query = sa.select(LateReport).where(
        LateReport.order_id.in_(order_ids), LateReport.state != "over", LateReport.answer != "kept"
    )
    return {r.order_id: r for r in ctx.session.scalars(query.order_by(LateReport.id))}


def waiting(ctx: Ctx, limit: int = 30) -> list[LateReport]:
    """The reports that wait for the head, the oldest first."""
    query = _rows().options(orm.joinedload(LateReport.order).joinedload(Order.customer))
    query = query.where(LateReport.state == "open").order_by(LateReport.at, LateReport.id)
    return list(ctx.session.scalars(query.limit(limit)))


def clocks_of(ctx: Ctx, ids: Sequence[int]) -> dict[int, Clock]:
    """Report → its clock."""
    query = sa.select(Clock).where(Clock.record_kind == LATE, Clock.record_id.in_(ids)).order_by(Clock.id)
    return {c.record_id: c for c in ctx.session.scalars(query)}


def promise_of(ctx: Ctx, order: Order) -> tuple[str, dt.datetime] | None:
    """What was promised for an order and comes first: the appointment, a time promised, arrival, solution."""
    found: list[tuple[str, dt.datetime]] = []
    if order.started_at is None:
        agreed = appointments.appointment_of(ctx, order.id)
        if agreed is not None:
            return "appointment", agreed.ends_at
    if order.promised_at is not None and (order.started_at is None or order.promised_at > order.started_at):
        return "promised", order.promised_at
    for clock in clocks_on(ctx, order):
        if clock.state == "running" and clock.kind in (ARRIVAL, SOLUTION):
            found.append((clock.kind.rpartition(".")[2], clock.due_at))
    return min(found, key=lambda p: p[1], default=None)


def sees(ctx: Ctx, row: Any) -> bool:
    """Whether this person sees the order of a report."""
    return ctx.session.scalar(_rows().with_only_columns(LateReport.id).where(LateReport.id == row.id)) is not None
