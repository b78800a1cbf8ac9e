"""Planning a quarter of callbacks: time and memory for 10,000, 100,000 and (with ``--million``) 1,000,000 customers.

``python -m benchmarks.callbacks [--sizes N …] [--million] [--db sqlite|postgresql]``.

"Rules" is the planner alone: everybody is called in the quarter, a seventh monthly as well, a fifth after a service, a
fifth has wishes. "Whole" is the task as the worker carries it out: customers, units, wishes read, planned, written,
approved, released; "again" is the same plan made anew, which changes nothing; "roster changed" is the released one
made anew when one agent has left and the office is shut for a day. The calendar page is opened with the calls of each
size. Each size runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import random
import resource
import tempfile
import time

import sqlalchemy as sa
import structlog

from benchmarks.common import KINDS, databases, report, timed
from benchmarks.crowds import A_DAY, DAYS, FIRST, crowd
from benchmarks.lists import _opened as opened
from core.api import Task, bulk_insert, emit, transaction
from core.app import create_app
from core.calendar_store import WorkingCalendar, save_calendar
from core.companies.models import Membership
from core.testing import Installation, Office, counted, moment
from plugins.base.models import Customer, CustomerPhone, Product, Unit
from plugins.callback.models import Call, Move, Preference
from plugins.callback.rules.planning import Grid, Planner
from plugins.callback.services import calls, planning
from tests.support import policy_site
from tests.support.accounts import Site

NOW = moment("2026-12-28 09:00")
CODE = "bench"
CHUNK = 5_000


def rules(size: int) -> None:
    """Report the planner alone."""
    work = [day for day in DAYS if day.weekday() < 5]
    agents = max(2, int(size * 1.6 / len(work) / A_DAY))
    room = {(day, part, agent + 1): A_DAY // 2 for day in work for part in (0, 1) for agent in range(agents)}
    grid = Grid(DAYS, room)
    begun = time.perf_counter()
    planner = Planner(grid, 2)
    for whom in crowd(size):
        planner.add(whom)
    result = planner.finish()
    seconds = time.perf_counter() - begun
    report(
        "callbacks, rules", customers=size, calls=len(result.placed), left_out=len(result.left_out), seconds=seconds,
        per_second=size / seconds, peak_mb=_peak(),
    )  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def furnish(office: Office, size: int) -> None:
    """So many customers with a phone and a unit each, a fifth with wishes, and agents enough."""
    ctx = office.system(NOW)
    rng = random.Random(3)
    with transaction(ctx):
        product = Product(code="R-1", name="Radio")
        ctx.session.add(product)
        ctx.session.flush()
        emit(ctx, "core.import_batch", file="bench", line=0, added=1)
    for first in range(0, size, CHUNK):
        ctx = office.system(NOW)
        with transaction(ctx):
            some = range(first, min(size, first + CHUNK))
            ids = bulk_insert(ctx, Customer, [
                {"number": f"C{n:07d}", "name": f"Customer {n}", "name_key": f"customer{n}", "kind": "company",
                 "klass": "", "grade": "", "address": "", "address_key": "", "note": "", "active": True,
                 "created_at": NOW, "version": 1}
                for n in some
            ], returning=Customer.id)  # fmt: skip
            bulk_insert(ctx, CustomerPhone, [
                {"customer_id": i, "number": f"+86138{i:08d}", "reversed_digits": f"{i:08d}83168"[::-1], "raw": "",
                 "extension": "", "label": "", "is_primary": True}
                for i in ids
            ])  # fmt: skip
            bulk_insert(ctx, Unit, [
                {"product_id": product.id, "serial": f"S{i}", "batch": "", "customer_id": i, "status": "in_use",
                 "note": "", "delivery_date": dt.date(2026, 1, 1) + dt.timedelta(days=i % 300), "version": 1}
                for i in ids
            ])  # fmt: skip
            bulk_insert(ctx, Preference, [
                {"customer_id": i, "weekdays": rng.choice([0b11111, 0b10101, 0b1010]), "parts": rng.choice([1, 2, 3]),
                 "no_call": rng.random() < 0.05, "note": "", "version": 1}
                for i in ids[::5]
            ])  # fmt: skip
            emit(ctx, "core.import_batch", file="bench", line=first, added=len(ids))
        office.installation.close_sessions()
    for number in range(max(2, int(size * 1.3 / 60 / 30) + 1)):
        office.person(f"agent{number}@bench.test", "agent", name=f"Agent {number:03d}")
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def whole(kind: str, url: str, size: int) -> None:
    """Report the task as the worker carries it out, and the calendar page afterwards."""
    installation = Installation(url)
    office = installation.company(CODE, locale="en")
    policy_site.apply(office, "defence")
    furnish(office, size)
    ctx = office.system(NOW)
    period = calls.open_period(ctx, FIRST).id
    report("callbacks, furnished", kind, customers=size, peak_mb=_peak())
    planned("callbacks, whole", kind, office, period, size)
    planned("callbacks, again", kind, office, period, size)
    for name, step in (("approve", planning.approve_plan), ("release", planning.release_plan)):
        begun = time.perf_counter()
        with counted(installation.engine) as made:
            step(office.system(NOW), period)
        seconds = time.perf_counter() - begun
        report(f"callbacks, {name}", kind, customers=size, seconds=seconds, statements=len(made))
        installation.close_sessions()
    page(kind, url, installation, office, period, size)
    roster_changes(office)
    planned("callbacks, roster changed", kind, office, period, size)


def planned(name: str, kind: str, office: Office, period: int, size: int) -> None:
    """Report the task once more."""
    installation = office.installation
    task_id = planning.order_plan(office.system(NOW), period).id
    installation.close_sessions()
    with counted(installation.engine) as made:
        begun, cpu = time.perf_counter(), time.process_time()
        installation.worker(NOW).tasks.run_one()
        seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    session = office.system(NOW).session
    task = session.get_one(Task, task_id)
    if task.state != "done":
        raise SystemExit(f"{name}: {task.state} {task.note} {task.error}")
    count, moves = (session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Call, Move))
    report(
        name, kind, customers=size, calls=count, moved=moves, seconds=seconds, cpu_s=spent, per_second=size / seconds,
        statements=len(made), peak_mb=_peak(),
    )  # fmt: skip
    installation.close_sessions()


def roster_changes(office: Office) -> None:
    """The last of the agents leaves, and the office is shut for a day in the middle of the quarter."""
    ctx = office.system(NOW)
    shut = dt.date(2027, 3, 9)
    hours = ctx.session.scalars(sa.select(WorkingCalendar).where(WorkingCalendar.code == "office")).one()
    closed = [f"{shut}T00:00", f"{shut + dt.timedelta(days=1)}T00:00"]
    save_calendar(ctx, "office", {**hours.body, "closures": [*hours.body.get("closures", []), closed]})
    ctx = office.system(NOW)
    with transaction(ctx):
        people = ctx.session.scalars(sa.select(Membership).order_by(Membership.id))
        last = [m for m in people if "agent" in m.role_codes][-1]
        last.role_codes = []
        emit(ctx, "core.membership_saved", last, name="", roles="")
    office.installation.close_sessions()


def page(kind: str, url: str, installation: Installation, office: Office, period: int, size: int) -> None:
    """Report opening the calendar and plan against actual."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SANBAO_HOME"] = home
        app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=installation.registry)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        site = Site(app, installation, {CODE: office})
        site.person("boss@bench.test", "manager", company=CODE)
        browser = site.signed_in("boss@bench.test")
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        for name, path in (
            ("calendar", f"{period}?month=2027-02"), ("one day of it", f"{period}?month=2027-02&day=2027-02-10"),
            ("plan against actual", f"{period}/coverage"),
        ):  # fmt: skip
            address = f"/c/{CODE}/callback/periods/{path}"
            opened(browser, address)
            with counted(engine) as made:
                opened(browser, address)
            timed(
                f"callbacks, {name}", kind, 10, lambda _n, address=address: opened(browser, address), customers=size,
                statements=len(made),
            )
        engine.dispose()


def apart(work, *given) -> None:
    """Carry out a measure in a process of its own."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work(*given)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("a measure failed")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--million", action="store_true", help="the planner alone with a million customers, too")
    parser.add_argument("--db", choices=KINDS)
    asked = parser.parse_args()
    for size in (*asked.sizes, *([1_000_000] if asked.million else [])):
        apart(rules, size)
    for size in asked.sizes:
        with databases((asked.db,) if asked.db else KINDS) as found:
            for kind, url in found:
                apart(whole, kind, url, size)


if __name__ == "__main__":
    main()
