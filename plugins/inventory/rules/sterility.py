"""How long ago something was sold."""

from __future__ import annotations

import datetime as dt

from plugins.inventory.rules.evaluation import months_on


def whole_months(since: dt.date, today: dt.date) -> int:
    """The whole months from a day to today; 0 where that day is to come."""
    months = max(0, (today.year - since.year) * 12 + today.month - since.month)
    while months and months_on(since, months) > today:
        months -= 1
    return months
