"""Pages of callback, a module per part. Lists are declared in ``lists``."""

from plugins.callback.views import calls, survey_open, survey_results, surveys  # noqa: F401 - they add their routes
from plugins.callback.views.blueprint import blueprint

__all__ = ["blueprint"]
