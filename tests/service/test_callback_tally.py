"""Kept figures of a plan are what counting says, whatever was done to calls, and whoever does it meanwhile."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
import sqlalchemy as sa

from core.api import DomainError, emit, merge_records, transaction
from core.companies.services import save_unit
from core.testing import counted as counting
from plugins.callback.contracts import CallData, MoveData, PreferenceData
from plugins.callback.models import Call, ChangedDay, Need, Period, Tally
from plugins.callback.models.calls import AHEAD
from plugins.callback.queries import calls as queries
from plugins.callback.queries.tally import figures
from plugins.callback.services import calling, calls, planning
from plugins.callback.services.tally import count_changed
from tests.service.test_callback_plan import FIRST, NOW, english, furnish  # noqa: F401

ACTS = 90


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def outcome(call: Call | None) -> str:
    if call is None:
        return ""
    if call.state in AHEAD and call.assignee_id is None:
        return "nobody"
    if call.state in (*AHEAD, "calling"):
        return "ahead"
    return {"carried_over": "missed"}.get(call.state, call.state)


def counted(ctx, period: Period) -> Counter:
    """One by one, from the rows themselves."""
    ctx.session.expire_all()
    rows = {call.id: call for call in ctx.session.scalars(sa.select(Call))}
    found = Counter((c.day, "", "", outcome(c)) for c in rows.values() if c.period_id == period.id)
    for need in ctx.session.scalars(sa.select(Need).where(Need.period_id == period.id)):
        if need.call_id is not None and need.call_id not in rows:
            continue  # of a unit that is not seen
        call = rows.get(need.call_id or 0)
        found[call.day if call else None, need.reason, need.left_out, outcome(call)] += 1
    return found


def kept(ctx, period: Period) -> Counter:
    found: Counter = Counter()
    for one in figures(ctx, period):
        found[one[1:5]] += one.amount
    return found


def act(office, rng: random.Random, ctx) -> None:
    """Something that people, or the worker, do to calls."""
    agents = [m.user_id for m in queries.agents(ctx)]
    rows = ctx.session.scalars(sa.select(Call).order_by(Call.id)).all()
    row = rng.choice(rows)
    day = ctx.today + dt.timedelta(days=rng.randrange(40))
    agent = rng.choice([*agents, None])
    period = queries.get_period(ctx, row.period_id)
    caller = office.ctx(calling.MAKE, now=ctx.now, user_id=rng.choice(agents), name="Li")
    acts = (
        lambda: calls.move_call(ctx, row.id, MoveData(day, rng.randrange(2), agent)),
        lambda: calls.move_call(ctx, row.id, MoveData(row.day, row.part, agent)),
        lambda: calls.add_call(ctx, CallData(row.customer_id, day, "hand", agent_id=agent)),
        lambda: calls.cancel_call(ctx, row.id, "not needed"),
        lambda: calls.note_made(ctx, row.id, "reached"),
        lambda: calls.hand_over_calls(ctx, agents[0], agents[1]),
        lambda: calls.save_preference(ctx, row.customer_id, PreferenceData(no_call=rng.random() < 0.3)),
        lambda: calling.take_call(caller, row.id),
        lambda: calling.free_call(ctx, row.id),
        lambda: planning.plan_now(ctx, period),
        lambda: planning.reopen_plan(ctx, period.id, "look again"),
        lambda: planning.approve_plan(ctx, period.id),
        lambda: planning.release_plan(ctx, period.id),
        lambda: merge_records(ctx, "base.customer", row.customer_id, rng.choice(rows).customer_id),
    )
    try:
        rng.choice(acts)()
    except DomainError:
        ctx.session.rollback()
    caller.session.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_are_what_counting_says_after_any_acts(office, seed):
    rng = random.Random(seed)
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST)
    planning.plan_now(ctx, period)
    planning.approve_plan(ctx, period.id)
    planning.release_plan(ctx, period.id)
    units = [save_unit(ctx, code, code.title(), "centre", "hq").id for code in ("north", "south")]
    with transaction(ctx):
        for row in ctx.session.scalars(sa.select(Call)).all():
            row.unit_id = rng.choice([*units, None])
        ctx.session.flush()
        emit(ctx, "core.import_batch", file="units", line=0, added=1)
    count_changed(ctx)
    agent = queries.agents(ctx)[0].user_id
    limits = {"unit_ids": frozenset(units[:1]), "user_id": agent}
    number, now, states = period.id, NOW, set()
    for n in range(ACTS):
        now += dt.timedelta(hours=rng.choice((0, 1, 30)))
        ctx.session.close()
        ctx = office.system(now)
        act(office, rng, ctx)
        if rng.random() < 0.3:
            count_changed(ctx)
        for found in ctx.session.scalars(sa.select(Period)).all():
            assert kept(ctx, found) == counted(ctx, found), f"act {n}"
        limited = office.ctx("callback.plan.view", now=now, **limits)
        period = queries.get_period(limited, number)
        assert kept(limited, period) == counted(limited, period) != counted(ctx, period), f"act {n}, one unit"
        limited.session.close()
    states = {outcome for _day, _reason, _left, outcome in counted(ctx, queries.get_period(ctx, number))}
    assert states >= {"ahead", "done", "cancelled"}, "the acts did something"
    count_changed(ctx)
    assert not ctx.session.scalars(sa.select(ChangedDay)).all()
    period = queries.get_period(ctx, number)
    rows = ctx.session.scalars(sa.select(Tally).where(Tally.period_id == number, Tally.whole))
    assert Counter({(t.day, t.reason, t.left_out, t.outcome): t.amount for t in rows}) == counted(ctx, period)


@pytest.mark.writers_at_once
def test_what_is_not_committed_when_its_day_is_counted_stays_noted(office):
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST)
    planning.plan_now(ctx, period)
    count_changed(ctx)
    number = period.id
    ctx.session.close()
    writer, counter = office.system(NOW), office.system(NOW)
    with transaction(writer):
        row = writer.session.scalars(sa.select(Call).order_by(Call.id)).first()
        row.state = "cancelled"
        writer.session.flush()
        emit(writer, "callback.call_cancelled", row, reason="not needed", day=row.day)
        other = counter.session.scalars(sa.select(Call).order_by(Call.id.desc())).first()
        calls.cancel_call(counter, other.id, "not needed")
        assert count_changed(counter) == 1, "neither waits for the other"
        assert kept(counter, queries.get_period(counter, number))[row.day, "", "", "ahead"] >= 1
    period = queries.get_period(counter, number)
    assert {note.day for note in counter.session.scalars(sa.select(ChangedDay))} == {row.day}
    assert kept(counter, period) == counted(counter, period)
    assert count_changed(counter) == 1
    assert kept(counter, period) == counted(counter, period)


def test_a_page_counts_no_call_for_what_people_change(office):
    """However many calls a day has: what is kept, and what has changed since."""
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST)
    planning.plan_now(ctx, period)
    count_changed(ctx)
    row = ctx.session.scalars(sa.select(Call).order_by(Call.id)).first()
    day = row.day
    calls.cancel_call(ctx, row.id, "not needed")
    notes = ctx.session.scalars(sa.select(ChangedDay).where(ChangedDay.reason == "")).all()
    assert [(note.day, note.outcome, note.amount) for note in notes] == [(day, "ahead", -1), (day, "cancelled", 1)]
    with counting(ctx.session.bind) as seen:
        found = kept(ctx, period)
    assert found == counted(ctx, period)
    assert not [statement for statement in seen if "FROM callback_call" in statement]


def test_who_is_limited_to_units_has_the_calls_of_these_counted(office):
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST)
    planning.plan_now(ctx, period)
    unit = save_unit(ctx, "north", "North", "centre", "hq").id
    with transaction(ctx):
        row = ctx.session.scalars(sa.select(Call).order_by(Call.id)).first()
        row.unit_id = save_unit(ctx, "south", "South", "centre", "hq").id
        row.assignee_id = None
        ctx.session.flush()
        emit(ctx, "callback.call_moved", row, day=row.day, name="")
    count_changed(ctx)
    whole = sum(one.amount for one in figures(ctx, period) if not one.reason)
    limited = office.ctx("callback.plan.view", now=NOW, unit_ids=frozenset({unit}))
    assert sum(one.amount for one in figures(limited, period) if not one.reason) == whole - 1
    limited.session.close()
