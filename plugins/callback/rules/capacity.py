"""How many calls somebody can make in the parts of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

Span = tuple[dt.datetime, dt.datetime]
MINUTE = dt.timedelta(minutes=1)


def without(spans: Iterable[Span], away: Sequence[Span]) -> list[Span]:
    """What is left of ``spans`` when somebody is away; both in any order."""
    left = sorted(spans)
    for begins, ends in sorted(away):
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, begins)), (max(a, ends), b))
            if piece[0] < piece[1]
        ]  # fmt: skip
    return left


def minutes_by_part(spans: Iterable[Span], day: dt.date, edges: tuple[dt.time, dt.time], tz: dt.tzinfo) -> list[int]:
    """The minutes that fall into the morning, the afternoon and the evening of a day at the company."""
    following = day + dt.timedelta(days=1)
    bounds = [
        dt.datetime.combine(day, dt.time(), tz),
        dt.datetime.combine(day, edges[0], tz),
        dt.datetime.combine(day, edges[1], tz),
        dt.datetime.combine(following, dt.time(), tz),
    ]
    found = [0, 0, 0]
    for begins, ends in spans:
        for part in range(3):
            low, high = max(begins, bounds[part]), min(ends, bounds[part + 1])
            if low < high:
                found[part] += int((high - low) / MINUTE)
    return found


def calls_by_part(minutes: Sequence[int], whole_day: int, calls: int) -> list[int]:
    """How many calls fit: ``calls`` in ``whole_day`` minutes, in proportion, nothing lost by rounding between parts.

    >>> calls_by_part([180, 240, 0], 420, 35)
    [15, 20, 0]
    >>> calls_by_part([50, 50, 0], 420, 35)
    [4, 4, 0]
    """
    found, before, worked = [], 0, 0
    for part in minutes:
        worked += part
        upto = min(calls, worked * calls // whole_day) if whole_day else 0
        found.append(upto - before)
        before = upto
    return found
