"""Broken on purpose: its route declares no right."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="bare_route",
    label={"en": "Bare Route", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def blueprints():
    from flask import Blueprint

    blueprint = Blueprint("bare_route", __name__)
    blueprint.add_url_rule("/bare", "page", lambda: "open to everybody")
    return [blueprint]
