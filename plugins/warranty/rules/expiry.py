"""With which lead somebody is to be told that a warranty ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence


def leads_of(text: str) -> list[int]:
    """The leads in a setting such as ``90, 30``, the longest first; what is no number is left out."""
    parts = (part.strip() for part in text.replace("，", ",").split(","))
    return sorted({int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 5}, reverse=True)


def due_lead(leads: Sequence[int], ends_on: dt.date, today: dt.date, told: int | None) -> int | None:
    """The shortest lead that is reached and was not told of yet; None when there is nothing to tell."""
    left = (ends_on - today).days
    reached = [lead for lead in leads if 0 <= left <= lead]
    if not reached or (told is not None and told <= min(reached)):
        return None
    return min(reached)
