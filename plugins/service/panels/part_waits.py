"""The part for which an order waits, on its page."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Panel, _
from plugins.service import life
from plugins.service.models import Order
from plugins.service.part_wait_contracts import PART_WAIT_WORDS, TOLD_WORDS
from plugins.service.queries import part_waits as queries

MAY_WAIT = ("accepted", "dispatched", "working")


def panels(ctx: Ctx, record) -> list[Panel]:
    """What it waits for and waited for; the way to say that a part is missing."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    rows = queries.waits_of(ctx, record.id)
    standing = next((r for r in rows if r.state == "waits"), None)
    may = record.is_open and record.state in MAY_WAIT and ctx.can(life.WORK)
    may = may and (standing is not None or not record.waiting)
    if not rows and not may:
        return []
    data = {
        "rows": [(r, _(PART_WAIT_WORDS[r.state]), _(TOLD_WORDS[r.told_how])) for r in rows],
        "standing": standing, "may": may, "order": record,
        "url": url_for("service.part_wait", record_id=record.id) if may else "",
    }  # fmt: skip
    where, order = ("main", 16) if standing else ("side", 21)
    return [Panel(_("Missing part"), "service/_part_waits.html", data, where, order, idle=standing is None)]
