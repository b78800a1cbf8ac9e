"""Leave: asked for, approved where the company's rules say so, counted as a gap in duty."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, Permission, RecordKind, RoleDef, SettingDef
from plugins.workforce import columns, handlers
from plugins.workforce.contracts import LEAVE
from plugins.workforce.models import Leave
from plugins.workforce.services.leave import WORKFLOW

_ASK = ("workforce.leave.view", "workforce.leave.ask")
_ALL = (*_ASK, "workforce.leave.plan")

PERMISSIONS = (
    Permission("workforce.leave.view", N_("See who is on leave")),
    Permission("workforce.leave.ask", N_("Ask for leave of one's own")),
    Permission("workforce.leave.plan", N_("Enter leave of others, refuse it")),
)

SETTINGS = (
    SettingDef(
        "workforce.leave_pattern",
        N_("Pattern of the numbers of leave"),
        default="QJ{yy}{mm}-{n:03d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "workforce.leave_kinds",
        N_("Kinds of leave"),
        "text",
        "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef("workforce.noon", N_("Half a day ends at"), default="12:00", help=N_("A time, such as 12:00.")),
)


def record_kinds():
    return [
        RecordKind(
            LEAVE, Leave, N_("Leave"), lambda row: row.number, "workforce.leave_page", "workforce.leave.view",
            icon="plane",
        )
    ]


def column_words():
    return [columns.LEAVE]


def workflows():
    return [WORKFLOW]


def event_kinds():
    return [
        EventKind("workforce.leave_asked", N_("{name} asks for leave {number}: {when}"), "plane"),
        EventKind("workforce.leave_agreed", N_("Leave {number} of {name} counts: {when}"), "circle-check"),
        EventKind("workforce.leave_refused", N_("Leave {number} of {name} refused: {reason}"), "circle-x"),
        EventKind("workforce.leave_withdrawn", N_("Leave {number} of {name} withdrawn: {reason}"), "undo-2"),
    ]


def event_handlers():
    return [
        Handler("core.approval_granted", "leave_approved", handlers.leave_approved),
        Handler("core.approval_refused", "leave_refused", handlers.leave_refused),
        Handler("core.approval_refused_for", "leave_refused", handlers.leave_refused),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _ASK),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _ALL),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _ASK),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _ASK),
    ]


def lists():
    from plugins.workforce.lists.leave import LEAVE as LISTED

    return [LISTED]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("people", N_("Leave"), "workforce.leave_list", "plane", 61)]
