"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint(
    "callback", __name__, url_prefix="/callback", template_folder="../templates", static_folder="../static"
)
