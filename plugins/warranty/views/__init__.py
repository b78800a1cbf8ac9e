"""Pages of warranty, a module per part. Lists are declared in ``lists``."""

from plugins.warranty.views import terms  # noqa: F401 - it adds its routes
from plugins.warranty.views.blueprint import blueprint

__all__ = ["blueprint"]
