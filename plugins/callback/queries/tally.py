"""Figures of a quarter: kept ones with what has changed since; days of which nobody says how are counted now."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.api import Ctx
from plugins.callback.models import Call, ChangedDay, Need, Period, Tally
from plugins.callback.models.calls import AHEAD
from plugins.callback.models.tally import STATES_OF

_NONE: Any = sa.literal("")
_NO_DAY: Any = sa.cast(sa.null(), sa.Date())
_OUTCOME: Any = sa.case(
    (sa.and_(Call.state.in_(AHEAD), Call.assignee_id.is_(None)), "nobody"),
    *((Call.state.in_(states), outcome) for outcome, states in STATES_OF.items()),
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


class Count(NamedTuple):
    """The same of one organisation unit; with a ``note`` it is nothing but the number of a note that was seen."""

    period_id: int
    day: dt.date | None
    reason: str
    left_out: str
    outcome: str
    amount: int
    unit_id: int | None
    note: int


def figures(ctx: Ctx, period: Period) -> list[Figure]:
    """All that is counted of a quarter; for who is limited to organisation units only their calls, and his or her own
    of other units.
    """
    days = ctx.session.scalars(sa.select(ChangedDay.day).where(ChangedDay.amount.is_(None)).distinct())
    blind = set(days)
    units = ctx.actor.unit_ids
    parts = [_stands(kept, blind).where(kept.period_id == period.id) for kept in (Tally, ChangedDay)]
    parts[0] = parts[0].where(Tally.whole.is_(units is None))
    parts[1] = parts[1].where(ChangedDay.amount.is_not(None))
    if units is not None:
        seen = [sa.or_(kept.unit_id.is_(None), kept.unit_id.in_(units)) for kept in (Tally, ChangedDay)]
        parts = [part.where(which) for part, which in zip(parts, seen, strict=True)]
        parts += _own_elsewhere(ctx, period, units, blind)
    changed = sorted(day for day in blind if day is not None)
    if None in blind:
        parts.append(_bare(Need.period_id == period.id))
    if changed:
        parts.append(_calls(sa.and_(Call.day.in_(changed), period.id == _PERIOD_OF_CALL)))
        parts.append(_served(_on(Call.day.in_(changed)), period.id == _PERIOD_OF_NEED))
    rows = sa.union_all(*parts).subquery()
    kinds = [rows.c[name] for name in Figure._fields[:-1]]
    amount = sa.func.sum(rows.c.amount)
    query = sa.select(*kinds, amount).group_by(*kinds).having(amount != 0)
    return [Figure._make((*row[:-1], int(row[-1]))) for row in ctx.session.execute(query)]


def count_noted(ctx: Ctx) -> tuple[list[int], set[dt.date | None], list[Count]]:
    """Numbers of the notes of changes, the days that they name, and all that there is on these days, of every quarter.

    One statement, so that it is one moment: a change is seen with its note, or neither.
    """
    noted = sa.select(ChangedDay.id, ChangedDay.day).cte("noted")
    days = sa.select(noted.c.day).where(noted.c.day.is_not(None))
    bare = sa.exists(sa.select(noted.c.id).where(noted.c.day.is_(None)))
    notes = _row(sa.literal(0), noted.c.day, _NONE, _NONE, _NONE, sa.literal(0), note=noted.c.id)
    rows = sa.union_all(
        notes, _calls(Call.day.in_(days)), _served(_on(Call.day.in_(days)), sa.true()), _bare(bare)
    ).subquery()
    found = [Count(*row) for row in ctx.session.execute(sa.select(*rows.c))]
    seen = [one for one in found if one.note]
    return [one.note for one in seen], {one.day for one in seen}, [one for one in found if not one.note]


def _stands(kept: Any, blind: set[dt.date | None]) -> sa.Select:
    """What is kept, or noted, of days that need not be counted now."""
    query = _row(kept.period_id, kept.day, kept.reason, kept.left_out, kept.outcome, kept.amount, unit=kept.unit_id)
    days = [day for day in blind if day is not None]
    if days:
        query = query.where(sa.or_(kept.day.is_(None), kept.day.not_in(days)))
    return query.where(kept.day.is_not(None)) if None in blind else query


def _own_elsewhere(ctx: Ctx, period: Period, units: frozenset[int], blind: set[dt.date | None]) -> list[sa.Select]:
    """Somebody's own calls of units that he or she does not see otherwise: few, and counted each time."""
    days = [day for day in blind if day is not None]
    own = sa.and_(Call.assignee_id == ctx.actor.user_id, Call.unit_id.not_in(units), Call.day.not_in(days))
    calls = _calls(sa.and_(own, period.id == _PERIOD_OF_CALL))
    return [calls, _served(_on(own), period.id == _PERIOD_OF_NEED)]


def _on(which: Any) -> sa.Subquery:
    """Some calls. Its offset of nothing has the database read them first, then the few reasons of each."""
    return sa.select(Call.id, Call.day, Call.unit_id, _OUTCOME).where(which).offset(0).subquery()


def _calls(which: Any) -> sa.Select:
    query = _row(_PERIOD_OF_CALL, Call.day, _NONE, _NONE, _OUTCOME, unit=Call.unit_id).where(which)
    return query.group_by(_PERIOD_OF_CALL, Call.day, Call.unit_id, _OUTCOME)


def _served(calls: sa.Subquery, which: Any) -> sa.Select:
    """Reasons, by the day of their call and what became of it."""
    by = (_PERIOD_OF_NEED, calls.c.day, Need.reason, Need.left_out, calls.c.outcome)
    query = _row(*by, unit=calls.c.unit_id).where(which).join(calls, calls.c.id == Need.call_id)
    return query.group_by(*by, calls.c.unit_id)


def _bare(which: Any) -> sa.Select:
    """Reasons without a call."""
    query = _row(Need.period_id, _NO_DAY, Need.reason, Need.left_out, _NONE).where(which)
    query = query.where(Need.call_id.is_(None), Need.left_out > "")
    return query.group_by(Need.period_id, Need.reason, Need.left_out)


def _row(
    period: Any, day: Any, reason: Any, left_out: Any, outcome: Any, amount: Any = sa.func.count(), *,
    unit: Any = None, note: Any = 0,
) -> sa.Select:  # fmt: skip
    """A select of what a count has, under its names."""
    of = sa.cast(sa.null(), sa.BigInteger) if unit is None else unit
    number = sa.literal(0) if isinstance(note, int) else note
    columns = zip(Count._fields, (period, day, reason, left_out, outcome, amount, of, number), strict=True)
    return sa.select(*(column.label(name) for name, column in columns))
