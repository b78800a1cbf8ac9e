"""Pages of complaints: the queue, the board, one complaint, and taking one in."""

from plugins.complaints.views import actions, intake, lists, record  # noqa: F401 - they add their routes
from plugins.complaints.views.blueprint import blueprint

__all__ = ["blueprint"]
