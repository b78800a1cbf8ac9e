"""A quarter under way: planned before it began, released, carried out up to yesterday; the next one planned."""

from __future__ import annotations

import datetime as dt
import random

import sqlalchemy as sa

from core.api import Ctx, set_setting
from plugins.callback.contracts import PreferenceData
from plugins.callback.models import Call, Move
from plugins.callback.models.calls import AHEAD
from plugins.callback.queries import calls as queries
from plugins.callback.rules.calendar import quarter_of
from plugins.callback.services import calls, planning
from plugins.callback.services.tally import count_changed

RESULTS = ("reached", "reached", "reached", "reached", "no_answer", "reached", "busy", "reached", "refused", "reached")
CALLS_A_DAY = 4
"""They have other work besides: so the calendar of a small house shows how full its days are."""
_DAY = dt.timedelta(days=1)
_WEEK = 7 * _DAY


def fill(ctx: Ctx, rng: random.Random) -> None:
    """This quarter released and half carried out, with calls that were missed; the next one to be reviewed."""
    if not queries.agents(ctx) and ctx.actor.roles:
        set_setting(ctx, "callback.agent_role", min(ctx.actor.roles))
    if not queries.agents(ctx):
        return
    if len(queries.agents(ctx)) > 1:
        set_setting(ctx, "callback.calls_per_day", CALLS_A_DAY)
    first, last, _code = quarter_of(ctx.today)
    before = ctx.at(dt.datetime.combine(first - 5 * _DAY, dt.time(9), ctx.tz).astimezone(dt.UTC))
    period = calls.open_period(before, first)
    planning.plan_now(before, period)
    planning.approve_plan(before, period.id)
    planning.release_plan(before, period.id)
    day = first
    while (day := day + _WEEK) < ctx.today:
        then = ctx.at(dt.datetime.combine(day, dt.time(8), ctx.tz).astimezone(dt.UTC))
        _carry_out(then, rng)
        planning.plan_now(then, period)
    _carry_out(ctx, rng)
    if period.last > ctx.today:
        planning.plan_now(ctx, period)
    count_changed(ctx)  # what comes now is counted by the worker
    following = calls.open_period(ctx, last + _DAY)
    planning.plan_now(ctx, following)
    if not ctx.session.scalar(sa.select(sa.func.count()).select_from(Move)):
        _one_moves(ctx)


def _carry_out(ctx: Ctx, rng: random.Random) -> None:
    """Nearly all calls up to yesterday were made; a few were forgotten."""
    query = sa.select(Call).where(Call.day < ctx.today, Call.state.in_(AHEAD)).order_by(Call.day, Call.id)
    for row in list(ctx.session.scalars(query)):
        if rng.random() < 0.06 or row.pinned:
            continue
        begins = dt.datetime.combine(row.day, dt.time(9 + 5 * (row.part > 0)), ctx.tz)
        then = (begins + dt.timedelta(minutes=rng.randrange(30, 170))).astimezone(dt.UTC)
        calls.note_made(ctx.at(then), row.id, rng.choice(RESULTS))


def _one_moves(ctx: Ctx) -> None:
    """Somebody's wishes change, and the plan follows."""
    query = sa.select(Call).where(Call.state.in_(AHEAD), Call.day > ctx.today, Call.pinned.is_(False))
    row = ctx.session.scalars(query.order_by(Call.id).limit(1)).first()
    if row is None:
        return
    others = tuple(day for day in range(7) if day != row.day.weekday())
    calls.save_preference(ctx, row.customer_id, PreferenceData(weekdays=others))
    planning.plan_now(ctx, queries.get_period(ctx, row.period_id))
