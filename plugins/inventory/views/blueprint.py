"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

from plugins.inventory.queries.parts import plain_quantity

blueprint = Blueprint(
    "inventory", __name__, url_prefix="/inventory", template_folder="../templates", static_folder="../static"
)

blueprint.add_app_template_filter(plain_quantity, "plain_quantity")
