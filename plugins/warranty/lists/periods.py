"""Declared lists: warranties of units by their ends, meter readings, the repair register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    TextFilter,
    _,
    get_setting,
    label,
    n_,
)
from plugins.warranty import life, words
from plugins.warranty.contracts import COVER_WORDS, READING_SOURCE_WORDS, REPAIR_CAUSE_WORDS, REPAIR_RESULT_WORDS
from plugins.warranty.models import MeterReading, RepairRecord, UnitPeriod
from plugins.warranty.queries.periods import badge_of_row, meter_kinds
from plugins.warranty.rules.choices import comparable


def _device() -> Any:
    return UnitPeriod.device.property.mapper.class_


def _with_device(model: Any) -> sa.Select:
    """Rows of a model with their units and products; rows of units that a person may not see are left out."""
    device = _device()
    loaded = orm.contains_eager(model.device)
    return (
        sa.select(model)
        .join(model.device)
        .options(loaded.joinedload(device.product), loaded.joinedload(device.customer))
    )


def _in_words(texts: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in texts.items() if code]


def _serial_or_customer(_ctx: Ctx, text: str) -> Any:
    device = _device()
    customer = device.customer.property.mapper.class_
    of_customer = sa.select(customer.id).where(customer.name.icontains(text, autoescape=True))
    return sa.or_(device.serial == text.strip().upper(), device.customer_id.in_(of_customer))


def _product(row: Any) -> str:
    product = row.device.product
    return f"{product.name} {product.model}".strip()


def _customer(row: Any) -> str:
    return row.device.customer.name if row.device.customer else ""


# --- warranties of units --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PeriodRow:
    """A unit's warranty with its badge of today."""

    period: UnitPeriod
    badge: Any
    soon: int

    @property
    def device(self) -> Any:
        """The unit."""
        return self.period.device


def _periods(ctx: Ctx, found: list[UnitPeriod]) -> list[PeriodRow]:
    soon = int(get_setting(ctx, "warranty.soon_days"))
    return [PeriodRow(row, badge_of_row(row, ctx.today), soon) for row in found]


def _badge(row: PeriodRow) -> Mark:
    tone, icon = "", "shield-off"
    if row.badge.state in ("running", "last_day"):
        near = row.badge.days_left is not None and row.badge.days_left <= row.soon
        tone, icon = ("warn", "shield-alert") if near else ("ok", "shield-check")
    elif row.badge.state == "unknown":
        tone, icon = "warn", "shield-question-mark"
    return Mark(words.badge(row.badge), tone, icon)


def _period_rows(_ctx: Ctx) -> sa.Select:
    return _with_device(UnitPeriod).where(UnitPeriod.is_main.is_(True)).options(orm.joinedload(UnitPeriod.term))


def _within(days: int) -> Any:
    def where(ctx: Ctx) -> Any:
        return sa.and_(UnitPeriod.ends_on >= ctx.today, UnitPeriod.ends_on <= ctx.today + dt.timedelta(days=days))

    return where


def _soon(ctx: Ctx) -> Any:
    """Those that end within the days from which a warranty is marked as ending soon."""
    return _within(int(get_setting(ctx, "warranty.soon_days")))(ctx)


def _left(ctx: Ctx) -> list[tuple[str, str]]:
    return [(str(n), n_("at most {n} day", "at most {n} days", n)) for n in (7, 30, 60, 90, 180, 365)]


PERIODS = ListDef(
    "warranty.units",
    N_("Warranty of units"),
    UnitPeriod,
    life.SEE_CARD,
    (
        ListColumn("serial", N_("Serial number"), lambda r: r.device.serial or f"#{r.device.id}", "id", "id",
                   fixed=True),
        ListColumn("product", N_("Product"), _product, "main", "main"),
        ListColumn("warranty", N_("Warranty"), _badge, "mark", "tag"),
        ListColumn("customer", N_("Customer"), _customer),
        ListColumn("start", N_("Begun on"), lambda r: r.period.start_on, "date"),
        ListColumn("last_day", N_("Last day"), lambda r: r.period.last_day, "date", "left", UnitPeriod.ends_on),
        ListColumn("left", N_("Days left"), lambda r: r.badge.days_left, "number", shown=False),
        ListColumn("term", N_("Warranty term"), lambda r: r.period.term.name, shown=False),
        ListColumn("new", N_("New product until"), lambda r: r.device.product.new_until, "date", shown=False),
    ),
    "/warranty/units/",
    icon="shield",
    query=_period_rows,
    prepare=_periods,
    search=_serial_or_customer,
    search_words=N_("Serial number, customer"),
    filters=(
        ChoiceFilter("left", N_("Days left"), UnitPeriod.ends_on, _left, lambda ctx, text: _within(int(text))(ctx)),
        DaysFilter("ends", N_("Last day"), UnitPeriod.ends_on),
        ChoiceFilter("cover", N_("Cover"), UnitPeriod.cover, _in_words(COVER_WORDS)),
    ),
    tabs=(
        ListTab("soon", N_("Ending soon"), _soon),
        ListTab("running", N_("In warranty"), lambda ctx: sa.and_(UnitPeriod.ends_on >= ctx.today)),
        ListTab("unknown", N_("Start unknown"), lambda ctx: UnitPeriod.unknown.is_(True)),
        ListTab("over", N_("Out of warranty"), lambda ctx: sa.and_(
            UnitPeriod.ends_on < ctx.today, UnitPeriod.unknown.is_(False)
        ), ((UnitPeriod.ends_on, True),), counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("soon", "running"),
    order=((UnitPeriod.ends_on, False),),
    export=life.SEE_CARD,
    summary=lambda _ctx, counts: n_("{n} in warranty", "{n} in warranty", counts["running"]),
    empty=N_("No units here"),
    empty_hint=N_("Every unit of the archive that a warranty term fits stands here."),
)  # fmt: skip


# --- readings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadingRow:
    """A reading with the name of its meter."""

    reading: MeterReading
    meter: str

    @property
    def device(self) -> Any:
        """The unit."""
        return self.reading.device


def _readings(ctx: Ctx, found: list[MeterReading]) -> list[ReadingRow]:
    names = {code: label(text) for code, text in meter_kinds(ctx)}
    return [ReadingRow(row, names.get(row.kind, row.kind)) for row in found]


def _reading_state(row: ReadingRow) -> Mark | None:
    if row.reading.set_aside:
        return Mark(_("Set aside"), "", "circle-x", title=row.reading.reason)
    return Mark(_("new meter"), "info", "gauge") if row.reading.replaced else None


READINGS = ListDef(
    "warranty.readings",
    N_("Meter readings"),
    MeterReading,
    life.SEE_CARD,
    (
        ListColumn("day", N_("Date"), lambda r: r.reading.day, "date", "id", MeterReading.day, fixed=True),
        ListColumn("serial", N_("Serial number"), lambda r: r.device.serial or f"#{r.device.id}"),
        ListColumn("product", N_("Product"), _product, "main", "main"),
        ListColumn("meter", N_("Meter"), lambda r: r.meter, place="tag"),
        ListColumn("value", N_("Reading"), lambda r: r.reading.value, "number", "left"),
        ListColumn("total", N_("Total"), lambda r: r.reading.total, "number", shown=False),
        ListColumn("read_by", N_("Read by"), lambda r: _(READING_SOURCE_WORDS[r.reading.source])),
        ListColumn("by", N_("Recorded by"), lambda r: r.reading.recorded_by_name, shown=False),
        ListColumn("state", N_("State"), _reading_state, "mark", "right"),
        ListColumn("reason", N_("Reason"), lambda r: r.reading.reason, shown=False),
    ),
    "/warranty/readings/",
    icon="gauge",
    query=lambda _ctx: _with_device(MeterReading),
    prepare=_readings,
    search=_serial_or_customer,
    search_words=N_("Serial number, customer"),
    filters=(
        ChoiceFilter("meter", N_("Meter"), MeterReading.kind, lambda ctx: [
            (code, label(text)) for code, text in meter_kinds(ctx)
        ]),
        DaysFilter("day", N_("Date"), MeterReading.day),
        ChoiceFilter("read_by", N_("Read by"), MeterReading.source, _in_words(READING_SOURCE_WORDS)),
    ),
    tabs=(
        ListTab("counting", N_("Counting"), lambda ctx: MeterReading.set_aside.is_(False), counted=False),
        ListTab("aside", N_("Set aside"), lambda ctx: MeterReading.set_aside.is_(True)),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("counting",),
    order=((MeterReading.day, True),),
    export=life.SEE_CARD,
    empty=N_("No readings here"),
    empty_hint=N_("They are recorded on the warranty card of a unit, or loaded from a file."),
)  # fmt: skip


# --- repairs --------------------------------------------------------------------------------------------------------


def _repair_state(repair: RepairRecord) -> Mark:
    tones = {"repaired": "ok", "not_repaired": "bad", "": "warn"}
    icons = {"repaired": "circle-check", "not_repaired": "circle-x", "": "wrench", "no_fault": "circle-slash"}
    return Mark(_(REPAIR_RESULT_WORDS[repair.result]), tones.get(repair.result, ""), icons[repair.result])


def _of_repair(ctx: Ctx, text: str) -> Any:
    return sa.or_(
        RepairRecord.number == text.strip().upper(),
        RepairRecord.problem_key.contains(comparable(text), autoescape=True) if comparable(text) else sa.false(),
        _serial_or_customer(ctx, text),
    )


REPAIRS = ListDef(
    "warranty.repairs",
    N_("Repair register"),
    RepairRecord,
    life.SEE_REPAIRS,
    (
        ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", RepairRecord.number, fixed=True),
        ListColumn("problem", N_("What was faulty"), lambda r: r.problem, "main", "main"),
        ListColumn("product", N_("Product"), _product),
        ListColumn("serial", N_("Serial number"), lambda r: r.device.serial or f"#{r.device.id}"),
        ListColumn("customer", N_("Customer"), _customer, shown=False),
        ListColumn("cause", N_("Cause"), lambda r: _(REPAIR_CAUSE_WORDS[r.cause]) if r.cause else "", place="tag"),
        ListColumn("received", N_("Came in"), lambda r: r.received_at, "moment", "left", RepairRecord.received_at),
        ListColumn("back", N_("Given back"), lambda r: r.handed_back_at, "moment"),
        ListColumn("parts", N_("Parts exchanged"), lambda r: ", ".join(p["name"] for p in r.parts), shown=False),
        ListColumn("repairer", N_("Repaired by"), lambda r: r.repairer, shown=False),
        ListColumn("result", N_("Result"), _repair_state, "mark", "right"),
    ),
    "/warranty/repairs/",
    icon="wrench",
    query=lambda _ctx: _with_device(RepairRecord),
    search=_of_repair,
    search_words=N_("Number, problem, serial number, customer"),
    filters=(
        ChoiceFilter("cause", N_("Cause"), RepairRecord.cause, _in_words(REPAIR_CAUSE_WORDS)),
        ChoiceFilter("result", N_("Result"), RepairRecord.result, _in_words(REPAIR_RESULT_WORDS)),
        DaysFilter("received", N_("Came in"), RepairRecord.received_at),
        TextFilter("problem", N_("What was faulty"), RepairRecord.problem),
    ),
    tabs=(
        ListTab("open", N_("Under repair"), lambda ctx: RepairRecord.handed_back_at.is_(None)),
        ListTab("waiting", N_("Waiting for parts"), lambda ctx: sa.and_(
            RepairRecord.handed_back_at.is_(None), RepairRecord.waits_from.is_not(None), RepairRecord.waits_to.is_(None)
        )),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("open", "all"),
    order=((RepairRecord.received_at, True),),
    export=life.SEE_REPAIRS,
    summary=lambda _ctx, counts: n_("{n} under repair", "{n} under repair", counts["open"]),
    empty=N_("No repairs here"),
    empty_hint=N_("They are recorded on the warranty card of a unit, or loaded from a file."),
)  # fmt: skip
