"""The ledger: locations, stock, moves, reservations, closed periods."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory.contracts import BALANCE, BOOK, LOCATION, MOVE, PICKING_WORDS
from plugins.inventory.models import Balance, Book, Location, Move

_SEE = ("inventory.stock.view", "inventory.location.view")
_USE = (*_SEE, "inventory.part.use")
_KEEP = (
    *_USE, "inventory.stock.receive", "inventory.stock.issue", "inventory.stock.transfer", "inventory.stock.adjust",
    "inventory.stock.reverse", "inventory.reservation.edit", "inventory.location.edit",
)  # fmt: skip
_ALL = (*_KEEP, "inventory.stock.backdate", "inventory.period.close", "inventory.stock.check")

PERMISSIONS = (
    Permission("inventory.stock.view", N_("See stock, moves and reservations")),
    Permission("inventory.location.view", N_("See locations and what is in them")),
    Permission("inventory.location.edit", N_("Change locations")),
    Permission("inventory.part.use", N_("Reserve and use parts on orders one works on")),
    Permission("inventory.stock.receive", N_("Receive parts")),
    Permission("inventory.stock.issue", N_("Issue parts and take them back")),
    Permission("inventory.stock.transfer", N_("Move parts from one location to another")),
    Permission("inventory.stock.adjust", N_("Correct stock, with a reason")),
    Permission("inventory.stock.reverse", N_("Reverse moves, with a reason")),
    Permission("inventory.stock.backdate", N_("Post for days that have passed")),
    Permission("inventory.reservation.edit", N_("Reserve parts for records and set them free")),
    Permission("inventory.period.close", N_("Close periods of the stock book, and open them again")),
    Permission("inventory.stock.check", N_("Rebuild balances from moves and compare")),
)

SETTINGS = (
    SettingDef(
        "inventory.picking", N_("What is taken first"), "choice", "fefo",
        N_("When parts are reserved or issued and nobody names the batch."), PICKING_WORDS,
    ),
    SettingDef(
        "inventory.ranking", N_("Demands that come first"), "text", "service.order\ninventory.part_request",
        N_("Kinds of records, one per line, the first before all. They may take what is reserved for others."),
    ),
    SettingDef(
        "inventory.reserve_partly", N_("Reserve for orders what there is"), "bool", False,
        N_("Otherwise a plan for which there are too few parts is refused."),
    ),
    SettingDef(
        "inventory.own_unit_only", N_("Orders take parts of their own unit only"), "bool", False,
        N_("Locations without an organisation unit serve all."),
    ),
)  # fmt: skip


def record_kinds():
    see = "inventory.stock.view"
    return [
        RecordKind(
            LOCATION, Location, N_("Location"), lambda row: row.code, "inventory.location_page",
            "inventory.location.view", icon="warehouse",
        ),
        RecordKind(
            MOVE, Move, N_("Stock move"), lambda m: str(m.id), "inventory.move_page", see, icon="arrow-right-left"
        ),
        RecordKind(
            BALANCE, Balance, N_("Stock"), lambda b: str(b.id), "inventory.balance_page", see, icon="package"
        ),
        RecordKind(BOOK, Book, N_("Stock book"), lambda _b: "1", "", see, icon="book-lock"),
    ]  # fmt: skip


def event_kinds():
    return [
        EventKind("inventory.furnished", N_("Locations and units of measure of the stock made"), "warehouse"),
        EventKind("inventory.location_saved", N_("Location {code} {name} saved"), "warehouse"),
        EventKind("inventory.received", N_("{what} received into {target}"), "package-plus"),
        EventKind("inventory.issued", N_("{what} issued from {source}"), "package-minus"),
        EventKind("inventory.taken_back", N_("{what} taken back into {target}"), "undo-2"),
        EventKind("inventory.transferred", N_("{what} moved from {source} to {target}"), "arrow-right-left"),
        EventKind("inventory.adjusted", N_("Stock corrected, {what}: {reason}"), "scale"),
        EventKind("inventory.reversed", N_("{what} reversed: {reason}"), "rotate-ccw"),
        EventKind("inventory.reserved", N_("{what} reserved in {place}"), "lock"),
        EventKind("inventory.released", N_("{what} in {place} no longer reserved"), "lock-open"),
        EventKind("inventory.preempted", N_("{what} went to a demand that comes first"), "triangle-alert"),
        EventKind("inventory.period_closed", N_("Stock book closed up to {day}"), "book-lock"),
        EventKind("inventory.period_reopened", N_("Stock book open again after {day}: {reason}"), "book-open"),
        EventKind("inventory.balances_repaired", N_("Balances put right, {count}: {what}"), "wrench"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _KEEP),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _SEE),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _USE),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _USE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, ("inventory.stock.view",)),
    ]


def lists():
    from plugins.inventory.lists.ledger import LOCATIONS, MOVES, RESERVATIONS, STOCK

    return [STOCK, MOVES, RESERVATIONS, LOCATIONS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("parts", N_("Stock"), "inventory.stock_list", "package", 10),
        MenuItem("parts", N_("Stock moves"), "inventory.moves_list", "arrow-right-left", 30),
        MenuItem("parts", N_("Locations"), "inventory.locations_list", "warehouse", 40),
    ]


def record_panels(ctx, record):
    from plugins.inventory.panels import panels_for

    return panels_for(ctx, record)


def home_notices(ctx):
    from plugins.inventory.panels import notices

    return notices(ctx)
