"""Service orders: from the call to the archive. Declared by its parts; a new one is a module in ``parts`` and a name in
``parts.PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, hookimpl, install_shipped
from plugins.service import hookspecs
from plugins.service.parts import PARTS

MANIFEST = Manifest(
    name="service",
    label={"en": "Service orders", "zh": "服务单"},
    summary={
        "en": "Requests and orders from the call to the archive: dispatched, worked on, signed, under time limits",
        "zh": "从报修到归档：派工、上门、送修、签字、结单，全程计时",
    },
    version="0.1.0",
    category="service",
    icon="clipboard-list",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    provides=("open_service", "may_charge", "put_charge"),
    hookspecs=hookspecs,
    parts=PARTS,
)


@hookimpl
def blueprints():
    from plugins.service.views import blueprint

    return [blueprint]


@hookimpl
def demo_data():
    from plugins.service.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "service")
