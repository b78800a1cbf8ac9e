"""A round at a customer's under way: some looked at, one not in order, one passed over."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service.demo.orders import devices_of, people_with
from plugins.service.plan_contracts import CarePlanData
from plugins.service.queries import rounds as queries
from plugins.service.round_contracts import GENERAL_LIST, Answers
from plugins.service.services import plans, rounds
from plugins.service.services.plans import EDIT_PLANS

CASE = Path(__file__).parents[1] / "data" / "demo" / "rounds.yaml"
GOOD = dict.fromkeys(("safe", "works", "wear", "tight", "clean"), ("ok", ""))


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """A weekly round of a customer's workshop, made this morning up to its last place."""
    case = read_data_file(CASE)[ctx.company.locale]
    keepers, workers = people_with(ctx, EDIT_PLANS), people_with(ctx, "service.order.work")
    devices = devices_of(ctx)
    if not devices:
        return
    with transaction(ctx), use_locale(ctx.company.locale), suppress(DomainError):
        then = ctx.at(ctx.now - dt.timedelta(hours=5)).as_actor(keepers[0])
        data = CarePlanData(
            case["name"], "inspection", customer_id=devices[-1].customer_id, assignee_id=keepers[0].user_id, every=1,
            period="weeks", lead_days=0,
            closed_days="as_is", checklist=GENERAL_LIST, places="\n".join(case["places"]),
        )  # fmt: skip
        occurrence = plans.open_next(then, plans.save_plan(then, data).id)
        found = queries.round_of(then, occurrence.order_id or 0)
        if found is None:
            return
        there = ctx.at(ctx.now - dt.timedelta(hours=4)).as_actor(workers[0])
        first, second, third, *_left = queries.places_of(there, found.id)
        rounds.check_place(there, first.id, Answers(GOOD))
        rounds.check_place(there, second.id, Answers({**GOOD, "tight": ("not_ok", case["leak"])}))
        rounds.skip_place(there, third.id, case["locked"])
