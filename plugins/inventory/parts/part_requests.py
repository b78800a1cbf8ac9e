"""Requests of technicians for parts: approval, picking, handing over."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
)
from plugins.inventory import handlers_moves as handlers
from plugins.inventory import part_request_columns
from plugins.inventory.models import PartRequest, PartRequestLine
from plugins.inventory.part_request_contracts import LIMITS, PART_REQUEST
from plugins.inventory.services import part_requests

_DATA = Path(__file__).parents[1] / "data"
EDIT_LIMITS = "inventory.part_request.edit_limits"
_ASK = (part_requests.VIEW, part_requests.ASK)
_SERVE = (*_ASK, part_requests.SERVE)
_ALL = (*_SERVE, EDIT_LIMITS)

PERMISSIONS = (
    Permission(part_requests.VIEW, N_("See requests for parts")),
    Permission(part_requests.ASK, N_("Ask for parts into one’s own store")),
    Permission(part_requests.SERVE, N_("Serve requests for parts: pick, hand over, refuse")),
    Permission(EDIT_LIMITS, N_("Change the time limits of requests for parts")),
)
SETTINGS = (
    SettingDef(
        "inventory.part_request_pattern", N_("Pattern of the numbers of requests for parts"),
        default="LL{yy}{mm}-{n:04d}", help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            PART_REQUEST, PartRequest, N_("Request for parts"), lambda row: row.number, "inventory.part_request_page",
            part_requests.VIEW, icon="hand-helping", parts=(PartRequestLine,),
        )
    ]  # fmt: skip


def column_words():
    return [part_request_columns.WORDS]


def workflows():
    return [part_requests.WORKFLOW]


def clock_kinds():
    return [ClockKind(PART_REQUEST, N_("Hand-over of the parts"), LIMITS)]


def decision_tables():
    path, words = _DATA / "tables" / "part_request_limits.yaml", N_("Time limits of requests for parts")
    return [TableDef(LIMITS, words, lambda: read_table_file(path), "inventory.part_request.edit_limits")]


def event_kinds():
    return [
        EventKind("inventory.part_request_begun", N_("Request for parts {number} begun"), "circle-dashed"),
        EventKind("inventory.part_request_line", N_("{what} wanted in {number}"), "list-plus"),
        EventKind("inventory.part_request_line_dropped", N_("{code} taken out of {number}"), "x"),
        EventKind("inventory.part_request_asked", N_("Parts asked for in {number}: {what}"), "hand-helping"),
        EventKind("inventory.part_request_approved", N_("Request for parts {number} approved"), "circle-check"),
        EventKind("inventory.part_request_handed", N_("{what} of {number} handed over ({transfer})"), "package-check"),
        EventKind("inventory.part_request_done", N_("All of {number} is handed over"), "circle-check"),
        EventKind("inventory.part_request_refused", N_("Request for parts {number} refused: {reason}"), "circle-x"),
        EventKind("inventory.part_request_cancelled", N_("Request for parts {number} cancelled: {reason}"), "undo-2"),
    ]


def event_handlers():
    return [
        Handler("core.approval_granted", "part_request_approved", handlers.approved),
        Handler("core.approval_refused", "part_request_refused", handlers.refused),
        Handler("core.approval_refused_for", "part_request_refused", handlers.refused),
        Handler("inventory.received", "keep_for_requests", handlers.stock_came),
        Handler("service.closed", "requests_ended", handlers.order_ended),
        Handler("service.cancelled", "requests_ended", handlers.order_ended),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (part_requests.VIEW,)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _SERVE),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, (part_requests.VIEW,)),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _ASK),
    ]


def lists():
    from plugins.inventory.lists.part_requests import PART_REQUESTS

    return [PART_REQUESTS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Requests for parts"), "inventory.part_requests_list", "hand-helping", 13)]


def record_panels(ctx, record):
    from plugins.inventory.panels.part_requests import panels_for

    return panels_for(ctx, record)


def work_items(ctx):
    from plugins.inventory.panels.part_requests import work

    return work(ctx)
