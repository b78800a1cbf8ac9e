"""Pages of service orders. Queue and board are declared in ``lists``."""

from plugins.service.views import actions, dispatch, intake, record  # noqa: F401 - they add their routes
from plugins.service.views.blueprint import blueprint

__all__ = ["blueprint"]
