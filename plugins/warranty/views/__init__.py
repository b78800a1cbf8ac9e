"""Pages of warranty, a module per part. Lists are declared in ``lists``."""

from plugins.warranty.views import (  # noqa: F401 - they add their routes
    agreements,
    card,
    claims,
    coverage,
    follow_ups,
    prices,
    quote_actions,
    quotes,
    repairs,
    suppliers,
    terms,
)
from plugins.warranty.views.blueprint import blueprint

__all__ = ["blueprint"]
