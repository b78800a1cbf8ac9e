"""Reorder points, proposals, guarantee parts replenished at once."""

from __future__ import annotations

from core.api import N_, EventKind, Handler, Job, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory import handlers_buying as handlers
from plugins.inventory.contracts import REORDER
from plugins.inventory.models import ReorderPoint
from plugins.inventory.services import reorder

_SEE = ("inventory.reorder.view",)
_ALL = (*_SEE, "inventory.reorder.edit", "inventory.reorder.run")
NIGHT = 24 * 3600

PERMISSIONS = (
    Permission("inventory.reorder.view", N_("See reorder points and what is proposed to be bought")),
    Permission("inventory.reorder.edit", N_("Change reorder points")),
    Permission("inventory.reorder.run", N_("Look for short parts, dismiss proposals")),
)
SETTINGS = (
    SettingDef(
        "inventory.use_days", N_("Days of use looked back upon"), "int", 90,
        N_("From what was issued in these days, days of cover are reckoned."),
    ),
    SettingDef(
        "inventory.dismissed_days", N_("Days for which a dismissed proposal stays away"), "int", 7,
        N_("So long nothing is proposed for the same reorder point."),
    ),
    SettingDef(
        "inventory.buyer_role", N_("Role that buys parts"), default="storekeeper",
        help=N_("Its people are told when guarantee parts fall short. Code of a role."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            REORDER, ReorderPoint, N_("Reorder point"), lambda row: str(row.id), "inventory.reorder_page",
            "inventory.reorder.view", icon="gauge",
        )
    ]  # fmt: skip


def event_kinds():
    return [
        EventKind("inventory.reorder_saved", N_("{code} is bought below {minimum}, up to {maximum}"), "gauge"),
        EventKind("inventory.proposed", N_("{code}: {quantity} proposed to be bought"), "lightbulb"),
        EventKind("inventory.proposal_changed", N_("{code}: {quantity} are proposed now"), "lightbulb"),
        EventKind("inventory.proposal_gone", N_("{code} need not be bought any more"), "x"),
        EventKind("inventory.proposal_dismissed", N_("{code} is not bought now; silent until {until}"), "bell-off"),
    ]


def event_handlers():
    moved = ("inventory.issued", "inventory.transferred", "inventory.adjusted", "inventory.reversed")
    return [
        *(Handler(name, "replenish", handlers.stock_went) for name in moved),
        Handler("inventory.reserved", "replenish", handlers.stock_reserved),
        Handler("inventory.batch_held", "replenish", handlers.batch_held),
    ]


def jobs():
    return [Job("inventory.propose", reorder.nightly, every=NIGHT)]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _ALL),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, _SEE),
    ]


def lists():
    from plugins.inventory.lists.reorder import POINTS, PROPOSALS

    return [PROPOSALS, POINTS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Reorder proposals"), "inventory.proposals_list", "lightbulb", 50)]


def record_panels(ctx, record):
    from plugins.inventory.panels.reorder import panels_for

    return panels_for(ctx, record)


def home_notices(ctx):
    from plugins.inventory.panels.reorder import notices

    return notices(ctx)
