"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint(
    "workforce", __name__, url_prefix="/workforce", template_folder="../templates", static_folder="../static"
)
