"""Faulty parts and units that have to come back (RMA), and units for analysis (AG-15, ISO-5.2.5, INS-11)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
    read_templates,
)
from plugins.service import (
    life,
    models,
    rma_columns,
    rma_documents,
    rma_erasing,
    rma_finding,
    rma_life,
)
from plugins.service.handlers import rma as handlers
from plugins.service.jobs import rma as jobs_of
from plugins.service.panels import rma as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import orders as order_queries
from plugins.service.rma_contracts import RMA, RMA_ARRIVE, RMA_EXAMINE, RMA_SEND
from plugins.service.rma_life import RECEIVE, SEND, WRITE_OFF
from plugins.service.services import rma as services

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = (
    Permission("service.rma.send", N_("Record what has to come back, send it")),
    Permission("service.rma.receive", N_("Receive returns, examine them, settle them")),
    Permission("service.rma.write_off", N_("Write returns off")),
)

SETTINGS = (
    SettingDef(
        "service.rma_pattern", N_("Pattern of numbers of returns"), default="FH{yy}{mm}-{n:04d}", help=PATTERN_HELP
    ),
    SettingDef(
        "service.rma_label_pattern", N_("Pattern of numbers of labels of returns"), default="FB{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.analysis_pattern", N_("Pattern of numbers of reports of analyses"), default="FX{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            RMA,
            models.Rma,
            N_("Return (RMA)"),
            lambda r: r.number,
            "service.rma_page",
            life.VIEW,
            sees=lambda ctx, item: order_queries.find_order(ctx, item.order_id) is not None,
            found=rma_finding.RMAS,
            icon="package-open",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [rma_columns.RMAS]


def workflows():
    return [rma_life.WORKFLOW]


def clock_kinds():
    limits, ladder = "service.rma_limits", "service.escalation"
    return [
        ClockKind(RMA_SEND, N_("Return to be sent"), limits, ladder),
        ClockKind(RMA_ARRIVE, N_("Return on its way"), limits, ladder),
        ClockKind(RMA_EXAMINE, N_("Return to be examined"), limits, ladder),
    ]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"service.{name}", words, lambda: read_table_file(path), life.EDIT_RULES)

    return [
        table("rma_rules", N_("Which parts come back")),
        table("rma_limits", N_("Time limits of returns")),
        table("rma_chasing", N_("Chasing of returns")),
    ]


def event_kinds():
    return [
        EventKind(
            "service.rma_expected", N_("{number}: {name} × {quantity} has to come back {reason}"), "hourglass"
        ),
        EventKind("service.rma_changed", N_("{number}: {name} × {quantity} has to come back"), "pencil"),
        EventKind("service.rma_withdrawn", N_("{number} is not expected any more: {reason}"), "circle-minus"),
        EventKind("service.rma_passed", N_("{name} sends {number} now"), "user-check"),
        EventKind("service.rma_sent", N_("{number} sent by {carrier} {tracking}"), "truck"),
        EventKind("service.rma_received", N_("{number} has come in: {condition}"), "package-check"),
        EventKind(
            "service.rma_differs", N_("{number}: {serial} came instead of {expected}, taken all the same: {reason}"),
            "triangle-alert",
        ),
        EventKind("service.rma_refused", N_("{number} refused at receiving: {reason}"), "circle-x"),
        EventKind("service.rma_examined", N_("{number} examined: {result}"), "microscope"),
        EventKind("service.rma_told", N_("The result of {number} was told {who} ({how})"), "send"),
        EventKind("service.rma_closed", N_("{number} is done with: {disposal}"), "circle-check"),
        EventKind("service.rma_written_off", N_("{number} written off: {reason}"), "circle-x"),
        EventKind("service.rma_chased", N_("{number} is overdue; told: {who}"), "bell-ring"),
        EventKind("service.rma_rested", N_("{number} needs no chasing now"), "bell-off"),
        EventKind("service.rma_refreshed", N_("Deadlines of returns reckoned anew"), "refresh-cw"),
    ]


def event_handlers():
    return [Handler("warranty.unit_exchanged", "expect_exchanged_unit", handlers.follow_exchange)]


def jobs():
    return [Job("service.chase_rma", jobs_of.chase, every=3600)]


def message_templates():
    return read_templates(_DATA / "messages_rma.yaml")


def default_roles():
    every = (SEND, RECEIVE, WRITE_OFF)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, every),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, every),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (SEND, RECEIVE)),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, (SEND,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (SEND,)),
    ]


def document_kinds():
    return rma_documents.KINDS


def lists():
    from plugins.service.lists.rma import RMAS

    return [RMAS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("papers", N_("Returned parts"), "service.rma_list", "package-open", 15)]


def plugin_enabled(ctx):
    services.refresh_urgency(ctx)


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def personal_data(ctx, ref):
    return rma_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    rma_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_returns(ctx, from_user_id, to_user_id)
