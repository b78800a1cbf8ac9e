"""Reads of appointments: what was agreed with customers, and whether it was kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.api import Ctx, get_setting
from plugins.service.models import Appointment, Order
from plugins.service.rules.dispatch import Hours, hours_of, punctuality, slots_of


def slots(ctx: Ctx) -> list[Hours]:
    """The company's slots, in order."""
    return slots_of(str(get_setting(ctx, "service.slots")))


def day_hours(ctx: Ctx) -> Hours:
    """The hours of a day that the dispatcher's board shows; the whole day where the setting is none."""
    return hours_of(str(get_setting(ctx, "service.board_hours"))) or Hours(dt.time(), dt.time())


def grace(ctx: Ctx) -> dt.timedelta:
    """How much later than agreed is still in time."""
    return dt.timedelta(minutes=int(get_setting(ctx, "service.appointment_grace")))


def appointment_of(ctx: Ctx, order_id: int) -> Appointment | None:
    """What is agreed for an order now."""
    query = sa.select(Appointment).where(Appointment.order_id == order_id, Appointment.standing.is_(True))
    return ctx.session.scalar(query)


def appointments_of(ctx: Ctx, order_id: int) -> list[Appointment]:
    """All that was ever agreed for an order, the newest first."""
    query = sa.select(Appointment).where(Appointment.order_id == order_id).order_by(Appointment.id.desc())
    return list(ctx.session.scalars(query))


def standing_for(ctx: Ctx, order_ids: Iterable[int]) -> dict[int, Appointment]:
    """What is agreed for each of these orders; one statement."""
    query = sa.select(Appointment).where(
        Appointment.order_id.in_(sorted(order_ids)), Appointment.standing.is_(True)
    )
    return {a.order_id: a for a in ctx.session.scalars(query)}


def kept(ctx: Ctx, appointment: Appointment, arrived: dt.datetime) -> str:
    """``early``, ``in_time`` or ``late``: an arrival against what was agreed (GS-8)."""
    return punctuality(appointment.starts_at, appointment.ends_at, arrived, grace(ctx))


def between(ctx: Ctx, first: dt.datetime, last: dt.datetime, limit: int = 200) -> Sequence[tuple[Appointment, Order]]:
    """(appointment, order) of a time, the earliest first, of the orders that this person may see."""
    query = (
        sa.select(Appointment, Order)
        .join(Order, sa.and_(Order.company_id == Appointment.company_id, Order.id == Appointment.order_id))
        .where(Appointment.standing.is_(True), Appointment.starts_at >= first, Appointment.starts_at < last)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in ctx.session.execute(query)]
