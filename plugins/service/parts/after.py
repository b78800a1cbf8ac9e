"""After the visit: agreement to come back, return checklist, review, costs; what is told before leaving; expenses."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ClockKind,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_data_file,
    read_table_file,
)
from plugins.service import after_columns, after_erasing, after_life, life, models
from plugins.service.after_contracts import COST_CLOCK, EXPENSE, HAND_IN, RETURN, RETURN_LIST, REVIEW_CLOCK
from plugins.service.after_life import AGREE, ALLOW, COSTS, REVIEW_RIGHT
from plugins.service.handlers import after as handlers
from plugins.service.panels import after as panels
from plugins.service.parts.orders import PATTERN_HELP
from plugins.service.queries import after as queries
from plugins.service.services import after as services

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = (
    Permission("service.return.agree", N_("Agree that somebody comes back from a customer")),
    Permission("service.return.review", N_("Review returns: quality and rating")),
    Permission("service.return.check_costs", N_("Check the costs of returns")),
    Permission("service.expense.allow", N_("Allow expenses beforehand")),
)

SETTINGS = (
    SettingDef(
        "service.expense_pattern", N_("Pattern of numbers of expenses"), default="FY{yy}{mm}-{n:04d}", help=PATTERN_HELP
    ),
)


def record_kinds():
    return [
        RecordKind(
            RETURN,
            models.Return,
            N_("Return"),
            lambda r: r.order.number,
            "service.return_page",
            life.VIEW,
            sees=queries.sees,
            icon="inbox",
            frozen=life.frozen,
        ),
        RecordKind(
            EXPENSE,
            models.Expense,
            N_("Trip expense"),
            lambda e: e.number,
            "service.expense_page",
            life.VIEW,
            sees=queries.sees,
            icon="receipt",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [after_columns.AFTER]


def workflows():
    return [after_life.RETURNS, after_life.EXPENSES]


def checklists():
    path = _DATA / "checklists" / "return_list.yaml"
    return [ChecklistDef(RETURN_LIST, RETURN, lambda: read_data_file(path), put_by_module=True)]


def clock_kinds():
    limits, ladder = "service.return_limits", "service.escalation"
    return [
        ClockKind(HAND_IN, N_("Handing in after the work"), limits, ladder),
        ClockKind(REVIEW_CLOCK, N_("Review of quality and rating"), limits, ladder),
        ClockKind(COST_CLOCK, N_("Check of the costs"), limits, ladder),
    ]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"service.{name}", words, lambda: read_table_file(path), life.EDIT_RULES)

    return [
        table("return_limits", N_("Time limits after the work")),
        table("expenses", N_("Expenses to be allowed beforehand")),
    ]


def event_kinds():
    return [
        EventKind("service.briefed", N_("{who} was told the plan ({how})"), "phone-outgoing"),
        EventKind("service.leave_asked", N_("Asks the department to come back: {note}"), "send"),
        EventKind("service.leave_agreed", N_("{name} agrees to the return {note}"), "thumbs-up"),
        EventKind("service.return_due", N_("Owed now: {step}"), "inbox"),
        EventKind("service.return_asked", N_("Return asked for: {reason}"), "inbox"),
        EventKind("service.return_paused", N_("The work goes on; what is owed begins anew after it"), "rotate-ccw"),
        EventKind("service.return_handed_in", N_("Everything handed in {note}"), "package-check"),
        EventKind("service.return_reviewed", N_("Reviewed: {quality} {note}"), "search-check"),
        EventKind("service.costs_checked", N_("Costs checked: {amount} accepted {note}"), "check"),
        EventKind("service.return_sent_back", N_("Sent back: {reason}"), "undo-2"),
        EventKind("service.return_waived", N_("“{step}” waived: {reason}"), "circle-alert"),
        EventKind("service.return_settled", N_("Everything after the work is checked"), "circle-check"),
        EventKind("service.return_passed", N_("What is owed after the work falls to {name}"), "user-check"),
        EventKind("service.expense_planned", N_("{number}: {kind}, {amount} asked for: {reason}"), "stamp"),
        EventKind("service.expense_allowed", N_("{number}: {kind}, {amount} allowed beforehand"), "stamp"),
        EventKind("service.expense_claimed", N_("{number}: {kind}, {amount} claimed"), "receipt"),
        EventKind("service.expense_refused", N_("{number}: {kind}, {amount} not accepted: {reason}"), "circle-x"),
        EventKind("service.expense_dropped", N_("{number}: {kind}, {amount} dropped"), "circle-x"),
    ]


def event_handlers():
    return [
        Handler("service.done", "begin_return", handlers.done),
        Handler("service.objected", "pause_return", handlers.goes_on),
        Handler("service.reopened", "pause_return_on_reopening", handlers.goes_on),
        Handler("core.approval_granted", "allow_expense", handlers.granted),
    ]


def default_roles():
    all_of = (AGREE, REVIEW_RIGHT, COSTS, ALLOW)
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, all_of),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, all_of),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (AGREE,)),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, (life.VIEW, COSTS)),
    ]


def lists():
    from plugins.service.lists.after import RETURNS

    return [RETURNS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("papers", N_("Returns"), "service.returns_list", "inbox", 19)]


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


def personal_data(ctx, ref):
    return after_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    after_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_returns(ctx, from_user_id, to_user_id)
