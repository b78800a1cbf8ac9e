"""Orders of the last weeks in every state, each taken as far as its case says."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import (
    Actor,
    Ctx,
    DomainError,
    Membership,
    Role,
    demo_count,
    emit,
    read_data_file,
    transaction,
    use_locale,
)
from plugins.base.contracts import UNIT
from plugins.service import services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.demo.installing import install
from plugins.service.demo.paying import settle
from plugins.service.models import Order

UNFINISHED = ("requested", "accepted", "dispatched", "working")
ENDS = ("close", "archive", "cancel")
WEEKS = 13
"""What came to an end is repeated earlier, so that there is a history."""
CASES = Path(__file__).parents[1] / "data" / "demo" / "orders.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Some dozens of orders, the oldest first; what one can't reach (an unpaid consent, say) stays where it stands."""
    data = read_data_file(CASES)[ctx.company.locale]
    cases = data["cases"]
    devices = devices_of(ctx)
    if not devices:
        return
    with transaction(ctx), use_locale(ctx.company.locale):
        takers = people_with(ctx, "service.order.cancel")
        workers = people_with(ctx, "service.order.work", "technician") or takers
        ended = [c for c in cases if c.get("steps") and c["steps"][-1]["do"] in ENDS]
        earlier = [{**c, "days": c["days"] + 9 * week} for week in range(1, demo_count(WEEKS, 7)) for c in ended]
        for number, case in enumerate(sorted([*cases, *earlier], key=lambda c: -c["days"])):
            device = devices[(number * 5 + 2) % len(devices)]
            near = rng.sample(workers, len(workers))
            _case(ctx, rng, case, device, rng.choice(takers), near, data["refused"])
        emit(ctx, "service.demo_filled", orders=len(cases) + len(earlier))


def _case(
    ctx: Ctx, rng: random.Random, case: dict, device: Any, taker: Actor, workers: list[Actor], refused: str
) -> None:
    worker = workers[0]
    at = ctx.at(ctx.now - dt.timedelta(days=case["days"], minutes=rng.randrange(5, 200)))
    given = {k: case[k] for k in ("kind", "urgency", "channel", "zone") if k in case}
    phones = {"person_phone": device.customer.phones[0].raw} if device.customer.phones else {}
    if not case.get("unknown_unit"):
        given["device_id"] = device.id
    else:
        given |= {"serial_told": case["unknown_unit"], "customer_id": device.customer_id}
    order = services.open_order(
        at.as_actor(taker),
        OrderData(
            subject=case["subject"], text=case.get("text", ""), distance_km=case.get("km"), source="demo",
            **given, **phones,
        ),
    )  # fmt: skip
    moment = at.now
    for step in case.get("steps", ()):
        moment = min(moment + dt.timedelta(minutes=rng.randrange(20, 190)), ctx.now)
        actor = taker if step["do"] in ("accept", "dispatch", "close", "choose", "archive", "cancel") else worker
        then = ctx.at(moment).as_actor(actor)
        if step["do"] in ("choose", "consent") and order.coverage_ref is not None and order.work_kind:
            continue  # a module has decided, and asks for the consent to its own quote
        try:
            if step["do"] == "close" and "payment" in order.steps:
                settle(then, order, step.get("price", case.get("price", 90)))
            if step["do"] == "dispatch":
                worker = _sent(then, order, workers)
            else:
                with ctx.session.begin_nested():
                    _step(then, order, step)
        except DomainError:
            if case["days"] > 6 and order.state in UNFINISHED:  # nobody leaves an order lying for weeks
                services.cancel(then.as_actor(taker), order.id, refused)
            return


def _sent(ctx: Ctx, order: Order, workers: list[Actor]) -> Actor:
    """Send the first who may go: certificates and leave may stand in the way."""
    refused: DomainError | None = None
    for worker in workers:
        try:
            with ctx.session.begin_nested():
                services.dispatch(ctx, order.id, worker.user_id or 0)
        except DomainError as error:
            refused = error
        else:
            return worker
    assert refused is not None
    raise refused


def _step(ctx: Ctx, order: Order, step: dict) -> None:
    do, text = step["do"], step.get("text", "")
    if do == "finish":
        install(ctx, order)
        services.finish(ctx, order.id, ResultData(step.get("outcome", "solved"), text, step.get("cause", "")))
    elif do == "guide":
        services.guide(ctx, order.id, text, step.get("result", "trying"))
    elif do == "choose":
        services.choose_work_kind(ctx, order.id, step["work_kind"], text)
    elif do == "consent":
        services.record_consent(ctx, order.id, step.get("how", "phone"), "", text)
    elif do == "wait":
        services.wait(ctx, order.id, step["waiting"], text)
    elif do in REASONED:
        REASONED[do](ctx, order.id, text)
    elif do in PLAIN:
        PLAIN[do](ctx, order.id)


PLAIN: dict[str, Any] = {
    "accept": services.accept, "start": services.start, "confirm": services.confirm, "close": services.close,
    "archive": services.archive, "silence": services.tell_silence, "resume": services.resume,
}
REASONED: dict[str, Any] = {
    "come_again": services.come_again, "object": services.object_to_result, "cancel": services.cancel,
    "answer": services.answer,
}


def devices_of(ctx: Ctx) -> list[Any]:
    """Units of customers, on which orders may be taken in."""
    model: Any = ctx.registry.kinds[UNIT].model
    query = sa.select(model).where(model.customer_id.is_not(None), model.merged_into_id.is_(None))
    return list(ctx.session.scalars(query.order_by(model.sale_date.desc().nulls_last(), model.id).limit(40)))


def people_with(ctx: Ctx, permission: str, role: str = "") -> list[Actor]:
    """Those who hold a right (and a role), as actors with what their roles give them; without a role named the system
    where nobody does.
    """
    rights = {code: set(p) for code, p in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    found = []
    query = sa.select(Membership).where(Membership.active.is_(True)).order_by(Membership.id)
    for member in ctx.session.scalars(query):
        mine = set().union(*(rights.get(code, set()) for code in member.role_codes))
        if permission in mine and member.user and (not role or role in member.role_codes):
            found.append(Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes)))
    return found or ([] if role else [ctx.actor])
