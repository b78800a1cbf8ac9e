"""Archiving all orders that were closed long enough ago, as a task with progress (DEF-10)."""

from __future__ import annotations

from typing import Any

from core.api import LOCALES, Ctx, Invalid, Task, _, gates, start_task, use_locale
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


def archive_complete(ctx: Ctx, order: Order) -> list[dict[str, Any]]:
    """Archive an order that lacks nothing, inside the transaction of whoever calls. Answers what it lacks, each with
    its ``code`` and in both languages; no approval is asked for. One that is closed no more is left alone.
    """
    lock(ctx, order)
    if order.state != "closed":
        return []
    way = WORKFLOW.transition("archive")
    if not any(g.open for g in gates(ctx, way, order)):
        archive(ctx, order.id)
        return []
    words: dict[str, dict[str, str]] = {}
    for locale in LOCALES:  # who reads it later may read another language than who ordered it
        with use_locale(locale):
            for gate in gates(ctx, way, order):
                if gate.open:
                    words.setdefault(gate.key, {})[locale] = gate.text
    return [{"code": code, "words": said} for code, said in words.items()]
