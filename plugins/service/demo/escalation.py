"""What was put to a department: one question that is decided, one that waits."""

from __future__ import annotations

import random
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, read_data_file, transaction, use_locale
from plugins.service.contracts import VISITED
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.services import escalating

WORDS = Path(__file__).parents[1] / "data" / "demo" / "escalation.yaml"


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """Two orders that are worked on are put to headquarters, which has decided on the first."""
    unit = queries.headquarters(ctx)
    if unit is None:
        return
    words = read_data_file(WORDS)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        boss = people_with(ctx, "service.order.assess")[0]
        query = sa.select(Order).where(Order.state.in_(("dispatched", "working")), Order.waiting == "")
        rows = [o for o in ctx.session.scalars(query.order_by(Order.id)) if o.kind in VISITED]
        for number, order in enumerate(rows[-2:]):
            escalating.escalate(ctx.as_actor(boss), order.id, unit.id, words[number]["question"])
            if number == 0:
                escalating.decide(ctx.as_actor(boss), order.id, words[number]["answer"])
