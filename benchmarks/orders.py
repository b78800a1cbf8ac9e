"""Service orders: an order's whole life from the call to the archive, statements and rate; the dispatcher's queue.

``python -m benchmarks.orders [--count N] [--rows N] [--db sqlite|postgresql]``. "Whole life" is eight transactions,
each in a session of its own as in a request: taken in for a unit (with warranty on, which decides who pays),
dispatched, begun, waiting for parts and going on, finished with a cause, confirmed, closed, archived. "Statements of
each step" counts those. "First page" reads the open orders, most urgent first, and the counts of the queue's tabs, with
``--rows`` open orders in the company.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable

from benchmarks.common import KINDS, databases, report, timed
from core.db import bulk_insert, transaction
from core.events import emit
from core.testing import START, Installation, Office, counted


def company(url: str) -> tuple[Office, int, int]:
    """(a company with service orders and warranty, a technician, a unit in warranty)."""
    from plugins.base import services as base
    from plugins.base.contracts import CustomerData, ProductData, UnitData

    office = Installation(url).company("bench", modules=("service", "warranty"))
    ctx = office.system()
    product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
    customer = base.save_customer(ctx, CustomerData("Ann Lee", address="1 High Street"))
    sold = START.date() - dt.timedelta(days=60)
    unit = base.save_unit_record(ctx, UnitData(product.id, "T1-0001", customer_id=customer.id, sale_date=sold))
    return office, office.person("li@bench.example", "technician", name="Li"), unit.id


def steps(office: Office, technician: int, unit: int) -> dict[str, Callable[[int], int]]:
    """Step → what it does to the order with this id; the first answers it."""
    from plugins.service import services
    from plugins.service.contracts import OrderData, ResultData

    def after(minutes: int):
        return office.system(START + dt.timedelta(minutes=minutes))

    def taken_in(_order: int) -> int:
        return services.open_order(after(0), OrderData(subject="Clutch slips", device_id=unit)).id

    def waits(order: int) -> int:
        services.wait(after(40), order, "parts", "A plate is on its way")
        return services.resume(after(50), order).id

    done = ResultData("solved", "Plate changed, run for half an hour", "defect")
    return {
        "taken in": taken_in,
        "dispatched": lambda order: services.dispatch(after(10), order, technician).id,
        "begun": lambda order: services.start(after(30), order).id,
        "waits and goes on": waits,
        "finished": lambda order: services.finish(after(60), order, done).id,
        "confirmed": lambda order: services.confirm(after(70), order).id,
        "closed": lambda order: services.close(after(80), order).id,
        "archived": lambda order: services.archive(after(90), order).id,
    }


def whole_life(kind: str, office: Office, ways: dict[str, Callable[[int], int]], count: int) -> None:
    """Report the rate of whole lives, and the statements of each step of one."""

    def one(_number: int) -> None:
        order = 0
        for way in ways.values():
            order = way(order)
            office.installation.close_sessions()

    one(0)  # tables compiled, statements prepared
    order, statements = 0, {}
    for name, way in ways.items():
        with counted(office.installation.engine) as made:
            order = way(order)
        office.installation.close_sessions()
        statements[name.replace(" ", "_")] = len(made)
    report("order, statements of each step", kind, **statements, all=sum(statements.values()))
    timed("order, whole life", kind, count, one, statements=sum(statements.values()))


def queue(kind: str, office: Office, rows: int, count: int) -> None:
    """Report the first page of the open orders and the counts of the tabs, with so many open."""
    from plugins.service.lists.orders import prepare, rows_of
    from plugins.service.models import Order
    from plugins.service.queries import orders as queries

    ctx = office.system()
    states = ("requested", "accepted", "accepted", "dispatched", "working", "done")
    for first in range(0, rows, 2000):
        with transaction(ctx):
            bulk_insert(ctx, Order, [
                {"number": f"B{n:07d}", "kind": "on_site", "state": states[n % len(states)], "is_open": True,
                 "urgency": "normal", "channel": "phone", "received_at": START - dt.timedelta(minutes=n),
                 "subject": f"Order {n}", "text": "", "serial_told": "", "person_name": "", "person_phone": "",
                 "phone_reversed": "", "address": "", "region": "", "zone": "", "distance_source": "",
                 "work_kind": "free", "work_kind_by_hand": True, "coverage_kind": "", "coverage_words": "", "cause": "",
                 "cause_text": "", "cause_reported": "", "consent_who": "", "consent_how": "", "consent_note": "",
                 "steps": {}, "waiting": "", "waiting_reason": "", "silent_closed": False, "outcome": "", "result": "",
                 "urgent_at": START + dt.timedelta(minutes=n % 5000), "about_kind": "", "opened_by": "", "source": "",
                 "version": 1}
                for n in range(first, min(first + 2000, rows))
            ])  # fmt: skip
            emit(ctx, "core.import_batch", file="bench", line=first, added=min(2000, rows - first))
    office.installation.close_sessions()

    def page(_number: int) -> None:
        ctx = office.system()
        query = rows_of(ctx).where(Order.is_open.is_(True)).order_by(Order.urgent_at, Order.id).limit(51)
        prepare(ctx, list(ctx.session.scalars(query)))
        queries.counts(ctx, None)
        office.installation.close_sessions()

    with counted(office.installation.engine) as made:
        page(0)
    timed("orders, first page of the queue", kind, count, page, rows=rows, statements=len(made))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,), durable=True) as made:
        for kind, url in made:
            office, technician, unit = company(url)
            whole_life(kind, office, steps(office, technician, unit), given.count)
            queue(kind, office, given.rows, max(10, given.count // 10))
            office.installation.close()


if __name__ == "__main__":
    main()
