"""Items that customers left with us: some on the bench, some ready, some handed back."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.demo.orders import devices_of, people_with
from plugins.service.services import workshop
from plugins.service.workshop_contracts import EntryData, ItemData, ReturnData, TestData

CASES = Path(__file__).parents[1] / "data" / "demo" / "workshop.yaml"
GOOD = {"safe": ("ok", ""), "fault_gone": ("ok", ""), "functions": ("ok", ""), "trial": ("30", ""), "clean": ("ok", "")}


def fill(ctx: Ctx, rng: random.Random) -> None:
    """A handful of items, each taken as far as its case says; what one can't reach stays where it stands."""
    cases = read_data_file(CASES)[ctx.company.locale]
    devices = devices_of(ctx)
    if not devices:
        return
    with transaction(ctx), use_locale(ctx.company.locale):
        takers, workers = people_with(ctx, "service.order.open"), people_with(ctx, "service.order.work")
        heads = people_with(ctx, "service.item.inspect")
        for number, case in enumerate(cases):
            try:
                _case(ctx, rng, case, devices[(number * 7 + 3) % len(devices)], takers, workers, heads)
            except DomainError:
                continue


def _case(ctx: Ctx, rng: random.Random, case: dict, device: Any, takers: list, workers: list, heads: list) -> None:
    moment = ctx.now - dt.timedelta(days=case["days"], minutes=rng.randrange(5, 200))
    taker, worker, head = rng.choice(takers), rng.choice(workers), heads[0]

    def then(actor: Any, minutes: int = 0) -> Ctx:
        nonlocal moment
        moment = min(moment + dt.timedelta(minutes=minutes), ctx.now)
        return ctx.at(moment).as_actor(actor)

    owner = device.customer
    phone = owner.phones[0].raw if owner.phones else ""
    data = OrderData(  # not one of the units we know: nothing decides on its coverage but a person
        "workshop", case["subject"], channel="visit", customer_id=owner.id, person_phone=phone, source="demo"
    )
    order = services.open_order(then(taker), data)
    told = case.get("review", "accepted")
    workshop.review_application(then(taker, 15), order.id, told, "phone", case.get("note", ""))
    if told != "accepted":
        return
    services.choose_work_kind(then(taker, 2), order.id, "free", case["why"])
    day = (moment + dt.timedelta(days=case.get("back_in", 5))).astimezone(ctx.tz).date()
    item = workshop.take_in(
        then(taker, 20), order.id,
        ItemData(
            case["condition"], case["name"], accessories=case.get("accessories", ""), place=case["place"],
            return_on=day,
        ),
    )  # fmt: skip
    for step in case.get("steps", ()):
        _step(step, order.id, item.id, then, {"taker": taker, "worker": worker, "head": head})


def _step(step: dict, order_id: int, item_id: int, then: Any, people: dict[str, Any]) -> None:
    do, worker = step["do"], people["worker"]
    if do == "pass" and worker.user_id is not None:
        workshop.pass_on(then(people["taker"], 25), item_id, worker.user_id, step["place"])
    elif do == "work":
        workshop.add_entry(then(worker, step["minutes"]), item_id, EntryData("work", step["what"], step["minutes"]))
    elif do == "part":
        used = EntryData("part", step["what"], None, step["code"], Decimal(step.get("n", 1)))
        workshop.add_entry(then(worker, 5), item_id, used)
    elif do == "test":
        bad = {"functions": ("not_ok", step["bad"])} if "bad" in step else {}
        workshop.record_test(then(worker, 40), item_id, TestData(GOOD | bad))
    elif do == "inspect":
        workshop.inspect(then(people["head"], 30), item_id, step.get("note", ""))
    elif do == "back":
        workshop.hand_back(then(people["taker"], 300), item_id, ReturnData(**step["given"]))
    else:
        _of_order(step, order_id, then, people)


def _of_order(step: dict, order_id: int, then: Any, people: dict[str, Any]) -> None:
    do, taker, worker = step["do"], people["taker"], people["worker"]
    if do == "start":
        services.start(then(worker, 10), order_id)
    elif do == "finish":
        services.finish(then(worker, 10), order_id, ResultData("solved", step["text"], "defect"))
    elif do == "close":
        services.confirm(then(taker, 5), order_id)
        services.close(then(taker, 5), order_id)
    elif do == "cancel":
        services.cancel(then(taker, 60), order_id, step["text"])
