"""What the worker does with deliveries that fail, are held, are taken over; and with jobs. Time is moved by hand."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.companies.switch import switch_off, switch_on
from core.context import SYSTEM
from core.db import system_session, transaction
from core.errors import Forbidden, NotFound
from core.events import DONE, PARKED, QUEUED, RUNNING, Delivery, Event, emit
from core.testing import START
from core.worker import ATTEMPTS, LEASE, JobRun, Worker, WorkerBeat, last_beat, retry_delivery

SECOND = dt.timedelta(seconds=1)


class Clock:
    """The worker's time, moved by hand."""

    def __init__(self):
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(probe, clock, monkeypatch):
    """A worker on that time; its back-off does not vary."""
    monkeypatch.setattr("core.worker.random.uniform", lambda _low, _high: 1.0)
    return Worker(probe.engine, probe.registry, "first", clock=clock)


def deliver(office, number: int = 1, code: str = "A1") -> int:
    """An event whose delivery is queued; the delivery's id. Negative numbers make the handler fail."""
    from probe.services import make_item

    ctx = office.system()
    make_item(ctx, code, text=str(number))
    return ctx.session.scalar(sa.select(sa.func.max(Delivery.id)))


def row(probe, delivery_id: int) -> Delivery:
    with system_session(probe.engine, "test") as session:
        found = session.get_one(Delivery, delivery_id)
        session.expunge(found)
        return found


def effects(probe) -> list[int]:
    from probe.models import Effect

    with system_session(probe.engine, "test") as session:
        return sorted(session.scalars(sa.select(Effect.number).where(Effect.event_id > 0)))


def test_the_effect_and_done_are_one_and_the_event_names_its_source(probe, acme, worker):
    found = row(probe, deliver(acme, 7))
    assert worker.deliver_due() == 1
    after = row(probe, found.id)
    assert (after.state, after.attempts, after.done_at, after.lease_until, after.error) == (DONE, 1, START, None, "")
    assert effects(probe) == [7]
    noted = acme.system().session.scalars(sa.select(Event).where(Event.name == "probe.noted")).one()
    assert (noted.source_event_id, noted.actor_name) == (found.event_id, SYSTEM.name)
    assert worker.deliver_due() == 0


def test_handler_and_mark_are_one_transaction_so_a_kill_leaves_both_or_neither(probe, acme, worker):
    class Killed(BaseException):
        pass

    def killed(_connection):
        raise Killed

    taken = deliver(acme, 1)
    (claimed,) = worker.claim()
    sa.event.listen(probe.engine, "commit", killed)
    with pytest.raises(Killed):
        worker.carry_out(claimed)
    sa.event.remove(probe.engine, "commit", killed)
    assert (effects(probe), row(probe, taken).state) == ([], RUNNING)
    commits = []

    def note(connection):
        commits.append(connection)

    sa.event.listen(probe.engine, "commit", note)
    worker.carry_out(claimed)
    sa.event.remove(probe.engine, "commit", note)
    assert (len(commits), effects(probe), row(probe, taken).state) == (1, [1], DONE)


def test_a_failing_delivery_waits_twice_as_long_each_time_and_is_parked_at_last(probe, acme, worker, clock):
    failing = deliver(acme, -1)
    waited = []
    for attempt in range(1, ATTEMPTS):
        assert worker.deliver_due() == 1
        found = row(probe, failing)
        assert (found.state, found.attempts, found.lease_until) == (QUEUED, attempt, None)
        assert found.error == "RuntimeError: this one always fails"
        waited.append((found.due_at - clock.now).total_seconds())
        clock.now = found.due_at - SECOND
        assert worker.deliver_due() == 0, "not before its time"
        clock.now = found.due_at
    assert waited == [2, 4, 8, 16, 32, 64, 128]
    assert worker.deliver_due() == 1
    assert (row(probe, failing).state, row(probe, failing).attempts) == (PARKED, 8)
    clock.now += dt.timedelta(days=30)
    assert worker.deliver_due() == 0
    assert effects(probe) == []


def test_one_that_fails_keeps_no_other_waiting_and_leaves_no_trace(probe, acme, worker):
    for number in (1, -2, 3):
        deliver(acme, number, f"A{number}")
    assert worker.deliver_due() == 3
    assert effects(probe) == [1, 3]


# --- many at once -----------------------------------------------------------------------------------------------------


def happen(office, *numbers: int, event: str = "probe.gathered") -> None:
    ctx = office.system()
    with transaction(ctx):
        for number in numbers:
            emit(ctx, event, number=number)


def test_a_handler_that_can_gets_all_that_wait_at_once_each_company_by_itself(probe, acme, zenith, worker):
    happen(zenith, 500, 501)
    happen(acme, *range(1, 121))
    commits = []

    def note(connection):
        commits.append(connection)

    sa.event.listen(probe.engine, "commit", note)
    assert worker.deliver_due() == 122
    sa.event.remove(probe.engine, "commit", note)
    assert effects(probe) == [*range(1001, 1121), 1500, 1501]
    assert len(commits) == 3  # the claim, and one for each company
    told = acme.system().session.scalars(sa.select(Event).where(Event.name == "probe.noted")).all()
    assert [(event.facts["number"], event.source_event_id) for event in told] == [(120, None)]
    assert worker.deliver_due() == 0


def test_where_many_fail_at_once_each_is_tried_by_itself(probe, acme, worker, clock):
    happen(acme, 1, -2, 3)
    assert worker.deliver_due() == 3
    assert effects(probe) == [1, 3]
    with system_session(probe.engine, "test") as session:
        left = session.scalars(sa.select(Delivery).where(Delivery.state == QUEUED)).all()
        assert [(row.attempts, row.error) for row in left] == [(1, "RuntimeError: this one always fails")]


def test_many_at_once_are_not_done_again_by_whoever_was_overtaken(probe, acme, worker, clock):
    happen(acme, 1, 2)
    groups = worker._grouped(worker.claim())
    clock.now += LEASE + SECOND
    other = Worker(probe.engine, probe.registry, "second", clock=clock)
    assert other.deliver_due() == 2
    worker._carry_out_together(groups[0])
    assert effects(probe) == [1001, 1002]


def test_handlers_of_one_name_are_told_apart_by_their_event(probe, acme, worker):
    happen(acme, 7)
    happen(acme, 8, event="probe.scattered")
    worker.deliver_due()
    assert effects(probe) == [-8, 7]


def test_an_administrator_retries_a_parked_one(probe, acme, zenith, worker, clock):
    failing = deliver(acme, -1)
    for _attempt in range(ATTEMPTS):
        worker.deliver_due()
        clock.now += dt.timedelta(hours=1)
    with pytest.raises(Forbidden):
        retry_delivery(acme.ctx(), failing)
    with pytest.raises(NotFound):
        retry_delivery(zenith.ctx("core.deliveries.manage"), failing)
    assert row(probe, failing).state == PARKED
    ctx = acme.ctx("core.deliveries.manage", name="Li Ming", now=clock.now)
    retry_delivery(ctx, failing)
    found = row(probe, failing)
    assert (found.state, found.attempts, found.due_at) == (QUEUED, 0, clock.now)
    told = ctx.session.scalars(sa.select(Event).where(Event.name == "core.delivery_retried")).one()
    assert (told.actor_name, told.facts["delivery_id"], told.record_kind) == ("Li Ming", failing, "probe.item")
    with pytest.raises(NotFound):
        retry_delivery(ctx, failing)
    with transaction(ctx):
        ctx.session.get(Event, found.event_id).facts = {"number": 5}
    assert worker.deliver_due() == 1
    assert effects(probe) == [5]


def test_while_a_module_is_off_its_deliveries_are_held_and_then_made(probe, acme, zenith, worker, clock):
    held, other = deliver(acme, 1), deliver(zenith, 2)
    switch_off(acme.system(), "probe")
    worker.deliver_due()
    assert (row(probe, held).state, row(probe, held).attempts) == (QUEUED, 0)
    assert row(probe, other).state == DONE
    clock.now += dt.timedelta(days=3)
    assert worker.deliver_due() == 0
    switch_on(acme.system(), "probe")
    assert worker.deliver_due() == 1
    assert effects(probe) == [1, 2]


def test_a_dead_workers_delivery_is_taken_over_when_its_lease_has_run_out(probe, acme, worker, clock):
    taken = deliver(acme, 1)
    (claimed,) = worker.claim()
    other = Worker(probe.engine, probe.registry, "second", clock=clock)
    clock.now += LEASE
    assert other.claim() == []
    clock.now += SECOND
    (again,) = other.claim()
    assert (again.id, again.attempts) == (claimed.id, 2)
    worker.carry_out(claimed)
    assert effects(probe) == [], "the first one comes back to life and finds that it is no longer its turn"
    other.carry_out(again)
    assert effects(probe) == [1]
    other.carry_out(again)
    worker.carry_out(claimed)
    assert effects(probe) == [1]
    assert row(probe, taken).state == DONE


def test_a_late_failure_of_the_first_does_not_undo_the_second(probe, acme, worker, clock):
    taken = deliver(acme, 1)
    (claimed,) = worker.claim()
    clock.now += LEASE + SECOND
    Worker(probe.engine, probe.registry, "second", clock=clock).deliver_due()
    worker._note_failure(claimed, RuntimeError("too late"))
    assert (row(probe, taken).state, row(probe, taken).error) == (DONE, "")


def test_told_to_stop_it_gives_back_what_it_has_not_begun(probe, acme, worker):
    ids = [deliver(acme, number, f"A{number}") for number in (1, 2, 3)]
    first = worker.carry_out

    def stop_after(claimed):
        first(claimed)
        worker.stopping.set()

    worker.carry_out = stop_after
    assert worker.deliver_due() == 1
    assert [(r.state, r.attempts, r.lease_until) for r in (row(probe, i) for i in ids)] == [
        (DONE, 1, None), (QUEUED, 0, None), (QUEUED, 0, None),
    ]


def test_a_handler_that_is_gone_is_a_failure_and_not_a_loss(probe, acme, worker):
    gone = deliver(acme, 1)
    with system_session(probe.engine, "test") as session, transaction(session):
        session.get_one(Delivery, gone).handler = "renamed"
    worker.deliver_due()
    found = row(probe, gone)
    assert found.state == QUEUED
    assert found.error == "LookupError: the module 'probe' no longer has the handler 'renamed'"


def test_a_module_that_is_not_installed_has_its_deliveries_held(probe, acme, worker):
    held = deliver(acme, 1)
    with system_session(probe.engine, "test") as session, transaction(session):
        session.get_one(Delivery, held).plugin = "vanished"
    assert worker.deliver_due() == 0
    assert row(probe, held).state == QUEUED


def test_claimed_ones_are_marked_before_anything_is_done(probe, acme, worker, clock):
    taken = deliver(acme, 1)
    worker.claim()
    assert (row(probe, taken).state, row(probe, taken).lease_until) == (RUNNING, clock.now + LEASE)


class TestJobs:
    @pytest.fixture(autouse=True)
    def the_plugin_s_only(self, probe, monkeypatch):
        """The core's own jobs would be counted with it."""
        monkeypatch.setitem(probe.registry.jobs, "core", [])

    def runs(self, probe) -> list[int]:
        from probe.models import Effect

        with system_session(probe.engine, "test") as session:
            return sorted(session.scalars(sa.select(Effect.company_id).where(Effect.event_id == 0)))

    def test_each_company_on_its_rhythm_and_missed_runs_are_not_caught_up(self, probe, acme, zenith, worker, clock):
        both = sorted([acme.id, zenith.id])
        assert worker.run_jobs() == 2
        assert self.runs(probe) == both
        clock.now += dt.timedelta(seconds=3599)
        assert worker.run_jobs() == 0
        clock.now += SECOND
        assert worker.run_jobs() == 2
        clock.now += dt.timedelta(days=7)
        assert worker.run_jobs() == 2
        assert worker.run_jobs() == 0
        assert self.runs(probe) == sorted(both * 3)

    def test_not_while_its_module_is_off(self, probe, acme, zenith, worker):
        switch_off(acme.system(), "probe")
        assert worker.run_jobs() == 1
        assert self.runs(probe) == [zenith.id]

    def test_a_failing_job_says_why_and_is_tried_again_next_time(self, probe, acme, zenith, worker, clock, monkeypatch):
        def broken(_ctx):
            raise ValueError("no")

        job = probe.registry.jobs["probe"][0]
        monkeypatch.setitem(probe.registry.jobs, "probe", [type(job)(job.name, broken, job.every)])
        assert worker.run_jobs() == 2
        assert [r.error for r in acme.system().session.scalars(sa.select(JobRun))] == ["ValueError: no"]
        monkeypatch.setitem(probe.registry.jobs, "probe", [job])
        assert worker.run_jobs() == 0
        clock.now += dt.timedelta(hours=1)
        assert worker.run_jobs() == 2
        assert [r.error for r in acme.system().session.scalars(sa.select(JobRun))] == [""]

    def test_a_job_that_another_worker_holds_is_left_to_it(self, probe, acme, zenith, worker, clock):
        job = probe.registry.jobs["probe"][0]
        assert worker._claim_job(acme.id, "probe", job, clock.now) is True
        other = Worker(probe.engine, probe.registry, "second", clock=clock)
        assert other.run_jobs() == 1
        assert self.runs(probe) == [zenith.id]


def test_the_heartbeat_is_one_row_and_old_ones_go(probe, worker, clock):
    worker.beat()
    clock.now += dt.timedelta(hours=25)
    Worker(probe.engine, probe.registry, "second", clock=clock).beat()
    assert last_beat(probe.engine) == clock.now
    with system_session(probe.engine, "test") as session:
        assert session.scalars(sa.select(WorkerBeat.name)).all() == ["second"]
