"""Money of the demonstration: paid orders charged and collected, some cash still outside, some with finance."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.money_contracts import ChargeData, PaymentData
from plugins.service.services import money

CASES = Path(__file__).parents[1] / "data" / "demo" / "money.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Charges and payments on orders that the customer pays, and a free line on others; the same for the same seed."""
    cases = read_data_file(CASES)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        workers, desk = people_with(ctx, "service.order.work"), people_with(ctx, "service.money.settle")
        worker, cashier = rng.choice(workers), next((p for p in desk if p.user_id != workers[0].user_id), desk[0])
        query = sa.select(Order).where(Order.state.in_(("done", "confirmed", "working"))).order_by(Order.id.desc())
        orders = list(ctx.session.scalars(query.limit(len(cases["orders"]))))
        taken = []
        for order, case in zip(orders, cases["orders"], strict=False):
            try:
                taken += _case(ctx, order, case, worker, cashier)
            except DomainError:
                continue
        if taken:
            _to_finance(ctx, taken, worker, cashier, cases["short"])


def _case(ctx: Ctx, order: Order, case: dict[str, Any], worker: Any, cashier: Any) -> list[int]:
    begun = order.done_at or order.started_at or order.received_at
    then = ctx.at(min(begun + dt.timedelta(minutes=20), ctx.now)).as_actor(worker)
    made = [
        money.add_charge(
            then, order.id,
            ChargeData(line["kind"], line["label"], Decimal(line.get("n", 1)), Decimal(str(line["price"])),
                       line.get("payer", "customer"), reason=case["reason"]),
        )
        for line in case["lines"]
    ]  # fmt: skip
    if "wrong" in case:
        money.counter_charge(then, order.id, made[-1].id, case["wrong"])
    total = money.queries.balance_of(ctx, order.id).charged
    if not total or "method" not in case:
        if "unpaid" in case:
            money.allow_unpaid(ctx.as_actor(cashier), order.id, case["unpaid"])
        return []
    paid = money.collect(
        then, order.id, PaymentData(total, case["method"], "on_spot", case.get("why", ""), note=case.get("note", ""))
    )
    if "invoice" in case:
        number = f"{case['invoice']}{order.id:04d}"
        money.record_invoice(then.as_actor(cashier), order.id, number, then.today, total)
        if case.get("again"):
            money.cancel_invoice(
                then.as_actor(cashier), order.id, money.queries.invoices_of(ctx, order.id)[-1].id, case["again"]
            )
    if "refund" in case:
        money.refund(then.as_actor(cashier), order.id, Decimal(str(case["refund"])), "transfer", case["refund_reason"])
    return [paid.id] if paid.hand_over else []


def _to_finance(ctx: Ctx, taken: list[int], worker: Any, cashier: Any, short: str) -> None:
    """The first sum is counted with a difference, the second waits; the rest is still outside."""
    first = money.hand_over_cash(ctx.as_actor(worker), taken[:1])
    if cashier.user_id != worker.user_id:
        money.confirm_cash(ctx.as_actor(cashier), first.id, first.amount - 1, short)
    if len(taken) > 2:
        money.hand_over_cash(ctx.as_actor(worker), taken[1:2])
