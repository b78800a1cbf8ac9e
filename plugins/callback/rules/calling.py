"""When a call is due and until when it is held by one person. Pure."""

from __future__ import annotations

import datetime as dt


def part_of(time: dt.time, afternoon: int, evening: int) -> int:
    """The part of the day: 0 until the hour ``afternoon``, 2 from the hour ``evening`` on, 1 between them."""
    if time.hour >= evening:
        return 2
    return 1 if time.hour >= afternoon else 0


def after_try(then: str, after: int | None, now: dt.datetime, last: dt.datetime) -> tuple[str, dt.datetime | None]:
    """What becomes of a call after an attempt in vain: (again, plan_anew or end; when it is tried again).

    Tried again only before ``last``, the end of its span of days: otherwise it is planned anew. A rule that names no
    minutes tries again at once.
    """
    if then != "again":
        return then, None
    at = now + dt.timedelta(minutes=after or 0)
    return ("again", at) if at < last else ("plan_anew", None)
