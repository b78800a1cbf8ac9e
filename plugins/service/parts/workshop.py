"""The workshop: customers' items with receipt, tag and card, custody, tests, hand-back."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ClockKind,
    EventKind,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_data_file,
    read_table_file,
)
from plugins.service import (
    contracts,
    life,
    models,
    workshop_columns,
    workshop_documents,
    workshop_erasing,
    workshop_finding,
)
from plugins.service.panels import workshop as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import orders as order_queries
from plugins.service.services import workshop as services
from plugins.service.services.workshop import INSPECT, TAKE
from plugins.service.workshop_contracts import ITEM, TEST_LIST

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = (
    Permission("service.item.take", N_("Take customers' items in, pass them on, hand them back")),
    Permission("service.item.inspect", N_("Inspect customers' items after repair")),
)

SETTINGS = (
    SettingDef(
        "service.item_pattern", N_("Pattern of numbers of customers' items"), default="SX{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.receipt_pattern", N_("Pattern of numbers of receipts for items"), default="LQ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.tag_pattern", N_("Pattern of numbers of tags"), default="GP{yy}{mm}-{n:04d}", help=PATTERN_HELP
    ),
    SettingDef(
        "service.card_pattern", N_("Pattern of numbers of repair cards"), default="XH{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            ITEM,
            models.Item,
            N_("Customer's item"),
            lambda i: i.number,
            "service.item_page",
            life.VIEW,
            sees=lambda ctx, item: order_queries.find_order(ctx, item.order_id) is not None,
            found=workshop_finding.ITEMS,
            icon="package",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [workshop_columns.WORKSHOP]


def checklists():
    path = _DATA / "checklists" / "strict_test.yaml"
    return [ChecklistDef(TEST_LIST, contracts.ORDER, lambda: read_data_file(path))]


def clock_kinds():
    limits, ladder = "service.limits", "service.escalation"
    return [
        ClockKind(contracts.APPLICATION, N_("Review of the application"), limits, ladder),
        ClockKind(contracts.REPAIR, N_("Repair of the item"), limits, ladder),
    ]


def decision_tables():
    path = _DATA / "tables" / "tests.yaml"
    return [TableDef("service.tests", N_("Tests after repair"), lambda: read_table_file(path), life.EDIT_RULES)]


def event_kinds():
    return [
        EventKind("service.application_reviewed", N_("Application reviewed: {verdict} ({how}) {note}"), "search-check"),
        EventKind("service.item_taken", N_("{number} taken in: {name}, from {from_name}"), "package-check"),
        EventKind("service.item_passed", N_("{number} passed from {before} to {name} {place}"), "arrow-right"),
        EventKind("service.item_promised", N_("{number} goes back on {day}"), "calendar-check"),
        EventKind("service.item_worked", N_("{number}: {what} ({amount})"), "hammer"),
        EventKind("service.item_struck", N_("{number}: “{what}” struck out: {reason}"), "eraser"),
        EventKind("service.item_tested", N_("{number} passed its test"), "check"),
        EventKind("service.item_failed", N_("{number} failed its test: {points}"), "circle-x"),
        EventKind("service.item_inspected", N_("{number} inspected by the head {note}"), "search-check"),
        EventKind("service.item_returned", N_("{number} handed back to {to} ({how})"), "undo-2"),
        EventKind("service.receipt_voided", N_("The receipt of {number} was taken back and voided"), "file-x"),
        EventKind("service.receipt_lost", N_("The receipt of {number} did not come back: {reason}"), "triangle-alert"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (TAKE, INSPECT)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (TAKE, INSPECT)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (TAKE,)),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, (TAKE,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (TAKE,)),
    ]


def document_kinds():
    return workshop_documents.KINDS


def lists():
    from plugins.service.lists.workshop import ITEMS

    return [ITEMS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Customers' items"), "service.items_list", "package", 14)]


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_figures(ctx):
    return panels.figures(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def personal_data(ctx, ref):
    return workshop_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    workshop_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_items(ctx, from_user_id, to_user_id)
