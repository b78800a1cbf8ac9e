"""Verifying the audit trail, and backing up what it is in: events and rows a second, and peak memory at two sizes.

``python -m benchmarks.trail [--events 10000 100000] [--db sqlite|postgresql]``. Each is done in a process of its
own, with a peak memory of its own: if memory grew with the trail, the second figure would tell.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from benchmarks.common import KINDS, ROOT, databases, report
from benchmarks.intake import office_for
from core.audit import Verification, seal_events
from core.backup.archive import open_archive
from core.backup.making import make_backup
from core.backup.restoring import restore
from core.db import transaction
from core.events import Event, emit
from core.testing import Installation, Office

_TOGETHER = 500


def fill(office: Office, events: int) -> None:
    """Add sealed events until there are so many."""
    have = office.system().session.scalar(sa.select(sa.func.count(Event.id))) or 0
    for first in range(have, events, _TOGETHER):
        office.installation.close_sessions()
        ctx = office.system()
        with transaction(ctx):
            for number in range(first, min(events, first + _TOGETHER)):
                emit(ctx, "core.demo_filled", number=number, text="It leaks at the joint. " * 4, amount=number / 7)
        seal_events(ctx)


def measure(kind: str, url: str, events: int, work: str) -> None:
    """Report one of ``verify``, ``backup``, ``restore``, in this process."""
    installation = Installation(url)
    begin, spent, least = time.perf_counter(), time.process_time(), _peak_mb()
    n = events
    if work == "verify":
        verification = Verification(installation.office("bench").system())
        found = list(verification.problems())
        if found:
            raise RuntimeError(f"the chain is not whole: {found[0]}")
        n = verification.verdict.events
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["SANBAO_HOME"] = folder
            made = make_backup(Path(folder) / "one.zip", url=url)
            n = made.manifest.rows
            if work == "restore":
                begin, spent, least = time.perf_counter(), time.process_time(), _peak_mb()
                with open_archive(made.path) as archive:
                    restore(archive, installation.registry, url=f"sqlite:///{folder}/restored.db")
    seconds, cpu = time.perf_counter() - begin, time.process_time() - spent
    report(
        f"{work} at {events:,} events", kind, n=n, seconds=seconds, per_second=n / seconds, cpu_ms=cpu / n * 1000,
        peak_mb=_peak_mb(), peak_before_mb=least,
    )  # fmt: skip
    installation.close()


def _peak_mb() -> int:
    """Of this process since it began; ``ru_maxrss`` would tell of the one that started it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


def main() -> None:
    """Fill and measure each size on each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--db", choices=KINDS)
    parser.add_argument("--one", nargs=4, metavar=("KIND", "URL", "EVENTS", "WORK"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        kind, url, events, work = given.one
        measure(kind, url, int(events), work)
        return
    with databases((given.db,) if given.db else KINDS) as made:
        for kind, url in made:
            office = office_for(url, "OFF")
            for events in given.events:
                fill(office, events)
                office.installation.close_sessions()
                for work in ("verify", "backup", "restore"):
                    command = [sys.executable, "-m", "benchmarks.trail", "--one", kind, url, str(events), work]
                    subprocess.run(command, cwd=ROOT, check=True)
            office.installation.close()


if __name__ == "__main__":
    main()
