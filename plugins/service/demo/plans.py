"""A few preventive plans: one with an order, one in time, one that rests."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from core.api import Ctx, read_data_file, transaction, use_locale
from plugins.service.demo.orders import devices_of, people_with
from plugins.service.plan_contracts import CarePlanData
from plugins.service.services import plans
from plugins.service.services.plans import EDIT_PLANS

CASES = Path(__file__).parents[1] / "data" / "demo" / "plans.yaml"


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """Each plan as its case says; orders are opened as the worker does."""
    cases = read_data_file(CASES)[ctx.company.locale]
    devices, keepers = devices_of(ctx), people_with(ctx, EDIT_PLANS)
    if not devices or not keepers:
        return
    with transaction(ctx), use_locale(ctx.company.locale):
        for case in cases:
            then = ctx.at(ctx.now - dt.timedelta(days=case["days"])).as_actor(keepers[0])
            device = devices[case["unit"] % len(devices)]
            data = CarePlanData(
                name=case["name"], kind=case["kind"], device_id=device.id, every=case["every"],
                period=case["period"], rhythm=case["rhythm"], assignee_id=keepers[0].user_id,
                starts_on=then.today + dt.timedelta(days=case.get("start", 14)),
            )  # fmt: skip
            plan = plans.save_plan(then, data)
            if "pause" in case:
                plans.pause_plan(then, plan.id, case["pause"])
        plans.keep_plans(ctx)
