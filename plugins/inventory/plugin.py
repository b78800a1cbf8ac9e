"""Spare parts: catalogue and ledger. Declared by its parts; a new one is a module in ``parts`` and a name in
``parts.PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, hookimpl
from plugins.inventory.parts import PARTS

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
    provides=("parts_for_order", "reserve_parts", "use_parts", "part_price", "loaner"),
    parts=PARTS,
)


@hookimpl
def blueprints():
    from plugins.inventory.views import blueprint

    return [blueprint]


@hookimpl
def commands():
    from plugins.inventory.commands import check

    return [check]


@hookimpl
def demo_data():
    from plugins.inventory.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    from plugins.inventory.services.places import furnish

    furnish(ctx)
