"""A sweep over many clocks that run out at the same moment: time and statements.

``python -m benchmarks.sweep [--clocks N] [--db sqlite|postgresql]``. Each clock is breached, its event and
deliveries are written, and one person is told. The worker takes a thousand at a time, each batch in one transaction.
"""

from __future__ import annotations

import argparse
import time

import sqlalchemy as sa

from benchmarks.common import KINDS, databases, report
from benchmarks.intake import office_for
from core.clocks import Clock, ClockStart, start_clocks
from core.db import transaction
from core.events import Event, RecordRef, emit
from core.testing import START, counted


def start_many(office, count: int) -> None:
    """So many running clocks of complaints; the records themselves are not made: a sweep does not read them."""
    from plugins.complaints.contracts import ANSWER, COMPLAINT

    facts = {"kind": "complaint", "severity": "minor", "received": START.date()}
    for first in range(0, count, 1000):
        ctx = office.system()
        with transaction(ctx):
            numbers = range(first + 1, min(first + 1000, count) + 1)
            start_clocks(ctx, [ClockStart(RecordRef(COMPLAINT, n), ANSWER, facts, START) for n in numbers])
            emit(ctx, "core.import_batch", file="bench", line=first, added=len(numbers))
        office.installation.close_sessions()


def measure(kind: str, url: str, clocks: int) -> None:
    """Report how long the worker takes until nothing is due."""
    office = office_for(url)
    office.person("manager@bench.test", "manager")
    start_many(office, clocks)
    with office.system().session as session:
        later = session.scalar(sa.select(sa.func.max(Clock.due_at)))
    worker = office.installation.worker(later)
    batches = []
    cpu, begin = time.process_time(), time.perf_counter()
    with counted(office.installation.engine) as statements:
        while fired := worker.sweep_clocks():
            batches.append((fired, len(statements)))
    seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
    with office.system().session as session:
        breached = session.scalar(sa.select(sa.func.count(Event.id)).where(Event.name == "core.clock_breached"))
    report(
        f"sweep of {clocks} clocks that run out", kind, n=clocks, seconds=seconds, per_second=clocks / seconds,
        cpu_ms=spent / clocks * 1000, batches=len(batches), statements=batches[-1][1], breached=breached,
    )
    office.installation.close()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clocks", type=int, default=10_000)
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,)) as made:
        for kind, url in made:
            measure(kind, url, given.clocks)


if __name__ == "__main__":
    main()
