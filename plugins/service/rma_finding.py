"""What returns are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.service.models import Rma


def _found(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Rma).where(Rma.id.in_(ids)).options(orm.joinedload(Rma.order))
    found = {}
    for r in ctx.session.scalars(query):
        unit = r.order.unit_id if r.order is not None else None
        words = (r.serial, r.serial_received, r.part_number, r.tracking)
        found[r.id] = SearchText(
            f"{r.number} {r.name}", r.order.number if r.order is not None else "", words, unit, r.owner_id
        )
    return found


RMAS = Searchable(_found)
