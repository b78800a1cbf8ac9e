"""Preventive plans: visits opened in time, in a fixed or drifting rhythm, never twice."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
)
from plugins.service import life, models, plan_columns, plan_erasing, plan_finding
from plugins.service.handlers import plans as handlers
from plugins.service.importing import plans as importing
from plugins.service.panels import plans as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.plan_contracts import PLAN, STARTS
from plugins.service.services import plans as services
from plugins.service.services.plans import EDIT_PLANS, VIEW_PLANS

PERMISSIONS = (
    Permission("service.plan.view", N_("See preventive plans")),
    Permission("service.plan.edit", N_("Make, change, pause and end preventive plans")),
)

SETTINGS = (
    SettingDef(
        "service.plan_pattern", N_("Pattern of numbers of preventive plans"), default="BY{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            PLAN,
            models.CarePlan,
            N_("Preventive plan"),
            lambda p: p.number,
            "service.plan_page",
            VIEW_PLANS,
            found=plan_finding.PLANS,
            refile=plan_finding.FILED,
            icon="calendar-check",
        ),
    ]


def column_words():
    return [plan_columns.PLANS]


def event_kinds():
    return [
        EventKind("service.plan_made", N_("Plan {number} made: {name}, next visit {next_on}"), "calendar-check"),
        EventKind("service.plan_changed", N_("Plan {number} changed, next visit {next_on}"), "pencil"),
        EventKind("service.plan_refiled", N_("Plan {number} is for another customer or unit"), "pencil"),
        EventKind("service.plan_paused", N_("Plan {number} paused: {reason}"), "pause"),
        EventKind("service.plan_resumed", N_("Plan {number} goes on, next visit {next_on}"), "play"),
        EventKind("service.plan_ended", N_("Plan {number} ended: {reason}"), "circle-stop"),
        EventKind("service.plan_over", N_("Plan {number} is over"), "circle-stop"),
        EventKind("service.plan_opened", N_("{order} opened for the visit due on {due}"), "clipboard-list"),
        EventKind("service.plan_held", N_("The visit due on {due} is held back: {reason}"), "hourglass"),
        EventKind("service.plan_skipped", N_("The visit due on {due} skipped: {reason}"), "arrow-right"),
        EventKind(
            "service.plan_missed", N_("The visit due on {due} was not opened before the next one"), "triangle-alert"
        ),
        EventKind(
            "service.plan_visit_done", N_("The visit due on {due} is made, next visit {next_on}"), "circle-check"
        ),
        EventKind(
            "service.plan_visit_cancelled", N_("The order of the visit due on {due} was cancelled"), "circle-x"
        ),
        EventKind("service.plan_visit_reopened", N_("The visit due on {due} is not made yet: {reason}"), "rotate-ccw"),
        EventKind("service.plan_visit_booked", N_("Booked under {contract}: {words}"), "receipt"),
        EventKind("service.plan_visit_unbooked", N_("Booking under {contract} taken back: {reason}"), "undo-2"),
        EventKind("service.plan_visit_not_booked", N_("Not booked under {contract}: {why}"), "triangle-alert"),
        EventKind("service.plan_handed_over", N_("{name} looks after plan {number}"), "user-check"),
    ]


def event_handlers():
    return [
        *(Handler(event, "settle_planned_visit", handlers.settle_visit) for event in handlers.SETTLED),
        *(Handler(event, "reopen_planned_visit", handlers.reopen_visit) for event in handlers.REOPENED),
        *(Handler(event, "rebook_planned_visit", handlers.rebook_visit) for event in handlers.DECIDED),
        Handler("service.installation_accepted", "start_plans", handlers.start_plans),
    ]


def decision_tables():
    path = Path(__file__).parents[1] / "data" / "tables" / "plan_starts.yaml"
    return [TableDef(STARTS, N_("Plans after an installation"), lambda: read_table_file(path), life.EDIT_RULES)]


def jobs():
    return [Job("service.keep_plans", services.keep_plans, every=900)]


def importers():
    return [importing.PLANS]


def default_roles():
    both = (VIEW_PLANS, EDIT_PLANS)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, both),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, both),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW_PLANS,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, both),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, (VIEW_PLANS,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (VIEW_PLANS,)),
    ]


def lists():
    from plugins.service.lists.plans import PLANS

    return [PLANS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Preventive plans"), "service.plans_list", "calendar-check", 18)]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def personal_data(ctx, ref):
    return plan_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    plan_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_plans(ctx, from_user_id, to_user_id)
