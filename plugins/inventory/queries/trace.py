"""Whence a lot came and whither it went: over the whole company, whatever units the person may see.

Names are asked for by those who show them (``records.words_of``), who may see fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import BigId, Ctx, RecordRef, prepared
from plugins.base.queries import receivers_of_batch
from plugins.inventory.contracts import MOVE, Delivery
from plugins.inventory.models import Batch, Location, Move, Serial
from plugins.inventory.queries.stock import with_words

CUSTOMER, DEVICE = "base.customer", "base.unit"

_M: Any = Move.__table__
_O: Any = Move.__table__.alias()
_FROM: Any = Location.__table__.alias()
_TO: Any = Location.__table__.alias()
_BATCH, _SERIAL = sa.bindparam("batch", type_=BigId), sa.bindparam("serial", type_=BigId)
_PASSED_ON = (
    sa.select(
        _M.c.id, _M.c.record_kind, _M.c.record_id, _M.c.quantity, _FROM.c.kind, _O.c.id, _O.c.record_kind,
        _O.c.record_id,
    )
    .join(_FROM, sa.and_(_FROM.c.company_id == _M.c.company_id, _FROM.c.id == _M.c.from_id))
    .join(_TO, sa.and_(_TO.c.company_id == _M.c.company_id, _TO.c.id == _M.c.to_id))
    .outerjoin(_O, sa.and_(_O.c.company_id == _M.c.company_id, _O.c.id == _M.c.reverses_id))
    .where(
        _M.c.company_id == sa.bindparam("of_company"),
        sa.or_(_M.c.batch_id == _BATCH, _M.c.serial_id == _SERIAL),
        sa.or_(_FROM.c.kind == "customer", _TO.c.kind == "customer"),
    )
    .order_by(_M.c.id)
)  # fmt: skip


def deliveries(ctx: Ctx, batch_id: int = 0, serial_id: int = 0) -> list[Delivery]:
    """What of a batch, or which piece, is with customers now: by the record for which it was issued."""
    ctx.session.flush()
    out: dict[RecordRef, Decimal] = {}
    for row in prepared(ctx, _PASSED_ON, batch=batch_id, serial=serial_id):
        move_id, kind, record_id, quantity, source, original, its_kind, its_record = row
        if original is not None:
            move_id, kind, record_id = original, its_kind, its_record
        ref = RecordRef(kind, record_id) if kind and record_id else RecordRef(MOVE, move_id)
        out[ref] = out.get(ref, Decimal(0)) + (-quantity if source == "customer" else quantity)
    left = {ref: quantity for ref, quantity in out.items() if quantity > 0}
    parties = parties_of(ctx, left)
    return [Delivery(ref, quantity, *parties.get(ref, (None, None))) for ref, quantity in left.items()]


def parties_of(ctx: Ctx, refs: Iterable[RecordRef]) -> dict[RecordRef, tuple[int | None, int | None]]:
    """Record → (customer, unit) whom it concerns, of the kinds whose rows name them; one statement for each kind."""
    wanted: dict[str, list[int]] = {}
    for ref in refs:
        wanted.setdefault(ref.kind, []).append(ref.id)
    found: dict[RecordRef, tuple[int | None, int | None]] = {}
    for name, ids in sorted(wanted.items()):
        kind = ctx.registry.kinds.get(name)
        if kind is None:
            continue
        model: Any = kind.model
        table = model.__table__
        if name == CUSTOMER:
            found |= {RecordRef(name, i): (i, None) for i in ids}
            continue
        device = table.c.id if name == DEVICE else table.c.get("device_id")
        customer = table.c.get("customer_id")
        columns = [sa.null() if c is None else c for c in (customer, device)]
        if customer is None and device is None:
            continue
        query = sa.select(table.c.id, *columns).where(
            table.c.company_id == sa.bindparam("of_company"), table.c.id.in_(sa.bindparam("ids", expanding=True))
        )
        found |= {RecordRef(name, row[0]): (row[1], row[2]) for row in prepared(ctx, query, ids=sorted(ids))}
    return found


def sold(ctx: Ctx, batch: Batch) -> list[Delivery]:
    """What the archive knows of a batch: lines of the sales ledger, and units, of the product with the part's code."""
    return [
        Delivery(ref, quantity, customer_id, device_id)
        for ref, customer_id, device_id, quantity in receivers_of_batch(ctx, batch.part.code, batch.number)
    ]


# --- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lot:
    """What is traced: a batch, a piece, or what was moved for a record."""

    batch: Batch | None = None
    serial: Serial | None = None
    ref: RecordRef | None = None

    @property
    def where(self) -> sa.ColumnElement[bool]:
        """The condition on moves."""
        if self.ref is not None:
            return sa.and_(Move.record_kind == self.ref.kind, Move.record_id == self.ref.id)
        if self.serial is not None:
            return Move.serial_id == self.serial.id
        return Move.batch_id == (self.batch.id if self.batch is not None else 0)


def moves_of(ctx: Ctx, lot: Lot, before: int | None, limit: int) -> list[Move]:
    """The moves of a lot, the newest first; those before the move ``before``."""
    query = with_words(sa.select(Move).where(lot.where))
    if before is not None:
        query = query.where(Move.id < before)
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def lots_of_record(ctx: Ctx, ref: RecordRef, limit: int) -> list[tuple[int | None, int | None]]:
    """(batch, serial number) of what was moved for a record."""
    query = sa.select(Move.batch_id, Move.serial_id).where(
        Move.record_kind == ref.kind, Move.record_id == ref.id,
        sa.or_(Move.batch_id.is_not(None), Move.serial_id.is_not(None)),
    )  # fmt: skip
    query = query.distinct().order_by(Move.batch_id, Move.serial_id)
    return [(row[0], row[1]) for row in ctx.session.execute(query.limit(limit))]


def origins(ctx: Ctx, lots: Iterable[tuple[int | None, int | None]], limit: int) -> list[Move]:
    """The moves by which these lots came in from outside: receipts, and what was found. The oldest first."""
    wanted = list(lots)
    batches = sorted({b for b, s in wanted if b is not None and s is None})
    serials = sorted({s for _b, s in wanted if s is not None})
    query = with_words(
        sa.select(Move).where(
            sa.or_(Move.batch_id.in_(batches or [0]), Move.serial_id.in_(serials or [0])),
            Move.kind.in_(("receipt", "adjustment")),
        )
    )
    return list(ctx.session.scalars(query.order_by(Move.id).limit(limit)))
