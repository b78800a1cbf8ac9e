"""Where the pages of this plugin hang."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint(
    "base", "plugins.base", template_folder="templates", static_folder="static", static_url_path="/static/base"
)
