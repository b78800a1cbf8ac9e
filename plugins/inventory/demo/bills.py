"""Bills of assemblies for the demonstration: what the control unit is made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.api import Ctx
from plugins.inventory.contracts import BillLineData
from plugins.inventory.services import bills


def fill(ctx: Ctx, made: dict[str, int]) -> None:
    """The last but one part of the catalogue is made of the seal kit and the filter; the filter once was of another."""
    codes = list(made)
    whole, filter_, seal = made[codes[6]], made[codes[3]], made[codes[5]]
    then = ctx.today - dt.timedelta(days=200)
    bills.save_line(ctx, BillLineData(seal, Decimal(2), whole, since=then))
    bills.save_line(ctx, BillLineData(filter_, Decimal(1), whole, since=then))
    bills.save_line(ctx, BillLineData(made[codes[1]], Decimal(3), whole, until=then))
    bills.save_line(ctx, BillLineData(whole, Decimal(1)))
