"""What passes are found by in the search box: number and holder, and the customer's name."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Searchable, SearchText
from plugins.base import queries as archive
from sitepass.models import Pass


def _passes(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    found = {}
    for row in ctx.session.scalars(sa.select(Pass).where(Pass.id.in_(ids))):
        customer = archive.get_customer(ctx, row.customer_id)
        found[row.id] = SearchText(row.number, " ".join(x for x in (row.holder, customer.name) if x))
    return found


PASSES = Searchable(_passes)
