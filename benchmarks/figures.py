"""The statistics of complaints through the whole application, at a thousand and at a hundred thousand of them.

``python -m benchmarks.figures [--rows N …] [--db sqlite|postgresql]``. Reports for a quarter, for one cause, and for
the complaints behind a number: time, statements, and how the database counts (the plan of the statement that counts by
category). Statements must not change with the number of complaints, and counting must read the index that covers it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import re
import tempfile

import sqlalchemy as sa
import structlog

from benchmarks.common import KINDS, databases, timed
from benchmarks.intake import office_for
from core.app import create_app
from core.db import bulk_insert, transaction
from core.events import emit
from core.testing import START
from tests.support.accounts import Site

DAYS = 730
"""Over how many days the complaints are spread; a quarter and the one before are a quarter of them."""
PERIOD = "begins=2025-12-01&ends=2026-02-28"
BEHIND = "received_from=2025-12-01&received_to=2026-02-28"
HOME = "/c/bench/complaints"


def fill(office, rows: int) -> None:
    """Add complaints of two years until there are so many, with causes, departments and categories by turns."""
    from plugins.complaints import following, queries
    from plugins.complaints.models import Complaint

    ctx = office.system()
    causes = [c.id for c in following.tree(ctx).causes]
    units = [u.id for u in queries.all_units(ctx)]
    have = ctx.session.scalar(sa.select(sa.func.count(Complaint.id))) or 0
    step = dt.timedelta(days=DAYS) / rows
    for first in range(have, rows, 5000):
        ctx = office.system()
        numbers = range(first, min(rows, first + 5000))
        with transaction(ctx):
            bulk_insert(ctx, Complaint, [_row(n, step, causes, units) for n in numbers])
            emit(ctx, "core.import_batch", file="bench", line=first, added=len(numbers))
        office.installation.close_sessions()
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")


def _row(number: int, step: dt.timedelta, causes: list[int], units: list[int]) -> dict:
    received = START - number * step
    return {
        "number": f"B{number:07}", "channel": "phone", "received_at": received, "subject": f"Machine {number} rattles",
        "text": "It rattles after cleaning, and stops when it is warm. " * 8,
        "category": ("quality", "packaging", "attitude", "repair")[number % 4],
        "severity": ("minor", "minor", "minor", "serious")[number % 4], "state": "closed", "is_open": False,
        "routing": "routed", "person_name": f"Caller {number % 997}", "cause_id": causes[number % len(causes)],
        "unit_id": units[number % len(units)], "closed_at": received + dt.timedelta(days=2),
    }


def measure(kind: str, url: str, sizes: list[int], count: int) -> None:
    """Report each page at each size."""
    office = office_for(url, "OFF")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SANBAO_HOME"] = home
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=office.installation.registry)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        site = Site(app, office.installation, {"bench": office})
        site.person("boss@bench.test", "administrator", company="bench")
        browser = site.signed_in("boss@bench.test")
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        pages = {
            "a quarter": f"{HOME}/statistics?{PERIOD}",
            "one cause": f"{HOME}/statistics?{PERIOD}&cause=1",
            "behind a number": f"{HOME}/statistics/behind/?{BEHIND}&category=quality",
            "the file": f"{HOME}/statistics.csv?{PERIOD}",
        }
        for size in sizes:
            fill(office, size)
            for name, path in pages.items():
                _page(kind, f"statistics of {size:,} complaints, {name}", browser, path, engine, count)
        engine.dispose()
    office.installation.close()


def _opened(browser, path: str) -> None:
    answer = browser.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answers {answer.status_code}")


def _page(kind: str, name: str, browser, path: str, engine: sa.Engine, count: int) -> None:
    _opened(browser, path)  # the first visit of all notes down more
    sent: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    _opened(browser, path)
    sa.event.remove(engine, "before_cursor_execute", note)
    timed(name, kind, count, lambda _i: _opened(browser, path), statements=len(sent), plan=_plan(engine, kind, sent))


def _plan(engine: sa.Engine, kind: str, sent: list) -> str:
    """How the database counts by category; ``covered`` when it reads the index only."""
    wanted = [s for s in sent if "GROUP BY complaints_complaint.category" in s[0]]
    if not wanted:
        return ""
    statement, parameters = wanted[0]
    explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    with engine.connect() as connection, connection.begin():
        if kind == "postgresql":  # as a session of the company: the second wall is part of the plan
            connection.exec_driver_sql("SELECT set_config('sanbao.company', '1', true)")
        lines = [row[-1].strip() for row in connection.exec_driver_sql(explain + statement, parameters)]
    found = [line for line in lines if re.search(r"(?i)(search|scan)\b.*complaints_complaint", line)]
    return re.sub(r"\s*\(cost.*?\)|-> +", "", "; ".join(found))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--count", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,)) as made:
        for kind, url in made:
            measure(kind, url, sorted(given.rows), given.count)


if __name__ == "__main__":
    main()
