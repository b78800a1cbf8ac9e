"""What is about to expire, on the page "My work" of those who keep the stock."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Figure, _
from plugins.inventory.queries import expiry as queries


def figures(ctx: Ctx) -> list[Figure]:
    """How many lots end soon."""
    if not ctx.can("inventory.stock.transfer"):
        return []
    count = queries.count_soon(ctx)
    url = url_for("inventory.expiring_list", tab="soon")
    return [Figure(_("Lots about to expire"), count, url, "warn", icon="calendar-clock")] if count else []
