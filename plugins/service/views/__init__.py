"""Pages of service orders. Queue and board are declared in ``lists``."""

from plugins.service.views import (  # noqa: F401 - they add their routes
    actions,
    after,
    archive,
    daybook,
    dispatch,
    escalation,
    installation,
    intake,
    late,
    money,
    part_waits,
    plans,
    record,
    rma,
    rounds,
    slips,
    visits,
    workshop,
)
from plugins.service.views.blueprint import blueprint

__all__ = ["blueprint"]
