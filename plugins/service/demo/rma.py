"""Returns on orders that are done: one at each step of its way, one overdue."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, DomainError, demo_count, read_data_file, transaction, use_locale
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.rma_contracts import ExamineData, ReceiveData, RmaData, SendData
from plugins.service.services import rma

CASES = Path(__file__).parents[1] / "data" / "demo" / "rma.yaml"
EARLIER = 20
"""Returns of the last months that are done with, of the whole demonstration."""
REACHED = {"expected": 0, "written_off": 0, "sent": 1, "received": 2, "examined": 3, "closed": 4}


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """Each return as far as its case says; on the newest orders that are done, closed or worked on."""
    cases = read_data_file(CASES)[ctx.company.locale]["cases"]
    states = ("working", "done", "confirmed", "closed")
    with transaction(ctx), use_locale(ctx.company.locale):
        senders, receivers = people_with(ctx, "service.rma.send"), people_with(ctx, "service.rma.receive")
        writers = people_with(ctx, "service.rma.write_off")
        query = sa.select(Order).where(Order.state.in_(states), Order.kind == "on_site").order_by(Order.id.desc())
        orders = list(ctx.session.scalars(query.limit(len(cases) + EARLIER)))
        settled = next(c for c in cases if c["to"] == "closed")
        cases += [{**settled, "days": settled["days"] + 4 * n} for n in range(1, demo_count(EARLIER, 1) + 1)]
        for number, case in enumerate(cases if orders else ()):
            with suppress(DomainError):  # what the company's own rules refuse stays where it stands
                _case(ctx, orders[number % len(orders)], case, senders[0], receivers[0], writers[0])


def _case(ctx: Ctx, order: Order, case: dict[str, Any], sender: Any, receiver: Any, writer: Any) -> None:
    def then(actor: Any, days: int) -> Ctx:
        return ctx.at(ctx.now - dt.timedelta(days=days)).as_actor(actor)

    first = case["days"]
    data = RmaData(case["name"], part_number=case["number"], serial=case["serial"], reason=case["why"])
    item = rma.expect(then(sender, first), order.id, data)
    reached = REACHED[case["to"]]
    if case["to"] == "written_off":
        rma.write_off(then(writer, first - 14), item.id, case["reason"])
    if reached >= 1:
        rma.send(then(sender, first - 2), item.id, SendData(case["carrier"], case.get("tracking", "")))
    if reached >= 2:
        came = ReceiveData(case["condition"], case.get("came", ""), None, "came" in case, case.get("reason", ""))
        rma.receive(then(receiver, first - 5), item.id, came)
    if reached >= 3:
        rma.examine(then(receiver, first - 6), item.id, ExamineData(case["result"], case["text"]))
    if reached >= 4:
        rma.close(then(receiver, first - 7), item.id, case["disposal"])
