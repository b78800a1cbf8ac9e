"""Loads of all or nothing: a row that turns out to be bad, an error, a stop, a kill: all rows are there or none."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
import sqlalchemy as sa

from core.clocks import Clock
from core.companies.models import Role
from core.db import bulk_insert, system_session, transaction
from core.errors import Conflict, Invalid
from core.events import Delivery, Event, EventLink, emit
from core.files import receive
from core.import_account import ImportEntry
from core.imports import ImportProblem, find_import, start_check, start_load, upload
from core.tasks import LEASE, Task, cancel_task, retry_task
from core.testing import START
from core.transfer import Loaded, RowProblem
from core.worker import Worker

RIGHTS = ("core.import.run", "probe.item.open")
ROWS = 300
FILE = "Code,Text\n" + "".join(f"K{n},yes\n" for n in range(1, ROWS + 1))


class Killed(BaseException):
    """What a kill looks like from inside."""


class Clockwork:
    """The worker's time, moved by hand."""

    def __init__(self):
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clockwork():
    return Clockwork()


@pytest.fixture
def worker(probe, clockwork, monkeypatch):
    monkeypatch.setattr("core.tasks.BREATH", 0.0)
    monkeypatch.setattr("core.imports.BATCH", 30)
    monkeypatch.setattr("core.import_account._ROWS", 30)
    return Worker(probe.engine, probe.registry, "first", clock=clockwork)


@pytest.fixture
def lin(acme):
    ctx = acme.system()
    with transaction(ctx):
        ctx.session.add(Role(code="loader", name={"en": "Loader"}, permissions=list(RIGHTS)))
        emit(ctx, "core.role_saved", name="Loader", code="loader")
    return acme.person("lin@example.com", "loader", name="Lin")


@pytest.fixture
def me(acme, lin):
    return acme.ctx(*RIGHTS, user_id=lin, name="Lin")


class Loader:
    """An importer with everything that has to be taken back: items, a note on each, a clock, an event with a link, and
    a change of an item that was there before. ``bad`` refuses that row, ``broken`` fails at it.
    """

    def __init__(self):
        self.bad = ""
        self.broken: Exception | None = None
        self.old: int | None = None
        self.seen: list[str] = []

    def __call__(self, ctx, rows) -> Loaded:
        from probe.models import Item, Note

        wrong, made = [], []
        for row in rows:
            code = row.values["code"]
            self.seen.append(code)
            if code == self.bad:
                if self.broken is not None:
                    raise self.broken
                wrong.append(RowProblem(row.line, "text", "It was taken meanwhile.", "yes"))
                continue
            made.append(Item(code=code, text="loaded"))
        ctx.session.add_all(made)
        ctx.session.flush()
        bulk_insert(ctx, Note, [{"item_id": item.id, "text": "on it"} for item in made])
        for item in made:
            links = []
            if self.old is not None and item.code in ("K1", "K150"):
                links = [ctx.session.get_one(Item, self.old)]
                links[0].text = f"changed by {item.code}"
            emit(ctx, "probe.made", item, links=links, number=1)
        ctx.session.add(_clock(made[-1].id, ctx.now))
        return Loaded(len(rows) - len(wrong), 0, tuple(wrong))


def _clock(item_id: int, now: dt.datetime) -> Clock:
    soon = now + dt.timedelta(seconds=1)
    return Clock(
        plugin="probe", kind="probe.answer", record_kind="probe.item", record_id=item_id, started_at=now, due_at=soon,
        next_at=soon, limit_amount="1", limit_unit="elapsed_minutes", calendar="always", pauses=[], ladder=[],
    )  # fmt: skip


@pytest.fixture
def loader(probe, monkeypatch):
    import dataclasses

    made = Loader()
    changed = dataclasses.replace(probe.registry.importers["items"], load=made)
    monkeypatch.setitem(probe.registry.importers, "items", changed)
    return made


def ordered(ctx, worker, content: str = FILE) -> int:
    """A load of everything, ordered after a check that found nothing wrong."""
    row = upload(ctx, "items", "items.csv", receive(ctx, content.encode()))
    start_check(ctx, row)
    worker.tasks.run_one()
    return start_load(ctx, find_import(ctx, row.id), only_good=False).id


def task(probe, task_id) -> Task:
    with system_session(probe.engine, "test") as session:
        found = session.get_one(Task, task_id)
        session.expunge(found)
        return found


def there(probe) -> dict[str, int]:
    """How many rows of each sort are in the database; the trail without the tasks' own events."""
    from probe.models import Item, Note

    with system_session(probe.engine, "test") as session:
        counts = {m.__tablename__: session.scalar(sa.select(sa.func.count(m.id)))
                  for m in (Item, Note, Clock, Delivery, EventLink, ImportEntry)}  # fmt: skip
        names = sa.select(sa.func.count(Event.id)).where(Event.name == "probe.made")
        return {**counts, "events": session.scalar(names)}


NOTHING = {
    "probe_item": 0, "probe_note": 0, "core_clock": 0, "core_delivery": 0, "core_event_link": 0, "core_import_entry": 0,
    "events": 0,
}  # fmt: skip
EVERYTHING = {
    "probe_item": ROWS, "probe_note": ROWS, "core_clock": 10, "core_delivery": ROWS, "core_event_link": 0,
    "core_import_entry": 0, "events": ROWS,
}  # fmt: skip


def test_a_row_that_turns_out_to_be_bad_near_the_end_leaves_nothing_loaded(probe, acme, me, worker, loader):
    number = ordered(me, worker)
    loader.bad, loader.seen = "K270", []
    worker.tasks.run_one()
    found = task(probe, number)
    assert (found.state, found.note["en"]) == (
        "failed", "Nothing was loaded: what had been is taken back. Bad rows: 1.",
    )  # fmt: skip
    assert (loader.seen[-1], len(loader.seen)) == ("K270", 270), "the rows before it had been loaded"
    assert there(probe) == NOTHING
    problems = acme.system().session.scalars(sa.select(ImportProblem).where(ImportProblem.task_id == number)).all()
    assert [(p.line, p.reasons) for p in problems] == [(271, [["text", "It was taken meanwhile.", "yes"]])]
    loader.bad = ""
    retry_task(me, number)
    worker.tasks.run_one()
    assert task(probe, number).result["added"] == ROWS
    assert there(probe) == EVERYTHING


def test_after_it_was_taken_back_the_columns_can_be_changed_and_the_file_checked_anew(probe, me, worker, loader):
    number = ordered(me, worker)
    loader.bad = "K270"
    worker.tasks.run_one()
    row = find_import(me, task(probe, number).params["import_id"])
    start_check(me, row)
    worker.tasks.run_one()
    me.session.rollback()
    assert task(probe, row.check_id).result["bad"] == 1
    with pytest.raises(Conflict):
        start_load(me, row, only_good=False)


@pytest.mark.parametrize("after", [3, 8, 11])
def test_a_kill_while_it_loads_or_tells_is_gone_on_from_and_all_rows_are_there_once(
    probe, me, worker, loader, clockwork, after
):
    number = ordered(me, worker)
    kill(probe, worker, after)
    clockwork.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    assert (task(probe, number).state, task(probe, number).result["added"]) == ("done", ROWS)
    assert there(probe) == EVERYTHING


def test_a_kill_while_it_is_taken_back_leaves_nothing_in_the_end(probe, me, worker, loader, clockwork):
    number = ordered(me, worker)
    loader.bad = "K270"
    for after in (5, 7, 2):
        kill(probe, worker, after)
        clockwork.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    assert (task(probe, number).state, there(probe)) == ("failed", NOTHING)


def kill(probe, worker, after: int) -> None:
    """Carry the task out and die before the commit that would be the ``after``-th batch to be kept."""
    commits = []

    def killed(_connection):
        commits.append(1)
        if len(commits) > after + 4:  # the language and what was kept are looked up first, then the file in two steps
            raise Killed

    claimed = worker.tasks.claim()
    sa.event.listen(probe.engine, "commit", killed)
    with pytest.raises(Killed):
        worker.tasks.carry_out(claimed)
    sa.event.remove(probe.engine, "commit", killed)


@pytest.mark.parametrize("error", [Invalid("no", "It can not be."), RuntimeError("a mistake of ours")])
def test_an_error_leaves_nothing_loaded_at_once_or_after_it_was_tried_often_enough(
    probe, me, worker, loader, clockwork, error, monkeypatch
):
    monkeypatch.setattr("core.tasks.FAILURES", 2)
    monkeypatch.setattr("core.tasks.log", logging.getLogger("quiet"))  # the log's pictures of errors take seconds
    monkeypatch.setattr(logging.getLogger("quiet"), "exception", lambda *_a, **_k: None)
    number = ordered(me, worker)
    loader.bad, loader.broken = "K270", error
    taken_up = 0
    while not task(probe, number).ended:
        taken_up += worker.tasks.run_one()
        clockwork.now += dt.timedelta(minutes=5)
    assert taken_up == (3 if isinstance(error, RuntimeError) else 1)
    found = task(probe, number)
    assert (found.state, there(probe)) == ("failed", NOTHING)
    assert found.note["en"].startswith("Nothing was loaded: what had been is taken back. ")


def test_a_stop_takes_back_what_was_loaded(probe, acme, me, worker, loader, clockwork):
    number = ordered(me, worker)
    kill(probe, worker, 5)
    cancel_task(acme.ctx(*RIGHTS, user_id=me.actor.user_id), number)
    assert there(probe)["probe_item"] == ROWS // 2
    clockwork.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    found = task(probe, number)
    assert (found.state, found.note["en"]) == (
        "cancelled", "Stopped. Nothing was loaded: what had been is taken back.",
    )  # fmt: skip
    assert there(probe) == NOTHING


def test_nobody_is_told_of_half_a_file_and_no_deadline_fires(probe, acme, me, worker, loader, clockwork):
    number = ordered(me, worker)
    kill(probe, worker, 5)
    clockwork.now += dt.timedelta(minutes=10)
    half = there(probe)
    seen = [half[name] for name in ("probe_item", "core_clock", "core_delivery", "events")]
    assert seen == [ROWS // 2, 5, 0, 0]
    with system_session(probe.engine, "test") as session:
        assert session.scalars(sa.select(Clock.next_at)).all() == [None] * 5
    worker.tasks.run_one()
    assert task(probe, number).state == "done"
    with system_session(probe.engine, "test") as session:
        assert None not in session.scalars(sa.select(Clock.next_at)).all()


def test_what_was_there_before_gets_its_values_back_unless_somebody_changed_them(
    probe, acme, me, worker, loader, clockwork
):
    from probe.models import Item
    from probe.services import make_item

    for theirs, expected in (("", "before"), ("typed by Mei", "typed by Mei")):
        ctx = acme.system()
        old = make_item(ctx, f"OLD{theirs[:1]}", text="")
        with transaction(ctx):
            ctx.session.get_one(Item, old.id).text = "before"
            emit(ctx, "probe.changed", old)
        number = ordered(me, worker)
        loader.bad, loader.old = "K270", old.id
        if theirs:
            kill(probe, worker, 6)
            with transaction(ctx):
                ctx.session.get_one(Item, old.id).text = theirs
                emit(ctx, "probe.changed", old)
            clockwork.now += LEASE + dt.timedelta(seconds=1)
        worker.tasks.run_one()
        assert task(probe, number).state == "failed"
        assert acme.system().session.get_one(Item, old.id).text == expected
        loader.bad, loader.old = "", None
    assert there(probe)["probe_item"] == 2


def test_what_somebody_used_meanwhile_stays_with_what_belongs_to_it_and_its_history(
    probe, acme, me, worker, loader, clockwork
):
    from probe.models import Item, Note

    number = ordered(me, worker)
    loader.bad = "K270"
    kill(probe, worker, 5)
    ctx = acme.system()
    with transaction(ctx):
        edited = ctx.session.scalars(sa.select(Item).where(Item.code == "K42")).one()
        edited.text = "typed by Mei"
        emit(ctx, "probe.changed", edited)
    with transaction(ctx):
        noted = ctx.session.scalars(sa.select(Item).where(Item.code == "K77")).one()
        ctx.session.add(Note(item_id=noted.id, text="asked for"))
        emit(ctx, "probe.changed")
    clockwork.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    found = task(probe, number)
    assert found.note["en"] == ("The load was taken back, except what somebody used meanwhile: 4. Bad rows: 1.")
    session = acme.system().session
    assert session.scalars(sa.select(Item.code).order_by(Item.code)).all() == ["K42", "K77"]
    assert sorted(session.scalars(sa.select(Note.text))) == ["asked for", "on it", "on it"]
    told = session.scalars(sa.select(Event.record_id).where(Event.name == "probe.made").order_by(Event.record_id)).all()
    assert told == [edited.id, noted.id]


def test_an_entry_that_no_event_tells_of_is_not_torn_off(probe, acme, me, worker, loader, clockwork, monkeypatch):
    from probe.models import Item, Note

    number = ordered(me, worker)
    loader.bad = "K270"
    kill(probe, worker, 5)
    monkeypatch.setattr("core.import_account.TakingBack.look_for_use", lambda _self, after: after)
    ctx = acme.system()
    with transaction(ctx):
        noted = ctx.session.scalars(sa.select(Item).where(Item.code == "K77")).one()
        ctx.session.add(Note(item_id=noted.id, text="asked for"))
        emit(ctx, "probe.changed")
    clockwork.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    assert task(probe, number).state == "failed"
    assert acme.system().session.scalars(sa.select(Item.code)).all() == ["K77"]
