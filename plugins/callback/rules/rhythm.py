"""How often somebody is called: from an answer of the plans' table to spans of days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from plugins.callback.rules.calendar import month_of, months_later, quarter_of

ONCE, MONTHLY, QUARTERLY, HALF_YEARLY, YEARLY = "once", "monthly", "quarterly", "half_yearly", "yearly"
RHYTHMS = (ONCE, MONTHLY, QUARTERLY, HALF_YEARLY, YEARLY)
_DAY = dt.timedelta(days=1)
_QUARTERS = {HALF_YEARLY: 2, YEARLY: 4}


@dataclass(frozen=True)
class Rhythm:
    """An answer of the table: how often, from how many days after the beginning on, for how many months (0: always),
    and for a single call within how many days.
    """

    every: str
    after_days: int = 0
    within_days: int = 0
    for_months: int = 0


def due(rhythm: Rhythm, begins: dt.date, quarter: dt.date, deal: int) -> list[tuple[str, dt.date, dt.date]]:
    """When somebody is to be called in the quarter of a day: (tag, first day, last day), each tag once in all quarters.

    ``begins`` is the day from which it counts: delivery, installation, the service. A single call belongs to the
    quarter in which its days begin. One that comes every half year or year falls into one quarter; ``deal`` (a number
    of the customer) spreads them evenly over the quarters. Whoever comes in after that quarter is called in the last.
    """
    first, last, code = quarter_of(quarter)
    start = begins + rhythm.after_days * _DAY
    end = months_later(begins, rhythm.for_months) - _DAY if rhythm.for_months else dt.date.max
    if rhythm.every == ONCE:
        return [(start.isoformat(), start, start + rhythm.within_days * _DAY)] if first <= start <= last else []
    if rhythm.every == MONTHLY:
        spans = [(f"{day:%Y-%m}", *month_of(day)) for day in (months_later(first, n) for n in range(3))]
    elif rhythm.every == QUARTERLY or _falls(rhythm.every, first, start, deal):
        spans = [(code if rhythm.every == QUARTERLY else _tag(rhythm.every, first), first, last)]
    else:
        spans = []
    return [(tag, max(a, start), min(b, end)) for tag, a, b in spans if max(a, start) <= min(b, end)]


def _tag(every: str, first: dt.date) -> str:
    return str(first.year) if every == YEARLY else f"{first.year}-H{1 + (first.month > 6)}"


def _falls(every: str, first: dt.date, start: dt.date, deal: int) -> bool:
    """Whether the quarter that begins on ``first`` is the one of its half year or year in which the call falls."""
    size = _QUARTERS[every]
    here = (first.month - 1) // 3 % size
    own = deal % size
    opening = months_later(first, 3 * (own - here))
    late = start > months_later(opening, 3) - _DAY
    return here == (size - 1 if late else own)
