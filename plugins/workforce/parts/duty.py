"""Duty: rosters without gaps, shifts, swaps, the backup pool."""

from __future__ import annotations

from core.api import N_, EventKind, Job, Permission, RecordKind, RoleDef, SettingDef, hookimpl
from plugins.workforce import columns
from plugins.workforce.contracts import CALL_IN, POOL_MEMBER, ROSTER, SHIFT
from plugins.workforce.importing import shifts as importing
from plugins.workforce.models import CallIn, PatternLine, PoolMember, Roster, Shift, Swap
from plugins.workforce.panels import duty as panels
from plugins.workforce.queries import duty as queries
from plugins.workforce.services import rosters as services

_OWN = ("workforce.roster.view", "workforce.shift.swap")
_PLAN = (*_OWN, "workforce.roster.plan", "workforce.pool.view")
_ALL = (*_PLAN, "workforce.roster.edit", "workforce.pool.edit")

PERMISSIONS = (
    Permission("workforce.roster.view", N_("See duty rosters and who is on duty")),
    Permission("workforce.roster.edit", N_("Change what rosters cover, and their patterns")),
    Permission("workforce.roster.plan", N_("Plan and cancel shifts, draw people in from the pool")),
    Permission("workforce.shift.swap", N_("Swap one's shifts with colleagues")),
    Permission("workforce.pool.view", N_("See the backup pool and calls to it")),
    Permission("workforce.pool.edit", N_("Change who is in the backup pool")),
)

SETTINGS = (
    SettingDef(
        "workforce.gap_days",
        N_("Gaps in duty are looked for so many days ahead"),
        "int",
        7,
        minimum=1,
        maximum=60,
    ),
    SettingDef(
        "workforce.plan_ahead_weeks",
        N_("Rosters are planned by their pattern so many weeks ahead"),
        "int",
        0,
        N_("0: only when somebody does it."),
        minimum=0,
        maximum=26,
    ),
)


def record_kinds():
    see = "workforce.roster.view"
    return [
        RecordKind(
            ROSTER, Roster, N_("Duty roster"), lambda r: r.code, "workforce.roster_page", see, icon="calendar-clock",
            parts=(PatternLine,),
        ),
        RecordKind(
            SHIFT, Shift, N_("Shift"), lambda s: str(s.id), "workforce.shift_page", see, icon="calendar-days",
            parts=(Swap,),
        ),
        RecordKind(
            POOL_MEMBER, PoolMember, N_("Person of the backup pool"), lambda m: str(m.id), "workforce.pool_page",
            "workforce.pool.view", icon="users-round",
        ),
        RecordKind(
            CALL_IN, CallIn, N_("Call to the backup pool"), lambda c: str(c.id), "", "workforce.pool.view",
            icon="phone-outgoing",
        ),
    ]


def column_words():
    return [columns.DUTY]


def event_kinds():
    return [
        EventKind("workforce.roster_saved", N_("Roster “{name}” ({code}) saved"), "calendar-clock"),
        EventKind("workforce.pattern_changed", N_("Pattern of {code} changed: {name}"), "calendar-range"),
        EventKind("workforce.roster_planned", N_("{code} planned by its pattern, {first} to {last}: {count}"),
                  "calendar-check"),
        EventKind("workforce.shift_planned", N_("{name} has duty on {roster}, {begins} to {ends}"), "calendar-plus"),
        EventKind("workforce.shift_cancelled",
                  N_("Duty of {name} on {roster}, {begins} to {ends}, cancelled: {reason}"), "calendar-x"),
        EventKind("workforce.shift_swapped", N_("{to} takes over duty of {name} on {roster}, {begins} to {ends}"),
                  "repeat-2"),
        EventKind("workforce.swap_asked", N_("{name} asks {to} to take over, {roster}, {begins} to {ends}"),
                  "repeat-2"),
        EventKind("workforce.swap_refused", N_("{to} can't take over from {name}, {roster}, {begins}: {reason}"), "x"),
        EventKind("workforce.swap_withdrawn", N_("{name} no longer asks for somebody, {roster}, {begins} to {ends}"),
                  "undo-2"),
        EventKind("workforce.pool_saved", N_("{name} in the backup pool saved"), "users-round"),
        EventKind("workforce.called_in", N_("{name} drawn in for {roster}, {when}: {reason}"), "phone-outgoing"),
        EventKind("workforce.called_in_vain", N_("{name} called in vain for {roster}, {when}: {reason}"),
                  "phone-missed"),
    ]  # fmt: skip


def profile_sections():
    from plugins.workforce.services.profile_rosters import ROSTERS

    return [ROSTERS]


def jobs():
    return [Job("workforce.keep_rosters", services.keep_rosters, every=6 * 3600)]


def importers():
    return [importing.SHIFTS]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, ("workforce.roster.view",)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _PLAN),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _OWN),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _OWN),
    ]


def lists():
    from plugins.workforce.lists.rosters import CALLS, POOL, ROSTERS, SHIFTS

    return [ROSTERS, SHIFTS, POOL, CALLS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("people", N_("Duty rosters"), "workforce.rosters_list", "calendar-clock", 60)]


def duty_plans(ctx, begins, ends, code):
    return queries.plans(ctx, begins, ends, code)


def work_items(ctx):
    return panels.work(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def home_today(ctx):
    return panels.today(ctx)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def menu_counts(ctx):
    return panels.counts(ctx)


@hookimpl(optionalhook=True)
def agent_duty(ctx, user_ids, roster, start, end):
    """A hook of the module of callbacks, where that is installed."""
    from plugins.workforce.queries.duty import duty_and_leave

    return duty_and_leave(ctx, user_ids, roster, start, end)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_shifts(ctx, from_user_id, to_user_id)
