"""Pages of workforce, a module per part. Lists are declared in ``lists``."""

from plugins.workforce.views import leave, rosters, skills, training  # noqa: F401 - they add their routes
from plugins.workforce.views.blueprint import blueprint

__all__ = ["blueprint"]
