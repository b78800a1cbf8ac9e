"""Purchase orders: made of requests, sent, printed, received into stock."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, RecordKind, SettingDef
from plugins.inventory import finding
from plugins.inventory import handlers_buying as handlers
from plugins.inventory.contracts import ORDER
from plugins.inventory.models import PurchaseOrder, PurchaseOrderLine
from plugins.inventory.parts.purchasing import PATTERN_HELP
from plugins.inventory.services.ordering import WORKFLOW

PERMISSIONS = ()
SETTINGS = (
    SettingDef(
        "inventory.order_pattern", N_("Pattern of numbers of purchase orders"), default="CG{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "inventory.order_sheet_pattern", N_("Pattern of numbers of printed purchase orders"),
        default="CGD{yy}{mm}-{n:04d}", help=PATTERN_HELP,
    ),
    SettingDef(
        "inventory.over_delivery", N_("Over-delivery taken in (percent)"), "int", 0,
        N_("So much more than was ordered may be received. 0: no more than was ordered."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            ORDER, PurchaseOrder, N_("Purchase order"), lambda row: row.number, "inventory.order_page",
            "inventory.purchase.view", found=finding.ORDERS, icon="shopping-cart", parts=(PurchaseOrderLine,),
        )
    ]  # fmt: skip


def workflows():
    return [WORKFLOW]


def document_kinds():
    from plugins.inventory.ordering_documents import KINDS

    return KINDS


def event_kinds():
    return [
        EventKind("inventory.purchase_ordered", N_("{number} ordered: {orders}"), "shopping-cart"),
        EventKind("inventory.order_loaded", N_("Purchase order {number}: {n} lines loaded from a file"), "file-input"),
        EventKind("inventory.order_supplier_named", N_("A file named the supplier of {number}"), "file-input"),
        EventKind("inventory.order_changed", N_("Purchase order {number} changed"), "pencil"),
        EventKind("inventory.order_sent", N_("Purchase order {number} sent, expected on {expected}"), "send"),
        EventKind("inventory.order_received", N_("{what} came on {number}"), "package-check"),
        EventKind("inventory.order_recounted", N_("Receipts on {number} counted anew after a reversal"), "rotate-ccw"),
        EventKind("inventory.order_closed", N_("Purchase order {number} closed: {reason}"), "archive"),
        EventKind("inventory.order_cancelled", N_("Purchase order {number} cancelled: {reason}"), "circle-x"),
    ]


def event_handlers():
    return [Handler("inventory.reversed", "count_order", handlers.receipt_reversed)]


def lists():
    from plugins.inventory.lists.ordering import ORDERS

    return [ORDERS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Purchase orders"), "inventory.orders_list", "shopping-cart", 65)]


def home_notices(ctx):
    from plugins.inventory.panels.ordering import notices

    return notices(ctx)
