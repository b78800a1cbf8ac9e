"""Pure decisions about loaners: whether one is free on the days asked, what became worse, how much it was used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from plugins.inventory.loaner_contracts import GRADE_WORDS, UseFigures

_RANK = {grade: place for place, grade in enumerate(GRADE_WORDS)}


@dataclass(frozen=True)
class Taken:
    """Days on which a loaner is somebody's; ``until`` None: until it is back, whenever that is."""

    loan_id: int
    number: str
    since: dt.date
    until: dt.date | None


def taken_until(state: str, due: dt.date, today: dt.date) -> dt.date | None:
    """The last day on which a loan keeps its loaner. What is overdue, or not yet ready again, has no end."""
    if state == "back" or (state == "out" and due < today):
        return None
    return due


def clash(
    taken: Iterable[Taken], since: dt.date, until: dt.date, spare: int, besides: int | None = None
) -> Taken | None:
    """The first of what is taken that stands against these days. ``spare`` days lie between two loans, to make it
    ready; the loan ``besides`` does not count.
    """
    gap = dt.timedelta(days=spare)
    for one in sorted(taken, key=lambda t: (t.since, t.loan_id)):
        ends = dt.date.max if one.until is None else one.until + gap
        if one.loan_id != besides and one.since <= until + gap and since <= ends:
            return one
    return None


def worse(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The points that came back in a worse grade than they went out. One that was not looked at before was as new."""
    return [
        point for point, grade in after.items()
        if _RANK.get(grade, 0) > _RANK.get(before.get(point, "good"), 0)
    ]  # fmt: skip


def status(
    active: bool, loan_state: str, overdue: bool, place_kind: str, at_home: bool, reserved: bool
) -> str:
    """How a loaner stands, by its loan that is away, where the piece is, and whether somebody waits for it."""
    if not active:
        return "retired"
    if loan_state == "out":
        return "overdue" if overdue else "out"
    if place_kind == "quarantine":
        return "inspection"
    if loan_state == "back":
        return "back"
    if not at_home:
        return "elsewhere"
    return "reserved" if reserved else "free"


@dataclass(frozen=True)
class Stay:
    """A loan as it counts for figures: days of going out and coming back (None: still out), and when it was due."""

    out: dt.date
    back: dt.date | None
    due: dt.date


def figures(stays: Sequence[Stay], pooled: dt.date, left: dt.date | None, since: dt.date, today: dt.date) -> UseFigures:
    """How a loaner was used from ``since`` through ``today``. The days of going out and of coming back both count, a
    day with two loans once; loans count that touch the period.
    """
    first, last = max(since, pooled), min(today, left or today)
    if last < first:
        return UseFigures(0, 0, 0, 0)
    days: set[dt.date] = set()
    touching, late, lengths = 0, 0, []
    for stay in stays:
        back = stay.back or today
        if back < first or stay.out > last:
            continue
        touching += 1
        late += back > stay.due
        lengths.append((back - stay.out).days + 1)
        day = max(stay.out, first)
        while day <= min(back, last):
            days.add(day)
            day += dt.timedelta(days=1)
    average = (Decimal(sum(lengths)) / len(lengths)).quantize(Decimal("0.1")) if lengths else None
    return UseFigures((last - first).days + 1, len(days), touching, late, average)
