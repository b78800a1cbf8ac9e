"""Pages of warranty, a module per part. Lists are declared in ``lists``."""

from plugins.warranty.views import coverage, prices, quote_actions, quotes, terms  # noqa: F401 - they add their routes
from plugins.warranty.views.blueprint import blueprint

__all__ = ["blueprint"]
