"""What a test showed, whether an item may go back, and what is still missing. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

NOT_OK = ("no", "not_ok")
WITHOUT_REPAIR = ("refused", "not_solved", "no_fault", "solved_by_phone", "answered")
"""Outcomes after which there is no repair to test."""
MAY_GO_BACK = ("done", "confirmed", "closed", "archived", "cancelled")
"""States of an order in which its items are handed back."""


def plain_number(quantity: Decimal) -> str:
    """A quantity without needless noughts: ``2``, ``0.5``."""
    return f"{quantity.normalize():f}"


def number_of(text: str) -> Decimal | None:
    """The number typed, None when it is none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def point_ok(item: Any, value: str) -> bool:
    """Whether the answer to a point of a checklist (type, minimum, maximum) is good."""
    if value in NOT_OK:
        return False
    if item.type == "number" and value:
        number = number_of(value)
        if number is None:
            return False
        return (item.minimum is None or number >= item.minimum) and (item.maximum is None or number <= item.maximum)
    return True


def wrong_answer(item: Any, value: str, remark: str) -> str:
    """What a given answer lacks: ``missing``, ``bad_choice``, ``no_number`` or ``remark``; empty when it lacks nothing.

    What is not OK needs a remark wherever the point says so.
    """
    if not value:
        return "missing" if item.required and item.type != "photo" else ""
    options = [code for code, _words in item.options()]
    if options and value not in options:
        return "bad_choice"
    if item.type == "number" and number_of(value) is None:
        return "no_number"
    return "remark" if item.remark and not point_ok(item, value) and not remark else ""


def passed(points: Iterable[Mapping[str, Any]]) -> bool:
    """Whether every point of a test is good."""
    return all(point["ok"] for point in points)


def repair_state(entries: Sequence[Any], tests: Sequence[Any]) -> str:
    """``none`` without a test, ``failed`` when the newest did, ``stale`` when work went on after it, else ``passed``.

    ``entries`` (those not struck out) and ``tests`` are in the order in which they were written down, each with ``at``.
    """
    if not tests:
        return "none"
    newest = tests[-1]
    if not newest.passed:
        return "failed"
    return "stale" if any(e.at > newest.at for e in entries) else "passed"


def inspected(item: Any, entries: Sequence[Any], tests: Sequence[Any]) -> bool:
    """Whether the head looked at the item after the last work and the last test (VCH-7)."""
    if item.inspected_at is None:
        return False
    return all(row.at <= item.inspected_at for row in (*entries, *tests))
