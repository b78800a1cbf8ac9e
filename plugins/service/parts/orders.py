"""The order itself: from the call to the archive."""

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
    read_table_file,
)
from plugins.service import columns, contracts, documents, erasing, finding, life, models, refiling, services
from plugins.service.handlers import orders as handlers
from plugins.service.panels import orders as panels
from plugins.service.queries import orders as queries

_TABLES = Path(__file__).parents[1] / "data" / "tables"

_WORK = (life.VIEW, life.WORK)
_TAKE_IN = (life.VIEW, life.OPEN, life.ACCEPT, life.WORK, life.ENTITLE)
_DISPATCH = (*_TAKE_IN, life.DISPATCH, life.CLOSE, life.CANCEL)
_ALL = (*_DISPATCH, life.REOPEN, life.ARCHIVE)

PERMISSIONS = (
    Permission("service.order.view", N_("See service orders")),
    Permission("service.order.open", N_("Take service orders in, correct them")),
    Permission("service.order.accept", N_("Accept requests")),
    Permission("service.order.entitle", N_("Decide who pays for an order")),
    Permission("service.order.dispatch", N_("Dispatch orders to people")),
    Permission("service.order.work", N_("Work on orders: guide, begin, finish, record")),
    Permission("service.order.close", N_("Close orders")),
    Permission("service.order.reopen", N_("Reopen orders")),
    Permission("service.order.cancel", N_("Cancel orders")),
    Permission("service.order.archive", N_("Archive orders")),
    Permission("service.rules.edit", N_("Change the rules of service orders")),
)

PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")

SETTINGS = (
    SettingDef("service.pattern", N_("Pattern of order numbers"), default="FW{yy}{mm}-{n:04d}", help=PATTERN_HELP),
    SettingDef(
        "service.receipt_slip_pattern", N_("Pattern of numbers of receipt slips"), default="HZ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.sheet_pattern", N_("Pattern of numbers of service sheets"), default="JS{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.voucher_pattern", N_("Pattern of numbers of service vouchers"), default="PZ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "service.reopen_days",
        N_("Days after closing within which an order can be reopened"),
        "int",
        30,
        N_("0: at any time."),
        minimum=0,
        maximum=3650,
    ),
    SettingDef(
        "service.places",
        N_("Where the serving units are, for distances"),
        "text",
        "",
        N_("One per line: code of the unit: latitude, longitude. Distances are then reckoned as the crow flies."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            contracts.ORDER,
            models.Order,
            N_("Service order"),
            lambda o: o.number,
            "service.order_page",
            life.VIEW,
            found=finding.ORDERS,
            refile=refiling.ORDERS,
            icon="clipboard-list",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [columns.ORDERS]


def workflows():
    return [life.WORKFLOW]


def clock_kinds():
    limits, ladder = "service.limits", "service.escalation"
    return [
        ClockKind(contracts.RESPONSE, N_("Response"), limits, ladder),
        ClockKind(contracts.PROPOSAL, N_("Solution proposed"), limits, ladder),
        ClockKind(contracts.ASSIGNMENT, N_("Somebody sent"), limits, ladder),
        ClockKind(contracts.ARRIVAL, N_("Arrival"), limits, ladder),
        ClockKind(contracts.SOLUTION, N_("Solution of the fault"), limits, ladder),
        ClockKind(contracts.SILENCE, N_("Silence of the customer"), ""),
    ]


def decision_tables():
    def table(name, words):
        path = _TABLES / f"{name}.yaml"
        return TableDef(f"service.{name}", words, lambda: read_table_file(path), life.EDIT_RULES)

    return [
        table("steps", N_("Steps of orders")),
        table("limits", N_("Time limits of orders")),
        table("escalation", N_("Escalation of orders")),
    ]


def event_kinds():
    return [
        EventKind("service.opened", N_("Taken in as {number}: {subject}"), "clipboard-list"),
        EventKind("service.changed", N_("{number} corrected"), "pencil"),
        EventKind("service.entitled", N_("Kind of work: {work_kind} {decision}"), "scale"),
        EventKind(
            "service.entitlement_changed", N_("{before} became {work_kind} {decision}. {reason}"), "triangle-alert"
        ),
        EventKind("service.undecided", N_("Who pays could not be decided: {why}"), "circle-question-mark"),
        EventKind("service.cause_found", N_("Cause: {cause} (before: {before})"), "search-check"),
        EventKind("service.consented", N_("{who} agreed to pay ({how})"), "thumbs-up"),
        EventKind("service.consent_withdrawn", N_("Consent withdrawn: {reason}"), "thumbs-down"),
        EventKind("service.guided", N_("{what}: {result}"), "phone-outgoing"),
        EventKind("service.accepted", N_("{number} accepted"), "circle-dot"),
        EventKind("service.dispatched", N_("{number} dispatched to {name}"), "user-check"),
        EventKind("service.recalled", N_("Taken back from {name}: {reason}"), "undo-2"),
        EventKind("service.started", N_("Work on {number} begun"), "wrench"),
        EventKind("service.comes_again", N_("Another visit is needed: {reason}"), "repeat"),
        EventKind("service.waits", N_("{what}: {reason}"), "hourglass"),
        EventKind("service.goes_on", N_("Goes on ({what} no more)"), "play"),
        EventKind("service.done", N_("{number} done: {outcome}"), "check"),
        EventKind("service.objected", N_("The customer is not content: {reason}"), "thumbs-down"),
        EventKind("service.confirmed", N_("The customer confirmed {number}"), "thumbs-up"),
        EventKind("service.silence_told", N_("The customer was told: silence until {until} closes it"), "hourglass"),
        EventKind("service.silence_accepted", N_("The customer, told so, was silent; it closes by itself"), "check"),
        EventKind(
            "service.silence_over",
            N_("The customer was silent for the time told; closing still waits for: {missing}"),
            "hourglass",
        ),
        EventKind("service.closed", N_("{number} closed: {outcome}"), "circle-check"),
        EventKind("service.reopened", N_("{number} reopened: {reason}"), "rotate-ccw"),
        EventKind("service.archived", N_("{number} archived"), "archive"),
        EventKind("service.cancelled", N_("{number} cancelled: {reason}"), "circle-x"),
        EventKind("service.handed_over", N_("{number} handed over to {name}"), "user-check"),
        EventKind("service.noted", "{note}", "sticky-note"),
        EventKind("service.judged_anew", N_("{number} judged anew on the corrected facts"), "scale"),
        EventKind("service.urgency_refreshed", N_("Deadlines of open orders reckoned anew"), "refresh-cw"),
        EventKind("service.demo_filled", N_("Demonstration orders added"), "sparkles"),
    ]


def event_handlers():
    return [
        Handler("core.clock_breached", "close_silent_order", handlers.close_by_silence),
        *(Handler(event, "follow_coverage", handlers.follow_coverage) for event in handlers.DECIDED),
    ]


def default_roles():
    about = ("base.customer.view", "base.unit.view", "base.product.view", "base.contact.view")
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, life.EDIT_RULES)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, life.EDIT_RULES)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (life.VIEW,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (*_DISPATCH, *about)),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, (*_WORK, *about)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (*_TAKE_IN, life.CLOSE)),
    ]


def document_kinds():
    return documents.KINDS


def lists():
    from plugins.service.lists.orders import ORDERS

    return [ORDERS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Service orders"), "service.orders_list", "clipboard-list", 10)]


def plugin_enabled(ctx):
    services.refresh_all_urgency(ctx)


# --- while the system runs --------------------------------------------------------------------------------------------


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def contact_offers(ctx, contact):
    return panels.offers(ctx, contact)


def intake_promises(ctx, contact):
    return panels.promises(ctx, contact)


def finished_cases(ctx, begins, ends):
    return queries.finished_between(ctx, begins, ends)


def open_service(ctx, wanted):
    return services.open_wanted(ctx, wanted)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_figures(ctx):
    return panels.figures(ctx)


def home_today(ctx):
    return panels.today(ctx)


def menu_counts(ctx):
    return panels.counts(ctx)


def customer_figures(ctx, customer):
    return panels.customer_figures(ctx, customer)


def filed_together(ctx, record):
    return refiling.filed_together(ctx, record)


def personal_data(ctx, ref):
    return erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_work(ctx, from_user_id, to_user_id)


def switch_effects(ctx):
    return panels.effects(ctx)
