"""Believable records for the demonstration, a module per part: ``FILLS`` are called in turn with (ctx, rng)."""

from __future__ import annotations

import random
from collections.abc import Callable

from core.api import Ctx
from plugins.callback.demo import calling, calls, desk, plan, surveys
from plugins.callback.demo.words import planner

FILLS: tuple[Callable[[Ctx, random.Random], None], ...] = (plan.fill, calls.fill, surveys.fill, calling.fill, desk.fill)


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company with what every part of callback keeps."""
    ctx = ctx.as_actor(planner(ctx))
    for part in FILLS:
        part(ctx, random.Random(seed))
