"""Killing any process at any moment loses nothing that was acknowledged and does nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import system_session
from core.events import DONE, Delivery, Event
from tests.support import probe_site
from tests.support.parting import Begin, Parted, beginnings
from tests.support.server import free_port, process, wait_until_up

EVENTS = 160
KILLS = 4
WITHOUT = [option for name in probe_site.OTHERS for option in ("--without", name)]


@pytest.fixture
def probe(databases, database_kind):
    """An installation of the core with the test plugin, two companies, and a database that processes share."""
    installation = probe_site.install(databases, database_kind)
    yield installation
    installation.close()
    databases.drop(installation.url)


@pytest.fixture
def environment(probe, tmp_path):
    """What the processes are told."""
    return told(probe.url, tmp_path)


@pytest.fixture(scope="module")
def begin():
    """``begin("worker", environment, log)`` → a worker that a test may kill: there at once, again and again."""
    with beginnings() as begun:
        yield begun


def told(url: str, folder: Path) -> dict[str, str]:
    """This database, the test plugin, short leases, a handler that takes a moment."""
    return {
        "DATABASE_URL": url, "SANBAO_HOME": str(folder), "SANBAO_PLUGIN_PATH": str(probe_site.FOLDER),
        "SANBAO_LEASE_SECONDS": "1", "SANBAO_SQLITE_SYNCHRONOUS": "NORMAL", "PROBE_SLEEP": "0.004",
    }


def count(probe, model, *where) -> int:
    """Rows over all companies."""
    with system_session(probe.engine, "test") as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def until(condition, seconds: float = 60, step: float = 0.04):
    """Wait until ``condition()`` is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(step)


class Writer:
    """Runs the writing process in pieces, remembering every number that it acknowledged."""

    def __init__(self, url: str, environment: dict[str, str], folder: Path, begin: Begin):
        self.url, self.environment, self.file, self.begin = url, environment, folder / "acknowledged", begin
        self.file.touch()
        self.running: Parted | None = None

    def acknowledged(self) -> list[int]:
        """The numbers printed so far; a last line cut short by the kill was not acknowledged."""
        return [int(line) for line in self.file.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def start(self, first: int) -> None:
        """Write on from ``first`` to the end."""
        self.running = self.begin("writer", self.environment, self.file, self.url, "acme", str(first), str(EVENTS))


def test_nothing_acknowledged_is_lost_and_nothing_done_twice_whoever_is_killed(probe, environment, tmp_path, begin):
    from probe.models import Effect

    rng = random.Random(20261123)
    writer = Writer(probe.url, environment, tmp_path, begin)
    log = tmp_path / "worker.log"
    writer.start(1)
    until(lambda: len(writer.acknowledged()) >= 20)
    assert writer.running.runs(), "the writer is killed in the middle of its work"
    writer.running.kill()
    writer.start(count(probe, Event, Event.name == "probe.made") + 1)
    for turn in range(KILLS):
        done = count(probe, Effect, Effect.event_id > 0)
        worker = begin("worker", environment, log)
        until(lambda done=done: count(probe, Effect, Effect.event_id > 0) > min(done, EVENTS - 1))
        time.sleep(rng.uniform(0, 0.15))
        worker.kill()
        if turn in (0, 2) and writer.running.runs():
            before = len(writer.acknowledged())
            until(lambda before=before: len(writer.acknowledged()) > before or not writer.running.runs())
            writer.running.kill()
            written = count(probe, Event, Event.name == "probe.made")
            writer.start(written + 1)
    writer.running.wait(120)
    worker = begin("worker", environment, log)
    until(lambda: count(probe, Delivery, Delivery.state != DONE) == 0, 120)
    worker.kill()
    acknowledged = set(writer.acknowledged())
    with system_session(probe.engine, "test") as session:
        events = dict(session.execute(sa.select(Event.id, Event.facts).where(Event.name == "probe.made")).all())
        effects = Counter(session.scalars(sa.select(Effect.event_id).where(Effect.event_id > 0)))
        deliveries = Counter(session.scalars(sa.select(Delivery.event_id)))
        numbers = sorted(session.scalars(sa.select(Effect.number).where(Effect.event_id > 0)))
    assert acknowledged <= {facts["number"] for facts in events.values()}
    assert effects == dict.fromkeys(events, 1), "each event has exactly one effect"
    assert deliveries == dict.fromkeys(events, 1)
    assert numbers == list(range(1, EVENTS + 1))


def test_two_workers_share_the_work_and_do_nothing_twice(probe, environment, tmp_path):
    from probe.models import Effect
    from probe.services import make_item

    ctx = probe_site.office(probe, "acme").system()
    for number in range(60):
        make_item(ctx, f"P{number}", text=str(number))
    command = [sys.executable, "-m", "core", "worker", *WITHOUT]
    with process(*command, env=environment), process(*command, env=environment):
        until(lambda: count(probe, Delivery, Delivery.state != DONE) == 0)
    with system_session(probe.engine, "test") as session:
        assert sorted(session.scalars(sa.select(Effect.number).where(Effect.event_id > 0))) == list(range(60))
        jobs = Counter(session.scalars(sa.select(Effect.company_id).where(Effect.event_id == 0)))
        assert list(jobs.values()) == [1, 1], "the hourly job ran once in each company"


# --- one command supervises both ------------------------------------------------------------------------------------


@pytest.fixture
def served(databases, tmp_path):
    """The whole product as one command: (supervisor, process ids by name, all process ids, address).

    On SQLite alone: who ends with whom does not depend on the database.
    """
    url = databases.create("sqlite", "probe", probe_site.prepare)
    environment, port = told(url, tmp_path), free_port()
    command = [sys.executable, "-m", "core", "serve", "--port", str(port), "--web-workers", "1", *WITHOUT]
    with process(*command, env=environment, log=tmp_path / "serve.log", patience=20) as supervisor:
        wait_until_up(f"http://127.0.0.1:{port}/healthz", 60)
        pids = {("worker" if "worker" in command_of(p) else "web"): p for p in children(supervisor.pid)}
        until(lambda: "worker" in (tmp_path / "serve.log").read_text(), 60)
        every = {*pids.values(), *(p for pid in pids.values() for p in children(pid))}
        try:
            yield supervisor, pids, every, f"http://127.0.0.1:{port}/healthz"
        finally:
            for pid in every:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            databases.drop(url)


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that still run."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> list[str]:
    """The words of a process's command."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def alive(pid: int) -> bool:
    """Whether the process runs (one that has ended and waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def answers(url: str) -> bool:
    """Whether anybody listens there."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and only Linux tells a child of its parent's death")
class TestSupervised:
    @pytest.mark.parametrize("victim", ["worker", "web"])
    def test_when_one_is_killed_the_other_stops_and_the_command_fails(self, served, victim):
        supervisor, pids, every, url = served
        assert set(pids) == {"web", "worker"}
        os.kill(pids[victim], signal.SIGKILL)
        assert supervisor.wait(timeout=30) == 1
        until(lambda: not any(alive(pid) for pid in every), 20)
        assert not answers(url)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ctrl_c_and_sigterm_stop_everything_cleanly(self, served, number):
        supervisor, _pids, every, url = served
        os.kill(supervisor.pid, number)
        assert supervisor.wait(timeout=30) == 0
        assert not any(alive(pid) for pid in every)
        assert not answers(url)

    def test_when_the_supervisor_itself_is_killed_both_end(self, served):
        supervisor, _pids, every, url = served
        os.kill(supervisor.pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in every), 30)
        assert not answers(url)


# --- background tasks -----------------------------------------------------------------------------------------------


def test_a_background_task_counts_each_batch_once_however_often_its_worker_is_killed(
    probe, environment, tmp_path, begin
):
    from probe.models import Effect

    from core.tasks import Task, start_task

    last, log = 60, tmp_path / "worker.log"
    start_task(probe_site.office(probe, "acme").system(), "probe.count", {"n": last}, n=last)
    rng = random.Random(20261125)
    for _turn in range(4):
        before = count(probe, Effect, Effect.number > 0)
        worker = begin("worker", environment, log)
        until(lambda before=before: count(probe, Effect, Effect.number > 0) > before)
        time.sleep(rng.uniform(0, 0.05))
        worker.kill()
    assert count(probe, Effect, Effect.number > 0) < last, "the worker was killed in the middle of the task"
    worker = begin("worker", environment, log)
    until(lambda: count(probe, Task, Task.state == "done") == 1)
    worker.kill()
    with system_session(probe.engine, "test") as session:
        assert sorted(session.scalars(sa.select(Effect.number).where(Effect.number > 0))) == list(range(1, last + 1))
        task = session.scalars(sa.select(Task)).one()
        assert (task.result, task.runs) == ({"sum": last * (last + 1) // 2}, 5)
