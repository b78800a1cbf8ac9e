"""Clocks: limits decided and explained, warnings, breaches, ladders, pauses to the second, sweeps, the module switch.

The office is open Monday to Friday, 9:00 to 18:00 in Shanghai; tests begin on Monday 2026-03-02 at 9:00.
"""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clocks import (
    SWITCH,
    Clock,
    cancel_clock,
    clocks_on,
    decision_of,
    find_clock,
    pause_clock,
    plan_clocks,
    redecide_clock,
    restart_clock,
    resume_clock,
    start_clock,
    start_each_clock,
    stop_clock,
    sweep,
    tell_started,
)
from core.companies.switch import switch_off, switch_on
from core.db import transaction
from core.decisions.store import StoredDecision
from core.errors import Conflict, Invalid
from core.events import Event, emit
from core.notifications import Notification
from core.testing import START, counted, moment

ANSWER, SOLVE = "probe.answer", "probe.solve"
MONDAY = "2026-03-02 "


def item(office, code="A1"):
    from probe.services import make_item

    return make_item(office.system(), code)


def do(office, verb, when, record, *arguments, **more):
    """Carry ``verb`` out at a local moment, in a transaction of its own, and answer the clock as it is then."""
    ctx = office.system(moment(when))
    with transaction(ctx):
        verb(ctx, record, *arguments, **more)
    return find_clock(ctx, record, arguments[0])


def sweep_at(office, when) -> int:
    ctx = office.system(moment(when))
    with transaction(ctx):
        return sweep(ctx)


def told(office, record, since: int = 0) -> list[str]:
    """The names of the clock events of a record, oldest first."""
    query = sa.select(Event.name).where(Event.record_id == record.id, Event.name.like("core.clock%"), Event.id > since)
    return [n.removeprefix("core.clock_") for n in office.system().session.scalars(query.order_by(Event.id))]


def local(value: dt.datetime) -> str:
    """An instant as the clock on the wall in Shanghai shows it."""
    return (value + dt.timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


class TestStarting:
    def test_the_limit_is_decided_by_the_table_and_the_reason_is_kept(self, acme):
        record = item(acme)
        clock = do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        assert (clock.limit_amount, clock.limit_unit, clock.calendar, clock.warn_share) == (
            "8", "working_hours", "office", "0.75",
        )
        assert [local(m) for m in (clock.started_at, clock.due_at, clock.warn_at, clock.next_at)] == [
            "2026-03-02 09:00:00", "2026-03-02 17:00:00", "2026-03-02 15:00:00", "2026-03-02 15:00:00",
        ]
        ctx = acme.system()
        decision = decision_of(ctx, find_clock(ctx, record, ANSWER))
        assert (decision.table_name, decision.version_number, decision.facts["level"], decision.record_id) == (
            "probe.limits", 1, "low", record.id,
        )
        assert decision.words["en"]
        assert decision.words["zh"]
        assert told(acme, record) == ["started"]

    def test_starting_one_that_runs_changes_nothing(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        again = do(acme, start_clock, MONDAY + "12:00", record, ANSWER, {"level": "high"})
        assert (local(again.due_at), again.limit_amount) == ("2026-03-02 17:00:00", "8")
        assert told(acme, record) == ["started"]

    def test_a_clock_never_lacks_a_limit(self, acme):
        record = item(acme)
        before = acme.system().session.scalar(sa.select(sa.func.count(StoredDecision.id)))
        with pytest.raises(Invalid) as refused:
            do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "unheard of"})
        assert refused.value.code == "no_limit"
        assert clocks_on(acme.system(), record) == []
        assert acme.system().session.scalar(sa.select(sa.func.count(StoredDecision.id))) == before
        for column in ("due_at", "limit_amount", "limit_unit", "calendar"):
            assert Clock.__table__.c[column].nullable is False

    def test_several_at_once_are_the_same_as_one_by_one(self, acme):
        first, second = item(acme, "A1"), item(acme, "A2")
        do_each = acme.system(moment(MONDAY + "10:00"))
        with transaction(do_each):
            start_each_clock(do_each, first, (ANSWER, SOLVE), {"level": "high"})
        for kind in (ANSWER, SOLVE):
            do(acme, start_clock, MONDAY + "10:00", second, kind, {"level": "high"})
        ctx = acme.system()
        hidden = {"id", "record_id", "decision_id"}
        rows = [
            [{k: v for k, v in vars(c).items() if k not in hidden and k[0] != "_"} for c in clocks_on(ctx, r)]
            for r in (first, second)
        ]
        assert rows[0] == rows[1]
        assert len(rows[0]) == 2
        assert all(decision_of(ctx, clock).record_id == first.id for clock in clocks_on(ctx, first))

    def test_those_of_a_new_record_are_reckoned_before_it_is_written_and_written_with_it(self, acme):
        from probe.models import Item

        ctx = acme.system(moment(MONDAY + "10:00"))
        with transaction(ctx):
            record = Item(code="A9")
            clocks = plan_clocks(ctx, record, (ANSWER, SOLVE), {"level": "high"})
            due = [clock.due_at for clock in clocks]
            ctx.session.flush()
            assert [clock.id for clock in clocks] == [None, None], "they wait for the record"
            ctx.session.add(record)
            ctx.session.flush()
            emit(ctx, "probe.item_added", record)
            tell_started(ctx, record, clocks)
        again = acme.system()
        assert [(c.kind, c.due_at) for c in clocks_on(again, record)] == list(zip((ANSWER, SOLVE), due, strict=True))
        assert all(decision_of(again, clock).record_id == record.id for clock in clocks_on(again, record))
        assert told(acme, record) == ["started", "started"]

    def test_one_transaction_reads_the_clocks_of_a_record_once_and_knows_what_came_and_went_meanwhile(self, acme):
        record = item(acme)
        ctx = acme.system(moment(MONDAY + "09:00"))
        with transaction(ctx):
            assert clocks_on(ctx, record) == []
            start_clock(ctx, record, ANSWER, {"level": "low"})
            assert [clock.kind for clock in clocks_on(ctx, record)] == [ANSWER]
            try:
                with ctx.session.begin_nested():
                    start_clock(ctx, record, SOLVE, {"level": "low"})
                    assert [clock.kind for clock in clocks_on(ctx, record)] == [ANSWER, SOLVE]
                    raise LookupError
            except LookupError:
                pass
            assert [clock.kind for clock in clocks_on(ctx, record)] == [ANSWER]
            with counted(acme.installation.engine) as statements:
                for kind in (ANSWER, SOLVE, ANSWER):
                    find_clock(ctx, record, kind)
            assert statements == []
        do(acme, stop_clock, MONDAY + "10:00", record, ANSWER)
        with transaction(ctx):
            assert [clock.state for clock in clocks_on(ctx, record)] == ["met"]

    def test_what_is_written_meanwhile_does_not_make_it_read_them_anew(self, acme):
        first, second = item(acme), item(acme, "A2")
        ctx = acme.system(moment(MONDAY + "09:00"))
        with transaction(ctx):
            start_clock(ctx, first, ANSWER, {"level": "low"})
            assert [clock.kind for clock in clocks_on(ctx, first)] == [ANSWER]
            with counted(acme.installation.engine) as statements:
                stop_clock(ctx, first, ANSWER)
                ctx.session.flush()
                with ctx.session.begin_nested():
                    assert find_clock(ctx, first, ANSWER).state == "met"
                assert [clock.state for clock in clocks_on(ctx, first)] == ["met"]
            assert [text.split()[0] for text in statements] == ["UPDATE"]
            ctx.session.execute(sa.update(Clock).where(Clock.record_id == first.id).values(record_id=second.id))
            assert clocks_on(ctx, first) == [], "as when two records are merged"

    def test_the_facts_changed_so_the_limit_is_decided_anew_from_the_same_start(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        changed = do(acme, redecide_clock, MONDAY + "09:30", record, ANSWER, {"level": "high"})
        assert (local(changed.due_at), local(changed.warn_at)) == ("2026-03-02 11:00:00", "2026-03-02 10:00:00")
        do(acme, redecide_clock, MONDAY + "09:40", record, ANSWER, {"level": "high"})
        assert told(acme, record) == ["started", "changed"]


class TestRunningOut:
    @pytest.fixture
    def staff(self, acme):
        """(manager, administrator): who is told."""
        return acme.person("m@acme.test", "manager"), acme.person("a@acme.test", "administrator")

    def inbox(self, acme) -> list[tuple[int, str]]:
        query = sa.select(Notification).order_by(Notification.id)
        return [(line.user_id, line.text) for line in acme.system().session.scalars(query)]

    def test_warning_breach_and_ladder_each_once_at_their_moment(self, acme, staff):
        manager, administrator = staff
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        steps = (
            ("09:59:59", 0, []), ("10:00", 1, ["warned"]), ("10:59:59", 0, []),
            ("11:00", 1, ["breached", "escalated"]), ("12:59:59", 0, []), ("13:00", 1, ["escalated"]), ("17:00", 0, []),
        )
        known = ["started"]
        for when, fired, names in steps:
            assert sweep_at(acme, MONDAY + when) == fired, when
            assert sweep_at(acme, MONDAY + when) == 0, "a second sweep finds nothing"
            known += names
            assert told(acme, record) == known, when
        clock = find_clock(acme.system(), record, ANSWER)
        assert (local(clock.warned_at), local(clock.breached_at), clock.fired_late, clock.next_at) == (
            "2026-03-02 10:00:00", "2026-03-02 11:00:00", False, None,
        )
        assert self.inbox(acme) == [(manager, "Overdue: “{clock}”"), (administrator, "Overdue: “{clock}”")]

    def test_what_the_worker_missed_while_down_fires_once_late_and_says_so(self, acme, staff):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        assert sweep_at(acme, "2026-03-04 10:00") == 1
        assert sweep_at(acme, "2026-03-04 10:01") == 0
        assert told(acme, record) == ["started", "breached", "escalated", "escalated"], "the warning is overtaken"
        ctx = acme.system()
        clock = find_clock(ctx, record, ANSWER)
        assert (clock.fired_late, clock.warned_at, local(clock.breached_at)) == (True, None, "2026-03-02 11:00:00")
        breach = ctx.session.scalars(sa.select(Event).where(Event.name == "core.clock_breached")).one()
        assert (breach.facts["late"], breach.facts["late_seconds"]) == (True, 48 * 3600)
        assert local(breach.occurred_at) == "2026-03-04 10:00:00"
        assert len(self.inbox(acme)) == 2

    def test_five_minutes_are_not_yet_late(self, acme):
        for code, seconds, late in (("A1", 300, False), ("A2", 301, True)):
            record = item(acme, code)
            do(acme, start_clock, MONDAY + "09:00", record, SOLVE, {"level": "low"})
            ctx = acme.system(moment("2026-03-03 09:00") + dt.timedelta(seconds=seconds))
            with transaction(ctx):
                sweep(ctx)
            assert find_clock(acme.system(), record, SOLVE).fired_late is late

    @pytest.mark.parametrize(
        ("when", "state", "names"),
        [
            ("10:30", "met", ["started", "met"]),
            ("11:00", "met", ["started", "met"]),
            ("11:00:01", "missed", ["started", "breached", "stopped_late"]),
        ],
    )
    def test_stopping_is_in_time_up_to_the_very_second(self, acme, when, state, names):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        clock = do(acme, stop_clock, MONDAY + when, record, ANSWER)
        assert (clock.state, clock.overdue, clock.next_at) == (state, state == "missed", None)
        assert told(acme, record) == names
        assert sweep_at(acme, "2026-03-05 09:00") == 0

    def test_stopping_after_a_breach_was_told_does_not_tell_it_again(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        sweep_at(acme, MONDAY + "11:00")
        do(acme, stop_clock, MONDAY + "12:00", record, ANSWER)
        assert told(acme, record) == ["started", "breached", "escalated", "stopped_late"]

    def test_a_cancelled_clock_never_fires(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        assert do(acme, cancel_clock, MONDAY + "09:30", record, ANSWER).state == "cancelled"
        assert sweep_at(acme, "2026-03-05 09:00") == 0
        assert told(acme, record) == ["started", "cancelled"]


class TestPausing:
    def test_a_pause_moves_deadline_and_warning_by_its_working_time_to_the_second(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        paused = do(acme, pause_clock, MONDAY + "12:00:10", record, ANSWER, "waits for the customer")
        assert (paused.state, paused.next_at, paused.pause_reason) == ("paused", None, "waits for the customer")
        assert sweep_at(acme, "2026-03-09 09:00") == 0
        clock = do(acme, resume_clock, MONDAY + "13:30:12", record, ANSWER)
        assert (local(clock.due_at), local(clock.warn_at)) == ("2026-03-03 09:30:02", "2026-03-02 16:30:02")
        assert (clock.state, clock.pause_reason) == ("running", "")
        assert told(acme, record) == ["started", "paused", "resumed"]

    def test_a_pause_outside_working_hours_moves_nothing(self, acme):
        record = item(acme)
        before = do(acme, start_clock, MONDAY + "16:00", record, ANSWER, {"level": "low"})
        assert local(before.due_at) == "2026-03-03 15:00:00"
        do(acme, pause_clock, MONDAY + "18:00", record, ANSWER, "night")
        after = do(acme, resume_clock, "2026-03-03 09:00", record, ANSWER)
        assert local(after.due_at) == "2026-03-03 15:00:00"

    def test_a_clock_in_elapsed_hours_is_moved_by_the_night_too(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "16:00", record, SOLVE, {"level": "low"})
        do(acme, pause_clock, MONDAY + "18:00", record, SOLVE, "night")
        assert local(do(acme, resume_clock, "2026-03-03 09:00", record, SOLVE).due_at) == "2026-03-04 07:00:00"

    def test_pausing_twice_and_resuming_what_runs_are_refused(self, acme):
        record = item(acme)
        with pytest.raises(Conflict):
            do(acme, pause_clock, MONDAY + "09:00", record, ANSWER, "no clock yet")
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        with pytest.raises(Conflict):
            do(acme, resume_clock, MONDAY + "10:00", record, ANSWER)
        do(acme, pause_clock, MONDAY + "10:00", record, ANSWER, "first")
        with pytest.raises(Conflict):
            do(acme, pause_clock, MONDAY + "11:00", record, ANSWER, "second")
        assert [p[2] for p in find_clock(acme.system(), record, ANSWER).pauses] == ["first"]

    def test_time_closed_before_a_reopening_is_a_pause(self, acme):
        record = item(acme)
        do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        do(acme, stop_clock, MONDAY + "10:00", record, ANSWER)
        clock = do(acme, restart_clock, "2026-03-03 10:30", record, ANSWER)
        assert (clock.state, local(clock.due_at), clock.stopped_at) == ("running", "2026-03-03 17:30:00", None)
        assert [p[2] for p in clock.pauses] == ["reopened"]
        assert do(acme, stop_clock, "2026-03-03 17:30", record, ANSWER).state == "met"


class TestModuleSwitch:
    def test_off_stands_still_and_on_goes_on_without_a_burst_of_breaches(self, acme):
        running, waiting = item(acme, "A1"), item(acme, "A2")
        for record in (running, waiting):
            do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
        do(acme, pause_clock, MONDAY + "10:00", waiting, ANSWER, "customer")
        switch_off(acme.system(moment(MONDAY + "11:00")), "probe")
        clock = find_clock(acme.system(), running, ANSWER)
        assert (clock.state, clock.pause_reason) == ("paused", SWITCH)
        assert sweep_at(acme, "2026-03-20 09:00") == 0
        switch_on(acme.system(moment("2026-03-05 12:00")), "probe")
        ctx = acme.system()
        clock, other = find_clock(ctx, running, ANSWER), find_clock(ctx, waiting, ANSWER)
        assert (clock.state, local(clock.due_at)) == ("running", "2026-03-05 18:00:00")
        assert (other.state, other.pause_reason) == ("paused", "customer")
        assert sweep_at(acme, "2026-03-05 12:00") == 0
        assert local(do(acme, resume_clock, "2026-03-05 13:00", waiting, ANSWER).due_at) == "2026-03-06 11:00:00"

    def test_other_companies_go_on(self, acme, zenith):
        mine, theirs = item(acme), item(zenith)
        for office, record in ((acme, mine), (zenith, theirs)):
            do(office, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "high"})
        switch_off(acme.system(moment(MONDAY + "09:30")), "probe")
        assert acme.installation.worker(moment(MONDAY + "11:00")).sweep_clocks() == 1
        assert told(zenith, theirs) == ["started", "breached", "escalated"]


def fill(office, count: int) -> None:
    """So many clocks that all run out at Monday 11:00."""
    from probe.models import Item

    ctx = office.system()
    with transaction(ctx):
        ctx.session.add_all([Item(code=f"I{n}") for n in range(count)])
        emit(ctx, "probe.changed")
        for record in ctx.session.scalars(sa.select(Item)).all():
            start_clock(ctx, record, ANSWER, {"level": "high"})


class TestSweeping:
    def test_a_sweep_takes_as_many_statements_for_ten_clocks_as_for_a_thousand(self, acme, zenith):
        acme.person("m@acme.test", "manager", "administrator")
        zenith.person("m@zenith.test", "manager", "administrator")
        taken = []
        for office, count in ((acme, 10), (zenith, 1000)):
            fill(office, count)
            ctx = office.system(moment(MONDAY + "13:00"))
            with counted(office.installation.engine) as statements, transaction(ctx):
                assert sweep(ctx) == count
            taken.append([s.split("(")[0].split("\n")[0][:40] for s in statements])
            assert ctx.session.scalar(sa.select(sa.func.count(Notification.id))) == 2 * count
        # on PostgreSQL ids of many rows are taken beforehand, by one statement a table
        few, many = ([s for s in found if not s.startswith(("INSERT", "SELECT nextval"))] for found in taken)
        assert few == many
        tables = [{s.split()[2] for s in found if s.startswith("INSERT")} for found in taken]
        assert tables[0] == tables[1]
        assert len(taken[1]) <= len(taken[0]) + 16, "many rows are inserted in pages of 500"

    def test_two_workers_sweeping_at_once_fire_each_clock_once(self, acme):
        fill(acme, 60)
        errors, fired = [], []
        start = threading.Barrier(3)

        def work():
            worker = acme.installation.worker(moment(MONDAY + "13:00"))
            start.wait()
            try:
                fired.append(worker.sweep_clocks() + worker.sweep_clocks())
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sum(fired) == 60
        names = acme.system().session.scalars(sa.select(Event.name).where(Event.name == "core.clock_breached")).all()
        assert len(names) == 60

    def test_a_clock_whose_kind_is_gone_keeps_no_other_from_firing(self, acme):
        fill(acme, 2)
        ctx = acme.system()
        with transaction(ctx):
            first = ctx.session.scalars(sa.select(Clock).order_by(Clock.id).limit(1)).one()
            first.kind = "probe.renamed"
        assert sweep_at(acme, MONDAY + "11:00") == 1


# --- against a slow reference -----------------------------------------------------------------------------------------

MINUTE = dt.timedelta(minutes=1)
LIMIT = 480
STEPS = st.lists(
    st.tuples(st.integers(1, 900), st.sampled_from(["pause", "resume", "stop", "restart", "off", "on", "sweep"])),
    min_size=1, max_size=9,
)


class Reference:
    """Walks minute by minute. Knows when it stood still, and by whom it was stopped."""

    def __init__(self):
        self.state, self.on, self.by_switch, self.breached = "running", True, False, False
        self.still: list[list[dt.datetime | None]] = []

    def due(self, now: dt.datetime) -> dt.datetime:
        at, left = START, LIMIT
        while left:
            wall = at + dt.timedelta(hours=8)
            counts = wall.weekday() < 5 and 9 <= wall.hour < 18
            if counts and not any(begin <= at < (end or now) for begin, end in self.still):
                left -= 1
            at += MINUTE
        return at

    def step(self, verb: str, now: dt.datetime) -> bool:
        """Whether ``verb`` is allowed; carries it out if so."""
        if not self.on:
            if verb == "on":
                self.on = True
                if self.by_switch:
                    self.state, self.still[-1][1], self.by_switch = "running", now, False
                return True
            return verb == "sweep"
        return getattr(self, f"_{verb}")(now)

    def _on(self, _now):
        return True

    def _off(self, now):
        self.on = False
        if self.state == "running":
            self.state, self.by_switch = "paused", True
            self.still.append([now, None])
        return True

    def _pause(self, now):
        if self.state != "running":
            return False
        self.state = "paused"
        self.still.append([now, None])
        return True

    def _resume(self, now):
        if self.state != "paused":
            return False
        self.state, self.still[-1][1] = "running", now
        return True

    def _stop(self, now):
        if self.state == "paused":
            self.still[-1][1] = now
        if self.state in ("running", "paused"):
            self.state = "met" if now <= self.due(now) else "missed"
            self.breached |= self.state == "missed"
            self.still.append([now, None])
        return True

    def _restart(self, now):
        if self.state in ("met", "missed"):
            self.state, self.still[-1][1] = "running", now
        return True

    def _sweep(self, now):
        self.breached |= self.state == "running" and self.due(now) <= now
        return True


VERBS = {
    "pause": lambda ctx, r: pause_clock(ctx, r, ANSWER, "why"),
    "resume": lambda ctx, r: resume_clock(ctx, r, ANSWER),
    "stop": lambda ctx, r: stop_clock(ctx, r, ANSWER),
    "restart": lambda ctx, r: restart_clock(ctx, r, ANSWER),
    "off": lambda ctx, _r: switch_off(ctx, "probe"),
    "on": lambda ctx, _r: switch_on(ctx, "probe"),
    "sweep": lambda ctx, _r: sweep(ctx),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_random_walk_agrees_with_the_slow_reference(acme, steps):
    ctx = acme.system()
    switch_on(ctx, "probe")
    record = item(acme, f"walk {ctx.session.scalar(sa.select(sa.func.max(Event.id)))}")
    now, reference = START, Reference()
    do(acme, start_clock, MONDAY + "09:00", record, ANSWER, {"level": "low"})
    for gap, verb in steps:
        now += gap * MINUTE
        was_on = reference.on
        allowed = reference.step(verb, now)
        if not was_on and verb not in ("on", "sweep"):
            continue  # nobody can do anything with a module that is off
        ctx = acme.system(now)
        if allowed:
            with transaction(ctx):
                VERBS[verb](ctx, record)
        else:
            with pytest.raises(Conflict), transaction(ctx):
                VERBS[verb](ctx, record)
        clock = find_clock(ctx, record, ANSWER)
        assert (clock.state, clock.breached_at is not None) == (reference.state, reference.breached), verb
        if clock.state == "running":
            assert local(clock.due_at) == local(reference.due(now)), verb
            assert clock.next_at is None or clock.next_at <= clock.due_at or clock.breached_at is not None
        acme.installation.close_sessions()
    if not reference.on:
        switch_on(acme.system(now + MINUTE), "probe")
