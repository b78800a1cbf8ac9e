"""The stock ledger: statements of a reserve+issue, moves per second one by one and 1,000 at a time, availability.

    python -m benchmarks.stock [sqlite|postgresql-url] [most moves, 200000]

Prints one JSON line per measure. Availability is asked at 10 k moves and at the most: the ratio must stay near 1.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from core import migrate, plugins
from core.api import Ctx, RecordRef, transaction
from core.testing import START, Installation, Office, counted
from plugins.inventory.contracts import PartData, ReceiptLine, StockLine
from plugins.inventory.models import Location, Measure
from plugins.inventory.queries.stock import stock_of
from plugins.inventory.services import parts, reserving, stock

PARTS = 500
LINES = 1000


def tell(work: str, **measured) -> None:
    """One line of results."""
    print(json.dumps({"peer": "ours", "work": work, **measured}), flush=True)


def per_second(work: str, n: int, act: Callable[[int], object], each: int = 1) -> None:
    """Run ``act`` n times and tell how many moves a second that made."""
    begun, cpu = time.perf_counter(), time.process_time()
    for number in range(n):
        act(number)
    seconds = time.perf_counter() - begun
    cpu_ms = round((time.process_time() - cpu) * 1000 / (n * each), 3)
    tell(work, n=n * each, seconds=round(seconds, 3), per_second=round(n * each / seconds, 1), cpu_ms=cpu_ms)


def make(office: Office) -> tuple[list[int], dict[str, int]]:
    """Five hundred parts."""
    ctx = office.system(START)
    pieces = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
    assert pieces is not None
    with transaction(ctx):
        ids = [parts.save_part(ctx, PartData(f"P{n:04d}", f"Part {n}", pieces)).id for n in range(PARTS)]
    places = {row.kind: row.id for row in ctx.session.execute(sa.select(Location.kind, Location.id))}
    return ids, places


def fill(ctx: Ctx, ids: list[int], places: dict[str, int], moves: int) -> None:
    """Receive so many lines, a thousand at a time."""
    for start in range(0, moves, LINES):
        lines = [ReceiptLine(ids[(start + n) % PARTS], Decimal(1)) for n in range(min(LINES, moves - start))]
        stock.receive(ctx, lines, places["warehouse"])


def availability(ctx: Ctx, ids: list[int], moves: int) -> dict[int, float]:
    """How long it takes to ask for one part and for fifty, in milliseconds."""
    found = {}
    for count in (1, 50):
        stock_of(ctx, ids[:count])
        times = []
        for turn in range(60):
            begun = time.perf_counter()
            stock_of(ctx, ids[turn : turn + count])
            times.append((time.perf_counter() - begun) * 1000)
        found[count] = sorted(times)[len(times) // 2]
        tell(f"availability of {count}", moves=moves, p50_ms=round(found[count], 3))
    return found


def main(url: str, most: int) -> None:
    """All measures on one database."""
    registry = plugins.load()
    migrate.upgrade(url, registry)
    installation = Installation(url, registry)
    office = installation.company("bench", modules=("inventory",), locale="en")
    ids, places = make(office)
    ctx = office.system(START)
    fill(ctx, ids, places, 10_000)
    before = availability(ctx, ids, 10_000)
    ref = iter(range(1, 10**9))

    def reserve_and_issue(number: int) -> None:
        about = RecordRef("base.product", next(ref))
        with transaction(ctx):
            reserving.reserve(ctx, about, {ids[number % PARTS]: Decimal(1)})
            reserving.issue_reserved(ctx, about)

    reserve_and_issue(0)
    with counted(installation.engine) as statements:
        reserve_and_issue(1)
    tell("statements of reserve and issue", n=len(statements))
    per_second("reserve and issue, one by one", 300, reserve_and_issue)
    per_second(
        "move, one by one", 300,
        lambda n: stock.issue(ctx, [StockLine(ids[n % PARTS], Decimal(1), places["warehouse"])]),
    )  # fmt: skip
    lines = [ReceiptLine(ids[n % PARTS], Decimal(1)) for n in range(LINES)]
    per_second("move, 1,000 at a time", 5, lambda _n: stock.receive(ctx, lines, places["warehouse"]), LINES)
    fill(ctx, ids, places, most - 10_000)
    after = availability(ctx, ids, most)
    for count in (1, 50):
        tell(f"availability of {count}, ratio", ratio=round(after[count] / before[count], 2))
    installation.close()


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    most_moves = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        main(f"sqlite:///{Path(folder) / 'stock.db'}" if wanted == "sqlite" else wanted, most_moves)
