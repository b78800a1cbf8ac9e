"""Pages of inventory, a module per subject. Lists are declared in ``lists``."""

from plugins.inventory.views import (  # noqa: F401 - they add their routes
    bills,
    catalogue,
    custody,
    evaluation,
    holds,
    kits,
    ledger,
    loaners,
    ordering,
    part_requests,
    places,
    pricing,
    purchasing,
    quality,
    reorder,
    scanning,
    sterility,
    stocktake,
    suppliers,
    tool_claims,
    tools,
    transfers,
)
from plugins.inventory.views.blueprint import blueprint

__all__ = ["blueprint"]
