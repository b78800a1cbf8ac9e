"""The pages of calling with many planned calls, through the whole application.

``python -m benchmarks.callback_pages [--calls N …] [--db sqlite|postgresql|both] [--count N]``. A quarter is half over:
nine of ten past calls are made, one of twenty is overdue; the rest lies ahead, dealt to so many agents that each has
about twenty a day, but at least to those who stand on a page of the calendar, so that it shows as much at every size.
A tenth as many calls to the service phone were missed. Reports for each page time and statements: the statements must
not change with the number of calls, nor much the time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import tempfile
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog

from benchmarks.common import KINDS, databases, timed
from benchmarks.lists import _opened as opened
from core.api import Ctx, bulk_insert, emit, transaction
from core.app import create_app
from core.settings import set_setting
from core.testing import Installation, Office, counted
from plugins.base.models import Customer, CustomerPhone
from plugins.callback.models import Call, MissedCall, Need, Period, Promise
from plugins.callback.services import calling
from plugins.callback.services.tally import count_changed, touch_days
from plugins.callback.views.planning import PEOPLE
from tests.support.accounts import Site

NOW = dt.datetime.now(dt.UTC)
MODULES = ("callback", "workforce", "service", "complaints")
CODE = "bench"
MIDDAY = f"Etc/GMT{NOW.hour - 11:+d}"
"""Where it is eleven o'clock now, so that calls of the morning are due."""
HALF = 45
"""Days of the quarter before and after today."""
A_DAY = 20
CHUNK = 5_000


def fill(office: Office, calls: int) -> int:
    """So many planned calls and all that hangs on them; answers the quarter."""
    ctx = office.system(NOW)
    set_setting(ctx, "callback.calendar", "always")
    first, last = ctx.today - dt.timedelta(days=HALF), ctx.today + dt.timedelta(days=HALF)
    with transaction(ctx):
        period = Period(code="bench", first=first, last=last, state="released", planned_at=NOW, released_at=NOW)
        ctx.session.add(period)
        ctx.session.flush()
        emit(ctx, "core.import_batch", file="bench", line=0, added=1)
        number = period.id
    agents = [
        office.person(f"agent{n}@bench.test", "agent", name=f"Agent {n:03d}")
        for n in range(max(PEOPLE, calls // (2 * HALF * A_DAY)))
    ]
    for begin in range(0, calls, CHUNK):
        ctx = office.system(NOW)
        with transaction(ctx):
            _add(ctx, number, agents, range(begin, min(calls, begin + CHUNK)))
            emit(ctx, "core.import_batch", file="bench", line=begin, added=CHUNK)
        office.installation.close_sessions()
        if begin == 0:
            _analyze(office)  # else PostgreSQL checks the foreign keys of all later rows as if the tables were empty
    ctx = office.system(NOW)
    with transaction(ctx):
        touch_days(ctx, [None, *(first + dt.timedelta(days=n) for n in range(2 * HALF + 1))])
    count_changed(ctx)
    _analyze(office)
    return number


def _analyze(office: Office) -> None:
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _add(ctx: Ctx, period: int, agents: list[int], some: range) -> None:
    ids = bulk_insert(ctx, Customer, [
        {"number": f"C{n:07d}", "name": f"Customer {n}", "name_key": f"customer{n}", "kind": "company", "klass": "",
         "grade": "", "address": "", "address_key": "", "note": "", "active": True, "created_at": NOW, "version": 1}
        for n in some
    ], returning=Customer.id)  # fmt: skip
    bulk_insert(ctx, CustomerPhone, [
        {"customer_id": i, "number": f"+86138{i:08d}", "reversed_digits": f"{i:08d}83168"[::-1], "raw": "",
         "extension": "", "label": "", "is_primary": True}
        for i in ids
    ])  # fmt: skip
    rows = [_call(ctx, period, agents, n, i) for n, i in zip(some, ids, strict=True)]
    made = bulk_insert(ctx, Call, rows, returning=Call.id)
    bulk_insert(ctx, Need, [
        {"key": f"opinion:{call}", "period_id": period, "call_id": call, "customer_id": row["customer_id"],
         "device_id": None, "reason": "opinion", "due_from": row["due_from"], "due_until": row["due_until"],
         "questionnaire": "opinion_card", "legal": False, "left_out": ""}
        for call, row in zip(made, rows, strict=True)
    ])  # fmt: skip
    bulk_insert(ctx, MissedCall, [_missed(ctx, agents, n, i) for n, i in zip(some, ids, strict=True) if n % 10 == 0])
    bulk_insert(ctx, Promise, [
        {"kind": "promise", "state": "done" if n % 100 else "open", "text": f"Send it {n}", "customer_id": i,
         "call_id": call, "made_at": NOW, "made_by": "", "due_at": NOW + dt.timedelta(minutes=n % 9000),
         "ended_at": NOW if n % 100 else None, "ended_by": "", "result": "", "assignee_id": agents[n % len(agents)],
         "source_kind": "", "source_ref": None, "version": 1}
        for n, i, call in zip(some, ids, made, strict=True) if n % 5 == 0
    ])  # fmt: skip


def _call(ctx: Ctx, period: int, agents: list[int], n: int, customer: int) -> dict[str, Any]:
    day = ctx.today + dt.timedelta(days=n % (2 * HALF) - HALF)
    sort = n // (2 * HALF) % 20
    state = "released" if day >= ctx.today or sort == 0 else "missed" if sort == 1 else "done"
    waits = state == "released" and day <= ctx.today and n % 7 == 0
    return {
        "period_id": period, "customer_id": customer, "phone": f"+86138{customer:08d}",
        "due_from": ctx.today - dt.timedelta(days=HALF), "due_until": ctx.today + dt.timedelta(days=HALF), "day": day,
        "part": n % 2, "state": state, "result": "reached" if state == "done" else "", "note": "", "pinned": False,
        "attempts": int(waits or state == "done"),
        "next_try_at": NOW + dt.timedelta(minutes=n % 300) if waits else None,
        "done_at": NOW if state == "done" else None, "assignee_id": agents[n % len(agents)] if n % 9 else None,
        "version": 1,
    }  # fmt: skip


def _missed(ctx: Ctx, agents: list[int], n: int, customer: int) -> dict[str, Any]:
    is_open, at = n % 200 == 0, NOW - dt.timedelta(minutes=n * 13 % (HALF * 24 * 60))
    return {
        "at": at, "phone": f"+86138{customer:08d}", "caller": "", "note": "", "source": "import",
        "external_key": f"k{n}", "customer_id": customer, "roster": "", "attribution": "on_duty",
        "answerable_id": agents[n % len(agents)], "answerable_name": "", "consequence": "stands", "amount": None,
        "assignee_id": agents[n % len(agents)], "due_at": at, "recorded_at": NOW, "recorded_by": "",
        "state": "open" if is_open else "called_back", "ended_at": None if is_open else NOW, "ended_by": "",
        "result": "", "why": "", "version": 1,
    }  # fmt: skip


def measure(kind: str, url: str, size: int, count: int) -> None:
    """Report handing out a call, and each page."""
    installation = Installation(url)
    office = installation.company(CODE, modules=MODULES, locale="en", now=NOW, timezone=MIDDAY)
    with tempfile.TemporaryDirectory() as home:
        os.environ["SANBAO_HOME"] = home
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=installation.registry)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        site = Site(app, installation, {CODE: office})
        boss = site.person("boss@bench.test", "manager", "agent", company=CODE)
        period = fill(office, size)
        browser = site.signed_in("boss@bench.test")
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine

        def hand_out(_n: int) -> int:
            ctx = office.ctx(calling.MAKE, now=dt.datetime.now(dt.UTC), user_id=boss, name="Boss")
            call = calling.next_call(ctx)
            assert call is not None
            return call.id

        def give_back(call: int) -> None:
            calling.free_call(office.ctx(calling.MAKE, now=dt.datetime.now(dt.UTC), user_id=boss, name="Boss"), call)

        def one(_n: int) -> None:
            give_back(hand_out(0))
            installation.close_sessions()

        _report(kind, "next call and back", size, one, installation.engine, count)
        call = hand_out(0)
        installation.close_sessions()
        for name, path in PAGES:
            address = f"/c/{CODE}/callback/{path.format(call=call, period=period)}"
            _report(kind, name, size, lambda _n, a=address: opened(browser, a), engine, count)
        engine.dispose()
    installation.close()


PAGES = (
    ("calls due", "calling/"), ("calling screen", "calling/{call}"), ("who calls whom", "calling/now"),
    ("calls of today", "calls/?tab=today"), ("calls missed", "calls/?tab=missed"), ("all calls", "calls/?tab=all"),
    ("one call", "calls/{call}"), ("calendar", "periods/{period}"),
    ("plan against actual", "periods/{period}/coverage"), ("phone desk", "desk/"),
    ("missed calls", "missed/?tab=all"), ("promises", "promises/?tab=open"),
)  # fmt: skip


def _report(kind: str, name: str, size: int, do: Callable[[int], Any], engine: sa.Engine, count: int) -> None:
    do(0)
    with counted(engine) as seen:
        do(0)
    timed(f"callbacks, {name}", kind, count, do, calls=size, statements=len(seen))


def main(argv: list[str] | None = None) -> None:
    """Run on the databases of this machine, or on one; each size on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--count", type=int, default=10, help="how often each page is opened")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    for size in given.calls:
        with databases(KINDS if given.db == "both" else (given.db,)) as known:
            for kind, url in known:
                measure(kind, url, size, given.count)


if __name__ == "__main__":
    main()
