"""What parts of the demonstration cost, what changed of it, what waits for a decision."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.api import Ctx
from plugins.inventory.pricing_contracts import PriceData
from plugins.inventory.services import pricing

_PRICES = ("128", "36", "27.5", "63", "148", "238", "1980", "120")


def fill(ctx: Ctx, words: dict[str, Any], made: dict[str, int]) -> None:
    """Every part has a price; one rose since, one rises next month, one is asked for, one was refused."""
    told, parts = words["prices"], list(made.values())
    begun = ctx.at(ctx.now - dt.timedelta(days=58))
    for part_id, price in zip(parts, _PRICES, strict=True):
        _set(begun, part_id, price, begun.today, told["first"])
    _set(ctx.at(ctx.now - dt.timedelta(days=20)), parts[0], "136", ctx.today - dt.timedelta(days=20), told["dearer"])
    _set(ctx, parts[3], "66", ctx.today + dt.timedelta(days=25), told["dearer"])
    pricing.ask_change(ctx, PriceData(parts[2], Decimal(31), ctx.today + dt.timedelta(days=5), told["oil"]))
    refused = pricing.ask_change(ctx, PriceData(parts[1], Decimal(48), ctx.today, told["much"]))
    pricing.refuse(ctx, refused.id, told["refused"])


def _set(ctx: Ctx, part_id: int, price: str, day: dt.date, reason: str) -> None:
    pricing.put_in_force(ctx, pricing.ask_change(ctx, PriceData(part_id, Decimal(price), day, reason)).id)
