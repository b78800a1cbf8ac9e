"""Pages of callback, a module per part. Lists are declared in ``lists``."""

from plugins.callback.views import (  # noqa: F401 - they add their routes
    calling,
    calls,
    desk,
    planning,
    survey_open,
    survey_results,
    surveys,
)
from plugins.callback.views.blueprint import blueprint

__all__ = ["blueprint"]
