"""Believable records for the demonstration, a module per part: ``FILLS`` are called in turn with (ctx, rng)."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.api import Ctx
from plugins.workforce.demo import duty, skills, training
from plugins.workforce.demo.words import planner

FILLS: tuple[Callable[[Ctx, random.Random], None], ...] = (skills.fill, duty.fill, training.fill)


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company with what every part of workforce keeps about its people."""
    ctx = ctx.as_actor(planner(ctx))
    for part in FILLS:
        part(ctx, random.Random(seed))
