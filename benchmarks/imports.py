"""Loading complaints from a CSV file in the worker: rows a second, and peak memory at two sizes of file.

``python -m benchmarks.imports [--rows 10000 100000] [--db sqlite|postgresql]``. Each size is loaded in a process of its
own, so that its peak memory is its own; if memory grew with the file, the second figure would tell.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import KINDS, ROOT, databases, report
from benchmarks.intake import office_for
from core.files import receive
from core.imports import find_import, start_check, start_load, upload
from core.tasks import Task
from core.testing import START

FIELDS = ("external_key", "received_at", "subject", "text", "person_name", "person_phone", "region")


def write_file(path: Path, rows: int) -> None:
    """A file of so many complaints, one in a thousand of them bad."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for n in range(rows):
            day = START.date() - dt.timedelta(days=n % 300)
            key = "" if n % 1000 == 999 else f"B{n}"
            writer.writerow(
                [key, day.isoformat(), f"Leaks at the joint {n}", "It leaks, again. " * 8, f"Person {n}", n, "山东"]
            )


def measure(kind: str, url: str, rows: int) -> None:
    """Report the trial and the load of one file, in this process."""
    office = office_for(url)
    person = office.person("loader@bench.test", "administrator", name="Loader")
    rights = sorted(office.installation.registry.permissions)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "complaints.csv"
        os.environ["SANBAO_HOME"] = folder
        write_file(path, rows)
        ctx = office.ctx(*rights, user_id=person, name="Loader")
        with path.open("rb") as file:
            row_id = upload(ctx, "complaints", path.name, receive(ctx, file)).id
        worker = office.installation.worker()
        for step in ("trial", "load"):
            ctx = office.ctx(*rights, user_id=person, name="Loader")
            row = find_import(ctx, row_id)
            start_check(ctx, row) if step == "trial" else start_load(ctx, row, only_good=True)
            office.installation.close_sessions()
            cpu, begin = time.process_time(), time.perf_counter()
            worker.tasks.run_one()
            seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
            ctx = office.ctx(*rights, user_id=person, name="Loader")
            row = find_import(ctx, row_id)
            task = ctx.session.get_one(Task, row.check_id if step == "trial" else row.load_id)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            report(
                f"import of {rows} rows: {step}", kind, n=rows, seconds=seconds, per_second=rows / seconds,
                cpu_ms=spent / rows * 1000, peak_mb=round(peak), state=task.state, **task.result,
            )  # fmt: skip
    office.installation.close()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--db", choices=(*KINDS, "both"), default="sqlite")
    given = parser.parse_args(argv)
    if len(given.rows) > 1:
        for rows in given.rows:
            command = [sys.executable, "-m", "benchmarks.imports", "--rows", str(rows), "--db", given.db]
            subprocess.run(command, cwd=ROOT, check=True)
        return
    with databases(KINDS if given.db == "both" else (given.db,)) as made:
        for kind, url in made:
            measure(kind, url, given.rows[0])


if __name__ == "__main__":
    main()
