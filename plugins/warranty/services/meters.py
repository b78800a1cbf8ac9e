"""Reading meters: they count upwards; what is wrong is corrected with a reason, a replaced meter goes on counting."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.api import N_, Conflict, Ctx, Invalid, RecordRef, _, both, check_version, emit, transaction
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty import life, words
from plugins.warranty.contracts import READING_SOURCE_WORDS, ReadingData
from plugins.warranty.models import MeterReading
from plugins.warranty.queries.meters import counting, get_reading
from plugins.warranty.queries.periods import meter_kinds
from plugins.warranty.rules.meters import placed
from plugins.warranty.services.periods import refresh_periods

MOST = Decimal(10) ** 12


def read_meter(ctx: Ctx, data: ReadingData) -> MeterReading:
    """Write a reading down. Invalid when it lies in the future, or would have the meter run backwards."""
    ctx.require(life.READ_METERS)
    with transaction(ctx):
        unit = base_queries.get_unit(ctx, data.device_id)
        kinds = dict(meter_kinds(ctx))
        if data.kind not in kinds:
            raise Invalid("unknown_meter", _("Choose one of the kinds of meters."), "kind")
        if data.source not in READING_SOURCE_WORDS:
            raise Invalid("unknown_source", _("Choose who read it."), "source")
        reading = _add(ctx, data, data.day or ctx.today, counting(ctx, unit.id, data.kind))
        what = {"meter": kinds[data.kind], "value": words.number(data.value), "day": reading.day}
        verb = "warranty.meter_replaced" if data.replaced else "warranty.meter_read"
        emit(ctx, verb, RecordRef(UNIT, unit.id), reading=reading.id, reason=reading.reason, **what)
        refresh_periods(ctx, [unit.id])
        return reading


def _add(ctx: Ctx, data: ReadingData, day: dt.date, known, corrects_id: int | None = None) -> MeterReading:
    for field, value in (("value", data.value), ("old_value", data.old_value)):
        if value is not None and (not value.is_finite() or not 0 <= value < MOST):
            raise Invalid("bad_value", _("A number of 0 or more is needed."), field)
    if day > ctx.today:
        raise Invalid("future_day", _("{day} lies in the future.", day=day), "day")
    if data.replaced:
        if data.old_value is None:
            raise Invalid("old_value_missing", _("Say what the old meter showed last."), "old_value")
        if not data.reason.strip():
            raise Invalid("reason_needed", _("Say why the meter was replaced."), "reason")
    where = placed(known, day, data.value, data.old_value if data.replaced else None)
    if where.problem is not None:
        raise Invalid("runs_backwards", words.reason(where.problem), "value")
    reading = MeterReading(
        device_id=data.device_id,
        kind=data.kind,
        day=day,
        value=data.value,
        total=where.total,
        replaced=data.replaced,
        source=data.source,
        corrects_id=corrects_id,
        reason=data.reason.strip()[:400] if data.replaced else "",
        recorded_at=ctx.now,
        recorded_by_id=ctx.actor.user_id,
        recorded_by_name=ctx.actor.name,
        external_key=data.external_key,
    )
    ctx.session.add(reading)
    ctx.session.flush()
    return reading


def correct_reading(
    ctx: Ctx, reading_id: int, value: Decimal | None, reason: str, *, version: int | None = None
) -> MeterReading:
    """Set a wrong reading aside, with the reason, and write the right one (``value``) in its place; None: just drop it.

    Conflict for one that is set aside already, or that stands for a replaced meter on which later readings rest.
    """
    ctx.require(life.READ_METERS)
    with transaction(ctx):
        wrong = get_reading(ctx, reading_id)
        check_version(wrong, version)
        if wrong.set_aside:
            raise Conflict("set_aside", _("This reading was set aside already."))
        if not reason.strip():
            raise Invalid("reason_needed", _("Give a reason."), "reason")
        others = counting(ctx, wrong.device_id, wrong.kind, but=wrong.id)
        if wrong.replaced and any(known.day >= wrong.day for known in others):
            text = _("Later readings rest on this replacement of the meter. Correct them first.")
            raise Conflict("readings_rest_on_it", text)
        wrong.set_aside, wrong.reason = True, reason.strip()[:400]
        ctx.session.flush()
        right = wrong
        if value is not None:
            data = ReadingData(wrong.device_id, wrong.kind, value, wrong.day, wrong.source)
            right = _add(ctx, data, wrong.day, others, wrong.id)
        what = {"meter": dict(meter_kinds(ctx)).get(wrong.kind, wrong.kind), "day": wrong.day}
        now = words.number(value) if value is not None else both(N_("nothing"))
        what |= {"was": words.number(wrong.value), "now": now}
        unit = RecordRef(UNIT, wrong.device_id)
        emit(ctx, "warranty.reading_corrected", unit, reading=right.id, reason=wrong.reason, **what)
        refresh_periods(ctx, [wrong.device_id])
        return right
