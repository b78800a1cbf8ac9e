"""Dispatch: who is sent and when, proposals with reasons, appointments, the head's assessment, the dispatcher's day."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ColumnWords,
    EventKind,
    Handler,
    Permission,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
    read_templates,
)
from plugins.service import life, services, staffing
from plugins.service.contracts import APPOINTMENT_HOW_WORDS, ASSIGNMENT_WORDS, TRIAGE_WORDS
from plugins.service.handlers import dispatch as handlers
from plugins.service.panels import dispatch as panels
from plugins.service.services.dispatching import ASSESS

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = (Permission("service.order.assess", N_("Judge orders before dispatch")),)

SETTINGS = (
    SettingDef(
        "service.slots",
        N_("Slots for appointments"),
        "text",
        "08:00-10:00\n10:00-12:00\n14:00-16:00\n16:00-18:00",
        N_("One per line: from-to."),
    ),
    SettingDef(
        "service.board_hours", N_("Hours on the dispatcher's board"), default="08:00-19:00", help=N_("From-to.")
    ),
    SettingDef(
        "service.appointment_grace",
        N_("Minutes around an appointment that are still in time"),
        "int",
        0,
        minimum=0,
        maximum=240,
    ),
)


def column_words():
    return [
        ColumnWords(
            {
                "service_appointment.at": N_("Agreed at"),
                "service_assignment.at": N_("Sent at"),
                "by_id": N_("By"),
                "by_name": N_("By"),
                "ended_at": N_("Ended at"),
                "ended_by": N_("Ended by"),
                "ended_reason": N_("Why it ended"),
                "ends_at": N_("Until"),
                "from_unit_id": N_("From unit"),
                "how": N_("How"),
                "mailed_to": N_("Mailed to"),
                "note": N_("Note"),
                "order_id": N_("Service order"),
                "part": N_("Sent as"),
                "reasons": N_("Reasons"),
                "standing": N_("Standing"),
                "starts_at": N_("From"),
                "to_unit_id": N_("To unit"),
                "user_id": N_("Person"),
                "service_triage.at": N_("Judged at"),
                "service_triage.kind": N_("What was done"),
            },
            {
                "how": APPOINTMENT_HOW_WORDS,
                "part": ASSIGNMENT_WORDS,
                "service_triage.kind": TRIAGE_WORDS,
            },
        )
    ]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"service.{name}", words, lambda: read_table_file(path), life.EDIT_RULES)

    return [table("routing", N_("Who serves an order")), table("proposals", N_("Whom to propose for dispatch"))]


def event_kinds():
    return [
        EventKind("service.helper_added", N_("{name} goes along to {number}"), "user-check"),
        EventKind("service.helper_withdrawn", N_("{name} does not go along: {reason}"), "undo-2"),
        EventKind("service.appointed", N_("Agreed with {person}: {when}"), "calendar-check"),
        EventKind("service.appointment_changed", N_("Appointment changed to {when}: {reason}"), "calendar-clock"),
        EventKind("service.appointment_called_off", N_("Appointment {when} called off: {reason}"), "circle-x"),
        EventKind("service.assessed", N_("Judged ({urgency}): {text}"), "search-check"),
        EventKind("service.referred", N_("Passed on to {unit}: {reason}"), "arrow-right"),
        EventKind("service.assignments_handed_over", N_("Assignments handed over to {name}"), "user-check"),
    ]


def event_handlers():
    return [Handler("service.opened", "tell_head", handlers.tell_head)]


def message_templates():
    return read_templates(_DATA / "messages_dispatch.yaml")


def default_roles():
    return [
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (ASSESS,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (ASSESS,)),
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (ASSESS,)),
    ]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Dispatch"), "service.dispatch_board", "calendar-clock", 12)]


# --- while the system runs --------------------------------------------------------------------------------------------


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def check_transition(ctx, record, transition):
    return staffing.conditions(ctx, record, transition)


def home_figures(ctx):
    return panels.figures(ctx)


def home_panels(ctx):
    return panels.home_panels(ctx)


def home_today(ctx):
    return panels.today(ctx)


def erase_person(ctx, ref):
    staffing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.helped_with(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_assignments(ctx, from_user_id, to_user_id)
