"""Pure decisions about complaints: values in, values out. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

PERIOD_OF_REPEATS = dt.timedelta(days=180)
"""Earlier complaints of the same customer within this time count as repeats."""


def reversed_digits(phone: str) -> str:
    """The digits of a number as typed, from back to front, 30 at most: ``138 0013`` → ``3100831``."""
    return "".join(c for c in phone if c.isascii() and c.isdigit())[::-1][:30]


def severity_facts(
    *, injury: bool | None, in_batch: bool | None, unusable: bool | None, repeats: int, kind: str, category: str
) -> dict:
    """Facts of the table ``complaints.severity``; what nobody said counts as no."""
    return {
        "injury": bool(injury),
        "batch": bool(in_batch),
        "unusable": bool(unusable),
        "repeats": repeats,
        "kind": kind,
        "category": category or None,
    }


def routing_facts(complaint, product_group: str | None) -> dict:
    """Facts of the table ``complaints.routing``; empty ones are None."""
    return {
        "kind": complaint.kind,
        "category": complaint.category or None,
        "nature": complaint.nature or None,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "region": complaint.region or None,
        "product_group": product_group or None,
        "source": complaint.source or None,
    }


def limit_facts(complaint, today: dt.date) -> dict:
    """Facts of the tables ``complaints.limits`` and ``complaints.escalation``; the clock's name is added later."""
    return {
        "kind": complaint.kind,
        "category": complaint.category or None,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "received": today,
    }


def earliest(moments: Iterable[dt.datetime | None], never: dt.datetime) -> dt.datetime:
    """The earliest of the moments that are given, else ``never``."""
    return min((m for m in moments if m is not None), default=never)


def parse_choices(text: str) -> list[tuple[str, dict[str, str]]]:
    """Choices out of a setting, one per line: ``code: English | 中文``. Lines that don't read so are left out."""
    found = []
    for line in text.splitlines():
        code, colon, labels = line.partition(":")
        english, _bar, chinese = labels.partition("|")
        if colon and code.strip() and english.strip():
            found.append((code.strip(), {"en": english.strip(), "zh": chinese.strip() or english.strip()}))
    return found
