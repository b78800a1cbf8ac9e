"""Transfers on every step: received with one piece lacking, on their way, being put together, to be accepted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.api import Ctx
from plugins.inventory.queries.transfers import lines_of
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import scanning, transfers
from plugins.inventory.transfer_contracts import TransferArrival, TransferData, TransferLineData


def fill(ctx: Ctx, words: dict[str, Any], made: dict[str, int], where: dict[str, int]) -> None:
    """Three to the regional store, one into the van of a technician."""
    told = words["transfers"]
    belt, filters = list(made.values())[0], list(made.values())[3]
    week = ctx.at(ctx.now - dt.timedelta(days=5))
    to_north = TransferData(where["main"], where["north"], told["refill"])
    first = transfers.hand(week, to_north, [TransferLineData(belt, Decimal(3)), TransferLineData(filters, Decimal(2))])
    lines = lines_of(week, first.id)
    came = [TransferArrival(lines[0].id, Decimal(3)), TransferArrival(lines[1].id, Decimal(1))]
    transfers.receive(week, first.id, came, complete=True)
    second = transfers.hand(ctx, to_north, [TransferLineData(filters, Decimal(1)), TransferLineData(belt, Decimal(2))])
    label = scanning.scan(ctx, Scanning("take"), second.number, "").state
    scanning.scan(ctx, label, next(code for code, number in made.items() if number == belt), "")
    third = transfers.draw_up(ctx, to_north)
    transfers.add_line(ctx, third.id, TransferLineData(belt, Decimal(1)))
    transfers.hand(ctx, TransferData(where["main"], where["van"], told["van"]), [TransferLineData(belt, Decimal(1))])
