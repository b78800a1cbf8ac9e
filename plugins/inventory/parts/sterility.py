"""Sterile goods sold long ago whose sterile date is near or over: sterilised again, or not (INS-12)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
)
from plugins.inventory import sterile_columns
from plugins.inventory.models import SterileCase
from plugins.inventory.services import sterility
from plugins.inventory.services.sterility import CHECK, DECIDE, VIEW, WORK
from plugins.inventory.sterile_contracts import STERILE_CASE, STERILE_CLOCK, STERILE_RULES

_TABLE = Path(__file__).parents[1] / "data" / "tables" / "sterile_rules.yaml"
EDIT_RULES = "inventory.sterile.edit_rules"

PERMISSIONS = (
    Permission(VIEW, N_("See sterile goods sold long ago")),
    Permission(WORK, N_("Ask production about sterile goods sold, have them sterilised again")),
    Permission(CHECK, N_("Say whether the quality of sterile goods sold is unaffected")),
    Permission(DECIDE, N_("Decide on a new sterile date, refuse or scrap sterile goods sold")),
    Permission(EDIT_RULES, N_("Change who is told of sterile goods sold and who pays")),
)
SETTINGS = (
    SettingDef(
        "inventory.sterile_sold_months", N_("Months after which sterile goods were sold long ago"), "int", 12,
        N_("More than so many months."), minimum=0, maximum=240,
    ),
    SettingDef(
        "inventory.sterile_soon_days", N_("Days before the sterile date at which sold goods are listed"), "int", 60,
        N_("0: when it has come."), minimum=0, maximum=730,
    ),
    SettingDef(
        "inventory.sterile_within", N_("Time for deciding about sterile goods sold"), "duration", "20 working_days",
        N_("From the moment they are found."),
    ),
    SettingDef(
        "inventory.sterile_escalates_to", N_("Who is told of late cases of sterile goods sold"), "role", "manager",
        N_("When the time is over and nothing is decided."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            STERILE_CASE, SterileCase, N_("Case of sterile goods sold"), lambda row: str(row.id),
            "inventory.sterile_page", VIEW, icon="calendar-x",
        )
    ]  # fmt: skip


def column_words():
    return [sterile_columns.WORDS]


def workflows():
    return [sterility.WORKFLOW]


def clock_kinds():
    return [ClockKind(STERILE_CLOCK, N_("Decided about sterile goods sold"), "")]


def decision_tables():
    words = N_("Sterile goods sold")
    return [TableDef(STERILE_RULES, words, lambda: read_table_file(_TABLE), "inventory.sterile.edit_rules")]


def jobs():
    return [Job("inventory.find_sterile_sold", sterility.find_sold, every=24 * 3600)]


def event_kinds():
    return [
        EventKind(
            "inventory.sterile_found", N_("Batch {number} of {part}, sold on {sold}, is sterile until {until}"),
            "calendar-x",
        ),
        EventKind("inventory.sterile_counted", N_("With the customer now: {quantity}"), "scale"),
        EventKind(
            "inventory.sterile_gone", N_("Nothing of batch {number} is with the customer any more"), "circle-slash"
        ),
        EventKind(
            "inventory.sterile_asked", N_("Production asked about batch {number}"), "message-circle-question-mark"
        ),
        EventKind("inventory.sterile_checked", N_("Batch {number} looked at: {outcome}"), "microscope"),
        EventKind(
            "inventory.sterile_service", N_("Batch {number} is sterilised again: {charge}, {payer}"), "refresh-cw"
        ),
        EventKind("inventory.sterile_decided", N_("Batch {number}: {outcome}. {reason}"), "gavel"),
    ]


def default_roles():
    everything = (VIEW, WORK, CHECK, DECIDE, EDIT_RULES)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, everything),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, everything),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW,)),
        RoleDef("sales", {"en": "Sales", "zh": "销售"}, (VIEW, WORK)),
        RoleDef("production", {"en": "Production", "zh": "生产"}, (VIEW, CHECK)),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (VIEW, CHECK, DECIDE)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, (VIEW,)),
    ]


def lists():
    from plugins.inventory.lists.sterility import STERILE_SOLD

    return [STERILE_SOLD]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Sterile goods sold"), "inventory.sterile_sold_list", "calendar-x", 62)]


def record_panels(ctx, record):
    from plugins.inventory.panels.sterility import panels_for

    return panels_for(ctx, record)


def home_figures(ctx):
    from plugins.inventory.panels.sterility import figures

    return figures(ctx)
