"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint(
    "warranty", __name__, url_prefix="/warranty", template_folder="../templates", static_folder="../static"
)
