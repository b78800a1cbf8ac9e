"""Pages of complaints: one complaint, and taking one in. Queue and board are declared in ``lists``."""

from plugins.complaints.views import actions, intake, record  # noqa: F401 - they add their routes
from plugins.complaints.views.blueprint import blueprint

__all__ = ["blueprint"]
