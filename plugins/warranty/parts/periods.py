"""Periods of units: proofs of dates, meters, the repair register, exchanges, the warranty card and its badge."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, Permission, RecordKind, RoleDef, SettingDef, TaskKind, hookimpl
from plugins.warranty import columns, life, models
from plugins.warranty.contracts import EXCHANGE, PERIOD, READING, REPAIR, REPAIR_DAYS_WORDS
from plugins.warranty.services import periods

_SEE = (life.SEE_CARD, life.SEE_REPAIRS)
_WORK = (*_SEE, life.EDIT_DATES, life.READ_METERS, life.RECORD_REPAIRS)
_ALL = (*_WORK, life.RECORD_EXCHANGES)

PERMISSIONS = (
    Permission("warranty.card.view", N_("See warranty periods and cards of units")),
    Permission("warranty.date.edit", N_("Record proofs of dates of units")),
    Permission("warranty.meter.read", N_("Record and correct meter readings")),
    Permission("warranty.repair.view", N_("See the repair register")),
    Permission("warranty.repair.record", N_("Write the repair register")),
    Permission("warranty.exchange.record", N_("Record exchanges of units")),
)
SETTINGS = (
    SettingDef(
        "warranty.proofs",
        N_("Kinds of proof of a date, the weightiest first"),
        "text",
        "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef(
        "warranty.meters",
        N_("Kinds of usage meters"),
        "text",
        "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef(
        "warranty.repair_days",
        N_("How days out of use are counted"),
        "choice",
        "calendar",
        choices=tuple(REPAIR_DAYS_WORDS.items()),
    ),
    SettingDef(
        "warranty.soon_days",
        N_("Days before its end from which a warranty is marked as ending soon"),
        "int",
        30,
        minimum=0,
        maximum=3650,
    ),
    SettingDef(
        "warranty.repair_pattern",
        N_("Pattern of numbers in the repair register"),
        default="WX{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.exchange_pattern",
        N_("Pattern of numbers of exchanges"),
        default="HH{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.card_pattern",
        N_("Pattern of numbers of printed warranty cards"),
        default="BX{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)


def record_kinds():
    from plugins.warranty.queries.periods import sees_device

    return [
        RecordKind(
            PERIOD, models.UnitPeriod, N_("Warranty period"), lambda p: str(p.id), "warranty.period_page",
            life.SEE_CARD, sees=lambda ctx, p: sees_device(ctx, p.device_id), icon="shield",
        ),
        RecordKind(
            READING, models.MeterReading, N_("Meter reading"), lambda r: str(r.day), "warranty.reading_page",
            life.SEE_CARD, sees=lambda ctx, r: sees_device(ctx, r.device_id), icon="gauge",
        ),
        RecordKind(
            REPAIR, models.RepairRecord, N_("Repair"), lambda r: r.number, "warranty.repair_page", life.SEE_REPAIRS,
            sees=lambda ctx, r: sees_device(ctx, r.device_id), icon="wrench",
        ),
        RecordKind(
            EXCHANGE, models.UnitExchange, N_("Exchange"), lambda e: e.number, "warranty.exchange_page", life.SEE_CARD,
            sees=lambda ctx, e: sees_device(ctx, e.old_device_id), icon="arrow-left-right",
        ),
    ]  # fmt: skip


def column_words():
    return [columns.PERIODS]


def event_kinds():
    return [
        EventKind("warranty.proof_recorded", N_("{what} on {day}: proved by {source}"), "file-check"),
        EventKind("warranty.proof_set_aside", N_("{what} on {day} no longer counts: {reason}"), "file-x"),
        EventKind("warranty.meter_read", N_("{meter}: {value} on {day}"), "gauge"),
        EventKind("warranty.meter_replaced", N_("{meter}: meter replaced on {day}: {reason}"), "gauge"),
        EventKind("warranty.reading_corrected", N_("{meter} on {day}: {was} corrected to {now}: {reason}"), "gauge"),
        EventKind("warranty.repair_begun", N_("Repair {number} begun: {problem}"), "wrench"),
        EventKind("warranty.repair_changed", N_("Repair {number} changed: {problem}"), "pencil"),
        EventKind("warranty.repair_finished", N_("Repair {number} handed back: {problem}, {result}"), "circle-check"),
        EventKind(
            "warranty.unit_exchanged", N_("{old} exchanged for {new} ({number}): {reason}"), "arrow-left-right"
        ),
    ]


def event_handlers():
    from plugins.warranty.handlers import periods as handlers
    from plugins.warranty.handlers import repairs

    happened = (
        "base.unit_added", "base.unit_changed", "base.unit_moved", "base.units_merged", "base.units_merge_undone",
        "base.sale_recorded", "base.sale_changed", "base.sale_deleted",
    )  # fmt: skip
    return [
        *(Handler(name, "work_out_periods", handlers.of_unit, handlers.of_units) for name in happened),
        Handler("core.import_taken_back", "work_out_periods", handlers.of_all),
        Handler("service.closed", "record_repair", repairs.repaired),
        Handler("service.reopened", "take_repair_up_again", repairs.goes_on),
        Handler("service.cancelled", "give_repair_up", repairs.given_up),
    ]


def task_kinds():
    return [TaskKind(periods.WORK_OUT, N_("Work out the warranty of all units"), periods.work_out_all)]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _WORK),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, (*_SEE, life.READ_METERS)),
        RoleDef("complaint_handler", {"en": "Complaint handler", "zh": "投诉处理员"}, _SEE),
        RoleDef("sales", {"en": "Sales", "zh": "销售"}, (*_SEE, life.EDIT_DATES)),
    ]


def lists():
    from plugins.warranty.lists.periods import PERIODS, READINGS, REPAIRS

    return [PERIODS, READINGS, REPAIRS]


def importers():
    from plugins.warranty.importer import IMPORTERS

    return list(IMPORTERS)


def document_kinds():
    from plugins.warranty.documents import CARD

    return [CARD]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("customers", N_("Warranty of units"), "warranty.units_list", "shield", 62),
        MenuItem("papers", N_("Repair register"), "warranty.repairs_list", "wrench", 40),
        MenuItem("customers", N_("Meter readings"), "warranty.readings_list", "gauge", 64),
    ]


def plugin_enabled(ctx):
    periods.refresh_all_later(ctx)


def record_panels(ctx, record):
    from plugins.warranty.panels.periods import panels

    return panels(ctx, record)


def unit_badges(ctx, device_ids):
    from plugins.warranty.panels.periods import badges_of_units

    return badges_of_units(ctx, device_ids)


def home_notices(ctx):
    from plugins.warranty.panels.periods import notices

    return notices(ctx)


def personal_data(ctx, ref):
    from plugins.warranty import erasing

    return erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    from plugins.warranty import erasing

    erasing.erase(ctx, ref)


@hookimpl(optionalhook=True)
def meters_of(ctx, device_id):
    from plugins.warranty.queries.meters import meters_told

    return meters_told(ctx, device_id) if ctx.can(life.READ_METERS) else []


@hookimpl(optionalhook=True)
def take_reading(ctx, device_id, code, value, key):
    from plugins.warranty.contracts import ReadingData
    from plugins.warranty.services.meters import read_meter

    read_meter(ctx, ReadingData(device_id, code, value, external_key=key))
