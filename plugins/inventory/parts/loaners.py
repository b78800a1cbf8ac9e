"""Loaners: the pool, lending tied to the order, chasing, the condition of closing (GS-15)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ClockKind,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    read_data_file,
    read_table_file,
    read_templates,
)
from plugins.inventory import (
    handlers_loaners,
    loaner_columns,
    loaner_documents,
    loaner_erasing,
    loaner_finding,
)
from plugins.inventory.loaner_contracts import CLEANING, LADDER, LIMITS, LOAN, LOAN_DUE, LOANER
from plugins.inventory.models import Loan, Loaner, LoanerProduct
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services import lending
from plugins.inventory.services.loaners import EDIT, LEND, RESERVE, VIEW, WRITE_OFF

_DATA = Path(__file__).parents[1] / "data"
_LEND = (VIEW, RESERVE, LEND, "core.attachments.edit")
"""Who lends also takes photos of the condition; they are attachments of the loan."""
_KEEP = (*_LEND, EDIT)
_ALL = (*_KEEP, WRITE_OFF, "inventory.loaner.edit_rules")

PERMISSIONS = (
    Permission(VIEW, N_("See loaners, and who has them")),
    Permission(RESERVE, N_("Reserve loaners for orders")),
    Permission(LEND, N_("Hand loaners out, take them back, make them ready again")),
    Permission(EDIT, N_("Put pieces into the pool of loaners and take them out")),
    Permission(WRITE_OFF, N_("Write lost loaners off")),
    Permission("inventory.loaner.edit_rules", N_("Change how long loaners stay out and who is told")),
)

_PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")
SETTINGS = (
    SettingDef(
        "inventory.loaner_pattern", N_("Pattern of the numbers of loaners"), default="JYJ-{n:04d}", help=_PATTERN_HELP
    ),
    SettingDef(
        "inventory.loan_pattern", N_("Pattern of the numbers of loans"), default="JC{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.loan_sheet_pattern", N_("Pattern of the numbers of hand-over sheets"), default="JJ{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.loaner_spare_days", N_("Days between two loans of a loaner"), "int", 1,
        N_("To clean it and try it out. 0: it may go out again on the day it is due."), minimum=0, maximum=60,
    ),
    SettingDef(
        "inventory.loaner_points", N_("What is looked at on a loaner"), "text", "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef(
        "inventory.loaner_use_days", N_("Days for which the use of loaners is reckoned"), "int", 90,
        N_("Through today."), minimum=1, maximum=730,
    ),
    SettingDef(
        "inventory.loaner_mail", N_("Write to customers whose loaner is overdue"), "bool", False,
        N_("Once for each day agreed, to the customer’s first contact person with a mail address."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            LOANER, Loaner, N_("Loaner"), lambda r: r.number, "inventory.loaner_page", VIEW, icon="hand-helping",
            found=loaner_finding.LOANERS, parts=(LoanerProduct,),
        ),
        RecordKind(
            LOAN, Loan, N_("Loan of a loaner"), lambda r: r.number, "inventory.loan_page", VIEW,
            sees=queries.sees_loan, icon="hand-helping", found=loaner_finding.LOANS,
        ),
    ]  # fmt: skip


def column_words():
    return [loaner_columns.WORDS]


def workflows():
    return [lending.WORKFLOW]


def clock_kinds():
    return [ClockKind(LOAN_DUE, N_("Loaner back"), LIMITS, LADDER)]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name.partition('.')[2]}.yaml"
        return TableDef(name, words, lambda: read_table_file(path), "inventory.loaner.edit_rules")

    return [table(LIMITS, N_("How long loaners stay out")), table(LADDER, N_("Chasing of loaners"))]


def checklists():
    path = _DATA / "checklists" / "loaner_ready.yaml"
    return [ChecklistDef(CLEANING, LOAN, lambda: read_data_file(path), put_by_module=True)]


def document_kinds():
    return loaner_documents.KINDS


def message_templates():
    return read_templates(_DATA / "messages_loaners.yaml")


def jobs():
    return [Job("inventory.remind_of_loaners", handlers_loaners.remind, every=3600)]


def event_kinds():
    return [
        EventKind("inventory.loaner_pooled", N_("{number}: {what} is in the pool, in {place}"), "plus"),
        EventKind("inventory.loaner_changed", N_("Loaner {number} changed"), "pencil"),
        EventKind("inventory.loaner_retired", N_("Loaner {number} out of the pool: {reason}"), "archive"),
        EventKind(
            "inventory.loan_reserved", N_("{number}: loaner {loaner}, {what}, reserved from {since} to {until}"),
            "calendar-check",
        ),
        EventKind("inventory.loan_cancelled", N_("{number}: loaner {loaner} is not needed: {reason}"), "circle-x"),
        EventKind(
            "inventory.loan_out", N_("{number}: loaner {loaner}, {what}, handed to {who}, to be back by {due}"),
            "hand-helping",
        ),
        EventKind(
            "inventory.loan_extended", N_("{number}: loaner {loaner} may stay until {due}: {reason}"), "calendar-plus"
        ),
        EventKind("inventory.loan_back", N_("{number}: loaner {loaner}, {what}, is back"), "undo-2"),
        EventKind("inventory.loan_damaged", N_("{number}: {damage} {amount}"), "triangle-alert"),
        EventKind("inventory.loan_settled", N_("{number}: damage settled. {note}"), "circle-check"),
        EventKind("inventory.loan_cleared", N_("{number}: loaner {loaner} is ready again"), "spray-can"),
        EventKind(
            "inventory.loan_written_off", N_("{number}: loaner {loaner} is lost: {reason}"), "circle-question-mark"
        ),
        EventKind("inventory.loan_reminded", N_("{number}: the customer was asked for the loaner ({to})"), "mail"),
    ]


def event_handlers():
    return [
        Handler("service.closed", "free_loaners", handlers_loaners.record_ended),
        Handler("service.cancelled", "free_loaners", handlers_loaners.record_ended),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW,)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _KEEP),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (VIEW,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _LEND),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _LEND),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (VIEW, RESERVE)),
    ]


def importers():
    from plugins.inventory.importing import loaners

    return [loaners.IMPORTER]


def lists():
    from plugins.inventory.lists.loaners import LOANERS, LOANS

    return [LOANERS, LOANS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Loaners"), "inventory.loaners_list", "hand-helping", 38)]


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    from plugins.inventory.panels import loaners

    return loaners.gates(ctx, record, transition)


def record_panels(ctx, record):
    from plugins.inventory.panels import loaners

    return loaners.panels_for(ctx, record)


def work_items(ctx):
    from plugins.inventory.panels import loaners

    return loaners.work(ctx)


def home_notices(ctx):
    from plugins.inventory.panels import loaners

    return loaners.notices(ctx)


def menu_counts(ctx):
    from plugins.inventory.panels import loaners

    return loaners.counts(ctx)


def personal_data(ctx, ref):
    return loaner_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    loaner_erasing.erase(ctx, ref)


@hookimpl(optionalhook=True)
def loaner(ctx, order):
    from plugins.inventory.panels import loaners

    return loaners.answer(ctx, order)
