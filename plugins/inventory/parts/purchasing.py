"""Purchase requests with approval steps (GS-19)."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory import finding
from plugins.inventory import handlers_buying as handlers
from plugins.inventory.contracts import REQUEST
from plugins.inventory.models import PurchaseRequest, PurchaseRequestLine
from plugins.inventory.services.purchasing import WORKFLOW

_SEE = ("inventory.purchase.view",)
_ASK = (*_SEE, "inventory.purchase.ask")
_ALL = (*_ASK, "inventory.purchase.decide")
PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")

PERMISSIONS = (
    Permission("inventory.purchase.view", N_("See purchase requests and orders")),
    Permission("inventory.purchase.ask", N_("Draw up purchase requests and have them approved")),
    Permission("inventory.purchase.decide", N_("Order what was approved, refuse purchase requests")),
)
SETTINGS = (
    SettingDef(
        "inventory.request_pattern", N_("Pattern of numbers of purchase requests"), default="QG{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            REQUEST, PurchaseRequest, N_("Purchase request"), lambda row: row.number, "inventory.request_page",
            "inventory.purchase.view", found=finding.REQUESTS, icon="clipboard-list", parts=(PurchaseRequestLine,),
        )
    ]  # fmt: skip


def workflows():
    return [WORKFLOW]


def event_kinds():
    return [
        EventKind("inventory.purchase_asked", N_("Purchase request {number} begun"), "clipboard-list"),
        EventKind("inventory.purchase_lines", N_("{number} asks for {what}"), "list-plus"),
        EventKind("inventory.purchase_line_dropped", N_("{code} taken out of {number}"), "x"),
        EventKind("inventory.purchase_approved", N_("Purchase request {number} approved"), "circle-check"),
        EventKind("inventory.purchase_refused", N_("Purchase request {number} refused: {reason}"), "circle-x"),
        EventKind("inventory.purchase_withdrawn", N_("Purchase request {number} withdrawn: {reason}"), "undo-2"),
    ]


def event_handlers():
    return [
        Handler("core.approval_granted", "purchase_approved", handlers.approved),
        Handler("core.approval_refused", "purchase_refused", handlers.refused),
        Handler("core.approval_refused_for", "purchase_refused", handlers.refused),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _ASK),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, _SEE),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _SEE),
    ]


def lists():
    from plugins.inventory.lists.purchasing import REQUESTS

    return [REQUESTS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Purchase requests"), "inventory.requests_list", "clipboard-list", 60)]
