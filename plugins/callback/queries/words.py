"""Codes of callback in words."""

from __future__ import annotations

from core.api import _
from plugins.callback.contracts import PART_WORDS, WEEKDAY_WORDS
from plugins.callback.models import Preference
from plugins.callback.models.calls import ALL_DAYS, ALL_PARTS


def places(mask: int) -> list[int]:
    """The places of the bits that are set, the lowest is 0."""
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def wishes_words(row: Preference | None) -> str:
    """``Monday, Tuesday; Morning``: when a customer wishes to be called; empty for at any time."""
    if row is None:
        return ""
    days = _(", ").join(_(WEEKDAY_WORDS[place]) for place in places(row.weekdays)) if row.weekdays != ALL_DAYS else ""
    parts = _(", ").join(_(PART_WORDS[place]) for place in places(row.parts)) if row.parts != ALL_PARTS else ""
    return _("; ").join(words for words in (days, parts) if words)
