"""What customers' items are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.service.models import Item


def _found(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Item).where(Item.id.in_(ids)).options(orm.joinedload(Item.order))
    found = {}
    for i in ctx.session.scalars(query):
        unit = i.order.unit_id if i.order is not None else None
        words = (i.serial, i.from_name, i.tracking)
        order = i.order.number if i.order is not None else ""
        found[i.id] = SearchText(f"{i.number} {i.name}", order, words, unit, i.holder_id)
    return found


ITEMS = Searchable(_found)
