"""Broken on purpose: its route is open to anybody, and what stands in its address can be guessed."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="open_route",
    label={"en": "Open Route", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def blueprints():
    from flask import Blueprint

    from core.api import OrgUnit
    from core.web_api import open_to_anybody

    blueprint = Blueprint("open_route", __name__)
    blueprint.add_url_rule("/open/<code>", "page", open_to_anybody(OrgUnit.code)(lambda code: code))
    return [blueprint]
