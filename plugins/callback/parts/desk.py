"""The phone desk: who answers the service phone, missed calls, calling back."""

from __future__ import annotations

from pathlib import Path

from core.api import N_, ClockKind, EventKind, Permission, RecordKind, RoleDef, SettingDef, TableDef, read_table_file
from plugins.callback import calling_columns, desk_erasing
from plugins.callback.calling_contracts import MISSED
from plugins.callback.importing import missed as importing
from plugins.callback.models import MissedCall
from plugins.callback.panels import desk as panels
from plugins.callback.services.desk import JUDGE, RECORD, hand_over_missed

SEE = "callback.desk.view"
_TABLE = Path(__file__).parents[1] / "data" / "tables" / "missed_calls.yaml"

PERMISSIONS = (
    Permission(SEE, N_("See the phone desk and missed calls")),
    Permission(RECORD, N_("Record missed calls and call back")),
    Permission(JUDGE, N_("Decide on objections to missed calls")),
)

SETTINGS = (
    SettingDef(
        "callback.desk_roster",
        N_("Duty roster of the service phone"),
        "text",
        "",
        N_("Its code. Empty: the only roster there is."),
    ),
    SettingDef(
        "callback.call_back_hours",
        N_("Loaded missed calls older than so many hours are only counted"),
        "int",
        48,
        minimum=1,
        maximum=8760,
    ),
    SettingDef("callback.desk_days", N_("The phone desk shows so many days ahead"), "int", 7, minimum=1, maximum=31),
)


def record_kinds():
    return [
        RecordKind(
            MISSED, MissedCall, N_("Missed call"), lambda m: m.phone, "callback.missed_page", SEE, icon="phone-missed"
        )
    ]  # fmt: skip


def column_words():
    return [calling_columns.DESK]


def clock_kinds():
    return [ClockKind(MISSED, N_("Calling back"), "callback.promise_limits", "callback.promise_escalation")]


def decision_tables():
    edit = "callback.calling_rules.edit"
    return [TableDef("callback.missed_calls", N_("Missed calls"), lambda: read_table_file(_TABLE), edit)]


def event_kinds():
    return [
        EventKind("callback.missed_recorded", N_("Missed call of {at} from {phone} recorded"), "phone-missed"),
        EventKind("callback.missed_due", N_("To be called back by {due}"), "clock"),
        EventKind("callback.missed_given", N_("Calling {phone} back given to somebody else"), "user-check"),
        EventKind("callback.missed_called_back", N_("Called back: {result}"), "phone-outgoing"),
        EventKind("callback.missed_left", N_("Not called back: {reason}"), "phone-off"),
        EventKind("callback.missed_objected", N_("Objection: {reason}"), "message-square"),
        EventKind("callback.missed_waived", N_("Consequence waived: {reason}"), "circle-check"),
        EventKind("callback.missed_upheld", N_("Consequence stands: {reason}"), "gavel"),
    ]


def importers():
    return [importing.MISSED_CALLS]


def default_roles():
    agent = (SEE, RECORD)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*agent, JUDGE)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*agent, JUDGE)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (SEE,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, agent),
    ]


def lists():
    from plugins.callback.lists.missed import MISSED_CALLS

    return [MISSED_CALLS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("customers", N_("Phone desk"), "callback.desk_page", "headset", 74)]


def work_items(ctx):
    return panels.work(ctx)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return hand_over_missed(ctx, from_user_id, to_user_id)


def personal_data(ctx, ref):
    return desk_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    return desk_erasing.erase(ctx, ref)
