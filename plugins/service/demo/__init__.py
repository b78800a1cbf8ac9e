"""Believable orders for the demonstration: the same ones for the same seed. One module per part."""

from __future__ import annotations

import random

from core.api import Ctx
from plugins.service.demo import dispatch, orders, visits, workshop

PARTS = (orders, dispatch, workshop, visits)


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company that has customers with orders, made by the services at past moments."""
    rng = random.Random(seed)
    for part in PARTS:
        part.fill(ctx, rng)
