"""Callbacks and surveys. Declared by its parts; a new one is a module in ``parts`` and a name in ``parts.PARTS``."""

from __future__ import annotations

from core.api import Manifest, hookimpl, install_shipped
from plugins.callback import hookspecs
from plugins.callback.parts import PARTS

MANIFEST = Manifest(
    name="callback",
    label={"en": "Callbacks", "zh": "回访"},
    summary={
        "en": "Who is called when and why, planned by the quarter down to the day, carried out by plan",
        "zh": "回访谁、何时回访、为何回访：按季度计划，分解到月到日，按计划执行",
    },
    version="0.1.0",
    category="service",
    icon="phone-outgoing",
    requires=("base",),
    provides=("call_questions", "keep_answers"),
    industries=("defence", "medical_dealer", "general"),
    parts=PARTS,
    demo_after=("complaints", "service", "workforce"),
    hookspecs=hookspecs,
)


@hookimpl
def blueprints():
    from plugins.callback.views import blueprint

    return [blueprint]


@hookimpl
def demo_data():
    from plugins.callback.demo import fill

    return fill


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "callback")
