"""Background tasks: batches that count once whoever is killed, rights as they are then, held, stopped, retried."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.companies.models import Membership, Role
from core.companies.switch import switch_off, switch_on
from core.db import system_session, transaction
from core.errors import Conflict, Forbidden, NotFound
from core.events import Event, emit
from core.notifications import Notification
from core.tasks import FAILURES, LEASE, Task, cancel_task, find_task, retry_task, start_task, tasks_query
from core.testing import START
from core.testing import counted as counting
from core.worker import Worker


class Killed(BaseException):
    """What a kill looks like from inside."""


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
    monkeypatch.setattr("core.tasks.BREATH", 0.0)
    return Worker(probe.engine, probe.registry, "first", clock=clock)


@pytest.fixture
def lin(acme):
    """A person who may order the counting."""
    ctx = acme.system()
    with transaction(ctx):
        ctx.session.add(Role(code="counter", name={"en": "Counter"}, permissions=["probe.item.open"]))
        emit(ctx, "core.role_saved", name="Counter", code="counter")
    return acme.person("lin@example.com", "counter", name="Lin")


def order(acme, user_id, n=3, kind="probe.count", **params):
    """Order the counting in a person's name; the task's id."""
    ctx = acme.ctx("probe.item.open", user_id=user_id, name="Lin")
    return start_task(ctx, kind, {"n": n, **params}, n=n).id


def kept(probe, task_id) -> Task:
    with system_session(probe.engine, "test") as session:
        task = session.get_one(Task, task_id)
        session.expunge(task)
        return task


def counted(probe) -> list[int]:
    from probe.models import Effect

    with system_session(probe.engine, "test") as session:
        return sorted(session.scalars(sa.select(Effect.number).where(Effect.number > 0)))


def events(probe, task_id) -> list[tuple[str, str]]:
    with system_session(probe.engine, "test") as session:
        query = sa.select(Event.name, Event.actor_name).where(Event.record_kind == "core.task")
        return [tuple(row) for row in session.execute(query.where(Event.record_id == task_id).order_by(Event.id))]


def told(probe, user_id) -> list[str]:
    from core.i18n import use_locale

    with system_session(probe.engine, "test") as session, use_locale("en"):
        rows = session.scalars(sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id))
        return [row.words for row in rows]


def change_membership(acme, user_id, **values):
    ctx = acme.system()
    with transaction(ctx):
        row = ctx.session.scalars(sa.select(Membership).where(Membership.user_id == user_id)).one()
        for name, value in values.items():
            setattr(row, name, value)
        emit(ctx, "core.membership_saved", row, name="Lin", roles="")


def test_it_is_done_in_batches_in_the_name_of_the_person_who_is_told_at_the_end(probe, acme, worker, lin):
    task_id = order(acme, lin, 3)
    assert worker.tasks.run_one() == 1
    task = kept(probe, task_id)
    assert (task.state, task.done, task.total, task.result, task.runs) == ("done", 3, 3, {"sum": 6}, 1)
    assert task.label == {"en": "Count to 3", "zh": "Count to 3"}
    assert task.note["en"] == "The sum is 6."
    assert counted(probe) == [1, 2, 3]
    assert events(probe, task_id) == [("core.task_ordered", "Lin"), ("core.task_done", "system")]
    with system_session(probe.engine, "test") as session:
        names = set(session.scalars(sa.select(Event.actor_name).where(Event.name == "probe.counted")))
    assert names == {"Lin"}
    assert told(probe, lin) == ["Count to 3: done. The sum is 6."]
    assert worker.tasks.run_one() == 0


def test_a_kill_in_the_middle_of_a_batch_leaves_nothing_of_it_and_the_next_worker_goes_on(
    probe, acme, worker, lin, clock
):
    task_id = order(acme, lin, 4)
    seen = []

    def killed(_connection):
        seen.append(1)
        if counted_in(probe) == 2:
            raise Killed

    def counted_in(_probe):
        return len(counted(probe))

    claimed = worker.tasks.claim()
    sa.event.listen(probe.engine, "commit", killed)
    with pytest.raises(Killed):
        worker.tasks.carry_out(claimed)
    sa.event.remove(probe.engine, "commit", killed)
    assert (counted(probe), kept(probe, task_id).cursor) == ([1, 2], {"sum": 3})
    other = Worker(probe.engine, probe.registry, "second", clock=clock)
    assert other.tasks.run_one() == 0, "the lease still runs"
    clock.now += LEASE + dt.timedelta(seconds=1)
    assert other.tasks.run_one() == 1
    task = kept(probe, task_id)
    assert (counted(probe), task.state, task.runs, task.result) == ([1, 2, 3, 4], "done", 2, {"sum": 10})


def test_who_was_thought_dead_and_wakes_again_changes_nothing(probe, acme, worker, lin, clock):
    task_id = order(acme, lin, 2)
    asleep = worker.tasks.claim()
    clock.now += LEASE + dt.timedelta(seconds=1)
    other = Worker(probe.engine, probe.registry, "second", clock=clock)
    assert other.tasks.run_one() == 1
    worker.tasks.carry_out(asleep)
    assert (counted(probe), kept(probe, task_id).runs) == ([1, 2], 2)


def test_it_is_tried_again_later_and_given_up_only_without_progress(probe, acme, worker, lin, clock, monkeypatch):
    monkeypatch.setattr("core.tasks.random.uniform", lambda _low, _high: 1.0)
    task_id = order(acme, lin, 3, broken_at=3)
    waits = []
    for _try in range(1, FAILURES):
        assert worker.tasks.run_one() == 1
        task = kept(probe, task_id)
        assert (task.state, task.done) == ("queued", 2)
        waits.append((task.due_at - clock.now).total_seconds())
        clock.now = task.due_at
    assert waits == [2, 4, 8, 16]
    worker.tasks.run_one()
    task = kept(probe, task_id)
    assert (task.state, task.error) == ("failed", "RuntimeError: broken in the middle of a batch")
    assert counted(probe) == [1, 2]
    assert told(probe, lin) == [
        "Count to 3: it failed. Something went wrong on our side, 5 times. Tell an administrator: "
        "RuntimeError: broken in the middle of a batch"
    ]


def test_a_task_that_kills_its_worker_each_time_is_given_up(probe, acme, worker, lin, clock):
    task_id = order(acme, lin)
    for _try in range(FAILURES):
        assert worker.tasks.claim() is not None
        clock.now += LEASE + dt.timedelta(seconds=1)
    assert worker.tasks.run_one() == 1
    assert (kept(probe, task_id).state, counted(probe)) == ("failed", [])


def test_what_can_not_be_done_fails_at_once_in_words(probe, acme, worker, lin):
    task_id = order(acme, lin, 3, refused_at=2)
    worker.tasks.run_one()
    task = kept(probe, task_id)
    assert (task.state, task.note["en"], counted(probe)) == ("failed", "That can not be counted.", [1])


def test_it_has_the_rights_that_the_person_has_when_it_runs(probe, acme, worker, lin):
    left = order(acme, lin)
    change_membership(acme, lin, active=False)
    worker.tasks.run_one()
    assert kept(probe, left).note["en"] == "Lin no longer works here. Somebody else has to order it anew."
    change_membership(acme, lin, active=True, role_codes=[])
    lost = order(acme, lin)
    worker.tasks.run_one()
    assert kept(probe, lost).note["en"] == "Lin no longer has the right “Open”."
    assert counted(probe) == []


def test_it_sees_the_units_that_the_person_sees(probe, acme, worker, lin, monkeypatch):
    from core.companies.models import OrgUnit

    unit = acme.system().session.scalars(sa.select(OrgUnit)).first()
    change_membership(acme, lin, unit_id=unit.id, data_scope="units")
    seen = []
    definition = probe.registry.task_kinds["probe.count"]

    def look(work):
        with work.batch() as ctx:
            seen.append((ctx.actor.user_id, ctx.actor.unit_ids, ctx.session.scope.unit_ids))

    from dataclasses import replace

    monkeypatch.setitem(probe.registry.task_kinds, "probe.count", replace(definition, run=look))
    order(acme, lin)
    worker.tasks.run_one()
    assert seen == [(lin, frozenset({unit.id}), frozenset({unit.id}))]


def test_who_may_not_order_it_orders_nothing(probe, acme, lin):
    with pytest.raises(Forbidden):
        start_task(acme.ctx(user_id=lin), "probe.count", {"n": 1}, n=1)
    assert acme.system().session.scalar(sa.select(sa.func.count(Task.id))) == 0


def test_while_its_module_is_off_it_waits_and_goes_on_afterwards(probe, acme, worker, lin, monkeypatch):
    task_id = order(acme, lin, 3)
    switch_off(acme.system(), "probe")
    assert worker.tasks.run_one() == 0
    switch_on(acme.system(), "probe")
    real = worker.tasks.breathe

    def off_after_one(seconds):
        real(seconds)
        switch_off(acme.system(), "probe")
        monkeypatch.setattr(worker.tasks, "breathe", real)

    monkeypatch.setattr(worker.tasks, "breathe", off_after_one)
    worker.tasks.run_one()
    task = kept(probe, task_id)
    assert (task.state, task.done, task.lease_until) == ("queued", 1, None)
    switch_on(acme.system(), "probe")
    worker.tasks.run_one()
    assert (kept(probe, task_id).state, counted(probe)) == ("done", [1, 2, 3])


def test_told_to_stop_the_worker_gives_the_task_back_between_two_batches(probe, acme, worker, lin, monkeypatch):
    task_id = order(acme, lin, 3)
    monkeypatch.setattr(worker.tasks, "breathe", lambda _seconds: worker.stopping.set())
    worker.tasks.run_one()
    task = kept(probe, task_id)
    assert (task.state, task.done, task.failures, task.lease_until) == ("queued", 1, 0, None)


def test_stopping_a_task_keeps_what_was_done_and_it_can_be_taken_up_again(probe, acme, worker, lin, monkeypatch):
    ctx = acme.ctx("probe.item.open", user_id=lin, name="Lin")
    task_id = order(acme, lin, 3)
    real = worker.tasks.breathe

    def stop(_seconds):
        cancel_task(acme.ctx(user_id=lin), task_id)
        monkeypatch.setattr(worker.tasks, "breathe", real)

    monkeypatch.setattr(worker.tasks, "breathe", stop)
    worker.tasks.run_one()
    assert (kept(probe, task_id).state, counted(probe)) == ("cancelled", [1])
    with pytest.raises(Conflict):
        cancel_task(ctx, task_id)
    retry_task(acme.ctx(user_id=lin), task_id)
    worker.tasks.run_one()
    assert (kept(probe, task_id).state, counted(probe)) == ("done", [1, 2, 3])
    with pytest.raises(Conflict):
        retry_task(acme.ctx(user_id=lin), task_id)
    waiting = order(acme, lin, 3)
    cancel_task(acme.ctx(user_id=lin), waiting)
    assert (kept(probe, waiting).state, worker.tasks.run_one()) == ("cancelled", 0)


def running(probe, monkeypatch, run) -> None:
    """The counting does this instead."""
    from dataclasses import replace

    monkeypatch.setitem(
        probe.registry.task_kinds, "probe.count", replace(probe.registry.task_kinds["probe.count"], run=run)
    )


def test_a_long_reckoning_keeps_its_lease_shows_how_far_it_is_and_is_stopped_in_the_middle(
    probe, acme, worker, lin, clock, monkeypatch
):
    task_id = order(acme, lin)
    seen = []

    def reckon(work):
        work.total = 9
        for step in range(9):
            work.done, work.cursor["step"] = step, step
            clock.now += LEASE / 2
            if step == 5:
                cancel_task(acme.ctx(user_id=lin), task_id)
            work.beat()
            task = kept(probe, task_id)
            seen.append((task.done, task.total, task.cursor, task.lease_until - clock.now))

    running(probe, monkeypatch, reckon)
    worker.tasks.run_one()
    assert seen == [(step, 9, {}, LEASE) for step in range(5)]
    assert kept(probe, task_id).state == "cancelled"


def test_beating_often_costs_nothing(probe, acme, worker, lin, clock, monkeypatch):
    order(acme, lin)
    made = []

    def reckon(work):
        with counting(probe.engine) as statements:
            for _step in range(1000):
                work.beat()
        made.extend(statements)

    running(probe, monkeypatch, reckon)
    worker.tasks.run_one()
    assert made == []


def test_who_reads_for_a_task_keeps_nobody_from_writing(probe, acme, worker, lin, monkeypatch):
    task_id = order(acme, lin)

    def look(work):
        with work.reading() as ctx:
            cancel_task(acme.ctx(user_id=lin), task_id)
            assert ctx.actor.user_id == lin
        with work.reading():
            raise AssertionError("it was stopped")

    running(probe, monkeypatch, look)
    worker.tasks.run_one()
    assert kept(probe, task_id).state == "cancelled"


def test_one_of_a_kind_runs_at_a_time_in_a_company_unless_the_kind_says_otherwise(probe, acme, zenith, worker, lin):
    def take():
        claimed = worker.tasks.claim()
        return claimed and claimed.id

    first, second = order(acme, lin), order(acme, lin)
    elsewhere = start_task(zenith.system(), "probe.count", {"n": 1}, n=1).id
    beside = [order(acme, lin, kind="probe.beside") for _n in range(2)]
    assert [take() for _n in range(5)] == [first, elsewhere, *beside, None]
    assert kept(probe, second).state == "queued"


def test_own_tasks_are_ones_own_and_others_need_the_right(probe, acme, zenith, lin):
    task_id = order(acme, lin)
    other = acme.person("mei@example.com", "counter", name="Mei")
    with pytest.raises(NotFound):
        find_task(acme.ctx(user_id=other), task_id)
    with pytest.raises(NotFound):
        cancel_task(acme.ctx(user_id=other), task_id)
    with pytest.raises(NotFound):
        find_task(zenith.system(), task_id)
    assert find_task(acme.ctx("core.tasks.view_all", user_id=other), task_id).id == task_id
    mine = acme.ctx(user_id=other)
    assert mine.session.scalars(tasks_query(mine)).all() == []
    with pytest.raises(Forbidden):
        tasks_query(mine, everybody=True)
    assert kept(probe, task_id).state == "queued"
