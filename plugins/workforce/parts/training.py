"""Training: the plan, sessions, who was there, certificates that come of it."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef, SettingDef
from plugins.workforce import columns
from plugins.workforce.contracts import SESSION, TRAINING
from plugins.workforce.models import Attendance, Training, TrainingSession
from plugins.workforce.panels import training as panels

_SEE = ("workforce.training.view",)
_ALL = (*_SEE, "workforce.training.edit", "workforce.training.record")

PERMISSIONS = (
    Permission("workforce.training.view", N_("See the training plan and who attended")),
    Permission("workforce.training.edit", N_("Plan trainings and sessions, invite people")),
    Permission("workforce.training.record", N_("Record attendance and results of trainings")),
)

SETTINGS = (
    SettingDef(
        "workforce.training_pattern",
        N_("Pattern of the numbers of trainings"),
        default="PX{yy}-{n:03d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            TRAINING, Training, N_("Training"), lambda t: t.number, "workforce.training_page",
            "workforce.training.view", icon="graduation-cap",
        ),
        RecordKind(
            SESSION, TrainingSession, N_("Training session"), lambda s: str(s.id), "workforce.session_page",
            "workforce.training.view", icon="calendar", parts=(Attendance,),
        ),
    ]  # fmt: skip


def column_words():
    return [columns.TRAINING]


def event_kinds():
    return [
        EventKind("workforce.training_saved", N_("Training {number} {title}, to be held by {due}"), "graduation-cap"),
        EventKind("workforce.session_planned", N_("Session of “{title}” set: {when}"), "calendar-plus"),
        EventKind("workforce.session_invited", N_("Invited to “{title}”: {names}"), "user-plus"),
        EventKind(
            "workforce.session_held",
            N_("“{title}” held: {present} of {invited} were there, certificates issued: {issued}"),
            "check",
        ),
        EventKind("workforce.session_cancelled", N_("Session of “{title}” cancelled: {reason}"), "calendar-x"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _SEE),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _SEE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _SEE),
    ]


def lists():
    from plugins.workforce.lists.training import TRAININGS

    return [TRAININGS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("people", N_("Training plan"), "workforce.trainings_list", "graduation-cap", 63)]


def work_items(ctx):
    return panels.work(ctx)


def home_notices(ctx):
    return panels.notices(ctx)
