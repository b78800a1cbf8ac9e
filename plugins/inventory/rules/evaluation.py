"""What lines of orders say of a supplier: shares in per cent, each line counting as much as another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Line:
    """What was ordered, until when, what came until then, what came at all, and how much of that was rejected.

    ``due`` None: nobody knows. ``in_time`` None: when it came is not known.
    """

    quantity: Decimal
    received: Decimal
    rejected: Decimal
    due: dt.date | None
    in_time: Decimal | None


def _average(shares: Sequence[Decimal]) -> Decimal | None:
    return (sum(shares, Decimal(0)) / len(shares)).quantize(Decimal("0.1")) if shares else None


def on_time(lines: Iterable[Line]) -> Decimal | None:
    """How many lines came in full by their day."""
    judged = [x for x in lines if x.due is not None and x.in_time is not None]
    return _average([HUNDRED if x.in_time is not None and x.in_time >= x.quantity else Decimal(0) for x in judged])


def rejected(lines: Iterable[Line]) -> Decimal | None:
    """How much of what came was rejected."""
    came = [x for x in lines if x.received > 0]
    return _average([min(x.rejected, x.received) * HUNDRED / x.received for x in came])


def made_good(returns: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Of what went back (quantity, settled): how much was made good."""
    return _average([settled * HUNDRED / quantity for quantity, settled in returns])


def average(scores: Iterable[int]) -> Decimal | None:
    """The average of scores by hand."""
    return _average([Decimal(score) for score in scores])


def months_on(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))
