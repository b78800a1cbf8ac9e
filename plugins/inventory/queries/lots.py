"""Batches and serial numbers."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Batch, Serial
from plugins.inventory.queries.parts import NOTHING


def get_batch(ctx: Ctx, batch_id: int, *, lock: bool = False) -> Batch:
    """One batch, with its part. Raises NotFound."""
    query = sa.select(Batch).where(Batch.id == batch_id).options(orm.joinedload(Batch.part))
    row = ctx.session.scalar(query.with_for_update(of=Batch) if lock else query)
    if row is None:
        raise NotFound("unknown_batch", _("There is no such batch."))
    return row


def get_serial(ctx: Ctx, serial_id: int) -> Serial:
    """One piece, with its part. Raises NotFound."""
    query = sa.select(Serial).where(Serial.id == serial_id).options(orm.joinedload(Serial.part))
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_serial", _("There is no such serial number of this part."))
    return row


def batches(ctx: Ctx, ids: Iterable[int | None], *, share: bool = False) -> dict[int, Batch]:
    """Id → batch; with ``share`` nobody can hold or change one before this transaction has ended."""
    query = sa.select(Batch).where(Batch.id.in_(sorted({i for i in ids if i is not None}) or NOTHING))
    if share:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return {row.id: row for row in ctx.session.scalars(query.order_by(Batch.id))}


def serials(ctx: Ctx, ids: Iterable[int | None]) -> dict[int, Serial]:
    """Id → serial number."""
    query = sa.select(Serial).where(Serial.id.in_(sorted({i for i in ids if i is not None}) or NOTHING))
    return {row.id: row for row in ctx.session.scalars(query)}


def batches_by_number(ctx: Ctx, part_ids: Iterable[int], numbers: Iterable[str]) -> dict[tuple[int, str], Batch]:
    """(part, number) → batch, of these parts and numbers."""
    query = sa.select(Batch).where(
        Batch.part_id.in_(sorted(set(part_ids)) or NOTHING), Batch.number.in_(sorted(set(numbers)) or [""])
    )
    return {(row.part_id, row.number): row for row in ctx.session.scalars(query)}


def serials_by_number(ctx: Ctx, part_ids: Iterable[int], numbers: Iterable[str]) -> dict[tuple[int, str], Serial]:
    """(part, number) → serial number, of these parts and numbers."""
    query = sa.select(Serial).where(
        Serial.part_id.in_(sorted(set(part_ids)) or NOTHING), Serial.number.in_(sorted(set(numbers)) or [""])
    )
    return {(row.part_id, row.number): row for row in ctx.session.scalars(query)}
