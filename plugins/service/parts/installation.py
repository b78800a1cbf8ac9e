"""Installations with steps, each accepted by the customer; papers, training, final acceptance."""

from __future__ import annotations

from pathlib import Path

from core.api import N_, EventKind, RecordKind, SettingDef, TableDef, read_table_file
from plugins.service import install_columns, install_documents, install_erasing, life, models
from plugins.service.install_contracts import TABLE
from plugins.service.panels import installation as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import orders as order_queries

_TABLES = Path(__file__).parents[1] / "data" / "tables"

PERMISSIONS = ()

SETTINGS = (
    SettingDef(
        "service.acceptance_pattern", N_("Pattern of numbers of acceptance records"), default="YS{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            "service.installation",
            models.Installation,
            N_("Installation and commissioning"),
            lambda i: i.order.number,
            "service.installation_page",
            life.VIEW,
            sees=lambda ctx, found: order_queries.find_order(ctx, found.order_id) is not None,
            icon="package-check",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [install_columns.INSTALLATIONS]


def decision_tables():
    def load():
        return read_table_file(_TABLES / "installation.yaml")

    return [TableDef(TABLE, N_("What installations consist of"), load, life.EDIT_RULES)]


def event_kinds():
    return [
        EventKind("service.install_prepared", N_("Installation, steps: {steps}, papers: {papers}"), "list-checks"),
        EventKind(
            "service.install_renewed",
            N_("Renewed for {product}, steps: {steps}, papers: {papers}"),
            "refresh-cw",
        ),
        EventKind(
            "service.install_kept",
            N_("The steps stay as they were: the customer has accepted some of them"),
            "list-checks",
        ),
        EventKind("service.install_arranged", N_("Arrangements for the site recorded"), "pencil"),
        EventKind("service.install_step_added", N_("Step added: {step}"), "plus"),
        EventKind("service.install_step_dropped", N_("Step left out: {step} ({reason})"), "minus"),
        EventKind("service.install_step_restored", N_("Step to be done after all: {step}"), "rotate-ccw"),
        EventKind("service.install_step_done", N_("Step done: {step} ({mode})"), "check"),
        EventKind("service.install_step_accepted", N_("{who} accepted: {step}"), "thumbs-up"),
        EventKind("service.install_step_objected", N_("Objected to “{step}”: {reason}"), "thumbs-down"),
        EventKind("service.paper_handed", N_("{paper} {edition} handed to {who}"), "file-check"),
        EventKind("service.paper_dropped", N_("No {paper}: {reason}"), "file-x"),
        EventKind("service.operator_trained", N_("{name} trained: {result}"), "users"),
        EventKind("service.install_refused", N_("The whole is not accepted: {reason}"), "thumbs-down"),
        EventKind("service.installation_accepted", N_("Final acceptance on {on} by {who}"), "circle-check"),
    ]


def document_kinds():
    return install_documents.KINDS


def lists():
    from plugins.service.lists.installation import INSTALLATIONS

    return [INSTALLATIONS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Installations"), "service.installations_list", "package-check", 18)]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def personal_data(ctx, ref):
    return install_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    install_erasing.erase(ctx, ref)
    return []
