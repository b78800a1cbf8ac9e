"""Decisions about tools: fixed asset or not, how complete a kit is, what is paid for loss. No database, no clock."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def is_asset(price: Decimal | None, threshold: Decimal | None) -> bool:
    """Whether a tool is a fixed asset: dearer than the threshold; with a threshold of 0 all are, without one none.

    GS-16: "over 1,000 yuan"; AG-16: all of them.
    """
    if threshold is None:
        return False
    return threshold == 0 or (price is not None and price > threshold)


def compensation(price: Decimal, share: Decimal) -> Decimal:
    """What is paid: a share of the price, to the cent."""
    return (price * share).quantize(CENT, ROUND_HALF_UP)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day of a month so many later, the last one where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def months_between(since: dt.date, until: dt.date) -> int:
    """Whole months from one day to another; 0 where the other comes first."""
    months = (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
    return max(months, 0)


@dataclass(frozen=True)
class ToolFacts:
    """What counts of a tool that is assigned to a kit."""

    kind_id: int
    state: str
    inspect_by: dt.date | None = None


@dataclass(frozen=True)
class Readiness:
    """How many tools of a kind are ready, in repair, and there with their inspection expired."""

    ready: int = 0
    in_repair: int = 0
    expired: int = 0


def readiness(tools: Iterable[ToolFacts], today: dt.date) -> dict[int, Readiness]:
    """Kind → how its tools stand. What is lost or retired does not count; what is in custody does: it is in use."""
    counts: dict[int, list[int]] = {}
    for tool in tools:
        of_kind = counts.setdefault(tool.kind_id, [0, 0, 0])
        if tool.state == "repair":
            of_kind[1] += 1
        elif tool.state in ("store", "offered", "custody"):
            of_kind[2 if is_expired(tool.inspect_by, today) else 0] += 1
    return {kind_id: Readiness(*numbers) for kind_id, numbers in counts.items()}


def is_expired(inspect_by: dt.date | None, today: dt.date) -> bool:
    """Whether an inspection holds no longer. It holds through its last day."""
    return inspect_by is not None and inspect_by < today
