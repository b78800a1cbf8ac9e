"""Pages of complaints: one complaint, and taking one in. Queue and board are declared in ``lists``."""

from plugins.complaints.views import (  # noqa: F401 - they add their routes
    actions,
    cause_actions,
    causes,
    intake,
    open,
    questionnaires,
    record,
    reports,
    rewards,
    statistics,
)
from plugins.complaints.views.blueprint import blueprint

__all__ = ["blueprint"]
