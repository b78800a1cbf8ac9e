"""A count that is posted, and one that is going on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx
from plugins.inventory.models import Balance, StocktakeLine
from plugins.inventory.queries.stocktake import next_line
from plugins.inventory.services import stocktake
from plugins.inventory.stocktake_contracts import CountData, StocktakeData


def fill(ctx: Ctx, words: dict[str, Any], where: dict[str, int]) -> None:
    """The shelf was counted last week, one piece lacked; the regional store is being counted."""
    told = words["stocktake"]
    week = ctx.at(ctx.now - dt.timedelta(days=4))
    shelf = stocktake.begin(week, StocktakeData(where["shelf"], note=told["monthly"]))
    query = sa.select(StocktakeLine.id).where(StocktakeLine.stocktake_id == shelf.id).order_by(StocktakeLine.id)
    for number, line_id in enumerate(week.session.scalars(query).all()):
        balance = _on_hand(week, line_id)
        lacks = min(balance, Decimal(1)) if number == 0 else Decimal(0)
        stocktake.count(week, line_id, CountData(balance - lacks, note=told["lacks"] if lacks else ""))
    stocktake.finish(week, shelf.id)
    stocktake.post_differences(week, shelf.id)
    store = stocktake.begin(ctx, StocktakeData(where["main"], "cycle", note=told["cycle"]))
    first = next_line(ctx, store.id)
    if first is not None:
        stocktake.count(ctx, first, CountData(_on_hand(ctx, first)))


def _on_hand(ctx: Ctx, line_id: int) -> Decimal:
    line = ctx.session.get(StocktakeLine, line_id)
    if line is None:
        return Decimal(0)
    query = sa.select(Balance.on_hand).where(
        Balance.part_id == line.part_id, Balance.location_id == line.location_id,
        Balance.batch_id.is_not_distinct_from(line.batch_id), Balance.serial_id.is_not_distinct_from(line.serial_id),
    )  # fmt: skip
    return ctx.session.scalar(query) or Decimal(0)
