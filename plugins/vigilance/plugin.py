"""Adverse events with devices, and the register of implants (INS-5, INS-9)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Manifest,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    install_shipped,
    read_table_file,
)
from plugins.vigilance import columns, documents
from plugins.vigilance.contracts import DUTIES, DUTY, DUTY_CLOCK, EVENT, IMPLANT, LADDER, LIMITS
from plugins.vigilance.models import AdverseEvent, Duty, Implant
from plugins.vigilance.services import erasing, events, implants

_TABLES = Path(__file__).parent / "data" / "tables"
_PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")
EDIT_RULES = "vigilance.rules.edit"

MANIFEST = Manifest(
    name="vigilance",
    label={"en": "Vigilance", "zh": "不良事件与植入登记"},
    summary={
        "en": "Adverse events with stop-use notices, reports and claims under time limits; the register of implants",
        "zh": "不良事件的停用通知、报告和索赔按时限办理；植入产品登记与追溯",
    },
    version="0.1.0",
    category="service",
    icon="siren",
    requires=("base",),
    industries=("medical_dealer",),
    permissions=(
        Permission(events.VIEW, N_("See adverse events")),
        Permission(events.OPEN, N_("Report adverse events")),
        Permission(events.WORK, N_("Work on adverse events: gather, tell, report, claim, conclude")),
        Permission(events.CLOSE, N_("Close adverse events and reopen them")),
        Permission(events.PATIENT, N_("See patients; each look is kept on record")),
        Permission(implants.VIEW, N_("See the register of implants, without patients")),
        Permission(implants.EDIT, N_("Record implants, and that they were taken out")),
        Permission(EDIT_RULES, N_("Change what adverse events ask for, and by when")),
    ),
    settings=(
        SettingDef(
            "vigilance.pattern", N_("Pattern of the numbers of adverse events"), default="BL{yy}{mm}-{n:04d}",
            help=_PATTERN_HELP,
        ),
        SettingDef(
            "vigilance.report_pattern", N_("Pattern of the numbers of reports of adverse events"),
            default="BG{yy}{mm}-{n:04d}", help=_PATTERN_HELP,
        ),
        SettingDef(
            "vigilance.stop_pattern", N_("Pattern of the numbers of stop-use notices"),
            default="TY{yy}{mm}-{n:04d}", help=_PATTERN_HELP,
        ),
    ),
)  # fmt: skip


@hookimpl
def record_kinds():
    return [
        RecordKind(
            EVENT, AdverseEvent, N_("Adverse event"), lambda row: row.number, "vigilance.event_page", events.VIEW,
            icon="siren",
        ),
        RecordKind(
            DUTY, Duty, N_("Duty of an adverse event"), lambda row: str(row.id), view=events.VIEW, icon="list-checks"
        ),
        RecordKind(
            IMPLANT, Implant, N_("Implant"), lambda row: row.serial or row.batch, "vigilance.implant_page",
            implants.VIEW, icon="bone",
        ),
    ]  # fmt: skip


@hookimpl
def column_words():
    return [columns.WORDS]


@hookimpl
def workflows():
    return [events.WORKFLOW]


@hookimpl
def clock_kinds():
    return [ClockKind(DUTY_CLOCK, N_("Duty of an adverse event"), LIMITS, LADDER)]


@hookimpl
def decision_tables():
    def table(name, words):
        path = _TABLES / f"{name.partition('.')[2]}.yaml"
        return TableDef(name, words, lambda: read_table_file(path), "vigilance.rules.edit")

    return [
        table(DUTIES, N_("Duties after an adverse event")), table(LIMITS, N_("Time limits of adverse events")),
        table(LADDER, N_("Overdue duties of adverse events")),
    ]  # fmt: skip


@hookimpl
def document_kinds():
    return documents.KINDS


@hookimpl
def event_kinds():
    return [
        EventKind("vigilance.event_opened", N_("Adverse event {number}: {subject}. {harm}"), "siren"),
        EventKind("vigilance.event_gathered", N_("Details of {number} written down: {harm}"), "pencil"),
        EventKind("vigilance.event_investigated", N_("{number} is being investigated"), "microscope"),
        EventKind("vigilance.event_concluded", N_("Cause of {number}: {cause}"), "clipboard-check"),
        EventKind("vigilance.event_closed", N_("{number} closed"), "circle-check"),
        EventKind("vigilance.event_reopened", N_("{number} reopened: {reason}"), "rotate-ccw"),
        EventKind("vigilance.duty_opened", N_("{number} asks for: {what}"), "list-plus"),
        EventKind("vigilance.duty_dropped", N_("No longer needed: {what}"), "circle-slash"),
        EventKind("vigilance.stop_sent", N_("{person} was told to stop using it"), "send"),
        EventKind("vigilance.duty_done", N_("Done: {what}. {person} {reference}"), "check"),
        EventKind("vigilance.implant_recorded", N_("{piece} implanted in {hospital} on {day}"), "bone"),
        EventKind("vigilance.implant_out", N_("{piece} taken out on {day}"), "log-out"),
        EventKind("vigilance.patient_written", N_("What is known of the patient was written down"), "user-pen"),
        EventKind("vigilance.patient_shown", N_("{who} looked at the patient: {reason}"), "eye"),
    ]


@hookimpl
def default_roles():
    work = (events.VIEW, events.OPEN, events.WORK)
    registry = (implants.VIEW, implants.EDIT)
    everything = (*work, events.CLOSE, events.PATIENT, *registry, EDIT_RULES)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, everything),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, everything),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (events.VIEW, implants.VIEW)),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (*work, events.CLOSE, events.PATIENT, *registry)),
        RoleDef("purchasing", {"en": "Purchasing", "zh": "采购员"}, work),
        RoleDef("technician", {"en": "Technician", "zh": "技术员"}, work),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (events.VIEW, events.OPEN)),
        RoleDef("sales", {"en": "Sales", "zh": "销售"}, (events.VIEW, events.OPEN, *registry)),
    ]


@hookimpl
def lists():
    from plugins.vigilance.lists import EVENTS, IMPLANTS

    return [EVENTS, IMPLANTS]


@hookimpl
def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("quality", N_("Adverse events"), "vigilance.events_list", "siren", 60),
        MenuItem("quality", N_("Implants"), "vigilance.implants_list", "bone", 65),
    ]


@hookimpl
def blueprints():
    from plugins.vigilance.views import blueprint

    return [blueprint]


@hookimpl
def record_panels(ctx, record):
    from plugins.vigilance.panels import panels_for

    return panels_for(ctx, record)


@hookimpl
def contact_offers(ctx, contact):
    from plugins.vigilance.panels import offers

    return offers(ctx, contact)


@hookimpl
def work_items(ctx):
    from plugins.vigilance.panels import work

    return work(ctx)


@hookimpl
def personal_data(ctx, ref):
    return erasing.personal_data(ctx, ref)


@hookimpl
def erase_person(ctx, ref):
    erasing.erase(ctx, ref)


@hookimpl
def demo_data():
    from plugins.vigilance.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "vigilance")
