"""Warranty: periods, decisions, prices, contracts, suppliers. Declared by its parts; a new one is a module in ``parts``
and a name in ``parts.PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, hookimpl, install_shipped
from plugins.warranty import hookspecs
from plugins.warranty.parts import PARTS

MANIFEST = Manifest(
    name="warranty",
    label={"en": "Warranty", "zh": "三包"},
    summary={
        "en": "Warranty terms and periods of every unit, with what follows for a fault and why",
        "zh": "保修条款、每台设备的三包期，以及故障如何处理、依据是什么",
    },
    version="0.1.0",
    category="customers",
    icon="shield-check",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    hookspecs=hookspecs,
    parts=PARTS,
    provides=(
        "find_coverage", "coverage_about", "meters_of", "take_reading", "charges_of_quote", "price_of_charge",
        "contracts_for_plan", "visits_allowed", "book_visit", "unbook_visit", "supplier_claims",
    ),
)


@hookimpl
def blueprints():
    from plugins.warranty.views import blueprint

    return [blueprint]


@hookimpl
def demo_data():
    from plugins.warranty.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "warranty")
