"""Spare parts: catalogue and ledger. Joins what its parts declare.

A new part is a module in ``parts`` and a line in ``PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, RoleDef, hookimpl
from plugins.inventory.parts import catalogue, ledger

PARTS = (catalogue, ledger)

MANIFEST = Manifest(
    name="inventory",
    label={"en": "Spare parts", "zh": "备件库存"},
    summary={
        "en": "Parts, batches and serial numbers, a stock book that adds up, reservations for orders",
        "zh": "备件、批号和序列号，分毫不差的库存账，为服务单预留备件",
    },
    version="0.1.0",
    category="service",
    icon="package",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    permissions=tuple(permission for part in PARTS for permission in part.PERMISSIONS),
    settings=tuple(setting for part in PARTS for setting in part.SETTINGS),
    provides=("parts_for_order", "reserve_parts", "use_part"),
)


def _all(hook: str, *given) -> list:
    """What every part answers to a hook, one after the other."""
    answers = [getattr(part, hook)(*given) for part in PARTS if hasattr(part, hook)]
    return [item for answer in answers for item in answer]


# --- declarations ---------------------------------------------------------------------------------------------------


@hookimpl
def record_kinds():
    return _all("record_kinds")


@hookimpl
def column_words():
    return _all("column_words")


@hookimpl
def event_kinds():
    return _all("event_kinds")


@hookimpl
def event_handlers():
    return _all("event_handlers")


@hookimpl
def lists():
    return _all("lists")


@hookimpl
def default_roles():
    """The roles of all parts; a role that several of them name has the rights of all."""
    named: dict[str, RoleDef] = {}
    for role in _all("default_roles"):
        before = named[role.code].permissions if role.code in named else ()
        named[role.code] = RoleDef(role.code, role.name, tuple(dict.fromkeys((*before, *role.permissions))))
    return list(named.values())


@hookimpl
def blueprints():
    from plugins.inventory.views import blueprint

    return [blueprint]


@hookimpl
def menu():
    return _all("menu")


@hookimpl
def commands():
    from plugins.inventory.commands import check

    return [check]


@hookimpl
def demo_data():
    from plugins.inventory.demo import fill

    return fill


# --- while the system runs ------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    from plugins.inventory.services.places import furnish

    furnish(ctx)


@hookimpl
def record_panels(ctx, record):
    from plugins.inventory.panels import panels_for

    return panels_for(ctx, record)


@hookimpl
def home_notices(ctx):
    from plugins.inventory.panels import notices

    return notices(ctx)


@hookimpl(optionalhook=True)
def parts_for_order(ctx, order):
    """A hook of the module of service orders, where that is installed."""
    from plugins.inventory.services.for_orders import parts_for_order as answer

    return answer(ctx, order)


@hookimpl(optionalhook=True)
def reserve_parts(ctx, order, parts):
    """A hook of the module of service orders, where that is installed."""
    from plugins.inventory.services.for_orders import reserve_parts as answer

    return answer(ctx, order, parts)


@hookimpl(optionalhook=True)
def use_part(ctx, order, use):
    """A hook of the module of service orders, where that is installed."""
    from plugins.inventory.services.for_orders import use_part as answer

    return answer(ctx, order, use)
