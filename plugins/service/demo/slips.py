"""Signed slips on orders that are done: one accepted, one that came back, one that waits."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service.contracts import VISITED
from plugins.service.demo.orders import people_with
from plugins.service.demo.visits import scribble
from plugins.service.models import Order
from plugins.service.services import slips
from plugins.service.slip_contracts import SlipData

CASES = Path(__file__).parents[1] / "data" / "demo" / "slips.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """As many orders as there are cases, the newest first; each slip signed by hand."""
    said = read_data_file(CASES)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        workers, judges = people_with(ctx, "service.order.work"), people_with(ctx, "service.slip.judge")
        judge = next((p for p in judges if p.user_id != workers[0].user_id), judges[0])
        query = sa.select(Order).where(Order.state.in_(("done", "confirmed")), Order.kind.in_(VISITED))
        orders = list(ctx.session.scalars(query.order_by(Order.id.desc()).limit(len(said["cases"]))))
        for order, case in zip(orders, said["cases"], strict=False):
            since = order.done_at or order.received_at
            at = max(since, ctx.now - dt.timedelta(hours=case["hours"]))
            data = SlipData([("slip.png", scribble(rng))], tracking=case.get("tracking", ""), note=case.get("note", ""))
            slip = slips.send_slip(ctx.at(at).as_actor(workers[0]), order.id, data)
            then = ctx.at(min(at + dt.timedelta(minutes=90), ctx.now)).as_actor(judge)
            with suppress(DomainError):  # where one person does everything, nobody judges
                if case.get("judge") == "accept":
                    slips.accept_slip(then, slip.id)
                    slips.take_original(then, slip.id)
                elif case.get("judge") == "back":
                    slips.send_slip_back(then, slip.id, said["wrong"])
