"""Calling: the next call, its result, what is promised."""

from __future__ import annotations

from pathlib import Path

from core.api import N_, ClockKind, EventKind, Permission, RecordKind, RoleDef, SettingDef, TableDef, read_table_file
from plugins.callback import calling_columns, calling_erasing
from plugins.callback.calling_contracts import PROMISE, TRY
from plugins.callback.models import Promise, Try
from plugins.callback.panels import calling as panels
from plugins.callback.services.calling import LEAD, MAKE
from plugins.callback.services.promises import WORK, hand_over_promises

SEE = "callback.call.view"
EDIT_RULES = "callback.calling_rules.edit"
_TABLES = Path(__file__).parents[1] / "data" / "tables"

PERMISSIONS = (
    Permission(MAKE, N_("Make calls and enter what came of them")),
    Permission(WORK, N_("Carry out promises and tasks from calls")),
    Permission(LEAD, N_("See who calls whom, free calls, hand calls over")),
    Permission(EDIT_RULES, N_("Change the rules of calling and of the phone desk")),
)

SETTINGS = (
    SettingDef(
        "callback.lock_minutes",
        N_("A call in progress is kept for its person so many minutes"),
        "int",
        30,
        N_("Counted from when something was typed last; then others may take it."),
        minimum=1,
        maximum=600,
    ),
    SettingDef(
        "callback.take_colleagues",
        N_("Whoever is free is also handed calls that are dealt to colleagues"),
        "bool",
        True,
    ),
    SettingDef(
        "callback.afternoon_begins", N_("Hour at which afternoon calls begin"), "int", 12, minimum=1, maximum=22
    ),
    SettingDef("callback.evening_begins", N_("Hour at which evening calls begin"), "int", 18, minimum=2, maximum=23),
    SettingDef(
        "callback.script",
        N_("What callers say"),
        "text",
        "",
        N_("A line each; stands beside every call. Empty: what comes with the module."),
    ),
)


def record_kinds():
    return [
        RecordKind(TRY, Try, N_("Attempt to call"), lambda t: str(t.id), "callback.try_page", SEE, icon="phone-call"),
        RecordKind(
            PROMISE, Promise, N_("Promise or task from a call"), lambda p: p.text[:60], "callback.promise_page", SEE,
            icon="handshake",
        ),
    ]  # fmt: skip


def column_words():
    return [calling_columns.CALLING]


def clock_kinds():
    return [
        ClockKind(PROMISE, N_("Task from a call"), "callback.promise_limits", "callback.promise_escalation"),
    ]


def decision_tables():
    def table(name, words):
        path = _TABLES / f"{name}.yaml"
        return TableDef(f"callback.{name}", words, lambda: read_table_file(path), EDIT_RULES)

    return [
        table("retries", N_("Calling again")),
        table("promise_limits", N_("Time limits of tasks from calls")),
        table("promise_escalation", N_("Escalation of tasks from calls")),
    ]


def event_kinds():
    return [
        EventKind("callback.call_begun", N_("{by} calls {name}"), "phone-call"),
        EventKind("callback.call_freed", N_("Call of {name} given back"), "undo-2"),
        EventKind("callback.call_tried", N_("{name} called by {by}, attempt {attempt}: {result}"), "phone-outgoing"),
        EventKind("callback.call_led_on", N_("The call led on: {what}"), "arrow-right"),
        EventKind("callback.calls_given", N_("Calls of {name} given to {to}: {count}"), "forward"),
        EventKind("callback.promise_made", N_("{what}: {text}"), "handshake"),
        EventKind("callback.promise_due", N_("To be done by {due}"), "clock"),
        EventKind("callback.promise_given", N_("Given to {name}"), "user-check"),
        EventKind("callback.promise_kept", N_("Done: {result}"), "circle-check"),
        EventKind("callback.promise_given_up", N_("Given up: {reason}"), "circle-x"),
    ]


def default_roles():
    agent = (MAKE, WORK)
    lead = (*agent, LEAD)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*lead, EDIT_RULES)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*lead, EDIT_RULES)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, agent),
    ]


def lists():
    from plugins.callback.lists.promises import PROMISES

    return [PROMISES]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("customers", N_("Make calls"), "callback.calling_page", "phone-call", 70),
        MenuItem("customers", N_("Promises from calls"), "callback.promises_list", "handshake", 73),
    ]


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return hand_over_promises(ctx, from_user_id, to_user_id)


def personal_data(ctx, ref):
    return calling_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    return calling_erasing.erase(ctx, ref)
