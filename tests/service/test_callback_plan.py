"""The plan of a quarter on real rows: made, planned twice, planned anew, approved, released, moved by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
import sqlalchemy as sa

from core.api import (
    Actor,
    Conflict,
    Forbidden,
    Invalid,
    cancel_task,
    emit,
    find_task,
    label,
    merge_records,
    set_setting,
    timeline,
    transaction,
    use_locale,
)
from core.calendar_store import WorkingCalendar, save_calendar
from core.companies.models import Membership
from core.companies.switch import switch_on
from core.testing import Installation, moment
from core.worker import Worker
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.callback.calling_contracts import ResultData
from plugins.callback.contracts import CallData, MoveData, PreferenceData
from plugins.callback.models import Call, Move, Need, Period
from plugins.callback.models.calls import HELD
from plugins.callback.models.surveys import Invitation
from plugins.callback.queries import calls as queries
from plugins.callback.queries import plan
from plugins.callback.queries.duty import capacity
from plugins.callback.queries.tally import figures
from plugins.callback.services import calling, calls, planning, survey_cards
from plugins.callback.services import survey_campaigns as campaigns
from plugins.callback.services import survey_forms as forms
from plugins.callback.survey_contracts import CampaignData, SurveyData
from plugins.workforce.contracts import LeaveData, LineData, RosterData
from plugins.workforce.queries import duty
from plugins.workforce.services import leave, rosters
from tests.support import policy_site

NOW = moment("2026-03-30 09:00")
"""A Monday, two days before the second quarter."""
FIRST = dt.date(2026, 4, 1)


def furnish(installation: Installation) -> None:
    """A company of defence products with two agents and twelve customers, a unit each; one has no phone."""
    office = installation.company("acme", locale="en")
    policy_site.apply(office, "defence")
    for mailbox, role in (("boss", "manager"), ("li", "agent"), ("wang", "agent")):
        office.person(f"{mailbox}@acme.example", role, name=mailbox.title())
    ctx = office.system(moment("2026-01-12 09:00"))
    radio = base.save_product(ctx, ProductData("R-1", "Radio"))
    for number in range(1, 13):
        klass = "reliability" if number < 5 else ""
        owner = base.save_customer(ctx, CustomerData(f"Unit {number:02d}", "company", klass))
        if number != 12:
            base.add_phone(ctx, owner.id, PhoneData(f"138 0013 80{number:02d}"))
        data = UnitData(radio.id, f"SN-{number}", customer_id=owner.id, delivery_date=dt.date(2026, 1, 10))
        base.save_unit_record(ctx, data)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def made(office, now=NOW):
    """The second quarter, planned."""
    ctx = office.system(now)
    period = calls.open_period(ctx, FIRST)
    counts = planning.plan_now(ctx, period)
    return ctx, period, counts


def released(office):
    ctx, period, _counts = made(office)
    planning.approve_plan(ctx, period.id)
    planning.release_plan(ctx, period.id)
    return ctx, period


def standing(ctx) -> list:
    query = sa.select(Call.id, Call.customer_id, Call.day, Call.part, Call.assignee_id, Call.state).order_by(Call.id)
    return [tuple(row) for row in ctx.session.execute(query)]


def test_a_quarter_is_planned_level_and_who_is_left_out_is_listed(office):
    ctx, period, counts = made(office)
    assert period.state == "planned"
    assert counts == {"new": 11, "moved": 0, "dropped": 0, "carried": 0, "left": 1}
    rows = list(ctx.session.scalars(sa.select(Call)))
    assert {row.state for row in rows} == {"planned"}
    weekends = {row.day for row in rows if row.day.weekday() > 4}
    assert weekends <= {dt.date(2026, 5, 9)}, "a Saturday on which China works, for the holiday before it"
    assert all(FIRST <= row.day <= period.last for row in rows)
    assert max(Counter(row.day for row in rows).values()) == 1
    assert sorted(Counter(row.assignee_id for row in rows).values()) == [5, 6]
    left = ctx.session.scalars(sa.select(Need).where(Need.left_out != "")).one()
    assert (left.left_out, left.reason, left.call_id) == ("no_phone", "delivery", None)


def test_planning_twice_writes_nothing(office):
    ctx, period, _counts = made(office)
    before, needs = standing(ctx), ctx.session.scalar(sa.select(sa.func.count()).select_from(Need))
    assert planning.plan_now(ctx, period) == {"new": 0, "moved": 0, "dropped": 0, "carried": 0, "left": 1}
    assert standing(ctx) == before
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Need)) == needs
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Move)) == 0


def test_the_worker_plans_with_progress_and_once_though_ordered_twice(office):
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST)
    task = planning.order_plan(ctx, period.id)
    assert planning.order_plan(ctx, period.id).id == task.id
    office.installation.worker(NOW).tasks.run_one()
    ctx = office.system(NOW)
    assert find_task(ctx, task.id).state == "done"
    assert find_task(ctx, task.id).done == 12 + 11 + 1, "customers read, calls and a reason without one written"
    assert queries.get_period(ctx, period.id).state == "planned"
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Call)) == 11


class Clock:
    """The worker's time: it leaps where a test says so."""

    def __init__(self):
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


def reckoning(monkeypatch, at_each_step) -> None:
    """A planner that takes its time: ``at_each_step`` happens before each of its steps is told."""
    real = planning.Planner.finish

    def finish(self, heed):
        def step() -> None:
            at_each_step()
            heed()

        return real(self, step)

    monkeypatch.setattr(planning.Planner, "finish", finish)


def test_a_reckoning_longer_than_its_lease_keeps_it_and_shows_how_far_it_is(office, monkeypatch):
    from core.tasks import LEASE

    period = calls.open_period(office.system(NOW), FIRST)
    task_id = planning.order_plan(office.system(NOW), period.id).id
    clock = Clock()
    engine, registry = office.installation.engine, office.installation.registry
    worker, other = (Worker(engine, registry, name, clock=clock) for name in ("first", "other"))
    seen = []

    def long_step() -> None:
        clock.now += LEASE * 0.9
        if len(seen) == 4:
            return
        row = find_task(office.system(NOW), task_id)
        seen.append((row.done, label(row.note), row.lease_until - clock.now > dt.timedelta(0)))
        assert other.tasks.claim() is None, "nobody takes it over"

    reckoning(monkeypatch, long_step)
    worker.tasks.run_one()
    assert seen[1:] == [(12, "Every call is finding its day.", True)] * 3
    task = find_task(office.system(NOW), task_id)
    assert (task.state, task.runs) == ("done", 1)


def test_stopped_while_it_reckons_a_plan_writes_nothing(office, monkeypatch):
    from core.tasks import LEASE

    period_id = calls.open_period(office.system(NOW), FIRST).id
    task_id = planning.order_plan(office.system(NOW), period_id).id
    clock, steps = Clock(), []

    def stop() -> None:
        if not steps:
            cancel_task(office.system(NOW), task_id)
        steps.append(1)
        clock.now += LEASE / 10

    reckoning(monkeypatch, stop)
    Worker(office.installation.engine, office.installation.registry, "first", clock=clock).tasks.run_one()
    ctx = office.system(NOW)
    assert (find_task(ctx, task_id).state, len(steps)) == ("cancelled", 1)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Call)) == 0
    assert queries.get_period(ctx, period_id).state == "open"


def test_a_plan_is_approved_before_it_is_released_and_its_calls_follow(office):
    ctx, period, _counts = made(office)
    with pytest.raises(Conflict) as wrong:
        planning.release_plan(ctx, period.id)
    assert wrong.value.code == "wrong_state"
    planning.approve_plan(ctx, period.id)
    assert set(ctx.session.scalars(sa.select(Call.state))) == {"approved"}
    planning.release_plan(ctx, period.id)
    assert set(ctx.session.scalars(sa.select(Call.state))) == {"released"}
    assert period.released_at == NOW


def test_a_plan_is_neither_approved_nor_released_while_it_is_being_written(office):
    ctx, period, _counts = made(office)
    planning.order_plan(ctx, period.id)
    with use_locale("en"), pytest.raises(Conflict) as refused:
        planning.approve_plan(ctx, period.id)
    assert refused.value.message == "2026-Q2 is being planned just now. Wait until that is done."
    office.installation.worker(NOW).tasks.run_one()
    planning.approve_plan(ctx, period.id)
    planning.order_plan(ctx, period.id)
    with pytest.raises(Conflict, match="2026-Q2"):
        planning.release_plan(ctx, period.id)
    office.installation.worker(NOW).tasks.run_one()
    planning.release_plan(ctx, period.id)
    assert set(ctx.session.scalars(sa.select(Call.state))) == {"released"}


def test_an_agent_may_neither_plan_nor_approve(office):
    ctx, period, _counts = made(office)
    for verb in (planning.order_plan, planning.approve_plan, planning.release_plan):
        with pytest.raises(Forbidden):
            verb(office.ctx("callback.plan.view", now=NOW), period.id)
    ctx.session.expire_all()
    assert period.state == "planned"


def test_a_holiday_moves_its_calls_alone_and_the_report_says_why(office):
    ctx, period = released(office)
    before = {row[0]: row for row in standing(ctx)}
    day = min(row[2] for row in before.values() if row[2] > dt.date(2026, 4, 8))
    hit = {n for n, row in before.items() if row[2] == day}
    later = office.system(moment("2026-04-08 09:00"))
    close(later, day)
    later = office.system(moment("2026-04-08 10:00"))
    planning.plan_now(later, queries.get_period(later, period.id))
    moved = list(later.session.scalars(sa.select(Move).where(Move.why == "day")))
    assert {m.call_id for m in moved} == hit
    assert all(m.from_day == day and m.to_day and m.to_day > dt.date(2026, 4, 8) for m in moved)
    after = {row[0]: row for row in standing(later)}
    ahead = [n for n, row in before.items() if row[2] >= dt.date(2026, 4, 8) and n not in hit]
    assert all(after[n] == before[n] for n in ahead), "nothing else moves"


def test_three_weeks_that_are_shut_move_many_calls_at_once_and_an_agent_who_left_loses_every_one(office):
    ctx, period = released(office)
    later = office.system(moment("2026-04-08 09:00"))
    for n in range(21):
        close(office.system(later.now), dt.date(2026, 5, 11) + n * dt.timedelta(days=1))
    gone = queries.agents(later)[0].user_id
    leaves(later, gone)
    later = office.system(moment("2026-04-08 10:00"))
    before = {row[0]: row for row in standing(later)}
    shut = (dt.date(2026, 5, 11), dt.date(2026, 5, 31))
    hit = {n for n, row in before.items() if shut[0] <= row[2] <= shut[1]}
    lost = {n for n, row in before.items() if row[4] == gone and row[2] > later.today} - hit
    assert len(hit) > 1
    assert len(lost) > 1
    planning.plan_now(later, queries.get_period(later, period.id))
    moves = {m.call_id: m for m in later.session.scalars(sa.select(Move))}
    assert {n: moves[n].why for n in hit | lost} == dict.fromkeys(hit, "day") | dict.fromkeys(lost, "agent")
    assert all((moves[n].to_day, moves[n].to_id != gone) == (moves[n].from_day, True) for n in lost)
    after = {row[0]: row for row in standing(later) if row[2] > later.today}
    assert not [row for row in after.values() if row[4] == gone or shut[0] <= row[2] <= shut[1]]


def test_calls_lie_in_the_shifts_of_the_roster_and_a_changed_roster_or_leave_moves_only_what_lies_ahead(office):
    ctx = office.system(NOW)
    switch_on(ctx, "workforce")
    li, wang = (row.user_id for row in queries.agents(ctx))
    roster = rosters.save_roster(ctx, RosterData("calls", "Callers", FIRST, covers="calendar", calendar="office"))
    for weekday, who in ((0, li), (2, li), (1, wang), (3, wang)):
        rosters.add_line(ctx, roster.id, LineData(1, weekday, 9 * 60, 18 * 60, who))
    rosters.plan_by_pattern(ctx, roster.id, FIRST, dt.date(2026, 6, 30))
    set_setting(office.system(NOW), "callback.roster", "calls")
    ctx, period = released(office)
    before = {row[0]: row for row in standing(ctx)}
    assert len(before) == 11
    assert {(row[2].weekday() in (0, 2), row[4]) for row in before.values()} <= {(True, li), (False, wang)}

    later = office.system(moment("2026-05-06 10:00"))
    ahead = sorted(row[2] for row in before.values() if row[4] == li and row[2] > later.today)
    shut, away = ahead[0], ahead[-1]
    assert shut < away
    [shift] = [s for s in duty.shifts_of(later, [li], *day_of(later, shut)) if s.state == "planned"]
    rosters.cancel_shift(later, shift.id, "Trade fair")
    asked = leave.ask_leave(later, LeaveData(li, "annual", away, away, reason="Wedding"))
    leave.agree_leave(later, asked.id)
    later = office.system(moment("2026-05-06 11:00"))
    counts = planning.plan_now(later, queries.get_period(later, period.id))
    after = {row[0]: row for row in standing(later)}
    hit = {n for n, row in before.items() if row[4] == li and row[2] in (shut, away)}
    assert (counts["moved"], counts["dropped"]) == (len(hit), 0)
    moves = {m.call_id: (m.from_day, m.why) for m in later.session.scalars(sa.select(Move).where(Move.why != "missed"))}
    assert moves == {n: (before[n][2], "day") for n in hit}
    coming = {n for n, row in before.items() if row[2] > later.today}
    assert {n for n in coming if after[n] != before[n]} == hit, "nothing else that lies ahead moves"
    assert {after[n][2:5] == before[n][2:5] for n in set(before) - coming} == {True}, "what is past stays where it was"
    assert all(after[n][2] > later.today and after[n][2] not in (shut, away) for n in hit)


def day_of(ctx, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """A day from midnight to midnight at the company."""
    start = dt.datetime.combine(day, dt.time(), ctx.tz)
    return start, start + dt.timedelta(days=1)


def leaves(ctx, user_id: int) -> None:
    """Somebody no longer makes calls."""
    with transaction(ctx):
        row = ctx.session.scalars(sa.select(Membership).where(Membership.user_id == user_id)).one()
        row.role_codes = []
        emit(ctx, "core.membership_saved", row, name="", roles="")


def close(ctx, day: dt.date) -> None:
    """The office is shut on a day."""
    row = ctx.session.scalars(sa.select(WorkingCalendar).where(WorkingCalendar.code == "office")).one()
    following = day + dt.timedelta(days=1)
    shut = [f"{day}T00:00", f"{following}T00:00"]
    save_calendar(ctx, "office", {**row.body, "closures": [*row.body.get("closures", []), shut]})


def test_what_was_missed_is_carried_over_within_the_days_allowed(office):
    ctx, period = released(office)
    both = ctx.session.scalars(sa.select(Need).where(Need.reason == "yearly", Need.left_out == "")).one()
    first = queries.get_call(ctx, both.call_id)
    now = dt.datetime.combine(first.day + dt.timedelta(days=1), dt.time(9), ctx.tz).astimezone(dt.UTC)
    later = office.system(now)
    counts = planning.plan_now(later, queries.get_period(later, period.id))
    assert counts["carried"] >= 1
    old = queries.get_call(later, first.id)
    assert old.state == "carried_over"
    new = later.session.scalars(sa.select(Call).where(Call.carried_from_id == first.id)).one()
    assert new.state == "released"
    assert later.today < new.day <= later.today + dt.timedelta(days=90)
    assert old.attempts == new.attempts == 0
    assert {n.reason for n in queries.needs_of(later, [new.id])[new.id]} == {"delivery", "yearly"}
    again = planning.plan_now(later, queries.get_period(later, period.id))
    assert (again["new"], again["moved"], again["carried"]) == (0, 0, 0)


def test_who_leaves_hands_the_calls_to_the_others(office):
    ctx, period = released(office)
    li = ctx.session.scalars(sa.select(Membership).order_by(Membership.user_id.desc())).first()
    later = office.system(moment("2026-04-08 09:00"))
    member = later.session.get(Membership, li.id)
    calls.hand_over_calls(later, li.user_id, next(a.user_id for a in queries.agents(later) if a.user_id != li.user_id))
    assert queries.count_held(later, li.user_id) == 0
    assert member is not None


def test_a_wish_for_no_calls_ends_them_at_once_but_for_those_of_the_law(office):
    ctx, _period = released(office)
    row = ctx.session.scalars(sa.select(Call).order_by(Call.id)).first()
    calls.save_preference(ctx, row.customer_id, PreferenceData(no_call=True))
    ctx.session.refresh(row)
    assert row.state == "cancelled"
    assert [n.left_out for n in queries.needs_of(ctx, [row.id])[row.id]] == ["no_call", "no_call"]
    counts = planning.plan_now(ctx, queries.get_period(ctx, row.period_id))
    assert counts["new"] == 0


def test_a_move_by_hand_keeps_every_law_and_stays(office):
    ctx, period = released(office)
    agents = [a.user_id for a in queries.agents(ctx)]
    one, other = ctx.session.scalars(sa.select(Call).order_by(Call.day).limit(2)).all()
    monday = dt.date(2026, 4, 13)
    calls.save_preference(ctx, one.customer_id, PreferenceData(weekdays=(0, 1), parts=(0,)))
    for data, code in (
        (MoveData(dt.date(2026, 7, 1), 0, agents[0]), "not_due"),
        (MoveData(dt.date(2026, 4, 15), 0, agents[0]), "not_wished"),
        (MoveData(monday, 1, agents[0]), "not_wished"),
    ):
        with pytest.raises(Conflict) as refused:
            calls.move_call(ctx, one.id, data)
        assert refused.value.code == code
    with pytest.raises(Conflict) as refused:
        calls.move_call(ctx, other.id, MoveData(dt.date(2026, 4, 18), 0, agents[0]))
    assert refused.value.code == "not_there", "a Saturday"
    with pytest.raises(Invalid):
        calls.move_call(ctx, one.id, MoveData(monday, 0, 999))
    calls.move_call(ctx, one.id, MoveData(monday, 0, agents[1]))
    planning.plan_now(ctx, queries.get_period(ctx, period.id))
    ctx.session.refresh(one)
    assert (one.day, one.part, one.assignee_id, one.pinned) == (monday, 0, agents[1], True)


def test_whatever_a_person_moves_every_law_holds_or_it_is_refused_in_words_and_nothing_changes(office):
    ctx, period = released(office)
    rng = random.Random(7)
    rows = ctx.session.scalars(sa.select(Call).order_by(Call.id)).all()
    for row in rows[::2]:
        wish = PreferenceData(weekdays=tuple(rng.sample(range(5), 3)), parts=(rng.randrange(2),))
        calls.save_preference(ctx, row.customer_id, wish)
    set_setting(ctx, "callback.calls_per_day", 3)
    agents, outcomes = [a.user_id for a in queries.agents(ctx)], Counter()
    days = [dt.date(2026, 3, 31), *(dt.date(2026, 4, n) for n in (1, 2, 3, 11))]
    for _time in range(60):
        data = MoveData(rng.choice(days), rng.choice((0, 0, 0, 1, 2)), agents[0])
        before = standing(ctx)
        refused = None
        try:
            calls.move_call(ctx, rng.choice(rows).id, data)
        except Conflict as error:
            refused = error
        outcomes[refused.code if refused else "moved"] += 1
        if refused:
            ctx.session.expire_all()
            assert (standing(ctx), bool(refused.message)) == (before, True)
        laws_hold(ctx, period, only_moved=True)
    assert {"moved", "not_due", "not_wished", "not_there", "full"} <= set(outcomes), outcomes
    placed = {row.id: (row.day, row.part, row.assignee_id) for row in rows if row.pinned}
    planning.plan_now(ctx, queries.get_period(ctx, period.id))
    laws_hold(ctx, period, only_moved=False)
    assert {n: (c.day, c.part, c.assignee_id) for n, c in ((n, queries.get_call(ctx, n)) for n in placed)} == placed


def laws_hold(ctx, period: Period, *, only_moved: bool) -> None:
    """Capacity, wishes, due days, one a day, so many a month: of calls that a person moved, or of all."""
    can = capacity(ctx, period.first - dt.timedelta(days=1), period.last)
    held = ctx.session.scalars(sa.select(Call).where(Call.state.in_(HELD))).all()
    at = Counter((c.day, c.part, c.assignee_id) for c in held)
    assert max(Counter((c.customer_id, c.day) for c in held).values()) == 1
    assert max(Counter((c.customer_id, c.day.year, c.day.month) for c in held).values()) <= 2
    for call in held:
        if only_moved and not call.pinned:
            continue
        place = (call.day, call.part, call.assignee_id)
        wish = queries.preference_of(ctx, call.customer_id)
        assert at[place] <= can.room.get(place, 0)
        assert call.due_from <= call.day <= call.due_until
        assert wish is None or (wish.weekdays >> call.day.weekday() & 1 and wish.parts >> call.part & 1)


def test_a_call_by_hand_is_refused_on_a_day_with_a_call_and_in_a_month_with_enough(office):
    ctx, _period = released(office)
    row = ctx.session.scalars(sa.select(Call).order_by(Call.day)).first()
    with pytest.raises(Conflict) as refused:
        calls.add_call(ctx, CallData(row.customer_id, row.day, "hand"))
    assert refused.value.code == "same_day"
    free = [d for d in (row.day.replace(day=n) for n in range(1, 29)) if d != row.day and d >= ctx.today]
    calls.add_call(ctx, CallData(row.customer_id, free[0], "hand"))
    with pytest.raises(Conflict) as refused:
        calls.add_call(ctx, CallData(row.customer_id, free[1], "hand"))
    assert refused.value.code == "month_full"


def test_figures_of_the_plan_add_up(office):
    ctx, period = released(office)
    assert sum(m.planned for m in plan.months(period, figures(ctx, period))) == 11
    delivery, yearly = plan.coverage(ctx, figures(ctx, period))
    assert (yearly.reason, yearly.asked, yearly.ahead) == ("yearly", 1, 1), "a quarter of those of the class"
    assert (delivery.asked, delivery.done, delivery.ahead, delivery.missed, delivery.left_out) == (12, 0, 11, 0, 1)
    assert plan.left_out(figures(ctx, period)) == {"no_phone": 1}
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Period)) == 1


# --- what goes wrong in practice ------------------------------------------------------------------------------------


def day_after(ctx, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(9), ctx.tz).astimezone(dt.UTC)


def tried_in_vain(office, call: Call) -> None:
    """Somebody dials until the rules say that it is enough."""
    agent = queries.agents(office.system(NOW))[0].user_id
    start = dt.datetime.combine(call.day, dt.time(9), office.system(NOW).tz).astimezone(dt.UTC)
    for hours in (0, 2, 6):
        ctx = office.system(start + dt.timedelta(hours=hours))
        ctx = ctx.as_actor(Actor(agent, "Li", is_system=True, roles=frozenset({"agent"})))
        calling.take_call(ctx, call.id)
        calling.record_result(ctx, call.id, ResultData(f"try:{call.id}:{hours}", "no_answer"))


def test_who_was_tried_in_vain_gets_one_more_call_on_another_day_and_is_then_listed_as_not_called_in_time(office):
    ctx, period = released(office)
    before_the_end = Call.day < period.last - dt.timedelta(days=7)
    last = ctx.session.scalars(sa.select(Call).where(before_the_end).order_by(Call.day.desc(), Call.id)).first()
    tried_in_vain(office, last)
    later = office.system(day_after(ctx, last.day))
    tried = queries.get_call(later, last.id)
    assert (tried.state, tried.attempts) == ("missed", 3)
    counts = planning.plan_now(later, queries.get_period(later, period.id))
    new = later.session.scalars(sa.select(Call).where(Call.carried_from_id == last.id)).one()
    assert queries.get_call(later, last.id).state == "carried_over"
    assert later.today < new.day <= later.today + dt.timedelta(days=90)
    assert {n.reason for n in queries.needs_of(later, [new.id])[new.id]} >= {"delivery"}
    assert not queries.needs_of(later, [last.id])
    again = planning.plan_now(later, queries.get_period(later, period.id))
    assert (counts["carried"] > 0, again["new"], again["carried"]) == (True, 0, 0)
    given_up = later.session.scalars(sa.select(Call).where(Call.id == new.id)).one()
    tried_in_vain(office, given_up)
    after = office.system(day_after(ctx, max(given_up.day, period.last)))
    following = calls.open_period(after, after.today + dt.timedelta(days=1))
    planning.plan_now(after, following)
    assert queries.get_call(after, new.id).state == "missed"
    assert not after.session.scalars(sa.select(Call).where(Call.carried_from_id == new.id)).all()
    found = figures(after, queries.get_period(after, period.id))
    missed = {one.reason: one.missed for one in plan.coverage(after, found)}
    assert missed["delivery"] >= 1


def test_of_two_customers_who_are_one_nobody_is_called_twice_a_day_and_the_stricter_wish_counts(office):
    ctx, period = released(office)
    one, other = ctx.session.scalars(sa.select(Call).order_by(Call.id).limit(2)).all()
    calls.move_call(ctx, other.id, MoveData(one.day, other.part, None))
    calls.save_preference(ctx, one.customer_id, PreferenceData(weekdays=(0, 1, 2, 3, 4), parts=(0, 1)))
    calls.save_preference(ctx, other.customer_id, PreferenceData(parts=(1, 2)))
    served = {n.id for n in queries.needs_of(ctx, [other.id])[other.id]}
    target, twin = one.customer_id, other.customer_id
    merge_records(ctx, "base.customer", twin, target)
    office.installation.worker(ctx.now).run_until_idle()
    after = office.system(ctx.now)
    kept, gone = queries.get_call(after, one.id), queries.get_call(after, other.id)
    assert (kept.state, gone.state, gone.customer_id) == ("cancelled", "released", twin), "a person has placed it there"
    assert served < {n.id for n in queries.needs_of(after, [gone.id])[gone.id]}
    wish = queries.preference_of(after, target)
    assert (wish.weekdays, wish.parts) == (0b11111, 0b010)
    planning.plan_now(after, queries.get_period(after, period.id))
    days = after.session.scalars(
        sa.select(Call.day).where(Call.customer_id.in_((target, twin)), Call.state.in_(HELD))
    ).all()
    assert len(days) == len(set(days))
    (told,) = [e for e in timeline(after, kept) if e.name == "callback.call_cancelled"]
    assert told.facts["reason"]["en"] == "the same customer is called that day already"


def test_a_campaign_by_phone_counts_among_the_calls_of_a_month_and_spares_who_has_had_enough_or_wishes_none(office):
    ctx, period = released(office)
    rows = ctx.session.scalars(sa.select(Call).order_by(Call.day)).all()
    in_may = next(row for row in rows if row.day.month == 5 and row.day.day != 11)
    other = next(row for row in rows if row is not in_may)
    busy, silent, free = in_may.customer_id, other.customer_id, rows[-1].customer_id
    assert rows[-1].day.month == 6
    may = office.system(moment("2026-05-04 09:00"))
    calls.add_call(may, CallData(busy, dt.date(2026, 5, 11), "hand"))
    calls.save_preference(may, silent, PreferenceData(no_call=True))
    form = forms.save_survey(may, SurveyData("year", "年度", "Year", questions="yes_no again: 再来 | Again"))
    campaign = campaigns.save_campaign(may, CampaignData("Year 2026", form.id, "customers"))
    campaigns.start_campaign(may, campaign.id)
    survey_cards.fill(may, campaign.id)
    cards = {c.customer_id: (c.state, c.way, c.reason) for c in may.session.scalars(sa.select(Invitation))}
    assert cards[busy] == ("left_out", "", "month_full")
    assert cards[silent] == ("left_out", "", "no_call")
    assert cards[free] == ("open", "phone", "")
    calls.add_call(may, CallData(free, dt.date(2026, 5, 12), "hand"))
    with pytest.raises(Conflict) as refused:
        calls.add_call(may, CallData(free, dt.date(2026, 5, 14), "hand"))
    assert refused.value.code == "month_full"
    planning.plan_now(may, queries.get_period(may, period.id))
    planned = may.session.scalars(sa.select(Call.day).where(Call.customer_id == free, Call.state.in_(HELD))).all()
    assert sum(day.month == 5 for day in planned) == 1, "with the campaign's that makes two"
