"""Keeping the figures of plans: noting what has changed, counting it anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from core.api import Ctx, bulk_insert, transaction
from plugins.callback.models import Call, ChangedDay, Need, Period, Tally
from plugins.callback.queries.tally import count

MOST = 5_000
"""So many notes of changes are taken at once."""


def touch_calls(ctx: Ctx, ids: Iterable[int | None], days: Iterable[dt.date | None] = ()) -> None:
    """Lock calls that are about to be changed past the session, or whose reasons are, and note their days and these."""
    query = sa.select(Call.day).where(Call.id.in_({n for n in ids if n is not None})).order_by(Call.id)
    touch_days(ctx, {*ctx.session.scalars(query.with_for_update()), *days})


def touch_days(ctx: Ctx, days: Iterable[dt.date | None]) -> None:
    """Note that days are to be counted anew; None: the reasons without a call."""
    bulk_insert(ctx, ChangedDay, [{"day": day} for day in set(days)])


def touch_needs(ctx: Ctx, ids: Iterable[int]) -> None:
    """Lock the calls of reasons that are about to be changed past the session, and note their days."""
    found = list(ctx.session.scalars(sa.select(Need.call_id).where(Need.id.in_(ids))))
    touch_calls(ctx, found, [None])


def count_changed(ctx: Ctx) -> int:
    """Count anew the days that have changed; answers how many. What is changed meanwhile stays noted.

    The notes are read before anything is counted, and only those are taken away: a change that was not committed when
    its day was counted still has its note.
    """
    with transaction(ctx):
        first = sa.select(Period.id).order_by(Period.id).limit(1)
        ctx.session.scalar(first.with_for_update(key_share=True))  # one at a time
        query = sa.select(ChangedDay.id, ChangedDay.day).order_by(ChangedDay.id).limit(MOST)
        notes = {row.id: row.day for row in ctx.session.execute(query)}
        if not notes:
            return 0
        days = sorted({day for day in notes.values() if day is not None})
        bare = None in notes.values()
        gone = sa.or_(Tally.day.in_(days), Tally.day.is_(None) if bare else sa.false())
        found = count(ctx, days, bare)
        ctx.session.execute(sa.delete(Tally).where(gone).execution_options(synchronize_session=False))
        bulk_insert(ctx, Tally, [one._asdict() for one in found])
        taken = sa.delete(ChangedDay).where(ChangedDay.id.in_(notes))
        ctx.session.execute(taken.execution_options(synchronize_session=False))
        return len(days) + bare
