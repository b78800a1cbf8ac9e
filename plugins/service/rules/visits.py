"""Visits: in time or not, what a sum of grades says, whether a picture shows anything. No database, no clock."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_SIDE = 2000
"""A drawn signature is no wider or higher than this many points."""


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


def is_drawn(content: bytes) -> bool:
    """Whether bytes are a PNG picture on which something was drawn: not every point looks the same."""
    if not content.startswith(PNG):
        return False
    at, data, size = len(PNG), b"", (0, 0)
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if kind == b"IHDR" and len(body) >= 8:
            size = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            data += body
        at += length + 12
    if not 0 < size[0] <= _SIDE or not 0 < size[1] <= _SIDE:
        return False
    try:
        raw = zlib.decompressobj().decompress(data, size[1] * (size[0] * 4 + 1))
    except zlib.error:
        return False
    return len(set(raw)) > 3  # the filter of a row, nothing at all, white
