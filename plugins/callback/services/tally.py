"""Keeping the figures of plans: noting what has changed, counting it anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, bulk_insert, transaction
from plugins.callback.models import Call, ChangedDay, Need, Period, Tally
from plugins.callback.models.tally import kinds_of
from plugins.callback.queries.tally import count_noted

MOST = 5_000
"""So many rows are taken away by one statement."""


def touch_calls(ctx: Ctx, ids: Iterable[int | None], days: Iterable[dt.date | None] = ()) -> None:
    """Lock calls that are about to be changed past the session, or whose reasons are, and note their days and these."""
    query = sa.select(Call.day).where(Call.id.in_({n for n in ids if n is not None})).order_by(Call.id)
    touch_days(ctx, {*ctx.session.scalars(query.with_for_update()), *days})


def touch_days(ctx: Ctx, days: Iterable[dt.date | None]) -> None:
    """Note that days are to be counted, nobody says how they have changed; None: the reasons without a call."""
    bulk_insert(ctx, ChangedDay, [{"day": day} for day in set(days)])


def touch_needs(ctx: Ctx, ids: Iterable[int]) -> None:
    """Lock the calls of reasons that are about to be changed past the session, and note their days."""
    found = list(ctx.session.scalars(sa.select(Need.call_id).where(Need.id.in_(ids))))
    touch_calls(ctx, found, [None])


def count_changed(ctx: Ctx) -> int:
    """Count anew the days that have changed; answers how many. What is changed meanwhile stays noted."""
    with transaction(ctx):
        first = sa.select(Period.id).order_by(Period.id).limit(1)
        ctx.session.scalar(first.with_for_update(key_share=True))  # one at a time
        notes, days, found = count_noted(ctx)
        if not notes:
            return 0
        dated = sorted(day for day in days if day is not None)
        for some in _chunks(dated):
            _delete(ctx, Tally, Tally.day.in_(some))
        if None in days:
            _delete(ctx, Tally, Tally.day.is_(None))
        of_units = [{**one._asdict(), "whole": False} for one in found]
        whole = [{**kind._asdict(), "amount": n, "whole": True} for kind, n in kinds_of(found).items()]
        bulk_insert(ctx, Tally, [{k: v for k, v in row.items() if k != "note"} for row in of_units + whole])
        for numbers in _chunks(notes):
            _delete(ctx, ChangedDay, ChangedDay.id.in_(numbers))
        return len(days)


def _delete(ctx: Ctx, model: type, which: Any) -> None:
    ctx.session.execute(sa.delete(model).where(which).execution_options(synchronize_session=False))


def _chunks(rows: Sequence) -> Iterable[Sequence]:
    for start in range(0, len(rows), MOST):
        yield rows[start : start + MOST]
