"""Trips and returns of the demonstration: some asked for on single orders, one settled, one sent back."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, DomainError, answer_checklist, read_data_file, transaction, use_locale
from plugins.service.after_contracts import RETURN_LIST, BriefingData, ExpenseData
from plugins.service.contracts import VISITED
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.services import after, expenses

CASES = Path(__file__).parents[1] / "data" / "demo" / "after.yaml"
ANSWERS = {
    "report": "yes", "sheet": "yes", "contacts": "yes", "claim": "yes", "unused": "none", "damaged": "returned",
    "receipts": "returned", "money": "none",
}  # fmt: skip


def fill(ctx: Ctx, rng: random.Random) -> None:
    """A handful: what one can't reach stays where it stands."""
    words = read_data_file(CASES)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        workers, heads = people_with(ctx, "service.order.work"), people_with(ctx, "service.return.review")
        worker = workers[0]
        head = next((h for h in heads if h.user_id != worker.user_id), heads[0])
        _working(ctx, words, worker, head)
        query = sa.select(Order).where(Order.state.in_(("done", "confirmed")), Order.kind.in_(VISITED))
        query = query.where(Order.started_at.is_not(None)).order_by(Order.id.desc()).limit(len(words["cases"]))
        for order, case in zip(ctx.session.scalars(query).all(), words["cases"], strict=False):
            try:
                _case(ctx, order, case, words, head)
            except DomainError:
                continue


def _working(ctx: Ctx, words: dict[str, Any], worker: Any, head: Any) -> None:
    """On the way: the plan was told, the department agrees to one return, an expense is asked for beforehand."""
    query = sa.select(Order).where(Order.state == "working", Order.kind.in_(VISITED)).order_by(Order.id.desc())
    for order in ctx.session.scalars(query.limit(2)).all():
        there = ctx.as_actor(worker)
        who = order.person_name or worker.name
        after.brief(there, order.id, BriefingData(who, words["told"], "phone", words["notes"]))
        after.agree(ctx.as_actor(head), order.id, note=words["agreed"])
        planned = words["planned"]
        data = ExpenseData(
            "entertainment", planned["what"], Decimal(planned["amount"]), reason=planned["reason"],
            once=f"demo:{order.id}",
        )
        expenses.plan_expense(there, order.id, data)
        return


def _case(ctx: Ctx, order: Order, case: dict[str, Any], words: dict[str, Any], head: Any) -> None:
    then = ctx.at(max(order.done_at or ctx.now, ctx.now - dt.timedelta(days=2)))
    row = after.ask_for_return(then.as_actor(head), order.id, words["asked"])
    actor = next((p for p in people_with(ctx, "service.order.work") if p.user_id == row.technician_id), None)
    if actor is None or case["far"] == "due":
        return
    worker = then.at(min(then.now + dt.timedelta(hours=3), ctx.now)).as_actor(actor)
    spent = min(worker.today, (order.done_at or ctx.now).astimezone(ctx.tz).date())
    for line in words["expenses"]:
        given = {"receipts": line["receipts"], "reason": line.get("reason", "")}
        expenses.claim_expense(
            worker, order.id, ExpenseData(line["kind"], line["what"], Decimal(line["amount"]), spent, **given)
        )
    answer_checklist(worker, row, RETURN_LIST, ANSWERS)
    after.hand_in(worker, row.id)
    later = ctx.at(min(worker.now + dt.timedelta(hours=20), ctx.now)).as_actor(head)
    if case["far"] == "sent_back":
        after.send_back(later, row.id, case["back"])
    if case["far"] == "settled":
        after.review(later, row.id, case["quality"], case["review"])
        after.check_costs(later, row.id)
