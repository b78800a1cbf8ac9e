"""The blueprint to which every page of this plugin belongs."""

from flask import Blueprint

from core.web_api import current_ctx
from plugins.service.panels.visits import new_key
from plugins.service.queries.visits import keeping_limits

blueprint = Blueprint(
    "service", __name__, url_prefix="/service", template_folder="../templates", static_folder="../static"
)


@blueprint.context_processor
def _for_phones():
    """What forms need that are kept on a phone until the server has them."""
    return {"new_key": new_key, "keeping_limits": lambda: keeping_limits(current_ctx())}
