"""The repair register 维修记录: written when a repair begins or ends, by hand, from files, or by the service module."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    both,
    check_version,
    emit,
    get_setting,
    next_number,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty import life
from plugins.warranty.contracts import REPAIR, REPAIR_CAUSE_WORDS, REPAIR_RESULT_WORDS, PartChange, RepairData
from plugins.warranty.models import RepairRecord
from plugins.warranty.queries.repairs import get_repair
from plugins.warranty.rules.choices import comparable
from plugins.warranty.rules.repairs import problems_of
from plugins.warranty.services.periods import refresh_periods


def record_repair(
    ctx: Ctx, data: RepairData, repair_id: int | None = None, *, version: int | None = None
) -> RepairRecord:
    """Write a repair down, or change one. With ``handed_back_at`` it is finished, and warranted where a term says so.

    A record with the same ``external_key`` is taken once. Raises Invalid with the field.
    """
    ctx.require(life.RECORD_REPAIRS)
    with transaction(ctx):
        unit = base_queries.get_unit(ctx, data.device_id)
        if data.external_key and repair_id is None:
            known = _by_key(ctx, data.external_key)
            if known is not None:
                return known
        for field, message in problems_of(data, ctx.now):
            raise Invalid(f"bad_{field}", _(message), field)
        if data.cause not in REPAIR_CAUSE_WORDS or data.result not in REPAIR_RESULT_WORDS:
            field = "cause" if data.cause not in REPAIR_CAUSE_WORDS else "result"
            raise Invalid("bad_choice", _("Choose one of the values offered."), field)
        repair = get_repair(ctx, repair_id) if repair_id else None
        if repair is not None:
            check_version(repair, version)
            if repair.device_id != unit.id:
                raise Conflict("other_unit", _("A repair can't be moved to another unit."))
        was_open = repair is None or repair.handed_back_at is None
        new = repair is None
        repair = repair or RepairRecord(
            device_id=unit.id, number=next_number(ctx, REPAIR, str(get_setting(ctx, "warranty.repair_pattern")))
        )
        _write(repair, data)
        ctx.session.add(repair)
        ctx.session.flush()
        finished = was_open and repair.handed_back_at is not None
        verb = "repair_finished" if finished else "repair_begun" if new else "repair_changed"
        links = [RecordRef(UNIT, unit.id), RecordRef("base.customer", unit.customer_id) if unit.customer_id else None]
        facts = {"number": repair.number, "problem": repair.problem, "result": both(REPAIR_RESULT_WORDS[repair.result])}
        emit(ctx, f"warranty.{verb}", repair, links=links, **facts)
        refresh_periods(ctx, [unit.id])
        return repair


def _by_key(ctx: Ctx, key: str) -> RepairRecord | None:
    return ctx.session.scalar(sa.select(RepairRecord).where(RepairRecord.external_key == key))


def _write(repair: RepairRecord, data: RepairData) -> None:
    repair.problem, repair.problem_key = data.problem.strip(), comparable(data.problem)
    repair.cause, repair.result = data.cause, data.result
    repair.received_at, repair.handed_back_at = data.received_at, data.handed_back_at
    repair.waits_from, repair.waits_to = data.waits_from, data.waits_to
    repair.own_from, repair.own_to, repair.own_reason = data.own_from, data.own_to, data.own_reason.strip()[:200]
    repair.parts = [_part(part) for part in data.parts if part.name.strip()]
    repair.repairer, repair.note = data.repairer.strip()[:120], data.note.strip()
    if data.source is not None:
        repair.source, repair.source_ref = data.source.kind, data.source.id
    if data.external_key:
        repair.external_key = data.external_key


def _part(part: PartChange) -> dict:
    return {
        "group": part.group.strip(),
        "name": part.name.strip(),
        "code": part.code.strip(),
        "quantity": format(part.quantity.normalize(), "f"),
        "serial": part.serial.strip(),
    }
