"""Believable orders for the demonstration: the same ones for the same seed. One module per part."""

from __future__ import annotations

import random
from dataclasses import replace

from core.api import Ctx
from plugins.service.demo import (
    after,
    daybook,
    dispatch,
    escalation,
    installation,
    late,
    money,
    orders,
    part_waits,
    plans,
    rma,
    rounds,
    slips,
    visits,
    workshop,
)

PARTS = (
    orders, dispatch, workshop, visits, money, plans, slips, after, installation, rounds, rma, late, escalation,
    part_waits, daybook,
)  # fmt: skip


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company that has customers with orders, made by the services at past moments."""
    rng = random.Random(seed)
    ctx = _before_people_are_known(ctx)
    for part in PARTS:
        part.fill(ctx, rng)


def _before_people_are_known(ctx: Ctx) -> Ctx:
    """The same circumstances without the module that says who may be sent: what it knows is filled in after orders."""
    knows = {n for n, p in ctx.registry.plugins.items() if "people_for_order" in p.manifest.provides}
    return replace(ctx, memo={**ctx.memo, "enabled": ctx.enabled - knows})
