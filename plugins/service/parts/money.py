"""Money of orders: charges, payments, invoices, cash for finance."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    read_table_file,
)
from plugins.service import finding, life, models, money_columns, money_erasing
from plugins.service.handlers import money as handlers
from plugins.service.money_contracts import CASH, HANDOVER, INVOICE, PAYMENT
from plugins.service.panels import money as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import money as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services import money as services
from plugins.service.services.money import CHARGE, COLLECT, SEE, SETTLE

_TABLES = Path(__file__).parents[1] / "data" / "tables"

PERMISSIONS = (
    Permission("service.money.charge", N_("Enter charges of orders, take them back")),
    Permission("service.money.collect", N_("Record payments and invoices, hand cash over")),
    Permission("service.money.settle", N_("Count cash, give money back, take payments and invoices back")),
    Permission("service.money.view", N_("See the lists of payments")),
)

SETTINGS = (
    SettingDef(
        "service.payment_pattern", N_("Pattern of numbers of payments"), default="SK{yy}{mm}-{n:04d}", help=PATTERN_HELP
    ),
    SettingDef(
        "service.handover_pattern", N_("Pattern of numbers of cash handed over"), default="JK{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)


def record_kinds():
    return [
        RecordKind(
            PAYMENT,
            models.Payment,
            N_("Payment"),
            lambda p: p.number,
            "service.payment_page",
            life.VIEW,
            sees=lambda ctx, payment: order_queries.find_order(ctx, payment.order_id) is not None,
            found=finding.PAYMENTS,
            icon="banknote",
            frozen=life.frozen,
        ),
        RecordKind(
            HANDOVER,
            models.CashHandover,
            N_("Hand-over of cash"),
            lambda h: h.number,
            "service.handover_page",
            life.VIEW,
            sees=queries.sees_handover,
            icon="hand-coins",
        ),
    ]


def column_words():
    return [money_columns.MONEY]


def clock_kinds():
    limits, ladder = "service.money_limits", "service.escalation"
    return [
        ClockKind(CASH, N_("Cash to finance"), limits, ladder),
        ClockKind(INVOICE, N_("Writing the invoice"), limits, ladder),
    ]


def decision_tables():
    def table(name, words):
        path = _TABLES / f"{name}.yaml"
        return TableDef(f"service.{name}", words, lambda: read_table_file(path), life.EDIT_RULES)

    return [
        table("collection", N_("Collection of charges")),
        table("money_limits", N_("Time limits of money")),
    ]


def event_kinds():
    return [
        EventKind("service.charged", N_("Charged: {label}, {amount} ({kind}; pays: {payer})"), "coins"),
        EventKind("service.charge_countered", N_("Charge taken back: {label}, {amount}: {reason}"), "undo-2"),
        EventKind("service.paid", N_("{number}: {amount} paid ({method}) {reason}"), "banknote"),
        EventKind("service.refunded", N_("{number}: {amount} given back ({method}): {reason}"), "undo-2"),
        EventKind("service.payment_corrected", N_("{number}: {amount} taken back: {reason}"), "undo-2"),
        EventKind("service.invoiced", N_("Invoice {invoice} over {amount} recorded"), "receipt"),
        EventKind("service.invoice_cancelled", N_("Invoice {invoice} cancelled: {reason}"), "file-x"),
        EventKind("service.cash_given", N_("{number}: {name} handed {amount} in cash over to finance"), "hand-coins"),
        EventKind("service.cash_confirmed", N_("{number}: finance has counted {counted}"), "check"),
        EventKind(
            "service.cash_differs", N_("{number}: finance has counted {counted} instead of {amount}: {reason}"),
            "triangle-alert",
        ),
        EventKind("service.cash_refused", N_("{number}: finance did not receive it: {reason}"), "circle-x"),
        EventKind("service.cash_passed", N_("The cash of {number} was passed to {name}"), "user-check"),
        EventKind("service.unpaid_allowed", N_("May close although {amount} is not paid: {reason}"), "circle-alert"),
    ]


def event_handlers():
    return [
        Handler("service.done", "begin_invoice_clock", handlers.done),
        Handler("service.item_returned", "begin_invoice_clock_on_return", handlers.returned),
    ]


def default_roles():
    work = (CHARGE, COLLECT)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*work, SETTLE, SEE)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*work, SETTLE, SEE)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (SEE,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, work),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, work),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, work),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, (life.VIEW, COLLECT, SETTLE, SEE, "base.customer.view")),
    ]


def lists():
    from plugins.service.lists.money import HANDOVERS, PAYMENTS

    return [PAYMENTS, HANDOVERS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("money", N_("Payments received"), "service.payments_list", "banknote", 16),
        MenuItem("money", N_("Cash to hand over"), "service.cash_page", "hand-coins", 17),
        MenuItem("money", N_("Cash handed over"), "service.handovers_list", "wallet", 18),
    ]


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


@hookimpl
def may_charge(ctx, ref):
    return services.may_charge(ctx, ref)


@hookimpl
def put_charge(ctx, told):
    return services.charge_told(ctx, told)


def personal_data(ctx, ref):
    return money_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    money_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.pass_cash(ctx, from_user_id, to_user_id)
