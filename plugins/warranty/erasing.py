"""What warranty holds about a person, and removing it: words about the person's units."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base import queries as base_queries
from plugins.warranty.contracts import EXCHANGE, REPAIR
from plugins.warranty.models import MeterReading, RepairRecord, UnitDate, UnitExchange
from plugins.warranty.rules.choices import comparable


def _devices(ctx: Ctx, ref: RecordRef) -> list[int]:
    """The units of a customer, and of those merged into it."""
    if ref.kind != "base.customer":
        return []
    return [i for customer_id in base_queries.ids_of_person(ctx, ref.id)
            for i in base_queries.ids_of_units(ctx, customer_id)]  # fmt: skip


def _rows(ctx: Ctx, model: Any, column: Any, devices: list[int]) -> list:
    return list(ctx.session.scalars(sa.select(model).where(column.in_(devices)).order_by(model.id).with_for_update()))


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """Proofs, readings, repairs and exchanges of a customer's units."""
    devices = _devices(ctx, ref)
    repairs = _rows(ctx, RepairRecord, RepairRecord.device_id, devices)
    exchanges = _rows(ctx, UnitExchange, UnitExchange.old_device_id, devices)
    dates = _rows(ctx, UnitDate, UnitDate.device_id, devices)
    readings = _rows(ctx, MeterReading, MeterReading.device_id, devices)
    count = len(repairs) + len(exchanges) + len(dates) + len(readings)
    if not count:
        return []
    newest = [r.handed_back_at or r.received_at for r in repairs] + [d.recorded_at for d in (*dates, *readings)]
    return [
        PersonalData(
            _("Warranty of units"),
            count,
            _("Numbers of documents, notes and reasons; what was wrong with the unit"),
            _("Dates, readings, how long repairs took and what was exchanged: warranties of the units rest on them"),
            (*(RecordRef(REPAIR, r.id) for r in repairs), *(RecordRef(EXCHANGE, e.id) for e in exchanges)),
            max(newest) if newest else None,
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove the words; what the warranty of a unit rests on stays."""
    devices = _devices(ctx, ref)
    for repair in _rows(ctx, RepairRecord, RepairRecord.device_id, devices):
        repair.problem, repair.problem_key = repair.number, comparable(repair.number)
        repair.note = repair.own_reason = repair.repairer = ""
        repair.external_key = None
    for exchange in _rows(ctx, UnitExchange, UnitExchange.old_device_id, devices):
        exchange.reason = "-"
    for date in _rows(ctx, UnitDate, UnitDate.device_id, devices):
        date.document = date.note = date.file = ""
        date.reason = "-" if date.set_aside else ""
        date.external_key = None
    for reading in _rows(ctx, MeterReading, MeterReading.device_id, devices):
        reading.reason = "-" if reading.set_aside else ""
        reading.external_key = None
