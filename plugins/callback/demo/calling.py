"""A morning of calling: calls due today, some made, one in progress; promises kept and open."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Conflict, Ctx, demo_count
from plugins.base.contracts import CUSTOMER
from plugins.callback.calling_contracts import ResultData
from plugins.callback.contracts import CallData
from plugins.callback.demo.words import words_of
from plugins.callback.models import Preference
from plugins.callback.queries import calls as queries
from plugins.callback.services import calling, calls, promises


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Calls of today dealt among the agents, with results of every sort."""
    agents = queries.agent_choices(ctx) or [(ctx.actor.user_id or 0, ctx.actor.name)]
    if not agents[0][0]:
        return
    words = words_of(ctx)
    planned = _plan(ctx, [user_id for user_id, _name in queries.agent_choices(ctx)] or [None])
    caller = ctx.as_actor(Actor(agents[0][0], agents[0][1], is_system=True, roles=frozenset({"agent"})))
    results = (
        ResultData("", "reached", words["content"], promise=words["will_send"]),
        ResultData("", "no_answer"),
        ResultData("", "reached", words["content"]),
        ResultData("", "wrong_number"),
        ResultData("", "busy"),
        ResultData("", "refused", words["no_calls"]),
    )
    tried = planned[: max(2, len(planned) // 2)]
    for place, call_id in enumerate(tried):
        calling.take_call(caller, call_id)
        given = results[place % len(results)]
        data = ResultData(f"demo:{call_id}", given.result, given.note, promise=given.promise)
        calling.record_result(caller, call_id, data)
    _promises(caller, words)
    rest = planned[len(tried) :]
    if rest:
        row = calling.take_call(caller, rest[rng.randrange(len(rest))])
        calling.save_draft(caller, row.id, {"result": ["reached"], "note": [words["half_typed"]]})


def _plan(ctx: Ctx, agents: Sequence[int | None]) -> list[int]:
    """Calls for today to customers who want some and are not called too often; every third is nobody's."""
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    query = sa.select(customer.id).where(customer.active.is_(True), customer.phones.any())
    refusing = set(ctx.session.scalars(sa.select(Preference.customer_id).where(Preference.no_call)))
    wanted = demo_count(24, 4)
    found: list[int] = []
    for customer_id in ctx.session.scalars(query.order_by(customer.id.desc()).limit(wanted * 3)).all():
        if len(found) == wanted:
            break
        if customer_id in refusing:
            continue
        place = len(found)
        agent = None if place % 3 == 2 else agents[place % len(agents)]
        for who in dict.fromkeys((agent, None)):
            try:
                row = calls.add_call(ctx, CallData(customer_id, ctx.today, "opinion", who))
            except Conflict:
                continue  # that person is full; or the customer is called today, or often enough this month
            found.append(row.id)
            break
    return found


def _promises(ctx: Ctx, words: dict[str, Any]) -> None:
    """One that was kept, one given up, one due the day after tomorrow."""
    texts = (words["will_send"], words["will_ask"], words["will_visit"])
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    ids = list(ctx.session.scalars(sa.select(customer.id).order_by(customer.id).limit(3)))
    for place, (text, customer_id) in enumerate(zip(texts, ids, strict=False)):
        until = ctx.today + dt.timedelta(days=2) if place == 2 else None
        row = promises.open_promise(ctx, "promise", text, customer_id=customer_id, until=until)
        if place == 0:
            promises.keep_promise(ctx, row.id, words["sent"])
        elif place == 1:
            promises.give_up_promise(ctx, row.id, words["not_needed"])
