"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint(
    "complaints", __name__, url_prefix="/complaints", template_folder="../templates", static_folder="../static"
)
