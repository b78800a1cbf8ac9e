"""How long the application takes to start, and the memory of two web workers and the worker.

``python -m benchmarks.startup [--rounds N]``. Start-up is a new Python that imports everything and puts the application
together (``core.app.create_app``). Memory is measured while ``sanbao serve`` runs, after some requests: resident is
what the system shows for each process, proportional (PSS) counts shared pages once.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.common import ROOT, databases, report
from tests.support.server import free_port, process, wait_until_up

START = "from core.app import create_app; create_app()"


def start_up(environment: dict[str, str], rounds: int) -> None:
    """Report the seconds from nothing to an application that could answer."""
    for name, program in (("python alone", "pass"), ("the application", START)):
        taken, spent = [], []
        for _round in range(rounds):
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)
            taken.append(time.perf_counter() - begin)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        report(
            f"start-up, {name}", seconds=statistics.median(taken), fastest=min(taken),
            cpu_seconds=statistics.median(spent), to_reach=1.8,
        )


def memory(environment: dict[str, str], requests: int) -> None:
    """Report the memory of web master, two web workers, and worker."""
    port = free_port()
    with process("sanbao", "serve", "--port", str(port), env=environment, patience=20) as supervisor:
        wait_until_up(f"http://127.0.0.1:{port}/healthz", 60)
        for _request in range(requests):
            for path in ("healthz", "login"):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
                    answer.read()
        for pid in children(supervisor.pid):
            web = "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text()
            family = [pid, *children(pid)]
            report(
                f"memory of {'web master and workers' if web else 'the worker'}", processes=len(family),
                resident_mb=sum(_kilobytes(p, "Rss") for p in family) / 1024,
                proportional_mb=sum(_kilobytes(p, "Pss") for p in family) / 1024,
            )


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _kilobytes(pid: int, name: str) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(argv)
    with databases(("sqlite",)) as made, tempfile.TemporaryDirectory() as home:
        for _kind, url in made:
            environment = {**os.environ, "DATABASE_URL": url, "SANBAO_HOME": home}
            start_up(environment, given.rounds)
            if sys.platform == "linux":
                memory(environment, 50)


if __name__ == "__main__":
    main()
