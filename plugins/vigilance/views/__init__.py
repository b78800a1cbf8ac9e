"""Pages of this plugin, a module per subject. Lists are declared in ``lists``."""

from plugins.vigilance.views import events, implants  # noqa: F401 - they add their routes
from plugins.vigilance.views.blueprint import blueprint

__all__ = ["blueprint"]
