"""The days that a customer is told for a part. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

LONGEST = 4000
"""Days in a row that are looked through at most."""


def day_after(day: dt.date, n: int, unit: str, is_open: Callable[[dt.date], bool]) -> dt.date:
    """The n-th calendar or working day after ``day``."""
    if unit != "working_days":
        return day + dt.timedelta(days=n)
    left, found = n, day
    for _step in range(LONGEST):
        if left <= 0:
            break
        found += dt.timedelta(days=1)
        left -= is_open(found)
    return found
