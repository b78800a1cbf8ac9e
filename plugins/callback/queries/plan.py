"""Figures of a plan: load per day and agent, plan against actual, coverage by reason."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx
from plugins.callback.models import Call, Need, Period
from plugins.callback.models.calls import AHEAD, HELD
from plugins.callback.queries import calls as queries
from plugins.callback.rules.calendar import month_of, months_later

DONE = "done"


@dataclass(frozen=True)
class Month:
    """A month of a plan: calls in it, how many were made, are still to be made, were not made in time."""

    first: dt.date
    last: dt.date
    planned: int
    done: int
    ahead: int
    missed: int


def months(ctx: Ctx, period: Period) -> list[Month]:
    """The three months of a quarter; one statement over an index."""
    seconds = [months_later(period.first, n) for n in (1, 2)]
    bucket = sa.case((Call.day < seconds[0], 0), (Call.day < seconds[1], 1), else_=2)
    query = sa.select(bucket, Call.state, sa.func.count()).where(Call.period_id == period.id)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for place, state, count in ctx.session.execute(query.group_by(bucket, Call.state)):
        found[place][state] = count
    return [
        Month(
            *month_of(months_later(period.first, place)),
            planned=sum(states.get(s, 0) for s in (*HELD, "missed", "carried_over")),
            done=states.get(DONE, 0),
            ahead=sum(states.get(s, 0) for s in (*AHEAD, "calling")),
            missed=states.get("missed", 0) + states.get("carried_over", 0),
        )
        for place, states in ((n, found[n]) for n in range(3))
    ]


def load(ctx: Ctx, first: dt.date, last: dt.date, agents: Sequence[int]) -> dict[tuple[dt.date, int], tuple[int, int]]:
    """(day, agent) → calls that take a place, and how many of them were made; one statement over an index."""
    done = sa.func.sum(sa.case((Call.state == DONE, 1), else_=0))
    query = sa.select(Call.day, Call.assignee_id, sa.func.count(), done)
    query = query.where(Call.day.between(first, last), Call.state.in_(HELD), Call.assignee_id.in_(agents or [0]))
    rows = ctx.session.execute(query.group_by(Call.day, Call.assignee_id))
    return {(day, agent or 0): (count, made or 0) for day, agent, count, made in rows}


def of_cell(ctx: Ctx, day: dt.date, agent: int | None, after: tuple[int, int], limit: int) -> list[Call]:
    """The calls of an agent on a day (None: of nobody yet), in the order of their parts, those after (part, id)."""
    query = sa.select(Call).options(orm.joinedload(Call.customer)).where(Call.day == day, Call.state.in_(HELD))
    query = query.where(Call.assignee_id == agent if agent else Call.assignee_id.is_(None))
    part, last_id = after
    query = query.where(sa.or_(Call.part > part, sa.and_(Call.part == part, Call.id > last_id)))
    return list(ctx.session.scalars(query.order_by(Call.part, Call.id).limit(limit)))


def count_unassigned(ctx: Ctx, period: Period) -> int:
    """How many calls ahead nobody makes yet."""
    query = sa.select(sa.func.count()).select_from(Call).where(Call.day.between(period.first, period.last))
    return ctx.session.scalar(query.where(Call.state.in_(AHEAD), Call.assignee_id.is_(None))) or 0


def left_out(ctx: Ctx, period: Period) -> dict[str, int]:
    """Why nobody calls → how many reasons to call."""
    # more than nothing, not other than nothing: a span of the index, so that those who are called are not read
    query = sa.select(Need.left_out, sa.func.count()).where(Need.period_id == period.id, Need.left_out > "")
    rows = ctx.session.execute(query.group_by(Need.left_out).order_by(Need.left_out))
    return {row[0]: row[1] for row in rows}


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


def coverage(ctx: Ctx, period: Period) -> list[Coverage]:
    """Each reason: asked, called, still to be called, not called in time, left out. One statement."""
    outcome: Any = sa.case(
        (Need.left_out != "", "left_out"),
        (Call.state == DONE, "done"),
        (Call.state.in_((*AHEAD, "calling")), "ahead"),
        else_="missed",
    )
    query = sa.select(Need.reason, outcome, sa.func.count()).outerjoin(Call, Call.id == Need.call_id)
    query = query.where(Need.period_id == period.id, Need.left_out != "withdrawn")
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for reason, what, count in ctx.session.execute(query.group_by(Need.reason, outcome)):
        found[reason][what] = count
    return [
        Coverage(
            reason, queries.reason_words(ctx, reason), sum(by.values()), by.get("done", 0), by.get("ahead", 0),
            by.get("missed", 0), by.get("left_out", 0),
        )
        for reason, by in sorted(found.items())
    ]  # fmt: skip
