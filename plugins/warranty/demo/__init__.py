"""Believable records for the demonstration, a module per part: ``FILLS`` are called in turn with (ctx, rng)."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.api import Ctx
from plugins.warranty.demo import agreed, coverage, periods, quotes, terms

FILLS: tuple[Callable[[Ctx, random.Random], None], ...] = (
    terms.fill,
    periods.fill,
    quotes.fill,
    agreed.fill,
    coverage.fill,
)


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company that has units with what every part of warranty keeps about them."""
    for part in FILLS:
        part(ctx, random.Random(seed))
