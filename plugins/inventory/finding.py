"""What records of inventory are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.inventory.models import Batch, Part


def _parts(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(Part).where(Part.id.in_(ids)))
    return {row.id: SearchText(f"{row.code} {row.name}", row.storage, (row.note,)) for row in rows}


def _batches(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Batch).where(Batch.id.in_(ids)).options(orm.joinedload(Batch.part))
    rows = ctx.session.scalars(query)
    return {row.id: SearchText(f"{row.number} {row.part.code}", row.part.name) for row in rows}


PARTS = Searchable(_parts)
BATCHES = Searchable(_batches)
