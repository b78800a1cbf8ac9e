"""Calls, what they are for, and how customers wish to be called."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, Permission, RecordKind, RoleDef, SettingDef
from plugins.callback import columns, erasing
from plugins.callback.contracts import CALL, PERIOD, PREFERENCE
from plugins.callback.models import Call, Need, Period, Preference
from plugins.callback.panels import calls as panels

_SEE = ("callback.call.view",)
_CALL = (*_SEE, "callback.preference.edit")
_ALL = (*_CALL, "callback.call.plan")

PERMISSIONS = (
    Permission("callback.call.view", N_("See planned calls")),
    Permission("callback.call.plan", N_("Plan, move and cancel calls by hand")),
    Permission("callback.preference.edit", N_("Note how customers wish to be called")),
)

SETTINGS = (
    SettingDef(
        "callback.reasons",
        N_("Reasons to call"),
        "text",
        "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef(
        "callback.agent_role", N_("Role of those who make calls"), "role", "agent", N_("Calls are dealt among them.")
    ),
    SettingDef(
        "callback.month_limit",
        N_("A customer is called at most so many times a month, whatever the reasons"),
        "int",
        2,
        minimum=1,
        maximum=31,
    ),
)


def record_kinds():
    see = "callback.call.view"
    return [
        RecordKind(
            PERIOD, Period, N_("Quarter of callbacks"), lambda p: p.code, "callback.period_page", "callback.plan.view",
            icon="calendar-range",
        ),
        RecordKind(
            CALL, Call, N_("Planned call"), lambda c: str(c.id), "callback.call_page", see, icon="phone-outgoing",
            parts=(Need,),
        ),
        RecordKind(
            PREFERENCE, Preference, N_("Wishes about calls"), lambda p: str(p.id), "", see,
            icon="phone-off",
        ),
    ]  # fmt: skip


def column_words():
    return [columns.CALLS]


def event_kinds():
    return [
        EventKind("callback.preference_saved", N_("How {name} wishes to be called was noted"), "phone-off"),
        EventKind("callback.period_opened", N_("Quarter {code} opened for callbacks"), "calendar-range"),
        EventKind("callback.call_planned", N_("Call to {name} planned for {day}"), "phone-outgoing"),
        EventKind("callback.call_moved", N_("Call moved to {day}: {name}"), "calendar-range"),
        EventKind("callback.call_cancelled", N_("Call of {day} cancelled: {reason}"), "phone-off"),
        EventKind("callback.call_noted", N_("Call of {day} made: {result}"), "phone-call"),
        EventKind("callback.calls_handed_over", N_("Calls handed over to {to}: {count}"), "forward"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _CALL),
    ]


def lists():
    from plugins.callback.lists.calls import CALLS

    return [CALLS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("customers", N_("Planned calls"), "callback.calls_list", "phone-outgoing", 72)]


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def event_handlers():
    return [Handler("base.customers_merged", "settle_merged", _settle_merged)]


def _settle_merged(ctx, event):
    from plugins.callback.services.merging import settle_merged

    settle_merged(ctx, event.record_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.callback.services.calls import hand_over_calls

    return hand_over_calls(ctx, from_user_id, to_user_id)


def personal_data(ctx, ref):
    return erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    return erasing.erase(ctx, ref)
