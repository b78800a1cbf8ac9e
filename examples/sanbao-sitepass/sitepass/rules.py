"""Pure decisions."""

from __future__ import annotations

import datetime as dt


def back_by(lent_on: dt.date, days: int) -> dt.date:
    """The last day on which a pass may still be with us; the day on which it was lent counts."""
    return lent_on + dt.timedelta(days=max(days, 1) - 1)


def is_late(due: dt.date | None, today: dt.date) -> bool:
    """Whether a pass should have gone back before ``today``."""
    return due is not None and due < today
