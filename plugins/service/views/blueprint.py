"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint(
    "service", __name__, url_prefix="/service", template_folder="../templates", static_folder="../static"
)
