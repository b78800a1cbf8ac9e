"""Stocktakes: full and cycle counts, blind or not, differences approved by value and posted once."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory import stocktake_columns
from plugins.inventory.models import Stocktake, StocktakeLine
from plugins.inventory.services import stocktake
from plugins.inventory.stocktake_contracts import STOCKTAKE

_COUNT = ("inventory.stocktake.view", "inventory.stocktake.count")
_LEAD = (*_COUNT, "inventory.stocktake.lead", "inventory.stocktake.see_book")

PERMISSIONS = (
    Permission("inventory.stocktake.view", N_("See stocktakes")),
    Permission("inventory.stocktake.count", N_("Count stock")),
    Permission("inventory.stocktake.see_book", N_("See what the book says while counting blind")),
    Permission("inventory.stocktake.lead", N_("Begin stocktakes, look at differences and post them")),
)

SETTINGS = (
    SettingDef(
        "inventory.stocktake_pattern", N_("Pattern of the numbers of stocktakes"), default="PD{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "inventory.stocktake_most", N_("Most lines of a stocktake"), "int", 2000,
        N_("Larger places are counted in parts."), minimum=1, maximum=20000,
    ),
    SettingDef(
        "inventory.recount_above", N_("Difference above which is counted again"), "money", None,
        N_("What the difference of one line is worth. Empty: nothing is counted again by itself."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            STOCKTAKE, Stocktake, N_("Stocktake"), lambda r: r.number, "inventory.stocktake_page", stocktake.VIEW,
            icon="clipboard-list", parts=(StocktakeLine,),
        )
    ]  # fmt: skip


def column_words():
    return [stocktake_columns.WORDS]


def workflows():
    return [stocktake.WORKFLOW]


def event_kinds():
    return [
        EventKind(
            "inventory.stocktake_begun", N_("Stocktake {number} of {place} begun, {count} lines"), "clipboard-list"
        ),
        EventKind("inventory.counted", N_("{part} in {place} counted: {quantity}"), "hash"),
        EventKind("inventory.count_undone", N_("Count of {part} in {place} taken back"), "undo-2"),
        EventKind("inventory.recount_asked", N_("{part} in {place} is to be counted again"), "rotate-ccw"),
        EventKind("inventory.stocktake_counted", N_("Stocktake {number} is counted"), "search"),
        EventKind("inventory.stocktake_reopened", N_("Stocktake {number} is counted on"), "rotate-ccw"),
        EventKind("inventory.stocktake_posted", N_("Stocktake {number} posted, {count} differences"), "circle-check"),
        EventKind("inventory.stocktake_cancelled", N_("Stocktake {number} cancelled: {reason}"), "circle-x"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _LEAD),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _LEAD),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, ("inventory.stocktake.view",)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _COUNT),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _COUNT),
    ]


def lists():
    from plugins.inventory.lists.stocktake import LINES, STOCKTAKES

    return [STOCKTAKES, LINES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Stocktakes"), "inventory.stocktakes_list", "clipboard-list", 36)]
