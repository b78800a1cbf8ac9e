"""Requests of a technician: handed over, to be picked, short, refused, being written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.api import Ctx, RecordRef
from plugins.inventory.part_request_contracts import PartRequestData, Pick
from plugins.inventory.queries.part_requests import to_pick
from plugins.inventory.services import part_requests


def fill(
    ctx: Ctx, words: dict[str, Any], made: dict[str, int], where: dict[str, int], products: list[int]
) -> None:
    """Five requests into the van, one of them for a record."""
    told = words["part_requests"]
    belt, guard, _oil, filters = list(made.values())[:4]
    week = ctx.at(ctx.now - dt.timedelta(days=3))

    def asked(then: Ctx, note: str, *lines: tuple[int, int], **more: Any) -> int:
        row = part_requests.draw_up(then, PartRequestData(to_id=where["van"], note=told[note], **more))
        for part_id, quantity in lines:
            part_requests.save_line(then, row.id, part_id, Decimal(quantity))
        return row.id

    first = asked(week, "refill", (belt, 2), (filters, 1))
    part_requests.ask(week, first)
    picks = [
        Pick(r.part_id, left, r.balance.location_id, r.balance.batch_id, r.balance.serial_id)
        for r, left in to_pick(week, first)
    ]
    part_requests.pick(week, first, picks)
    part_requests.hand_over(week, first, in_person=True)
    about = RecordRef("base.product", products[0]) if products else None
    urgent = asked(ctx, "order", (guard, 2), (belt, 1), about=about, urgency="urgent", needed_by=ctx.today)
    part_requests.ask(ctx, urgent)
    part_requests.ask(ctx, asked(ctx, "many", (filters, 200), urgency="standstill"))
    no = asked(ctx, "refill", (guard, 40))
    part_requests.ask(ctx, no)
    part_requests.refuse(ctx, no, told["refused"])
    asked(ctx, "refill", (filters, 1))
