"""Adverse events and their duties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _
from plugins.vigilance.contracts import DUTY
from plugins.vigilance.models import AdverseEvent, Duty


def get_event(ctx: Ctx, event_id: int, *, lock: bool = False) -> AdverseEvent:
    """One adverse event. Raises NotFound."""
    query = sa.select(AdverseEvent).where(AdverseEvent.id == event_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_event", _("There is no such adverse event."))
    return row


def duties_of(ctx: Ctx, event_id: int) -> list[Duty]:
    """What an event asks for, in the order in which it was found out; at most one of each kind."""
    return list(ctx.session.scalars(sa.select(Duty).where(Duty.event_id == event_id).order_by(Duty.id)))


def get_duty(ctx: Ctx, duty_id: int, *, lock: bool = False) -> Duty:
    """One duty with its event. Raises NotFound."""
    query = sa.select(Duty).where(Duty.id == duty_id).options(orm.joinedload(Duty.event))
    row = ctx.session.scalar(query.with_for_update(of=Duty) if lock else query)
    if row is None:
        raise NotFound("unknown_duty", _("There is no such duty."))
    return row


def clocks_of(ctx: Ctx, duty_ids: Sequence[int]) -> dict[int, Clock]:
    """Duty → its time limit; one statement."""
    query = sa.select(Clock).where(Clock.record_kind == DUTY, Clock.record_id.in_(list(duty_ids) or [0]))
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


def open_duties_of(ctx: Ctx, event_ids: Iterable[int]) -> dict[int, int]:
    """Event → how many of its duties are not done; one statement."""
    query = sa.select(Duty.event_id, sa.func.count(Duty.id)).where(
        Duty.event_id.in_(sorted(set(event_ids)) or [0]), Duty.state.in_(("open", "sent"))
    )
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Duty.event_id))}


def open_duties(ctx: Ctx, limit: int) -> list[Duty]:
    """The duties that are not done, the oldest first."""
    query = sa.select(Duty).where(Duty.state.in_(("open", "sent"))).options(orm.joinedload(Duty.event))
    return list(ctx.session.scalars(query.order_by(Duty.id).limit(limit)))


def events_of_device(ctx: Ctx, device_id: int, limit: int) -> list[AdverseEvent]:
    """The adverse events of a unit, the newest first."""
    query = sa.select(AdverseEvent).where(AdverseEvent.device_id == device_id).order_by(AdverseEvent.id.desc())
    return list(ctx.session.scalars(query.limit(limit)))


def names_of(ctx: Ctx, kind: str, ids: Iterable[int | None]) -> dict[int, str]:
    """Customer, product or unit (by kind) → how it is called, of those whom this person may see; one statement."""
    record = ctx.registry.kinds[kind]
    model: Any = record.model
    wanted = sorted({i for i in ids if i is not None})
    rows = ctx.session.scalars(sa.select(model).where(model.id.in_(wanted or [0])))
    return {row.id: getattr(row, "name", "") or record.number(row) for row in rows}
