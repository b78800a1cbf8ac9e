"""Inspection rounds: places by a checklist, repairs for what fails, a report."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    EventKind,
    RecordKind,
    SettingDef,
    TableDef,
    read_data_file,
    read_table_file,
)
from plugins.service import contracts, life, models, round_columns, round_documents, round_erasing
from plugins.service.panels import rounds as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import orders as order_queries
from plugins.service.round_contracts import FAULTS_TABLE, GENERAL_LIST, ROUND
from plugins.service.services import profile_plans

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = ()

SETTINGS = (
    SettingDef(
        "service.report_pattern", N_("Pattern of numbers of inspection reports"), default="XJ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            ROUND,
            models.Round,
            N_("Inspection round"),
            lambda r: r.order.number,
            "service.round_page",
            life.VIEW,
            sees=lambda ctx, found: order_queries.find_order(ctx, found.order_id) is not None,
            icon="list-checks",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [round_columns.ROUNDS]


def checklists():
    path = _DATA / "checklists" / "inspection.yaml"
    return [ChecklistDef(GENERAL_LIST, contracts.ORDER, lambda: read_data_file(path))]


def decision_tables():
    path = _DATA / "tables" / "round_faults.yaml"
    return [TableDef(FAULTS_TABLE, N_("Faults found on rounds"), lambda: read_table_file(path), life.EDIT_RULES)]


def profile_sections():
    return [profile_plans.PLANS]


def event_kinds():
    return [
        EventKind("service.round_prepared", N_("Round by “{checklist}”; places: {places}"), "list-checks"),
        EventKind("service.round_place_seen", N_("{place} looked at; points not in order: {bad}"), "check"),
        EventKind("service.round_place_skipped", N_("{place} passed over: {reason}"), "minus"),
        EventKind("service.round_fault", N_("{place}: {point} not in order ({remark})"), "triangle-alert"),
        EventKind("service.round_repair_opened", N_("{order} opened for {place}: {point} ({remark})"), "wrench"),
        EventKind(
            "service.round_repair_known", N_("{place}: {point} again, {order} is open for it ({remark})"), "wrench"
        ),
    ]


def document_kinds():
    return round_documents.KINDS


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def personal_data(ctx, ref):
    return round_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    round_erasing.erase(ctx, ref)
    return []
