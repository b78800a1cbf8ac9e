"""Figures of a plan: load per day and agent, plan against actual, coverage by reason."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx
from plugins.callback.models import Call, Period
from plugins.callback.models.calls import HELD
from plugins.callback.queries import calls as queries
from plugins.callback.queries.duty import days_of
from plugins.callback.queries.tally import Figure
from plugins.callback.rules.calendar import month_of, months_later

DONE = "done"
_COUNTS_AS = {"ahead": "ahead", "nobody": "ahead", DONE: DONE}


@dataclass(frozen=True)
class Month:
    """A month of a plan: calls in it, how many were made, are still to be made, were not made in time."""

    first: dt.date
    last: dt.date
    planned: int
    done: int
    ahead: int
    missed: int


def months(period: Period, found: Sequence[Figure]) -> list[Month]:
    """The three months of a quarter."""
    seconds = [months_later(period.first, n) for n in (1, 2)]
    by: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for one in found:
        if not one.reason and one.day is not None:
            by[sum(one.day >= second for second in seconds)][one.outcome] += one.amount
    return [
        Month(
            *month_of(months_later(period.first, place)),
            planned=states.total() - states["cancelled"],
            done=states[DONE],
            ahead=states["ahead"] + states["nobody"],
            missed=states["missed"],
        )
        for place, states in enumerate(by)
    ]


def load(ctx: Ctx, first: dt.date, last: dt.date, agents: Sequence[int]) -> dict[tuple[dt.date, int], tuple[int, int]]:
    """(day, agent) → calls that take a place, and how many of them were made; one statement over an index."""
    done = sa.func.sum(sa.case((Call.state == DONE, 1), else_=0))
    query = sa.select(Call.day, Call.assignee_id, sa.func.count(), done)
    # each day by name: of a day only these agents' places in the index are read
    query = query.where(Call.day.in_(days_of(first, last)), Call.assignee_id.in_(agents or [0]), Call.state.in_(HELD))
    rows = ctx.session.execute(query.group_by(Call.day, Call.assignee_id))
    return {(day, agent or 0): (count, made or 0) for day, agent, count, made in rows}


def of_cell(ctx: Ctx, day: dt.date, agent: int | None, after: tuple[int, int], limit: int) -> list[Call]:
    """The calls of an agent on a day (None: of nobody yet), in the order of their parts, those after (part, id)."""
    query = sa.select(Call).options(orm.joinedload(Call.customer)).where(Call.day == day, Call.state.in_(HELD))
    query = query.where(Call.assignee_id == agent if agent else Call.assignee_id.is_(None))
    part, last_id = after
    query = query.where(sa.or_(Call.part > part, sa.and_(Call.part == part, Call.id > last_id)))
    return list(ctx.session.scalars(query.order_by(Call.part, Call.id).limit(limit)))


def count_unassigned(found: Sequence[Figure]) -> int:
    """How many calls ahead nobody makes yet."""
    return sum(one.amount for one in found if not one.reason and one.outcome == "nobody")


def of_nobody(found: Sequence[Figure], first: dt.date, last: dt.date) -> dict[dt.date, int]:
    """Day → how many calls ahead nobody makes yet, for days that have some."""
    by: Counter[dt.date] = Counter()
    for one in found:
        if one.day is not None and not one.reason and one.outcome == "nobody" and first <= one.day <= last:
            by[one.day] += one.amount
    return dict(by)


def left_out(found: Sequence[Figure]) -> dict[str, int]:
    """Why nobody calls → how many reasons to call."""
    by: Counter[str] = Counter()
    for one in found:
        if one.left_out:
            by[one.left_out] += one.amount
    return dict(sorted(by.items()))


@dataclass(frozen=True)
class Coverage:
    """How far the reasons of one kind are met."""

    reason: str
    words: str
    asked: int
    done: int
    ahead: int
    missed: int
    left_out: int

    @property
    def share(self) -> int:
        """Calls made, of every hundred asked for."""
        return 100 * self.done // self.asked if self.asked else 100


def coverage(ctx: Ctx, found: Sequence[Figure]) -> list[Coverage]:
    """Each reason: asked, called, still to be called, not called in time, left out."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        if one.reason and one.left_out != "withdrawn":
            outcome = _COUNTS_AS.get(one.outcome, "missed")
            reasons[one.reason]["left_out" if one.left_out else outcome] += one.amount
    return [
        Coverage(
            reason, queries.reason_words(ctx, reason), by.total(), by["done"], by["ahead"], by["missed"], by["left_out"]
        )
        for reason, by in sorted(reasons.items())
    ]
