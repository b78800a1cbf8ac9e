"""What quotes and price lists are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.warranty.models import PriceList, Quote


def _quotes(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Quote).where(Quote.id.in_(ids)).options(orm.selectinload(Quote.customer))
    found = {}
    for q in ctx.session.scalars(query):
        name = (q.customer.name if q.customer else "") or q.person_name
        found[q.id] = SearchText(
            f"{q.full_number} {q.title}", name, (q.person_name, q.person_phone), q.unit_id, q.assignee_id
        )
    return found


QUOTES = Searchable(_quotes)


def _lists(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(PriceList).where(PriceList.id.in_(ids)))
    return {r.id: SearchText(f"{r.code} {r.name}") for r in rows}


LISTS = Searchable(_lists)
