"""What records of inventory are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.inventory.models import Batch, Part, PurchaseOrder, PurchaseRequest
from plugins.inventory.queries.ordering import with_words


def _parts(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(Part).where(Part.id.in_(ids)))
    return {row.id: SearchText(f"{row.code} {row.name}", row.storage, (row.note,)) for row in rows}


def _batches(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Batch).where(Batch.id.in_(ids)).options(orm.joinedload(Batch.part))
    rows = ctx.session.scalars(query)
    return {row.id: SearchText(f"{row.number} {row.part.code}", row.part.name) for row in rows}


def _requests(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(PurchaseRequest).where(PurchaseRequest.id.in_(ids)))
    return {row.id: SearchText(row.number, row.reason) for row in rows}


def _orders(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(with_words(sa.select(PurchaseOrder).where(PurchaseOrder.id.in_(ids))))
    return {
        row.id: SearchText(
            f"{row.number} {row.supplier.name if row.supplier else ''}".strip(), row.their_reference, (row.note,)
        )
        for row in rows
    }  # fmt: skip


PARTS = Searchable(_parts)
BATCHES = Searchable(_batches)
REQUESTS = Searchable(_requests)
ORDERS = Searchable(_orders)
