"""Pages of inventory, a module per subject. Lists are declared in ``lists``."""

from plugins.inventory.views import bills, catalogue, holds, ledger, places, scanning  # noqa: F401 - they add their routes
from plugins.inventory.views.blueprint import blueprint

__all__ = ["blueprint"]
