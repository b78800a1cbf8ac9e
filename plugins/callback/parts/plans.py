"""The plan of a quarter: rules, capacity, making it, approving it, keeping it up."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    OFFICE,
    EventKind,
    Job,
    Permission,
    RoleDef,
    SettingDef,
    TableDef,
    TaskKind,
    read_table_file,
)
from plugins.callback.services import planning as services
from plugins.callback.services.tally import count_changed

_TABLES = Path(__file__).parents[1] / "data" / "tables"
EDIT_RULES = "callback.rules.edit"
_PLAN = ("callback.plan.view", "callback.plan.make", "callback.plan.release")
_ALL = (*_PLAN, "callback.plan.approve", EDIT_RULES)
_APPROVE = ("callback.plan.view", "callback.plan.approve")
_HOURS = 3600

PERMISSIONS = (
    Permission("callback.plan.view", N_("See the plan of callbacks, its load and its coverage")),
    Permission("callback.plan.make", N_("Plan quarters of callbacks")),
    Permission("callback.plan.approve", N_("Approve plans of callbacks")),
    Permission("callback.plan.release", N_("Release and close plans of callbacks")),
    Permission("callback.rules.edit", N_("Change whom the plans of callbacks ask for")),
)

SETTINGS = (
    SettingDef(
        "callback.calls_per_day",
        N_("Calls that a person makes on a whole working day"),
        "int",
        30,
        N_("Less in proportion where somebody works less."),
        minimum=1,
        maximum=500,
    ),
    SettingDef("callback.calendar", N_("Working calendar of calls"), "calendar", OFFICE),
    SettingDef(
        "callback.roster",
        N_("Roster of those who make calls"),
        "str",
        "",
        N_("The code of a duty roster. Empty: they work the hours of the working calendar."),
    ),
    SettingDef("callback.noon", N_("The afternoon begins at"), default="12:00", help=N_("A time, such as 12:00.")),
    SettingDef("callback.evening", N_("The evening begins at"), default="18:00", help=N_("A time, such as 12:00.")),
    SettingDef(
        "callback.carry_days",
        N_("A call that was not made in time is made within so many days"),
        "int",
        10,
        minimum=1,
        maximum=60,
    ),
)


def workflows():
    return [services.WORKFLOW]


def decision_tables():
    return [
        TableDef("callback.plans", N_("Callback plans"), lambda: read_table_file(_TABLES / "plans.yaml"), EDIT_RULES)
    ]


def task_kinds():
    return [
        TaskKind(services.PLANNING, N_("Plan the callbacks of {code}"), services.plan_quarter, "callback.plan.make")
    ]


def jobs():
    return [
        Job("callback.keep_plans", services.keep_plans, every=6 * _HOURS),
        Job("callback.count_changed", count_changed, every=300),
    ]


def event_kinds():
    return [
        EventKind(
            "callback.period_planned",
            N_("{code} planned: new calls {new}, moved {moved}, dropped {dropped}, not called {left}"),
            "calendar-range",
        ),
        EventKind("callback.plan_approved", N_("Plan of {code} approved, calls: {count}"), "stamp"),
        EventKind("callback.plan_reopened", N_("Plan of {code} is reviewed again: {reason}"), "undo-2"),
        EventKind("callback.plan_released", N_("Plan of {code} released, calls: {count}"), "phone-outgoing"),
        EventKind("callback.plan_kept", N_("{code} is planned anew from tomorrow on"), "refresh-cw"),
        EventKind("callback.period_closed", N_("Quarter {code} closed, calls made: {count}"), "archive"),
        EventKind("callback.calls_placed", N_("{code}: calls put into the plan: {count}"), "phone-outgoing"),
        EventKind("callback.calls_replanned", N_("{code}: calls moved: {count}"), "calendar-range"),
        EventKind("callback.calls_dropped", N_("{code}: calls dropped: {count}"), "phone-off"),
        EventKind("callback.calls_missed", N_("{code}: calls not made in time: {count}"), "phone-missed"),
        EventKind("callback.needs_joined", N_("{code}: reasons joined to calls: {count}"), "merge"),
        EventKind("callback.needs_left_out", N_("{code}: reasons that nobody calls for: {count}"), "phone-off"),
        EventKind("callback.needs_withdrawn", N_("{code}: reasons no longer asked for: {count}"), "undo-2"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _APPROVE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, ("callback.plan.view",)),
    ]


def lists():
    from plugins.callback.lists.planning import LEFT_OUT, MOVES, PERIODS

    return [PERIODS, LEFT_OUT, MOVES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("customers", N_("Plan of callbacks"), "callback.periods_list", "calendar-range", 70)]
