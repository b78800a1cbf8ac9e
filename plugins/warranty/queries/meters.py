"""Reading meter readings."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Ctx, NotFound, _, label
from plugins.base import queries as base_queries
from plugins.warranty import words
from plugins.warranty.models import MeterReading
from plugins.warranty.queries.periods import meter_kinds
from plugins.warranty.rules.meters import Known


def get_reading(ctx: Ctx, reading_id: int) -> MeterReading:
    """The reading; NotFound where there is none, or its unit is not this person's to see."""
    reading = ctx.session.scalar(sa.select(MeterReading).where(MeterReading.id == reading_id))
    if reading is None:
        raise NotFound("reading_missing", _("There is no such reading."))
    base_queries.get_unit(ctx, reading.device_id)
    return reading


def readings_of(ctx: Ctx, device_id: int, limit: int = 50) -> list[MeterReading]:
    """The readings of a unit, set aside or not, the newest first."""
    query = sa.select(MeterReading).where(MeterReading.device_id == device_id)
    return list(ctx.session.scalars(query.order_by(MeterReading.day.desc(), MeterReading.id.desc()).limit(limit)))


def counting(ctx: Ctx, device_id: int, kind: str, but: int | None = None) -> list[Known]:
    """The readings of one meter that count, in order; ``but`` leaves one out."""
    query = sa.select(MeterReading).where(
        MeterReading.device_id == device_id, MeterReading.kind == kind, MeterReading.set_aside.is_(False)
    )
    rows = ctx.session.scalars(query.order_by(MeterReading.day, MeterReading.total, MeterReading.id))
    return [Known(r.day, r.value, r.total) for r in rows if r.id != but]


def newest_of(ctx: Ctx, device_id: int, kind: str, on: dt.date) -> MeterReading | None:
    """The newest reading of a meter by a day."""
    query = sa.select(MeterReading).where(
        MeterReading.device_id == device_id,
        MeterReading.kind == kind,
        MeterReading.set_aside.is_(False),
        MeterReading.day <= on,
    )
    return ctx.session.scalar(query.order_by(MeterReading.day.desc(), MeterReading.total.desc()).limit(1))


def meters_told(ctx: Ctx, device_id: int) -> list[tuple[str, str, str]]:
    """(code, label, newest reading in words) of a unit's meters: those read before, or all kinds when none was."""
    last: dict[str, str] = {}
    for r in readings_of(ctx, device_id):
        if not r.set_aside and r.kind not in last:
            last[r.kind] = f"{words.number(r.value)} ({r.day.isoformat()})"
    kinds = meter_kinds(ctx)
    return [(code, label(text), last.get(code, "")) for code, text in kinds if code in last or not last]
