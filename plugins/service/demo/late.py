"""Promises in danger in the demonstration: one reported, one answered."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service.demo.orders import people_with
from plugins.service.late_contracts import LateData
from plugins.service.models import Order
from plugins.service.queries.late import promise_of
from plugins.service.services import late

CASES = Path(__file__).parents[1] / "data" / "demo" / "late.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Reports on orders that somebody was sent to; what one can't reach stays where it stands."""
    cases = read_data_file(CASES)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        workers, heads = people_with(ctx, "service.order.work"), people_with(ctx, "service.order.dispatch")
        query = sa.select(Order).where(Order.state == "dispatched").order_by(Order.id.desc()).limit(len(cases))
        for order, case in zip(ctx.session.scalars(query).all(), cases, strict=False):
            promise = promise_of(ctx, order)
            if promise is None:
                continue
            actor = next((w for w in workers if w.user_id == order.assignee_id), workers[0])
            new = max(promise[1], ctx.now) + dt.timedelta(hours=case["hours"])
            data = LateData(case["reason"], new, case.get("help", ""), case.get("told", ""), once=f"demo:{order.id}")
            try:
                row = late.report_late(ctx.at(ctx.now - dt.timedelta(minutes=6)).as_actor(actor), order.id, data)
                if "answer" in case:
                    late.answer_late(ctx.as_actor(heads[0]), row.id, case["answer"], case["text"])
            except DomainError:
                continue
