"""From whom each part can be had, on what terms."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef
from plugins.inventory.contracts import SOURCE
from plugins.inventory.models import PartSource

_SEE = ("inventory.supplier.view", "base.supplier.view")
_ALL = (*_SEE, "inventory.supplier.edit", "base.supplier.edit")

PERMISSIONS = (
    Permission("inventory.supplier.view", N_("See from whom parts can be had, on what terms, at what prices")),
    Permission("inventory.supplier.edit", N_("Change from whom parts can be had, and on what terms")),
)
SETTINGS = ()


def record_kinds():
    see = "inventory.supplier.view"
    return [
        RecordKind(
            SOURCE, PartSource, N_("Source of a part"), lambda s: s.their_number or str(s.id),
            "inventory.source_page", see, icon="list",
        ),
    ]  # fmt: skip


def event_kinds():
    return [
        EventKind("inventory.source_saved", N_("{code} can be had from {supplier}"), "truck"),
        EventKind("inventory.source_dropped", N_("{code} can no longer be had from {supplier}"), "x"),
        # Told before suppliers became one list in base; trails are kept.
        EventKind("inventory.supplier_saved", N_("Supplier {code} {name} saved"), "truck"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _ALL),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, _SEE),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _SEE),
    ]


def lists():
    from plugins.inventory.lists.suppliers import SOURCES, SUPPLIERS

    return [SUPPLIERS, SOURCES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Suppliers of parts"), "inventory.suppliers_list", "truck", 70)]


def record_panels(ctx, record):
    from plugins.inventory.panels.suppliers import panels_for

    return panels_for(ctx, record)
