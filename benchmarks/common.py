"""What the benchmarks share: JSON lines, fresh databases of both kinds, timing, and a company to measure in.

Each measure is one JSON line on stdout::

    {"work", "db", "n", "seconds", "per_second", "cpu_ms", "fastest_ms", "p50_ms", "p95_ms", …}

``cpu_ms`` is the processor time of the measuring process for one unit of work: it hardly moves when a neighbour takes
the machine, so compare ratios of it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.databases import KINDS, Databases

ROOT = Path(__file__).resolve().parents[1]
LINES: list[dict[str, Any]] = []
"""Everything reported in this process, for the table at the end."""


def report(work: str, db: str = "", **figures: Any) -> dict[str, Any]:
    """Print one measure as a JSON line; figures that are None are left out."""
    line: dict[str, Any] = {"work": work, **({"db": db} if db else {})}
    line |= {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items() if v is not None}
    LINES.append(line)
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line


def timed(work: str, db: str, count: int, one: Callable[[int], object], **figures: Any) -> dict[str, Any]:
    """Run ``one(i)`` ``count`` times and report rate, processor time and percentiles."""
    laps = []
    gc.collect()
    cpu, begin = time.process_time(), time.perf_counter()
    for index in range(count):
        lap = time.perf_counter()
        one(index)
        laps.append((time.perf_counter() - lap) * 1000)
    seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
    laps.sort()
    return report(
        work, db, n=count, seconds=seconds, per_second=count / seconds, cpu_ms=spent / count * 1000,
        fastest_ms=laps[count // 20],
        p50_ms=laps[count // 2], p95_ms=laps[min(count - 1, int(count * 0.95))], **figures,
    )


@contextlib.contextmanager
def databases(kinds: tuple[str, ...] = KINDS, *, durable: bool = False) -> Iterator[Iterator[tuple[str, str]]]:
    """(kind, address) of a new migrated database of each kind that this machine has; gone afterwards.

    ``durable``: PostgreSQL waits for the disk at each commit, as it does where the product is used.
    """
    folder = Path(tempfile.mkdtemp(prefix="sanbao-bench-"))
    made = Databases(folder, os.getpid(), durable=durable)
    try:
        yield ((kind, made.create(kind)) for kind in kinds if _there(made, kind))
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def _there(made: Databases, kind: str) -> bool:
    reason = made.why_not(kind)
    if reason:
        report("left out", kind, reason=reason)
    return not reason


def table(lines: list[dict[str, Any]]) -> str:
    """The measures as a Markdown table: one row per work and database."""
    rows = ["| work | database | per second | CPU ms | p50 ms | p95 ms | more |", "|---|---|---|---|---|---|---|"]
    for line in lines:
        shown = {"work", "db", "n", "per_second", "cpu_ms", "p50_ms", "p95_ms", *(["seconds"] if "n" in line else [])}
        rest = ", ".join(f"{k} {_figure(v)}" for k, v in line.items() if k not in shown)
        cells = [line["work"], line.get("db", ""), *(_figure(line.get(k)) for k in ("per_second", "cpu_ms", "p50_ms"))]
        rows.append("| " + " | ".join([*cells, _figure(line.get("p95_ms")), rest]) + " |")
    return "\n".join(rows)


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
    return str(value)
