"""Pages of callback, a module per part. Lists are declared in ``lists``."""

from plugins.callback.views import calls  # noqa: F401 - it adds its routes
from plugins.callback.views.blueprint import blueprint

__all__ = ["blueprint"]
