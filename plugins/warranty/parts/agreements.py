"""Service contracts with what is used and paid under them, and the expiry ladder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from core.api import (
    N_,
    EventKind,
    Job,
    Permission,
    RecordKind,
    RecordRef,
    RoleDef,
    SettingDef,
    TableDef,
    _,
    hookimpl,
    read_table_file,
    read_templates,
)
from plugins.warranty import agreed_documents, agreed_finding, agreed_words
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import CONTRACT, FOLLOW_UP, UseData
from plugins.warranty.importing import agreements as importing
from plugins.warranty.jobs import agreements as jobs_of
from plugins.warranty.models.agreements import CONTRACT_BINDING, FollowUp, ServiceContract
from plugins.warranty.panels import agreements as panels
from plugins.warranty.queries import agreements as queries
from plugins.warranty.services.agreements import book_use, counter_uses

_DATA = Path(__file__).parents[1] / "data"
EDIT_RULES = "warranty.agreed_rules.edit"

_READ = (life.SEE_CONTRACTS, life.SEE_FOLLOW_UPS)
_SALES = (*_READ, life.EDIT_CONTRACTS, life.WORK_FOLLOW_UPS, life.TAKE_PAYMENTS)
_ALL = (*_SALES, life.APPROVE_CONTRACTS, life.BOOK_USE, EDIT_RULES)

PERMISSIONS = (
    Permission("warranty.contract.view", N_("See service contracts")),
    Permission("warranty.contract.edit", N_("Draw up, change and renew service contracts")),
    Permission("warranty.contract.approve", N_("Approve and terminate service contracts")),
    Permission("warranty.contract.use", N_("Book visits, hours and parts under contracts")),
    Permission("warranty.contract.pay", N_("Record payments of contracts")),
    Permission("warranty.follow_up.view", N_("See what is done before something ends")),
    Permission("warranty.follow_up.work", N_("Carry out follow-ups, reports and visits to renew")),
    Permission("warranty.agreed_rules.edit", N_("Change the rules of contracts, ends and supplier claims")),
)

SETTINGS = (
    SettingDef(
        "warranty.contract.pattern",
        N_("Pattern of the numbers of service contracts"),
        default="HT{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.contract_sheet.pattern",
        N_("Pattern of the numbers of contract sheets"),
        default="HTD{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.contract.ending_days",
        N_("Days in which a contract or an agreement counts as about to end"),
        "int",
        90,
        help=N_("For the lists; what is done before the end is said by the expiry ladder."),
        minimum=1,
        maximum=730,
    ),
    SettingDef(
        "warranty.follow_up.pattern",
        N_("Pattern of the numbers of follow-ups"),
        default="DQ{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.expiry_report.pattern",
        N_("Pattern of the numbers of expiry reports"),
        default="DQB{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.follow_up.horizon_months",
        N_("Months that the expiry ladder looks ahead"),
        "int",
        12,
        help=N_("A step with a longer lead time comes when the end is this near."),
        minimum=1,
        maximum=60,
    ),
    SettingDef(
        "warranty.follow_up.days",
        N_("Days for following up on a report"),
        "int",
        14,
        minimum=1,
        maximum=365,
    ),
)


def record_kinds():
    return [
        RecordKind(
            CONTRACT,
            ServiceContract,
            N_("Service contract"),
            lambda c: c.number,
            "warranty.contract_page",
            life.SEE_CONTRACTS,
            found=agreed_finding.CONTRACTS,
            icon="file-check",
        ),
        RecordKind(
            FOLLOW_UP,
            FollowUp,
            N_("Follow-up"),
            lambda f: f.number,
            "warranty.follow_up_page",
            life.SEE_FOLLOW_UPS,
            found=agreed_finding.FOLLOW_UPS,
            icon="calendar-clock",
        ),
    ]


def workflows():
    return [life.CONTRACTS]


def column_words():
    return [agreed_words.WORDS]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"warranty.{name}", words, lambda: read_table_file(path), EDIT_RULES)

    return [
        table("expiry_ladder", N_("Expiry ladder")),
        table("contract_clocks", N_("Time limits of contracts")),
    ]


def event_kinds():
    return [
        EventKind("warranty.contract_drawn_up", N_("Service contract {number} drawn up: {title}"), "file-plus"),
        EventKind("warranty.contract_changed", N_("Draft of service contract {number} changed"), "pencil"),
        EventKind("warranty.contract_approved", N_("Service contract {number} approved"), "stamp"),
        EventKind("warranty.contract_reworked", N_("{number} back to draft: {reason}"), "undo-2"),
        EventKind(
            "warranty.contract_in_force", N_("Service contract {number} in force from {begins} to {ends}"), "file-check"
        ),
        EventKind("warranty.contract_offered", N_("{number} would be renewed by {other} from {begins}"), "repeat"),
        EventKind("warranty.contract_renewed", N_("{number} ended on {last_day}, renewed by {other}"), "repeat"),
        EventKind("warranty.contract_ended", N_("Service contract {number} ended on {last_day}"), "circle-stop"),
        EventKind(
            "warranty.contract_terminated",
            N_("Service contract {number} terminated with {last_day}: {reason}"),
            "circle-x",
        ),
        EventKind("warranty.contract_dropped", N_("Service contract {number} not concluded: {reason}"), "trash-2"),
        EventKind("warranty.contract_given", N_("{number} given to {name}"), "user-check"),
        EventKind(
            "warranty.contract_used",
            N_("{number}: {kind} {quantity} booked. {rest}"),
            "gauge",
        ),
        EventKind(
            "warranty.contract_use_countered", N_("Taken back under {number}: {kind} {quantity} ({reason})"), "undo-2"
        ),
        EventKind("warranty.quota_used_up", N_("{number}: {words}"), "battery-low"),
        EventKind("warranty.instalment_paid", N_("{number}: instalment {part} of {amount} paid on {day}"), "banknote"),
        EventKind("warranty.follow_up_made", N_("{number} {action}: {about} ends on {ends}"), "calendar-clock"),
        EventKind("warranty.notice_sent", N_("{number}: notice about {about} sent to {to}"), "mail"),
        EventKind("warranty.follow_up_given", N_("{number} given to {name}"), "user-check"),
        EventKind("warranty.follow_up_done", N_("{number} done: {about}"), "circle-check"),
        EventKind("warranty.visit_made", N_("{number}: visit about {about}: {outcome} {reason}"), "map-pin"),
        EventKind("warranty.follow_up_dropped", N_("{number} no longer needed: {reason}"), "circle-x"),
    ]


def message_templates():
    return read_templates(_DATA / "messages_agreed.yaml")


def document_kinds():
    return agreed_documents.KINDS


def importers():
    return [importing.CONTRACTS]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (*_READ, life.APPROVE_CONTRACTS)),
        RoleDef("sales", {"en": "Sales", "zh": "销售"}, (*_SALES, "base.customer.view", "base.unit.view")),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _READ),
    ]


def lists():
    from plugins.warranty.lists.agreements import CONTRACTS
    from plugins.warranty.lists.follow_ups import FOLLOW_UPS

    return [CONTRACTS, FOLLOW_UPS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("customers", N_("Service contracts"), "warranty.contracts_list", "file-check", 64),
        MenuItem("customers", N_("About to end"), "warranty.follow_ups_list", "calendar-clock", 66),
    ]


def jobs():
    return [
        Job("warranty.keep_contracts", jobs_of.keep_contracts, every=900),
        Job("warranty.climb_ladder", jobs_of.climb_ladder, every=900),
    ]


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_figures(ctx):
    return panels.figures(ctx)


def menu_counts(ctx):
    return panels.counts(ctx)


def customer_figures(ctx, customer):
    return panels.customer_figures(ctx, customer)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.warranty.services.agreements import hand_over_contracts
    from plugins.warranty.services.follow_ups import hand_over_follow_ups

    moved = hand_over_contracts(ctx, from_user_id, to_user_id)
    return moved + hand_over_follow_ups(ctx, from_user_id, to_user_id)


def personal_data(ctx, ref):
    from plugins.warranty import agreed_erasing

    return agreed_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    from plugins.warranty import agreed_erasing

    agreed_erasing.erase(ctx, ref)


@hookimpl
def supplier_claims(ctx, supplier_id, since, until):
    """What was claimed from a supplier between two days, of the claims of those units that this person sees; the right
    to see claims is not asked for.
    """
    from plugins.warranty.queries.claims import claimed_from

    return claimed_from(ctx, supplier_id, since, until)


@hookimpl(optionalhook=True)
def contracts_for_plan(ctx, customer_id, on):
    """The contracts that bind on a day, to plan visits under; None where this person sees no contracts."""
    if not ctx.can(life.SEE_CONTRACTS):
        return None
    found = queries.contracts_of_customer(ctx, customer_id, 100)
    return [
        (RecordRef(CONTRACT, c.id), f"{c.number} {c.title}")
        for c in found
        if c.is_open and c.state in CONTRACT_BINDING and c.last_day >= on
    ]


@hookimpl(optionalhook=True)
def visits_allowed(ctx, contract, on):
    """(number, visits left or None without a limit, that in words) of a contract on a day; None for other records."""
    if contract.kind != CONTRACT:
        return None
    row = queries.find_contract(ctx, contract.id)
    if row is None or row.state not in CONTRACT_BINDING or not row.starts_on <= on <= row.last_day:
        number = row.number if row is not None else ""
        return number, Decimal(0), _("{number} does not hold on {day}.", number=number, day=on.isoformat())
    quotas = queries.quota_states(ctx, [row], on).get(row.id, ())
    visits = next((q for q in quotas if q.kind == "visits"), None)
    return (row.number, visits.left, visits.words) if visits is not None else (row.number, None, "")


@hookimpl(optionalhook=True)
def book_visit(ctx, contract, order, on, begun_on, once):
    """Book a visit under a contract, and say what is left; None for records that are no contracts of ours."""
    if contract.kind != CONTRACT or queries.find_contract(ctx, contract.id) is None:
        return None
    data = UseData(
        "visits", Decimal(1), on, once, order=RecordRef("service.order", order.id), begun_on=begun_on,
        note=order.number,
    )
    use, left = book_use(ctx, contract.id, data)
    if use.beyond:
        return _("beyond the quota")
    return left.words if left is not None else _("one visit")


@hookimpl(optionalhook=True)
def unbook_visit(ctx, order, reason):
    """Take back what was booked for an order by counter-entries; answers whether something was."""
    return bool(counter_uses(ctx, order, reason))
