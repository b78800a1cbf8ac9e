"""People and duty: skills, certificates, leave, rosters, training. Declared by its parts; a new one is a module in
``parts`` and a name in ``parts.PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, hookimpl, install_shipped
from plugins.workforce.parts import PARTS

MANIFEST = Manifest(
    name="workforce",
    label={"en": "People and duty", "zh": "人员与值班"},
    summary={
        "en": "Skills and certificates with their ends, leave, duty rosters without gaps, training",
        "zh": "技能和上岗证及到期提醒、请假、不留空档的值班表、培训",
    },
    version="0.1.0",
    category="service",
    icon="users-round",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    provides=("agent_duty", "duty_plans", "people_for_order"),
    parts=PARTS,
)


@hookimpl
def blueprints():
    from plugins.workforce.views import blueprint

    return [blueprint]


@hookimpl
def demo_data():
    from plugins.workforce.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "workforce")
