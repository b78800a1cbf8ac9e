"""The repair register 维修记录: written when a repair begins or ends, by hand, from files, or by the service module."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

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
        _tell(ctx, f"warranty.{verb}", repair, unit)
        return repair


def follow_repair(ctx: Ctx, source: RecordRef, done: Mapping[str, Any]) -> RepairRecord:
    """Write down what another module's record says of the repair that it was: once, and again after it had gone on.

    ``done`` are plain facts: device_id, problem, cause, result, came_in, handed_back, who, parts (each with name, code
    and quantity).
    """
    with transaction(ctx):
        device_id, back = int(done["device_id"]), dt.datetime.fromisoformat(done["handed_back"])
        written = {r.device_id: r for r in _of_source(ctx, source)}
        known = written.pop(device_id, None)
        for other in written.values():  # it turned out to be about another unit
            _end(ctx, other, back)
        if known is not None and known.handed_back_at is not None:
            return known
        cause = str(done.get("cause") or "")
        told = done.get("parts") or ()
        parts = [PartChange(p["name"], code=p["code"], quantity=Decimal(p["quantity"])) for p in told]
        data = RepairData(
            device_id, str(done["problem"])[:200], dt.datetime.fromisoformat(done["came_in"]), back,
            cause if cause in REPAIR_CAUSE_WORDS else "unknown", parts=tuple(parts), result=str(done["result"]),
            repairer=str(done.get("who") or ""), source=source, external_key=f"{_key(source)}{device_id}",
        )  # fmt: skip
        if known is None:
            return record_repair(ctx, data)
        by_hand = ("waits_from", "waits_to", "own_from", "own_to", "own_reason", "note")
        data = replace(data, **{name: getattr(known, name) for name in by_hand})
        return record_repair(ctx, data, known.id)


def take_up_again(ctx: Ctx, source: RecordRef) -> None:
    """The record of a repair was reopened: the unit is not handed back any more, nor is the repair warranted."""
    with transaction(ctx):
        for repair in _of_source(ctx, source):
            if repair.handed_back_at is not None:
                repair.handed_back_at, repair.result = None, ""
                _tell(ctx, "warranty.repair_changed", repair, base_queries.get_unit(ctx, repair.device_id))


def give_up(ctx: Ctx, source: RecordRef, at: dt.datetime) -> None:
    """The record of a repair that goes on was cancelled: it ended then, not repaired."""
    with transaction(ctx):
        for repair in _of_source(ctx, source):
            _end(ctx, repair, at)


def _end(ctx: Ctx, repair: RepairRecord, at: dt.datetime) -> None:
    if repair.handed_back_at is None:
        repair.handed_back_at, repair.result = max(at, repair.received_at), "not_repaired"
        _tell(ctx, "warranty.repair_finished", repair, base_queries.get_unit(ctx, repair.device_id))


def _tell(ctx: Ctx, event: str, repair: RepairRecord, unit: Any) -> None:
    links = [RecordRef(UNIT, unit.id), RecordRef("base.customer", unit.customer_id) if unit.customer_id else None]
    facts = {"number": repair.number, "problem": repair.problem, "result": both(REPAIR_RESULT_WORDS[repair.result])}
    emit(ctx, event, repair, links=links, **facts)
    refresh_periods(ctx, [unit.id])


def _key(source: RecordRef) -> str:
    return f"{source.kind}:{source.id}:"


def _of_source(ctx: Ctx, source: RecordRef) -> list[RepairRecord]:
    """What was written from a record; for each unit that it was about."""
    query = sa.select(RepairRecord).where(RepairRecord.external_key.startswith(_key(source), autoescape=True))
    return list(ctx.session.scalars(query.order_by(RepairRecord.id)))


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
