"""Archiving all orders that were closed long enough ago, as a task with progress (DEF-10)."""

from __future__ import annotations

from core.api import Ctx, Invalid, Task, _, gates, start_task
from plugins.service.life import ARCHIVE, WORKFLOW
from plugins.service.models import Order
from plugins.service.services.closing import archive
from plugins.service.services.common import lock

TASK = "service.archive_closed"
LONGEST = 3650
"""Days: nobody leaves an order closed for longer before it is archived."""


def order_archiving(ctx: Ctx, days: int) -> Task:
    """Order the task that archives what was closed so many days ago; what still lacks something stays as it is."""
    ctx.require(ARCHIVE)
    if not 0 <= days <= LONGEST:
        raise Invalid("bad_days", _("Days, 0 to {n}.", n=LONGEST), "days")
    return start_task(ctx, TASK, {"days": days}, days=days)


def archive_complete(ctx: Ctx, order: Order) -> list[str]:
    """Archive an order that lacks nothing, inside the transaction of whoever calls. Answers what it lacks, in words;
    no approval is asked for. One that is closed no more is left alone.
    """
    lock(ctx, order)
    if order.state != "closed":
        return []
    missing = [g.text for g in gates(ctx, WORKFLOW.transition("archive"), order) if g.open]
    if not missing:
        archive(ctx, order.id)
    return missing
