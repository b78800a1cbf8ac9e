"""Facts of the rule tables, distances, and what is compared. No database, no clock."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

EARTH_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""


def reversed_digits(phone: str) -> str:
    """The digits of a number as typed, from back to front, 30 at most: ``138 0013`` → ``3100831``."""
    return "".join(c for c in phone if c.isascii() and c.isdigit())[::-1][:30]


def distance_between(a: tuple[Decimal, Decimal], b: tuple[Decimal, Decimal]) -> Decimal:
    """Kilometres between two (latitude, longitude) as the crow flies, rounded to one place."""
    lat1, lon1, lat2, lon2 = (math.radians(float(v)) for v in (*a, *b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return Decimal(str(round(2 * EARTH_KM * math.asin(math.sqrt(half)), 1)))


def place_of(text: str) -> tuple[Decimal, Decimal] | None:
    """``34.26, 117.18`` as (latitude, longitude); None when it is none."""
    parts = text.replace("，", ",").split(",")
    if len(parts) != 2:
        return None
    try:
        latitude, longitude = (Decimal(p.strip()) for p in parts)
    except ArithmeticError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def limit_facts(order: Any, product_group: str, today: dt.date) -> dict[str, Any]:
    """Facts of the tables ``service.limits`` and ``service.escalation``; the clock's name is added later."""
    return {
        "kind": order.kind,
        "urgency": order.urgency,
        "work_kind": order.work_kind or None,
        "zone": order.zone or None,
        "distance": order.distance_km,
        "product_group": product_group or None,
        "region": order.region or None,
        "channel": order.channel,
        "received": today,
    }


def step_facts(order: Any, product_group: str, agent: bool) -> dict[str, Any]:
    """Facts of the table ``service.steps``."""
    return {
        "kind": order.kind,
        "work_kind": order.work_kind or None,
        "urgency": order.urgency,
        "by_agent": agent,
        "product_group": product_group or None,
        "region": order.region or None,
        "channel": order.channel,
    }


def steps_of(outputs: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Step → what its row says beside it; of several rows for one step the first counts, ``no`` takes it out."""
    found: dict[str, dict[str, Any]] = {}
    for out in outputs:
        step = str(out["step"])
        if step not in found:
            said = {k: v for k, v in out.items() if k != "step" and v is not None}
            found[step] = {k: float(v) if isinstance(v, Decimal) else v for k, v in said.items()}
    return {step: said for step, said in found.items() if said.get("apply") is not False}


def stands_still(outputs: dict[str, Any], waiting: str) -> bool:
    """Whether a clock with these outputs of ``service.limits`` stands still while an order waits for ``waiting``."""
    return bool(waiting) and bool(outputs.get(f"pause_{waiting}"))


def earliest(moments: Iterable[dt.datetime | None], never: dt.datetime) -> dt.datetime:
    """The earliest of the moments that are given, else ``never``."""
    return min((m for m in moments if m is not None), default=never)
