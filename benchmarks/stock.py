"""The stock ledger: what a move costs, how fast they go, whether asking and listing stay flat, many on the same part.

``python -m benchmarks.stock [--moves N] [--balances N] [--count N] [--writers N] [--db sqlite|postgresql]``.

"Reserve and issue" is one transaction as an order's: locked, reserved, issued, with ledger, events and deliveries.
Availability is asked with a hundredth of the moves and with all, the list of stock opened with a hundredth of the
balances and with all. "Hot" writers all reserve and issue the same part, "spread" ones each their own.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
import structlog

from benchmarks.common import KINDS, databases, report, timed
from benchmarks.lists import _opened as opened
from core.api import Ctx, RecordRef, bulk_insert, emit, transaction
from core.app import create_app
from core.testing import START, Installation, Office, counted
from plugins.inventory.contracts import PartData, ReceiptLine, StockLine
from plugins.inventory.models import Balance, Location, Measure, Move, Part
from plugins.inventory.queries.stock import stock_of
from plugins.inventory.services import parts, reserving, stock, upkeep
from tests.support.accounts import Site

PARTS = 500
LINES = 1000
PLENTY = Decimal(1_000_000)
CODE = "bench"


def furnish(office: Office) -> tuple[list[int], dict[str, int]]:
    """Five hundred parts of which there are plenty: (their ids, sort of location → id of one)."""
    ctx = office.system(START)
    pieces = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
    assert pieces is not None
    with transaction(ctx):
        ids = [parts.save_part(ctx, PartData(f"P{n:04d}", f"Part {n}", pieces)).id for n in range(PARTS)]
        places = {row.kind: row.id for row in ctx.session.execute(sa.select(Location.kind, Location.id))}
        stock.receive(ctx, [ReceiptLine(part, PLENTY) for part in ids], places["warehouse"])
    return ids, places


def fill(office: Office, ids: Sequence[int], places: dict[str, int], moves: int) -> None:
    """Add receipts until there are so many moves, and put the balances to what they say."""
    ctx = office.system(START)
    have = ctx.session.scalar(sa.select(sa.func.count(Move.id))) or 0
    for first in range(have, moves, 5000):
        ctx = office.system(START)
        with transaction(ctx):
            bulk_insert(ctx, Move, [
                {"kind": "receipt", "part_id": ids[n % PARTS], "from_id": places["supplier"],
                 "to_id": places["warehouse"], "quantity": Decimal(1), "reason": "", "record_kind": "",
                 "effective_on": START.date(), "posted_at": START, "posted_by": "bench", "line": 1}
                for n in range(first, min(moves, first + 5000))
            ])  # fmt: skip
            emit(ctx, "core.import_batch", file="bench", line=first, added=5000)
        office.installation.close_sessions()
    upkeep.repair(office.system(START))
    _analyze(office)


def _analyze(office: Office) -> None:
    office.installation.close_sessions()
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def take(ctx: Ctx, part: int, record: int) -> None:
    """Reserve one and issue it, as an order does."""
    about = RecordRef("base.product", record)
    with transaction(ctx):
        reserving.reserve(ctx, about, {part: Decimal(1)})
        reserving.issue_reserved(ctx, about)


def moving(kind: str, office: Office, ids: Sequence[int], places: dict[str, int], count: int) -> None:
    """Report statements and rates of single moves and of a thousand at once."""
    ctx = office.system(START)

    def both(number: int) -> None:
        take(ctx, ids[number % PARTS], number + 1)

    def issue(number: int) -> None:
        stock.issue(ctx, [StockLine(ids[number % PARTS], Decimal(1), places["warehouse"])])

    def thousand(_number: int) -> None:
        stock.receive(ctx, [ReceiptLine(ids[n % PARTS], Decimal(1)) for n in range(LINES)], places["warehouse"])

    for work, act, moves, repeat in (
        ("stock, reserve and issue", both, 1, count), ("stock, issue", issue, 1, count),
        ("stock, a thousand moves in one transaction", thousand, LINES, max(3, count // 50)),
    ):  # fmt: skip
        act(0)
        with counted(office.installation.engine) as made:
            act(1)
        line = timed(work, kind, repeat, lambda n, act=act: act(n + 2), statements=len(made))
        report(f"{work}, moves", kind, moves_per_second=line["per_second"] * moves, cpu_ms=line["cpu_ms"] / moves)
    office.installation.close_sessions()


def availability(kind: str, office: Office, ids: Sequence[int], moves: int, count: int) -> dict[int, float]:
    """Report asking for one part and for fifty: how many → the fastest in milliseconds (a twentieth is as fast)."""
    found = {}
    for many in (1, 50):
        ctx = office.system(START)
        stock_of(ctx, ids[:many])
        with counted(office.installation.engine) as made:
            stock_of(ctx, ids[:many])
        name = f"stock, availability of {many}"
        line = timed(
            name, kind, count, lambda n, ctx=ctx, many=many: stock_of(ctx, ids[n % 400 : n % 400 + many]), moves=moves,
            statements=len(made),
        )
        found[many] = line["fastest_ms"]
    office.installation.close_sessions()
    return found


def together(kind: str, url: str, ids: Sequence[int], writers: int, turns: int) -> None:
    """Report the rate of many processes on one part, on parts of their own, and the ratio of the two."""
    rates = {}
    for name, of in (("spread", lambda w: ids[w]), ("hot", lambda _w: ids[-1])):
        begun = time.perf_counter()
        children = []
        for writer in range(writers):
            child = os.fork()
            if not child:
                _write(url, of(writer), 1_000_000 * (writer + 1) + (500_000 if name == "hot" else 0), turns)
            children.append(child)
        ended = [os.waitpid(child, 0)[1] for child in children]
        if any(ended):
            raise SystemExit("a writer failed")
        seconds = time.perf_counter() - begun
        rates[name] = writers * turns / seconds
        report(f"stock, {writers} writers, {name}", kind, n=writers * turns, seconds=seconds, per_second=rates[name])
    report(f"stock, {writers} writers, hot beside spread", kind, ratio=rates["hot"] / rates["spread"])


def _write(url: str, part: int, first: int, turns: int) -> None:
    """Work as one of several processes; never returns."""
    status = 1
    try:
        office = Installation(url).office(CODE)
        for turn in range(turns):
            ctx = office.system(START)
            take(ctx, part, first + turn)
            ctx.session.close()
        status = 0
    finally:
        os._exit(status)


def listing(kind: str, url: str, office: Office, sizes: Sequence[int], count: int) -> None:
    """Report the list of stock, and the stock of one part, with so many balances."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SANBAO_HOME"] = home
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=office.installation.registry)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        site = Site(app, office.installation, {CODE: office})
        site.person("boss@bench.test", "manager", company=CODE)
        browser = site.signed_in("boss@bench.test")
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        for size in sizes:
            _balances(office, size)
            for name, path in (("list of stock", "inventory/stock/"), ("its search", "inventory/stock/?search=P0007")):
                address = f"/c/{CODE}/{path}"
                opened(browser, address)
                with counted(engine) as made:
                    opened(browser, address)
                timed(
                    f"stock, {name}", kind, count, lambda _n, address=address: opened(browser, address), balances=size,
                    statements=len(made),
                )
        engine.dispose()


def _balances(office: Office, size: int) -> None:
    """Add balances, in as many locations as it needs, until there are so many."""
    ctx = office.system(START)
    ids = list(ctx.session.scalars(sa.select(Part.id).order_by(Part.id)))
    have = ctx.session.scalar(sa.select(sa.func.count(Balance.id))) or 0
    shelves = list(ctx.session.scalars(sa.select(Location.id).where(Location.kind == "shelf")))
    with transaction(ctx):
        wanted = range(len(shelves), -(-(size - have) // len(ids)) + len(shelves))
        bulk_insert(ctx, Location, [
            {"code": f"S{n:05d}", "name": f"Shelf {n}", "kind": "shelf", "active": True, "version": 1} for n in wanted
        ])  # fmt: skip
        emit(ctx, "core.import_batch", file="bench", line=0, added=len(wanted))
    new = list(ctx.session.scalars(sa.select(Location.id).where(Location.kind == "shelf").order_by(Location.id)))
    for shelf in new[len(shelves) :]:
        with transaction(ctx):
            bulk_insert(ctx, Balance, [
                {"part_id": part, "location_id": shelf, "on_hand": Decimal(3), "reserved": Decimal(0), "held": False}
                for part in ids
            ])  # fmt: skip
    _analyze(office)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=1_000_000)
    parser.add_argument("--balances", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,), durable=True) as made:
        for kind, url in made:
            installation = Installation(url)
            office = installation.company(CODE, modules=("inventory",), locale="en")
            ids, places = furnish(office)
            moving(kind, office, ids, places, given.count)
            few = given.moves // 100
            fill(office, ids, places, few)
            before = availability(kind, office, ids, few, given.count)
            fill(office, ids, places, given.moves)
            after = availability(kind, office, ids, given.moves, given.count)
            report("stock, availability, all moves beside a hundredth", kind,
                   of_1=after[1] / before[1], of_50=after[50] / before[50])  # fmt: skip
            installation.close_sessions()
            installation.engine.dispose()
            together(kind, url, ids, given.writers, max(10, given.count // 4))
            listing(kind, url, office, (given.balances // 100, given.balances), max(10, given.count // 10))
            installation.close()


if __name__ == "__main__":
    main()
