"""Sale prices of parts: public, changed by approval, with their history (STO-18)."""

from __future__ import annotations

from core.api import N_, ColumnWords, EventKind, Handler, Permission, RecordKind, RoleDef, SettingDef, hookimpl
from plugins.inventory import handlers_pricing as handlers
from plugins.inventory.models import PriceChange
from plugins.inventory.parts.purchasing import PATTERN_HELP
from plugins.inventory.pricing_contracts import PRICE_CHANGE, PRICE_STATE_WORDS
from plugins.inventory.services import pricing

_SEE = (pricing.SEE,)
_ASK = (*_SEE, pricing.ASK)
_ALL = (*_ASK, pricing.DECIDE)

PERMISSIONS = (
    Permission("inventory.price.view", N_("See sale prices of parts and how they changed")),
    Permission("inventory.price.ask", N_("Ask for changes of sale prices")),
    Permission("inventory.price.decide", N_("Decide on changes of sale prices")),
)
SETTINGS = (
    SettingDef(
        "inventory.price_pattern", N_("Pattern of numbers of price changes"), default="TJ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            PRICE_CHANGE, PriceChange, N_("Change of a price"), lambda row: row.number,
            "inventory.price_change_page", pricing.SEE, icon="tag",
        )
    ]  # fmt: skip


def column_words():
    return [
        ColumnWords(
            {
                "inventory_price_change.part_id": N_("Part"),
                "inventory_price_change.price": N_("Price of one"),
                "inventory_price_change.before": N_("Price before"),
                "inventory_price_change.valid_from": N_("Counts from"),
                "inventory_price_change.asked_at": N_("Asked on"),
                "inventory_price_change.asked_by_id": N_("Asked by"),
                "inventory_price_change.asked_by": N_("Asked by"),
                "inventory_price_change.decided_at": N_("Decided on"),
                "inventory_price_change.decided_by": N_("Decided by"),
                "inventory_price_change.ended_reason": N_("Why it ended"),
            },
            {"inventory_price_change.state": PRICE_STATE_WORDS},
        )
    ]


def workflows():
    return [pricing.WORKFLOW]


def event_kinds():
    return [
        EventKind("inventory.price_asked", N_("{number}: {part} is to cost {price} from {day} on: {reason}"), "tag"),
        EventKind("inventory.price_approved", N_("{number}: {part} costs {price} from {day} on"), "circle-check"),
        EventKind("inventory.price_refused", N_("{number}: the price of {part} stays: {reason}"), "circle-x"),
        EventKind("inventory.price_withdrawn", N_("{number} on the price of {part} withdrawn: {reason}"), "undo-2"),
    ]


def event_handlers():
    return [
        Handler("core.approval_granted", "price_approved", handlers.approved),
        Handler("core.approval_refused", "price_refused", handlers.refused),
        Handler("core.approval_refused_for", "price_refused", handlers.refused),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _ALL),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, _ASK),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _SEE),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _SEE),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _SEE),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _SEE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _SEE),
    ]


def lists():
    from plugins.inventory.lists.pricing import CHANGES, PRICES

    return [PRICES, CHANGES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Sale prices"), "inventory.prices_list", "tag", 75)]


def record_panels(ctx, record):
    from plugins.inventory.panels.pricing import panels_for

    return panels_for(ctx, record)


def home_notices(ctx):
    from plugins.inventory.panels.pricing import notices

    return notices(ctx)


@hookimpl(optionalhook=True)
def part_price(ctx, order, code):
    """A hook of the module of service orders, where that is installed."""
    return pricing.price_of(ctx, code)
