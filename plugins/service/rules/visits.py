"""Visits: in time or not, what a sum of grades says, whether a file is a photo. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True)
class Punctuality:
    """``early``, ``in_time`` or ``late``, and by how many minutes."""

    word: str
    minutes: int = 0


def punctuality(
    arrived: dt.datetime,
    agreed_from: dt.datetime | None,
    agreed_until: dt.datetime | None,
    grace: dt.timedelta = dt.timedelta(),
) -> Punctuality | None:
    """How an arrival stands to the appointment; None where there was none. Within ``grace`` of it is in time still;
    minutes begun do not count.
    """
    start, end = agreed_from or agreed_until, agreed_until or agreed_from
    if start is None or end is None:
        return None
    if arrived > end + grace:
        minutes = int((arrived - end).total_seconds() // 60)
        return Punctuality("late", minutes) if minutes else Punctuality("in_time")
    if arrived < start - grace:
        minutes = int((start - arrived).total_seconds() // 60)
        return Punctuality("early", minutes) if minutes else Punctuality("in_time")
    return Punctuality("in_time")


def minutes_between(start: dt.datetime, end: dt.datetime) -> int:
    """Whole minutes from one moment to a later one."""
    return max(int((end - start).total_seconds() // 60), 0)


def worst(grades: Iterable[str], order: tuple[str, ...]) -> str:
    """The worst of the grades given, by ``order`` (best first); empty without any."""
    given = [g for g in grades if g]
    return max(given, key=order.index, default="")


def is_photo(name: str, content: bytes) -> bool:
    """Whether a file is a JPEG or PNG picture, by its name and by what it holds."""
    ending = name.rpartition(".")[2].lower()
    return content.startswith(PNG) if ending == "png" else ending in ("jpg", "jpeg") and content.startswith(JPEG)
