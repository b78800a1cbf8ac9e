"""Customers with reasons to be called, for measures of the planner: nothing but the rules is needed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from plugins.callback.rules.planning import Customer, Need

FIRST = dt.date(2027, 1, 1)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(90)]
MONTHS = [(dt.date(2027, m, 1), dt.date(2027, m + 1, 1) - dt.timedelta(days=1)) for m in (1, 2, 3)]
A_DAY = 40
"""Calls of an agent on a day."""


def crowd(size: int) -> Iterator[Customer]:
    """So many customers with needs and wishes, always the same."""
    rng = random.Random(2)
    for number in range(1, size + 1):
        needs = [Need(f"delivery:u{number}:2027-Q1", DAYS[0], DAYS[-1])]
        if rng.random() < 0.15:
            needs += [Need(f"new:u{number}:{n}", *span) for n, span in enumerate(MONTHS)]
        if rng.random() < 0.2:
            day = rng.randrange(80)
            needs.append(Need(f"service:{number}:{day}", DAYS[day], DAYS[day + 9]))
        weekdays, parts = 0b1111111, 0b111
        if rng.random() < 0.2:
            weekdays, parts = rng.choice([0b11111, 0b10101, 0b1010, 0b1]), rng.choice([1, 2, 3, 7])
        phone, no_call = rng.random() > 0.02, rng.random() < 0.01
        yield Customer(number, needs, phone=phone, no_call=no_call, weekdays=weekdays, parts=parts)
