"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

blueprint = Blueprint("vigilance", __name__, url_prefix="/vigilance", template_folder="../templates")
