"""An order that waits for a part from abroad, the customer told from when to when it is expected."""

from __future__ import annotations

import datetime as dt
import random
from contextlib import suppress
from pathlib import Path

from core.api import Ctx, DomainError, read_data_file, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import OrderData
from plugins.service.demo.orders import devices_of
from plugins.service.part_wait_contracts import PartWaitData
from plugins.service.services import part_waits

CASE = Path(__file__).parents[1] / "data" / "demo" / "part_waits.yaml"


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """Promised once from the country, then anew from abroad."""
    case = read_data_file(CASE)[ctx.company.locale]
    devices = devices_of(ctx)
    if not devices:
        return
    with transaction(ctx), use_locale(ctx.company.locale), suppress(DomainError):
        then = ctx.at(ctx.now - dt.timedelta(days=4))
        data = OrderData(subject=case["subject"], device_id=devices[len(devices) // 2].id, source="demo")
        order = services.open_order(then, data)
        services.accept(then, order.id)
        first = PartWaitData(case["part"], "country", case["number"], explanation=case["told"])
        part_waits.await_part(ctx.at(ctx.now - dt.timedelta(days=3)), order.id, first)
        anew = PartWaitData(case["part"], "abroad", case["number"], explanation=case["told"], reason=case["why"])
        part_waits.await_part(ctx.at(ctx.now - dt.timedelta(days=1)), order.id, anew)
