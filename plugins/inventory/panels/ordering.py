"""What purchase orders say on the home page: those that should have come."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Notice, _, n_
from plugins.inventory.queries import ordering as queries

SEE = "inventory.purchase.view"


def notices(ctx: Ctx) -> list[Notice]:
    """Orders that should have come by now, for those who receive or order."""
    if not ctx.can(SEE) or not (ctx.can("inventory.purchase.decide") or ctx.can("inventory.stock.receive")):
        return []
    count = queries.count_late(ctx)
    if not count:
        return []
    title = n_("{n} purchase order is late", "{n} purchase orders are late", count)
    url = url_for("inventory.orders_list", tab="late")
    return [Notice(title, _("Ask the supplier when it comes."), url, _("Look at them"), "warn", "truck")]
