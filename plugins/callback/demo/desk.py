"""Missed calls of the last days: called back, left, objected to, waived, still open."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, ask, demo_count, set_setting
from plugins.base.contracts import CUSTOMER
from plugins.base.queries import phones_of
from plugins.callback.calling_contracts import MissedData
from plugins.callback.demo.words import words_of
from plugins.callback.services import desk

_MOBILES = {"GB": "07700 9005{:02d}"}


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Some missed calls, and the roster of the service phone named."""
    plans = ask(ctx, "duty_plans", begins=ctx.now, ends=ctx.now + dt.timedelta(hours=1), code="") or []
    if plans:
        set_setting(ctx, "callback.desk_roster", sorted(plan.code for plan in plans)[0])
    words = words_of(ctx)
    pattern = _MOBILES.get(ctx.company.region, "139 0516 84{:02d}")
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(customer.id).where(customer.phones.any()).order_by(customer.id).limit(3)
    known = ctx.session.scalars(query).all()
    numbers = [phones_of(ctx, customer_id)[0].number for customer_id in known]
    rows = []
    for place in range(demo_count(9, 5)):
        at = ctx.now - dt.timedelta(hours=place * 7 + 1, minutes=rng.randrange(50))
        number = numbers[place] if place < len(numbers) else pattern.format(place)
        data = MissedData(at, number, words["callers"][place % len(words["callers"])])
        rows.append(desk.record_missed(ctx, data)[0])
    for row in rows[2:-1:2]:
        desk.called_back(ctx, row.id, words["called_back"])
    desk.leave_missed(ctx, rows[-1].id, words["called_again"])
    answerable = [row for row in rows if row.answerable_id is not None]
    for place, row in enumerate(answerable[:2]):
        who = ctx.as_actor(Actor(row.answerable_id, row.answerable_name, is_system=True))
        desk.object_to(who, row.id, words["line_busy"])
        if place and row.answerable_id != ctx.actor.user_id:
            desk.judge_missed(ctx, row.id, waive=True, reason=words["line_proved"])
