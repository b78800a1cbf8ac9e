"""Wishes of some customers, and calls that were planned by hand."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, demo_count
from plugins.base.contracts import CUSTOMER
from plugins.callback.contracts import CallData, MoveData, PreferenceData
from plugins.callback.demo.words import words_of
from plugins.callback.models import Preference
from plugins.callback.queries.duty import capacity
from plugins.callback.services import calls


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Customers with wishes, some of whom want no calls; calls by hand, one of them cancelled."""
    words = words_of(ctx)
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(customer.id).where(customer.active.is_(True), customer.phones.any()).order_by(customer.id)
    ids = list(ctx.session.scalars(query.limit(60)))
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
    can = capacity(ctx, ctx.today + dt.timedelta(days=1), ctx.today + dt.timedelta(days=14))
    places = sorted(place for place, calls_ in can.room.items() if calls_ > 1)
    if not places:
        return
    refusing = {row.customer_id for row in ctx.session.scalars(sa.select(Preference).where(Preference.no_call))}
    made = []
    for number, customer_id in enumerate([c for c in ids if c not in refusing][: demo_count(16, 4)]):
        day, part, agent = places[number % len(places)]
        try:
            made.append(calls.add_call(ctx, CallData(customer_id, day, "hand", agent, part)))
        except Conflict:
            continue  # this one is called often enough that month
    if len(made) > 1:
        calls.move_call(ctx, made[0].id, MoveData(made[0].day, made[0].part, None))
        calls.cancel_call(ctx, made[1].id, words["not_needed"])
