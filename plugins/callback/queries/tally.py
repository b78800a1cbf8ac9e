"""Figures of a quarter: kept ones for days that stand as they were counted, counted now for those that have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.api import Ctx
from plugins.callback.models import Call, ChangedDay, Need, Period, Tally
from plugins.callback.models.calls import AHEAD

_NONE: Any = sa.literal("")
_NO_DAY: Any = sa.cast(sa.null(), sa.Date())
_OUTCOME: Any = sa.case(
    (Call.state.in_((*AHEAD, "calling")), "ahead"),
    (Call.state.in_(("missed", "carried_over")), "missed"),
    (Call.state == "done", "done"),
    else_="cancelled",
).label("outcome")
_PERIOD_OF_CALL: Any = Call.period_id + sa.literal_column("0")
_PERIOD_OF_NEED: Any = Need.period_id + sa.literal_column("0")
"""As sums: the days are few and the quarter has many calls, so no index of the quarter is to be taken."""


class Figure(NamedTuple):
    """So many of a quarter and a day: calls, or with a ``reason`` reasons to call."""

    period_id: int
    day: dt.date | None
    reason: str
    left_out: str
    outcome: str
    amount: int


def figures(ctx: Ctx, period: Period) -> list[Figure]:
    """All that is counted of a quarter.

    Who is limited to organisation units has only their calls counted, each time: what is kept is the company's.
    """
    mine = Need.period_id == period.id
    if ctx.actor.unit_ids is not None:
        calls = sa.select(Call.id, Call.day, _OUTCOME).subquery()
        return _read(ctx, [_calls(Call.period_id == period.id), _served(calls, mine), _bare(mine)])
    noted = set(ctx.session.scalars(sa.select(ChangedDay.day).distinct()))
    changed = sorted(day for day in noted if day is not None)
    kept = _row(Tally.period_id, Tally.day, Tally.reason, Tally.left_out, Tally.outcome, Tally.amount)
    stands = [sa.or_(Tally.day.is_(None), Tally.day.not_in(changed))]
    parts = []
    if None in noted:
        stands.append(Tally.day.is_not(None))
        parts.append(_bare(mine))
    if changed:
        parts.append(_calls(sa.and_(Call.day.in_(changed), period.id == _PERIOD_OF_CALL)))
        parts.append(_served(_on(changed), period.id == _PERIOD_OF_NEED))
    return _read(ctx, [kept.where(Tally.period_id == period.id, *stands), *parts])


def count(ctx: Ctx, days: Sequence[dt.date], without_call: bool) -> list[Figure]:
    """All that there is on some days, of every quarter; with ``without_call`` the reasons that no call serves, too."""
    parts = [_calls(Call.day.in_(days)), _served(_on(days), sa.true())]
    return _read(ctx, [*parts, _bare(sa.true())] if without_call else parts)


def _on(days: Sequence[dt.date]) -> sa.Subquery:
    """Calls of some days. Its offset of nothing has the database read them first, then the few reasons of each."""
    return sa.select(Call.id, Call.day, _OUTCOME).where(Call.day.in_(days)).offset(0).subquery()


def _calls(which: Any) -> sa.Select:
    query = _row(_PERIOD_OF_CALL, Call.day, _NONE, _NONE, _OUTCOME).where(which)
    return query.group_by(_PERIOD_OF_CALL, Call.day, _OUTCOME)


def _served(calls: sa.Subquery, which: Any) -> sa.Select:
    """Reasons, by the day of their call and what became of it."""
    query = _row(_PERIOD_OF_NEED, calls.c.day, Need.reason, Need.left_out, calls.c.outcome).where(which)
    query = query.join(calls, calls.c.id == Need.call_id)
    return query.group_by(_PERIOD_OF_NEED, calls.c.day, Need.reason, Need.left_out, calls.c.outcome)


def _bare(which: Any) -> sa.Select:
    """Reasons without a call."""
    query = _row(Need.period_id, _NO_DAY, Need.reason, Need.left_out, _NONE).where(which)
    query = query.where(Need.call_id.is_(None), Need.left_out > "")
    return query.group_by(Need.period_id, Need.reason, Need.left_out)


def _row(period: Any, day: Any, reason: Any, left_out: Any, outcome: Any, amount: Any = sa.func.count()) -> sa.Select:
    """A select of what a figure has, under its names."""
    columns = zip(Figure._fields, (period, day, reason, left_out, outcome, amount), strict=True)
    return sa.select(*(column.label(name) for name, column in columns))


def _read(ctx: Ctx, parts: Sequence[sa.Select]) -> list[Figure]:
    rows = sa.union_all(*parts).subquery()
    return [Figure(*row) for row in ctx.session.execute(sa.select(*rows.c))]
