"""When a roster has to be covered, when it is, and where the gaps are. No database, no clock.

Spans are (from, to) pairs of UTC moments, the end not included.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

Span = tuple[dt.datetime, dt.datetime]
DAY = 24 * 60


@dataclass(frozen=True)
class Gap:
    """A time in which fewer people are there than needed."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    have: int


def instant(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """So many minutes after midnight by the clock on the wall, as a UTC moment.

    What the clock skips in spring is the moment an hour later, of what it shows twice in autumn the first is meant.
    """
    local = dt.datetime.combine(day, dt.time(), zone) + dt.timedelta(minutes=minutes)
    return local.astimezone(dt.UTC)


def span_of(day: dt.date, begins: int, ends: int, zone: ZoneInfo) -> Span:
    """From ``begins`` on ``day`` to ``ends``, on the next day where that is not later; equal ones are a whole day."""
    until = ends if ends > begins else ends + DAY
    return instant(day, begins, zone), instant(day, until, zone)


def days_of(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every day from the first to the last."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def daily(first: dt.date, last: dt.date, begins: int, ends: int, zone: ZoneInfo) -> list[Span]:
    """The hours of every day from the first to the last, those that run over midnight whole."""
    return joined([span_of(day, begins, ends, zone) for day in days_of(first, last)])


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order; empty ones are left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def within(spans: Iterable[Span], start: dt.datetime, end: dt.datetime) -> list[Span]:
    """What of these spans lies between two moments."""
    cut = [(max(a, start), min(b, end)) for a, b in spans]
    return [(a, b) for a, b in cut if a < b]


def without(spans: Iterable[Span], away: Iterable[Span]) -> list[Span]:
    """These spans without the time of ``away``."""
    left = joined(spans)
    for gone_from, gone_to in joined(away):
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, gone_from)), (max(a, gone_to), b))
            if piece[0] < piece[1]
        ]
    return left


def gaps_of(needed_at: Iterable[Span], people: Mapping[int, Sequence[Span]], needed: int) -> list[Gap]:
    """Where fewer than ``needed`` of ``people`` (person → spans in which he or she is there) are, in order.

    Neighbouring times with as many people are one gap; how many there are is told.
    """
    windows = joined(needed_at)
    there = [joined(spans) for spans in people.values()]
    moments = sorted({m for spans in (windows, *there) for span in spans for m in span})
    found: list[Gap] = []
    for start, end in zip(moments, moments[1:], strict=False):
        if not any(a <= start < b for a, b in windows):
            continue
        have = sum(any(a <= start < b for a, b in spans) for spans in there)
        if have >= needed:
            continue
        if found and found[-1].ends_at == start and found[-1].have == have:
            found[-1] = Gap(found[-1].starts_at, end, have)
        else:
            found.append(Gap(start, end, have))
    return found


def week_of_cycle(day: dt.date, cycle_from: dt.date, weeks: int) -> int:
    """Which week of a pattern a day falls into, from 1; weeks begin on Monday."""
    return ((monday(day) - monday(cycle_from)).days // 7) % weeks + 1


def monday(day: dt.date) -> dt.date:
    """The Monday of the week."""
    return day - dt.timedelta(days=day.weekday())


def minutes_of(text: str) -> int:
    """Minutes after midnight of ``9:00``. Raises ValueError."""
    hour, _colon, minute = text.strip().partition(":")
    if not (hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit() and len(minute) == 2):
        raise ValueError(text)
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or not 0 <= found < DAY:
        raise ValueError(text)
    return found


def clock_of(minutes: int) -> str:
    """``09:00`` of minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def leave_span(
    first: dt.date, last: dt.date, part: str, begins: int, ends: int, noon: int, zone: ZoneInfo
) -> Span:
    """When somebody is away: whole days, the morning or afternoon of one day, or from one time to another."""
    if part == "morning":
        return instant(first, 0, zone), instant(first, noon, zone)
    if part == "afternoon":
        return instant(first, noon, zone), instant(first, DAY, zone)
    if part == "hours":
        return instant(first, begins, zone), instant(last, ends, zone)
    return instant(first, 0, zone), instant(last, DAY, zone)
