"""Records for a demonstration."""

from __future__ import annotations

import datetime as dt
import random

from core.api import Ctx
from plugins.base import queries as archive
from sitepass import services

_HOLDERS = ("周建国", "何敏", "Priya Nair", "Tom Okafor")


def fill(ctx: Ctx, seed: int) -> None:
    """A dozen passes of known customers: wanted, with us (some too long), returned."""
    pick = random.Random(seed)
    month_ago = ctx.at(ctx.now - dt.timedelta(days=30))
    callers = {c.customer_id: c.customer for c in archive.recent_contacts(ctx, limit=300) if c.customer is not None}
    for index, customer in enumerate([c for c in callers.values() if c.kind == "company"][:12]):
        row = services.want_pass(month_ago, customer.id)
        if row is None or index % 4 == 0:
            continue
        services.lend_pass(month_ago if index % 4 == 1 else ctx, row.id, pick.choice(_HOLDERS))
        if index % 4 == 3:
            services.give_back(ctx, row.id)

