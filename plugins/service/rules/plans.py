"""When the next visit of a preventive plan is due. Pure: days in, days out."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.service.plan_contracts import PlanStart

FIXED, DRIFTING = "fixed", "drifting"
DAYS, WEEKS, MONTHS = "days", "weeks", "months"
EARLIER, LATER, AS_IS = "earlier", "later", "as_is"
RHYTHMS, PERIODS, CLOSED_DAYS = (FIXED, DRIFTING), (DAYS, WEEKS, MONTHS), (EARLIER, LATER, AS_IS)
MAY = {"pause": ("active",), "resume": ("paused",), "end": ("active", "paused")}
"""From which states of a plan each step leads."""

LONGEST_CLOSURE = 400
"""Days in a row without one to work on, after which a calendar counts as never open."""
_TRIES = 1000
_LAST_YEAR = 2190

IsOpen = Callable[[dt.date], bool]


@dataclass(frozen=True)
class Rhythm:
    """Every ``every`` days, weeks or months, until ``ends_on``; a due day on which nobody works moves as
    ``closed_days`` says.
    """

    every: int
    period: str
    closed_days: str = LATER
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class Due:
    """An occurrence: the day that the rhythm names, and the day on which it is due."""

    nominal: dt.date
    due: dt.date


def stepped(anchor: dt.date, every: int, period: str, times: int) -> dt.date:
    """``anchor`` and ``times`` steps on. Months count from the anchor: 31 January, 28 February, 31 March."""
    if period != MONTHS:
        return anchor + dt.timedelta(days=every * times * (7 if period == WEEKS else 1))
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + every * times, 12)
    return dt.date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def moved(day: dt.date, how: str, is_open: IsOpen, first: dt.date, last: dt.date | None) -> dt.date | None:
    """The day on which ``day`` is kept: itself where it is worked, else the nearest working day on the side wanted;
    on the other side where that lies before ``first`` or after ``last``. None: neither side has one.
    """
    if how == AS_IS or is_open(day):
        return day
    sides = (-1, 1) if how == EARLIER else (1, -1)
    for side in sides:
        for distance in range(1, LONGEST_CLOSURE + 1):
            near = day + dt.timedelta(days=side * distance)
            if near < first or (last is not None and near > last):
                break
            if is_open(near):
                return near
    return None


def following(
    rhythm: Rhythm, is_open: IsOpen, *, anchor: dt.date, first: dt.date, after: Due | None = None
) -> Due | None:
    """The next occurrence, counted in steps from ``anchor``, none of them before ``first``, later than ``after``.

    Occurrences that move onto the day of the former one fall together with it. None: the plan is over, or its calendar
    never open.
    """
    lowest = max(first, after.nominal) if after is not None else first
    for times in itertools.islice(itertools.count(_times_before(rhythm, anchor, lowest)), _TRIES):
        nominal = stepped(anchor, rhythm.every, rhythm.period, times)
        if nominal.year > _LAST_YEAR or (rhythm.ends_on is not None and nominal > rhythm.ends_on):
            return None
        if nominal < first or (after is not None and nominal <= after.nominal):
            continue
        due = moved(nominal, rhythm.closed_days, is_open, first, rhythm.ends_on)
        if due is not None and (after is None or due > after.due):
            return Due(nominal, due)
    return None


def forecast(
    rhythm: Rhythm, is_open: IsOpen, *, drifting: bool, anchor: dt.date, first: dt.date, after: Due | None = None
) -> Iterator[Due]:
    """The occurrences to come. Those that drift are reckoned as if each visit were done on its due day."""
    while (found := following(rhythm, is_open, anchor=anchor, first=first, after=after)) is not None:
        yield found
        after = found
        if drifting:
            anchor, first = found.due, max(first, found.due + dt.timedelta(days=1))


def _times_before(rhythm: Rhythm, anchor: dt.date, day: dt.date) -> int:
    """So many steps lead from the anchor to somewhat before the day."""
    if rhythm.period == MONTHS:
        passed = (day.year - anchor.year) * 12 + day.month - anchor.month
    else:
        passed = (day - anchor).days // (7 if rhythm.period == WEEKS else 1)
    return max(0, passed // rhythm.every - 1)


def starts_of(outputs: Iterable[Mapping[str, Any]]) -> list[PlanStart]:
    """The plans that begin, of several rows with one code the first; ``apply`` no takes it out."""
    found: dict[str, PlanStart | None] = {}
    for out in outputs:
        said = {k: v for k, v in out.items() if v is not None}
        names = {"en": str(said.pop("name_en")), "zh": str(said.pop("name_zh"))}
        applies = said.pop("apply", True)
        if said["code"] not in found:
            found[str(said["code"])] = PlanStart(name=names, **said) if applies else None
    return [start for start in found.values() if start is not None]
