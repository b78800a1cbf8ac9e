"""Believable records for the demonstration, a module per part: ``FILLS`` are called in turn with (ctx, rng)."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.api import Ctx
from plugins.workforce.demo import skills

FILLS: tuple[Callable[[Ctx, random.Random], None], ...] = (skills.fill,)


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company with what every part of workforce keeps about its people."""
    for part in FILLS:
        part(ctx, random.Random(seed))
