"""What was sold sterile long ago, and how far each case is (INS-12)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import BigId, Clock, Ctx, NotFound, RecordRef, _, get_setting, prepared
from plugins.base.queries import sold_of_batches
from plugins.inventory.contracts import MOVE
from plugins.inventory.models import Batch, Location, Move, Part, SterileCase
from plugins.inventory.queries.trace import parties_of
from plugins.inventory.rules.evaluation import months_on
from plugins.inventory.sterile_contracts import GOING_ON, STERILE_CASE, Sold

_M: Any = Move.__table__
_O: Any = Move.__table__.alias()
_FROM: Any = Location.__table__.alias()
_TO: Any = Location.__table__.alias()
_MOVED = (
    sa.select(
        _M.c.batch_id, _M.c.id, _M.c.record_kind, _M.c.record_id, _M.c.quantity, _M.c.effective_on, _FROM.c.kind,
        _O.c.id, _O.c.record_kind, _O.c.record_id,
    )
    .join(_FROM, sa.and_(_FROM.c.company_id == _M.c.company_id, _FROM.c.id == _M.c.from_id))
    .join(_TO, sa.and_(_TO.c.company_id == _M.c.company_id, _TO.c.id == _M.c.to_id))
    .outerjoin(_O, sa.and_(_O.c.company_id == _M.c.company_id, _O.c.id == _M.c.reverses_id))
    .where(
        _M.c.company_id == sa.bindparam("of_company"),
        _M.c.batch_id.in_(sa.bindparam("batches", expanding=True, type_=BigId)),
        sa.or_(_FROM.c.kind == "customer", _TO.c.kind == "customer"),
    )
    .order_by(_M.c.id)
)  # fmt: skip


def long_ago(ctx: Ctx) -> dt.date:
    """What was sold before this day was sold long ago."""
    return months_on(ctx.today, -int(get_setting(ctx, "inventory.sterile_sold_months")))


def horizon(ctx: Ctx) -> dt.date:
    """Sterile dates through this day are near, or over."""
    return ctx.today + dt.timedelta(days=int(get_setting(ctx, "inventory.sterile_soon_days")))


def ending_batches(ctx: Ctx, after: int, limit: int) -> list[Batch]:
    """Batches whose sterile date is near or over, page by page in the order of ids."""
    query = sa.select(Batch).where(Batch.sterile_until <= horizon(ctx), Batch.id > after)
    query = query.options(orm.joinedload(Batch.part)).order_by(Batch.id).limit(limit)
    return list(ctx.session.scalars(query))


def sold_long_ago(ctx: Ctx, batches: Sequence[Batch]) -> list[Sold]:
    """What of these batches was sold long ago and is with customers still, over all units.

    The sales ledger and the installed base count first; what was issued to the same customer from stock is the same.
    """
    before = long_ago(ctx)
    by_name = {(batch.part.code, batch.number): batch.id for batch in batches}
    found: list[Sold] = []
    known: set[tuple[int, int]] = set()
    for code, number, ref, customer_id, device_id, quantity, day in sold_of_batches(ctx, list(by_name)):
        if customer_id is not None:
            known.add((by_name[code, number], customer_id))
        if day is not None and day < before:
            found.append(Sold(by_name[code, number], ref, quantity, day, customer_id, device_id))
    issued = _issued(ctx, [batch.id for batch in batches], before)
    parties = parties_of(ctx, {ref for _batch, ref in issued})
    for (batch_id, ref), (quantity, day) in issued.items():
        customer_id, device_id = parties.get(ref, (None, None))
        if customer_id is None or (batch_id, customer_id) not in known:
            found.append(Sold(batch_id, ref, quantity, day, customer_id, device_id))
    return found


def _issued(
    ctx: Ctx, batches: Sequence[int], before: dt.date
) -> dict[tuple[int, RecordRef], tuple[Decimal, dt.date]]:
    """(Batch, for what) → what of it went out before a day and is not back, and when the first of it went."""
    ctx.session.flush()
    out: dict[tuple[int, RecordRef], Decimal] = defaultdict(Decimal)
    old: dict[tuple[int, RecordRef], Decimal] = defaultdict(Decimal)
    first: dict[tuple[int, RecordRef], dt.date] = {}
    for batch_id, move_id, kind, record_id, quantity, day, source, original, its_kind, its_id in prepared(
        ctx, _MOVED, batches=list(batches) or [0]
    ):
        if original is not None:
            move_id, kind, record_id = original, its_kind, its_id
        key = (batch_id, RecordRef(kind, record_id) if kind and record_id else RecordRef(MOVE, move_id))
        if source == "customer":
            out[key] -= quantity
            continue
        out[key] += quantity
        first.setdefault(key, day)
        if day < before:
            old[key] += quantity
    left = {key: min(quantity, old[key]) for key, quantity in out.items()}
    return {key: (quantity, first[key]) for key, quantity in left.items() if quantity > 0}


def newest_cases(ctx: Ctx, batches: Iterable[int]) -> dict[tuple[int, RecordRef], SterileCase]:
    """(Batch, for what) → its newest case."""
    query = sa.select(SterileCase).where(SterileCase.batch_id.in_(sorted(set(batches)) or [0]))
    rows = ctx.session.scalars(query.order_by(SterileCase.id))
    return {(row.batch_id, RecordRef(row.record_kind, row.record_id)): row for row in rows}


def with_words(query: sa.Select) -> sa.Select:
    """Cases with batch, part and unit of measure."""
    return query.options(orm.joinedload(SterileCase.batch).joinedload(Batch.part).joinedload(Part.measure))


def get_case(ctx: Ctx, case_id: int, *, lock: bool = False) -> SterileCase:
    """One case. Raises NotFound."""
    query = with_words(sa.select(SterileCase).where(SterileCase.id == case_id))
    row = ctx.session.scalar(query.with_for_update(of=SterileCase) if lock else query)
    if row is None:
        raise NotFound("unknown_case", _("There is no such case."))
    return row


def get_cases(ctx: Ctx, case_ids: Iterable[int]) -> list[SterileCase]:
    """Cases, locked in the order of ids. Raises NotFound when one is missing."""
    wanted = sorted(set(case_ids))
    query = with_words(sa.select(SterileCase).where(SterileCase.id.in_(wanted or [0])))
    rows = list(ctx.session.scalars(query.order_by(SterileCase.id).with_for_update(of=SterileCase)))
    if len(rows) != len(wanted):
        raise NotFound("unknown_case", _("There is no such case."))
    return rows


def others_going_on(ctx: Ctx, case: SterileCase) -> int:
    """How many other cases of the batch are not ended."""
    query = sa.select(sa.func.count(SterileCase.id)).where(
        SterileCase.batch_id == case.batch_id, SterileCase.id != case.id, SterileCase.state.in_(GOING_ON)
    )
    return ctx.session.scalar(query) or 0


def cases_of_batch(ctx: Ctx, batch_id: int, limit: int) -> list[SterileCase]:
    """The cases of a batch, the newest first."""
    query = with_words(sa.select(SterileCase).where(SterileCase.batch_id == batch_id))
    return list(ctx.session.scalars(query.order_by(SterileCase.id.desc()).limit(limit)))


def cases_of_device(ctx: Ctx, device_id: int, limit: int) -> list[SterileCase]:
    """The cases of a unit, the newest first."""
    query = with_words(sa.select(SterileCase).where(SterileCase.device_id == device_id))
    return list(ctx.session.scalars(query.order_by(SterileCase.id.desc()).limit(limit)))


def clocks_of(ctx: Ctx, case_ids: Sequence[int]) -> dict[int, Clock]:
    """Case → its time limit; one statement."""
    query = sa.select(Clock).where(Clock.record_kind == STERILE_CASE, Clock.record_id.in_(list(case_ids) or [0]))
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


def count_going_on(ctx: Ctx) -> int:
    """How many cases are not ended."""
    query = sa.select(sa.func.count(SterileCase.id)).where(SterileCase.state.in_(GOING_ON))
    return ctx.session.scalar(query) or 0
