"""Batch holds with their tasks (ISO-5.2.4), and tracing a lot forwards and backwards (STO-10, DST-4.5)."""

from __future__ import annotations

from core.api import N_, ClockKind, ColumnWords, EventKind, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory.contracts import (
    DECISION_WORDS,
    HOLD,
    HOLD_CLOCK,
    HOLD_STATE_WORDS,
    HOLD_TASK,
    HOLD_TASK_STATE_WORDS,
    HOLD_TASK_WORDS,
)
from plugins.inventory.models import Hold, HoldTask

VIEW, WORK = "inventory.hold.view", "inventory.hold.work"

PERMISSIONS = (
    Permission(VIEW, N_("See batch holds, their tasks, and where a batch came from and went")),
    Permission(WORK, N_("Report tasks of batch holds done")),
)
SETTINGS = (
    SettingDef(
        "inventory.hold_task_within", N_("Time for each task of a batch hold"), "duration", "1 working_days",
        N_("From the moment the batch is held."),
    ),
    SettingDef(
        "inventory.hold_escalates_to", N_("Who is told of late tasks of batch holds"), "role", "manager",
        N_("When the time is over and the task is not done."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(HOLD, Hold, N_("Batch hold"), lambda row: str(row.id), "inventory.hold_page", VIEW,
                   icon="octagon-pause"),
        RecordKind(HOLD_TASK, HoldTask, N_("Task of a hold"), lambda row: str(row.id), "inventory.hold_task_page",
                   VIEW, icon="list-checks"),
    ]  # fmt: skip


def clock_kinds():
    return [ClockKind(HOLD_CLOCK, N_("Task of a hold"), "")]


def column_words():
    return [
        ColumnWords(
            {
                "inventory_hold.batch_id": N_("Batch"),
                "inventory_hold.state": N_("State"),
                "inventory_hold.reason": N_("Why it is held"),
                "inventory_hold.freed": N_("Set free"),
                "inventory_hold.begun_at": N_("Held since"),
                "inventory_hold.begun_by": N_("By"),
                "inventory_hold.begun_by_id": N_("By"),
                "inventory_hold.ended_by": N_("Decided by"),
                "inventory_hold_task.done_by": N_("Done by"),
                "inventory_hold.decision": N_("Decision"),
                "inventory_hold.decision_reason": N_("Reason"),
                "inventory_hold_task.kind": N_("What is to be done"),
                "inventory_hold_task.state": N_("State"),
                "inventory_hold_task.hold_id": N_("Batch hold"),
                "inventory_hold_task.location_id": N_("Location"),
                "inventory_hold_task.customer_id": N_("Customer"),
                "inventory_hold_task.device_id": N_("Unit"),
                "inventory_hold_task.quantity": N_("Quantity"),
                "inventory_hold_task.result": N_("What was done"),
            },
            {
                "inventory_hold.state": HOLD_STATE_WORDS,
                "inventory_hold.decision": DECISION_WORDS,
                "inventory_hold_task.kind": HOLD_TASK_WORDS,
                "inventory_hold_task.state": HOLD_TASK_STATE_WORDS,
            },
        )
    ]


def event_kinds():
    return [
        EventKind("inventory.hold_begun", N_("Batch {number} of {part} held: {tasks} tasks"), "octagon-pause"),
        EventKind("inventory.hold_ended", N_("Hold of batch {number} ended: {decision}. {reason}"), "circle-play"),
        EventKind("inventory.hold_task_done", N_("Task of the hold done: {result}"), "check"),
        EventKind("inventory.freed_by_hold", N_("{what} set free: batch {number} is held"), "lock-open"),
    ]


def default_roles():
    both = (VIEW, WORK)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, both),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, both),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW,)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, both),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, both),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, both),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, both),
    ]


def lists():
    from plugins.inventory.lists.holds import HOLD_TASKS, HOLDS

    return [HOLDS, HOLD_TASKS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("parts", N_("Batch holds"), "inventory.holds_list", "octagon-pause", 60),
        MenuItem("parts", N_("Trace"), "inventory.trace_page", "route", 65),
    ]


def record_panels(ctx, record):
    from plugins.inventory.panels.holds import panels_for

    return panels_for(ctx, record)


def work_items(ctx):
    from plugins.inventory.panels.holds import work

    return work(ctx)


def erase_person(ctx, ref):
    from plugins.inventory.services.erasing import erase

    erase(ctx, ref)
