"""An installation under way: some steps accepted, one objected to, somebody to be trained again."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import OrderData
from plugins.service.demo.orders import devices_of, people_with
from plugins.service.install_contracts import AcceptData, ArrangementData, TraineeData
from plugins.service.queries import installation as queries
from plugins.service.services import installation

CASE = Path(__file__).parents[1] / "data" / "demo" / "installation.yaml"


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """The newest unit is being installed since yesterday."""
    case = read_data_file(CASE)[ctx.company.locale]
    devices, workers = devices_of(ctx), people_with(ctx, "service.order.work", "technician")
    workers = workers or people_with(ctx, "service.order.work")
    if not devices or not workers:
        return
    device = devices[0]
    with transaction(ctx), use_locale(ctx.company.locale), suppress(DomainError):
        then = ctx.at(ctx.now - dt.timedelta(hours=26))
        order = services.open_order(
            then,
            OrderData(
                "installation", case["subject"], device_id=device.id, work_kind="free", work_kind_reason=case["why"],
                source="demo",
            ),
        )  # fmt: skip
        services.dispatch(then, order.id, workers[0].user_id or 0)
        there = ctx.at(ctx.now - dt.timedelta(hours=20)).as_actor(workers[0])
        services.start(there, order.id)
        found = queries.installation_of(there, order.id)
        if found is None:
            return
        arranged = ArrangementData(case["access"], case["equipment"], evenings=True, hours_note=case["hours"])
        installation.arrange(there, found.id, arranged)
        steps = queries.steps_of(there, order.id)
        who = device.customer.name
        for step in steps[:3]:
            installation.do_step(there, found.id, step.id)
        signed = AcceptData(who, reason=case["unsigned"])
        installation.accept(there, found.id, [s.id for s in steps[:2]], signed, f"demo-{order.id}-steps")
        installation.object_to_step(there, found.id, steps[2].id, who, case["objection"])
        for paper in queries.papers_of(there, order.id)[:3]:
            installation.hand_paper(there, found.id, paper.id, who, case["edition"])
        installation.train(there, found.id, TraineeData(case["operator"], "again", case["job"], case["note"]))
