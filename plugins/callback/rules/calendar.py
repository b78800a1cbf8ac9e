"""Months and quarters as planning counts them."""

from __future__ import annotations

import datetime as dt

_DAY = dt.timedelta(days=1)


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day of the month.

    >>> month_of(dt.date(2026, 2, 14))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    first = day.replace(day=1)
    return first, months_later(first, 1) - _DAY


def quarter_of(day: dt.date) -> tuple[dt.date, dt.date, str]:
    """The first and the last day of the quarter, and what it is called: ``2026-Q4``."""
    number = (day.month - 1) // 3
    first = dt.date(day.year, 3 * number + 1, 1)
    return first, months_later(first, 3) - _DAY, f"{day.year}-Q{number + 1}"


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day of a later (or earlier) month, or that month's last day where it has fewer days."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    month += 1
    for number in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month, number)
        except ValueError:
            continue
    raise ValueError(f"no day {months} months after {day}")
