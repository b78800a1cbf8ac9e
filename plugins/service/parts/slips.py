"""Slips signed by customers, which agents send to headquarters (AG-11)."""

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
    TableDef,
    read_table_file,
)
from plugins.service import life, models, slip_columns, slip_erasing
from plugins.service.handlers import slips as handlers
from plugins.service.panels import slips as panels
from plugins.service.queries import orders as order_queries
from plugins.service.services.slips import JUDGE
from plugins.service.slip_contracts import SLIP, SLIP_CHECK, SLIP_DUE

_TABLES = Path(__file__).parents[1] / "data" / "tables"

PERMISSIONS = (Permission("service.slip.judge", N_("Accept signed slips, or send them back")),)

SETTINGS = ()


def record_kinds():
    return [
        RecordKind(
            SLIP,
            models.Slip,
            N_("Signed slip"),
            lambda s: f"{s.order.number}-{s.number}",
            "service.slip_page",
            life.VIEW,
            sees=lambda ctx, slip: order_queries.find_order(ctx, slip.order_id) is not None,
            icon="signature",
            frozen=life.frozen,
        ),
    ]


def column_words():
    return [slip_columns.SLIPS]


def clock_kinds():
    limits, ladder = "service.slip_limits", "service.escalation"
    return [
        ClockKind(SLIP_DUE, N_("Signed slip to headquarters"), limits, ladder),
        ClockKind(SLIP_CHECK, N_("Check of the signed slip"), limits, ladder),
    ]


def decision_tables():
    path = _TABLES / "slip_limits.yaml"
    words = N_("Time limits of signed slips")
    return [TableDef("service.slip_limits", words, lambda: read_table_file(path), life.EDIT_RULES)]


def event_kinds():
    return [
        EventKind("service.slip_awaited", N_("The signed slip of {number} is awaited"), "hourglass"),
        EventKind("service.slip_not_awaited", N_("The signed slip of {number} is no longer awaited"), "circle-minus"),
        EventKind("service.slip_sent", N_("Signed slip of {number} sent, pages: {pages}, signed by {who}"), "send"),
        EventKind("service.slip_replaced", N_("The signed slip of {number} was replaced by another"), "history"),
        EventKind("service.slip_mailed", N_("The original slip of {number} was mailed: {tracking}"), "truck"),
        EventKind("service.slip_original", N_("The original slip of {number} has come in"), "inbox"),
        EventKind("service.slip_accepted", N_("Headquarters accepted the signed slip of {number}"), "circle-check"),
        EventKind("service.slip_sent_back", N_("The signed slip of {number} was sent back: {reason}"), "undo-2"),
    ]


def event_handlers():
    return [Handler(event, "keep_slip_clock", handlers.keep_clock) for event in handlers.FOLLOWED]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (JUDGE,)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (JUDGE,)),
    ]


def lists():
    from plugins.service.lists.slips import SLIPS

    return [SLIPS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("papers", N_("Signed slips"), "service.slips_list", "signature", 15)]


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def personal_data(ctx, ref):
    return slip_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    slip_erasing.erase(ctx, ref)
