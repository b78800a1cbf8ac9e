"""The dispatcher's board and the page of proposals through the whole application, with many open orders and people.

``python -m benchmarks.dispatch [--orders N] [--people N] [--db sqlite|postgresql|both]``. Reports for each page time
and statements; the statements must not change with the number of orders or people.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import tempfile
from typing import Any

import sqlalchemy as sa
import structlog

from benchmarks.common import KINDS, databases, timed
from benchmarks.lists import _opened as opened
from core.app import create_app
from core.companies.models import Membership
from core.db import bulk_insert, transaction
from core.events import emit
from core.testing import Installation, Office, counted
from tests.support.accounts import Site

NOW = dt.datetime.now(dt.UTC)


def fill(office: Office, orders: int, people: int) -> int:
    """Add open orders and people until there are so many: two of three wait, every third was sent to somebody, for some
    day of the next weeks. Answers one that waits.
    """
    from plugins.service.models import Assignment, Order

    ids = [office.person(f"t{n}@bench.test", "technician", name=f"Tech {n:03}") for n in _missing(office, people)]
    with office.system().session as session:
        have = session.scalar(sa.select(sa.func.count(Order.id))) or 0
    for first in range(have, orders, 5000):
        ctx = office.system(NOW)
        with transaction(ctx):
            bulk_insert(ctx, Order, [_order(n, ids) for n in range(first, min(orders, first + 5000))])
            query = sa.select(Order.id, Order.assignee_id).where(Order.state == "dispatched", Order.id > first)
            sent = ctx.session.execute(query).all()
            bulk_insert(ctx, Assignment, [_assignment(i, row[0], row[1] or 0) for i, row in enumerate(sent)])
            emit(ctx, "core.import_batch", file="bench", line=first, added=5000)
        office.installation.close_sessions()
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    with office.system().session as session:
        return session.scalars(sa.select(Order.id).where(Order.state == "accepted").limit(1)).one()


def _missing(office: Office, people: int) -> range:
    with office.system().session as session:
        have = session.scalar(sa.select(sa.func.count(Membership.id))) or 0
    return range(have, have + max(people - have + 1, 1))


def _order(number: int, ids: list[int]) -> dict:
    received = NOW - dt.timedelta(minutes=number)
    sent = number % 3 == 0
    return {
        "number": f"B{number:07}", "kind": "on_site", "state": "dispatched" if sent else "accepted", "channel": "phone",
        "urgency": "normal", "received_at": received, "subject": f"Machine {number} rattles", "work_kind": "free",
        "urgent_at": received + dt.timedelta(hours=8), "assignee_id": ids[number % len(ids)] if sent else None,
        "dispatched_at": received if sent else None, "steps": {},
    }  # fmt: skip


def _assignment(number: int, order_id: int, user_id: int) -> dict:
    starts = NOW.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=number % 9 - 4, days=number % 20)
    return {
        "order_id": order_id, "user_id": user_id, "part": "main", "starts_at": starts,
        "ends_at": starts + dt.timedelta(hours=1), "at": NOW, "reasons": [], "standing": True,
    }  # fmt: skip


def measure(kind: str, url: str, orders: int, people: int, count: int) -> None:
    """Report each page at a tenth of the orders and people, and at all of them."""
    installation = Installation(url)
    office = installation.company("bench", modules=("service",), locale="en", now=NOW - dt.timedelta(days=60))
    with tempfile.TemporaryDirectory() as home:
        os.environ["SANBAO_HOME"] = home
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=installation.registry)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        site = Site(app, installation, {"bench": office})
        site.person("boss@bench.test", "manager", company="bench")
        browser = site.signed_in("boss@bench.test")
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        for size, workers in ((orders // 10, people // 4), (orders, people)):
            waits = fill(office, size, workers)
            for name, path in (("board", "service/dispatch"), ("proposals", f"service/{waits}/plan"), ("my work", "")):
                label = f"{name}, {size:,} open orders, {workers} people"
                _page(kind, label, browser, f"/c/bench/{path}", engine, count)
        engine.dispose()
    installation.close()


def _page(kind: str, name: str, browser: Any, path: str, engine: sa.Engine, count: int) -> None:
    opened(browser, path)
    with counted(engine) as statements:
        opened(browser, path)
    taken = len(statements)
    timed(name, kind, count, lambda _i: opened(browser, path), statements=taken)


def main(argv: list[str] | None = None) -> None:
    """Run on the databases of this machine, or on one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--count", type=int, default=10, help="how often each page is opened")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,)) as known:
        for kind, url in known:
            measure(kind, url, given.orders, given.people, given.count)


if __name__ == "__main__":
    main()
