"""A list page (the queue of complaints) through the whole application, at a thousand and at a hundred thousand rows.

``python -m benchmarks.lists [--rows N …] [--db sqlite|postgresql]``. Reports for the first page and for a page far on:
time, statements, and how the database finds the rows of the page (its plan). Statements and plan must not change with
the number of rows.
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

PAGES = {"first page": "/c/bench/complaints/?tab=open", "all, newest first": "/c/bench/complaints/?tab=all"}


def fill(office, rows: int) -> None:
    """Add open complaints until there are so many."""
    from plugins.complaints.models import Complaint

    with office.system().session as session:
        have = session.scalar(sa.select(sa.func.count(Complaint.id))) or 0
    for first in range(have, rows, 5000):
        ctx = office.system()
        with transaction(ctx):
            bulk_insert(ctx, Complaint, [_row(n) for n in range(first, min(rows, first + 5000))])
            emit(ctx, "core.import_batch", file="bench", line=first, added=5000)
        office.installation.close_sessions()
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _row(number: int) -> dict:
    received = START - dt.timedelta(minutes=number)
    return {
        "number": f"B{number:07}", "channel": "phone", "received_at": received, "subject": f"Machine {number} rattles",
        "category": "quality", "state": "in_progress", "routing": "routed", "person_name": f"Caller {number % 997}",
        "urgent_at": received + dt.timedelta(hours=8),
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
        for size in sizes:
            fill(office, size)
            pages = {**PAGES, "twentieth page": _further(browser, PAGES["first page"], 19)}
            for name, path in pages.items():
                _page(kind, f"queue of {size:,} complaints, {name}", browser, path, engine, count)
        engine.dispose()
    office.installation.close()


def _further(browser, path: str, pages: int) -> str:
    """The address of a page further on, by its own links."""
    for _step in range(pages):
        found = re.search(r'href="([^"]+)"[^>]*rel="next"', _opened(browser, path))
        if found is None:
            break
        link = found[1].replace("&amp;", "&")
        path = path.partition("?")[0] + link if link.startswith("?") else link
    return path


def _opened(browser, path: str) -> str:
    answer = browser.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answers {answer.status_code}")
    return answer.text


def _page(kind: str, name: str, browser, path: str, engine: sa.Engine, count: int) -> None:
    sent: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    _opened(browser, path)
    sa.event.remove(engine, "before_cursor_execute", note)
    timed(name, kind, count, lambda _i: _opened(browser, path), statements=len(sent), plan=_plan(engine, kind, sent))


def _plan(engine: sa.Engine, kind: str, sent: list) -> str:
    """How the database finds the rows of the page: the statement that orders complaints and takes some of them."""
    wanted = [s for s in sent if "complaints_complaint.subject" in s[0] and "LIMIT" in s[0]]
    if not wanted:
        return "?"
    statement, parameters = wanted[0]
    explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        lines = [row[-1].strip() for row in connection.exec_driver_sql(explain + statement, parameters)]
    reads = re.compile(r"(?i)(search|scan).* complaints_complaint|^(-> +)?sort |b-tree")
    found = [line for line in lines if reads.search(line)]
    return re.sub(r"\s*\(cost.*?\)|-> +", "", "; ".join(found))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--count", type=int, default=30, help="how often each page is opened")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,)) as made:
        for kind, url in made:
            measure(kind, url, sorted(given.rows), given.count)


if __name__ == "__main__":
    main()
