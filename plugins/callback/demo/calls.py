"""Wishes of some customers, and calls that were planned by hand."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, demo_count
from plugins.base.contracts import CUSTOMER
from plugins.callback.contracts import CallData, MoveData, PreferenceData
from plugins.callback.demo.words import words_of
from plugins.callback.models import Preference
from plugins.callback.queries import calls as queries
from plugins.callback.services import calls


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Customers with wishes, some of whom want no calls; calls by hand, one of them cancelled."""
    words = words_of(ctx)
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(customer.id).where(customer.active.is_(True), customer.phones.any()).order_by(customer.id)
    ids = list(ctx.session.scalars(query.limit(60)))
    agents = [user_id for user_id, _name in queries.agent_choices(ctx)]
    if len(ids) < 2:
        return
    wishes = (
        PreferenceData(parts=(0,), note=words["mornings"]),
        PreferenceData(weekdays=(0, 2, 4)),
        PreferenceData(no_call=True, note=words["no_calls"]),
        PreferenceData(parts=(1, 2), weekdays=(0, 1, 2, 3, 4)),
    )
    willing = ids[2:]
    for place, customer_id in enumerate(rng.sample(willing, min(demo_count(40, 4), len(willing)))):
        calls.save_preference(ctx, customer_id, wishes[place % len(wishes)])
    agent = agents[0] if agents else None
    refusing = {row.customer_id for row in ctx.session.scalars(sa.select(Preference).where(Preference.no_call))}
    for place, customer_id in enumerate([c for c in willing if c not in refusing][: demo_count(16, 2)]):
        calls.add_call(ctx, CallData(customer_id, ctx.today + dt.timedelta(days=1 + place % 5), "opinion", agent))
    by_hand = calls.add_call(ctx, CallData(ids[0], ctx.today + dt.timedelta(days=2), "hand", agent, part=1))
    calls.move_call(ctx, by_hand.id, MoveData(by_hand.day, 0, agent))
    dropped = calls.add_call(ctx, CallData(ids[1], ctx.today + dt.timedelta(days=3), "opinion"))
    calls.cancel_call(ctx, dropped.id, words["not_needed"])
