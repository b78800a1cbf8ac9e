"""The panel on a part: what it costs and how that came about; notices of changes that wait."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, _, n_
from plugins.inventory.lists.pricing import change_mark
from plugins.inventory.models import Part
from plugins.inventory.queries import pricing as queries
from plugins.inventory.services.pricing import ASK, DECIDE, SEE

SHOWN = 10


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """What a part costs today, what comes, and what it cost before."""
    if not isinstance(record, Part) or not ctx.can(SEE):
        return []
    rows = queries.changes_of(ctx, record.id, SHOWN + 1)
    may_ask = ctx.can(ASK) and record.active
    if not rows and not may_ask:
        return []
    data = {
        "now": queries.prices_on(ctx, [record.id], ctx.today).get(record.id), "part": record,
        "rows": [(row, change_mark(row, ctx.today)) for row in rows[:SHOWN]], "more": len(rows) > SHOWN,
        "may_ask": may_ask and not any(row.state == "asked" for row in rows),
    }  # fmt: skip
    return [Panel(_("Sale price"), "inventory/_part_price.html", data, "main", 35)]


def notices(ctx: Ctx) -> list[Notice]:
    """Changes of prices that wait, for those who decide."""
    count = queries.count_asked(ctx) if ctx.can(DECIDE) else 0
    if not count:
        return []
    title = n_("{n} change of a price waits for a decision", "{n} changes of prices wait for a decision", count)
    url = url_for("inventory.price_changes_list", tab="asked")
    return [Notice(title, _("Until then the price stays as it is."), url, _("Look at them"), "info", "tag")]
