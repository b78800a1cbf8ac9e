"""Adverse events and implants for the demonstration."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, demo_count, read_data_file
from plugins.base import services as base_services
from plugins.base.contracts import CUSTOMER, PRODUCT, UNIT, ProductData
from plugins.vigilance.contracts import Details, EventData, ImplantData
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services import events, implants

_WORDS = Path(__file__).parent / "data" / "demo.yaml"


def fill(ctx: Ctx, seed: int) -> None:
    """Two adverse events, one of them well on its way and one new; implants of a batch in three hospitals."""
    words: dict[str, Any] = read_data_file(_WORDS)["zh" if ctx.company.locale.startswith("zh") else "en"]
    devices, customers = _devices(ctx, words["devices"]), _ids(ctx, CUSTOMER, 3)
    if len(devices) < 2 or len(customers) < 3:
        return
    plate = base_services.save_product(ctx, ProductData(**words["plate"])).id
    week = ctx.at(ctx.now - dt.timedelta(days=5))
    first = events.open_event(
        week, EventData(words["first"], "serious", words["course"], device_id=devices[0], told_by=words["nurse"],
                        patient=words["patient"]),
    )  # fmt: skip
    events.gather(week, first.id, Details(words["operation"], words["usage"], harm="serious"))
    events.conclude(week, first.id, "instrument", words["finding"])
    duties = {duty.kind: duty.id for duty in queries.duties_of(ctx, first.id)}
    events.send_stop(week, duties["stop"], words["nurse"])
    events.finish(week, duties["stop"], words["nurse"], note=words["confirmed"])
    events.finish(week, duties["maker"], words["maker"])
    today = ctx.at(ctx.now - dt.timedelta(minutes=30))
    events.open_event(today, EventData(words["second"], "possible", device_id=devices[1], told_by=words["nurse"]))
    for number in range(demo_count(24, 3)):
        who = number % 3
        implants.record_implant(
            ctx, ImplantData(plate, customers[who], ctx.today - dt.timedelta(days=40 + number),
                             f"IM-{number + 1:03d}", "IM-26A", words["surgeon"], words["patients"][who],
                             f"Z{number + 1:05d}", words["reached"]),
        )  # fmt: skip
    taken = implants.record_implant(
        ctx, ImplantData(plate, customers[0], ctx.today - dt.timedelta(days=200), "IM-900", "IM-25C")
    )
    implants.take_out(ctx, taken.id, ctx.today - dt.timedelta(days=10), words["out"])


def _devices(ctx: Ctx, called: list[str]) -> list[int]:
    """For each word a unit of a product called so; any other where a company sells none."""
    unit: Any = ctx.registry.kinds[UNIT].model
    product: Any = ctx.registry.kinds[PRODUCT].model
    found: list[int] = []
    for word in called:
        query = sa.select(unit.id).join(product, product.id == unit.product_id).order_by(unit.id).limit(1)
        named = ctx.session.scalar(query.where(product.name.contains(word), unit.id.not_in(found)))
        other = named or ctx.session.scalar(query.where(unit.id.not_in(found)))
        found += [other] if other else []
    return found


def _ids(ctx: Ctx, kind: str, most: int) -> list[int]:
    model: Any = ctx.registry.kinds[kind].model
    return list(ctx.session.scalars(sa.select(model.id).order_by(model.id).limit(most)))
