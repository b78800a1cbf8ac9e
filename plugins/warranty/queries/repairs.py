"""Reading the repair register and exchanges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.api import Ctx, NotFound, _, get_setting
from plugins.base import queries as base_queries
from plugins.warranty.contracts import REPAIRS, PeriodState, RepairFacts
from plugins.warranty.models import RepairRecord, UnitExchange
from plugins.warranty.queries.periods import by_device, periods_of, span_of
from plugins.warranty.rules.choices import comparable
from plugins.warranty.rules.repairs import Repaired, facts


def get_repair(ctx: Ctx, repair_id: int) -> RepairRecord:
    """The repair; NotFound where there is none, or its unit is not this person's to see."""
    repair = ctx.session.scalar(sa.select(RepairRecord).where(RepairRecord.id == repair_id))
    if repair is None:
        raise NotFound("repair_missing", _("There is no such repair."))
    base_queries.get_unit(ctx, repair.device_id)
    return repair


def repairs_of(ctx: Ctx, device_id: int, limit: int = 100) -> list[RepairRecord]:
    """The repairs of a unit, the newest first."""
    query = sa.select(RepairRecord).where(RepairRecord.device_id == device_id)
    return list(ctx.session.scalars(query.order_by(RepairRecord.received_at.desc()).limit(limit)))


def repair_facts(ctx: Ctx, device_id: int, problem: str = "", on: dt.date | None = None) -> RepairFacts:
    """What the register says about a unit by a day (today unless said), of the problem and of all.

    Days are counted as the setting ``warranty.repair_days`` says. Repairs of a unit that this one replaced are that
    unit's and do not count.
    """
    day = on or ctx.today
    known = repaired_of_units(ctx, [device_id]).get(device_id, ())
    return facts_of_repairs(ctx, known, periods_of(ctx, device_id, day), problem, day)


def facts_of_repairs(
    ctx: Ctx, known: Sequence[Repaired], periods: Iterable[PeriodState], problem: str, day: dt.date
) -> RepairFacts:
    """``repair_facts`` from the repairs and periods of a unit, where they were read before."""
    warranties = [p for p in periods if p.cover == REPAIRS]
    return facts(known, comparable(problem), day, str(get_setting(ctx, "warranty.repair_days")), warranties)


def repaired_of_units(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, list[Repaired]]:
    """The repairs of many units in one statement, in the order in which they were written down."""
    rows = by_device(ctx, RepairRecord, device_ids)
    return {device_id: [repaired_of(ctx, row) for row in found] for device_id, found in rows.items()}


def repaired_of(ctx: Ctx, repair: RepairRecord) -> Repaired:
    """A repair as the facts need it."""
    own = [m.astimezone(ctx.tz) if m is not None else None for m in (repair.own_from, repair.own_to)]
    return Repaired(span_of(ctx, repair), repair.problem_key, repair.result, own[0], own[1])


def exchanges_of(ctx: Ctx, device_id: int) -> list[UnitExchange]:
    """The exchanges in which a unit came or went."""
    either = sa.or_(UnitExchange.old_device_id == device_id, UnitExchange.new_device_id == device_id)
    return list(ctx.session.scalars(sa.select(UnitExchange).where(either).order_by(UnitExchange.day)))


def get_exchange(ctx: Ctx, exchange_id: int) -> UnitExchange:
    """The exchange; NotFound where there is none, or its units are not this person's to see."""
    exchange = ctx.session.scalar(sa.select(UnitExchange).where(UnitExchange.id == exchange_id))
    if exchange is None:
        raise NotFound("exchange_missing", _("There is no such exchange."))
    base_queries.get_unit(ctx, exchange.old_device_id)
    return exchange


def problems_known(ctx: Ctx, product_id: int, limit: int = 40) -> list[str]:
    """The problems of units of a product that the register knows, the most frequent first: to choose the same again."""
    devices = RepairRecord.device.property.mapper.class_
    query = (
        sa.select(sa.func.min(RepairRecord.problem))
        .join(devices, devices.id == RepairRecord.device_id)
        .where(devices.product_id == product_id)
        .group_by(RepairRecord.problem_key)
        .order_by(sa.func.count(RepairRecord.id).desc(), sa.func.min(RepairRecord.problem))
        .limit(limit)
    )
    return list(ctx.session.scalars(query))
