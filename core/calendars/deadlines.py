"""When a limit runs out: pure arithmetic for clocks, over a calendar.

Each unit has a *running time*. Limits in working seconds, minutes, hours or days run only while the calendar is open;
limits in elapsed minutes or hours, calendar days or months run round the clock. A pause moves the deadline by the
running time inside it, so a night's pause moves an eight-working-hours limit by nothing and a 24-hours limit by the
night. The moved deadline of a day or month limit keeps its hour: one full working day of pause moves closing time
on Wednesday to closing time on Thursday, half a day to the middle of Thursday.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from core.calendars.engine import Calendar
from core.errors import Invalid
from core.i18n import _, n_


class Unit(StrEnum):
    """What a limit is counted in. The values are what decision tables and settings store."""

    WORKING_SECONDS = "working_seconds"
    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    ELAPSED_MINUTES = "elapsed_minutes"
    ELAPSED_HOURS = "elapsed_hours"
    CALENDAR_DAYS = "calendar_days"
    CALENDAR_MONTHS = "calendar_months"


_SECONDS = {
    Unit.WORKING_SECONDS: 1, Unit.WORKING_MINUTES: 60, Unit.WORKING_HOURS: 3600,
    Unit.ELAPSED_MINUTES: 60, Unit.ELAPSED_HOURS: 3600,
}
_WORKING = {Unit.WORKING_SECONDS, Unit.WORKING_MINUTES, Unit.WORKING_HOURS, Unit.WORKING_DAYS}


@dataclass(frozen=True)
class Limit:
    """How long something may take: ``Limit(8, Unit.WORKING_HOURS)``.

    ``count_start_day`` concerns days and months: the start day doesn't count unless asked (Civil Code art. 201).
    ``roll`` concerns calendar days and months: a last day that is no working day moves to the next working day
    (Civil Code art. 203).
    """

    amount: Decimal
    unit: Unit
    count_start_day: bool = False
    roll: bool = False

    def __init__(self, amount: Decimal | int, unit: Unit | str, count_start_day: bool = False, roll: bool = False):
        if isinstance(amount, (bool, float)) or not Decimal(amount).is_finite() or amount <= 0:
            raise Invalid("bad_limit", _("A limit must be more than nothing."), field="amount")
        try:
            unit = Unit(unit)
        except ValueError:
            known = ", ".join(Unit)
            message = _("“{unit}” is no unit of a limit. Units: {known}.", unit=unit, known=known)
            raise Invalid("bad_limit", message, field="unit") from None
        if unit not in _SECONDS and Decimal(amount) != int(amount):
            raise Invalid("bad_limit", _("Days and months must be whole."), field="amount")
        for name, value in (("amount", Decimal(amount)), ("unit", unit), ("count_start_day", count_start_day),
                            ("roll", roll)):
            object.__setattr__(self, name, value)

    @property
    def runs_in_working_time(self) -> bool:
        """Whether time outside the opening hours doesn't count for this limit."""
        return self.unit in _WORKING

    def words(self) -> str:
        """The limit in the language of the moment, such as “8 working hours”."""
        plain = f"{self.amount.normalize():f}"
        n = int(self.amount) if self.amount == int(self.amount) else 2
        return _in_words(self.unit, n, plain)


@dataclass(frozen=True)
class Pause:
    """The clock stood still from ``start`` to ``end``; ``end`` is None while it still does."""

    start: dt.datetime
    end: dt.datetime | None = None


@dataclass(frozen=True)
class Progress:
    """Where a clock stands at one moment. ``due`` and ``warn_at`` move on while a pause is open."""

    due: dt.datetime
    warn_at: tuple[dt.datetime, ...]
    used: dt.timedelta
    total: dt.timedelta

    @property
    def share(self) -> float:
        """Share of the limit used up, from 0 to beyond 1."""
        return self.used / self.total

    @property
    def remaining(self) -> dt.timedelta:
        """Running time left; negative once overdue."""
        return self.total - self.used


def due(
    calendar: Calendar,
    start: dt.datetime,
    limit: Limit,
    pauses: Iterable[Pause] = (),
    now: dt.datetime | None = None,
) -> dt.datetime:
    """When the limit runs out: the first instant, in UTC, at which it is used up.

    For a pause still open give ``now``; the answer then is what it would be if the clock ran on from now.
    """
    return _moved(_running(calendar, limit), _closed(pauses, start, now), _unpaused_due(calendar, start, limit))


def warn_at(
    calendar: Calendar,
    start: dt.datetime,
    limit: Limit,
    share: Decimal | str,
    pauses: Iterable[Pause] = (),
    now: dt.datetime | None = None,
) -> dt.datetime:
    """When ``share`` of the limit (more than 0, at most 1, such as ``Decimal("0.8")``) is used up."""
    part = Decimal(share)
    if not 0 < part <= 1:
        raise Invalid("bad_share", _("A warning share must be more than 0 and at most 1."), field="share")
    run = _running(calendar, limit)
    micro = run.between(start, _unpaused_due(calendar, start, limit)) // dt.timedelta(microseconds=1)
    moment = run.add(start, dt.timedelta(microseconds=int(micro * part)))
    return _moved(run, _closed(pauses, start, now), moment)


def used(
    calendar: Calendar, start: dt.datetime, limit: Limit, now: dt.datetime, pauses: Iterable[Pause] = ()
) -> dt.timedelta:
    """Running time of the limit used up from ``start`` until ``now``, pauses left out; nothing before ``start``."""
    if now <= start:
        return dt.timedelta(0)
    run = _running(calendar, limit)
    paused = (run.between(a, min(b, now)) for a, b in _closed(pauses, start, now) if a < now)
    return run.between(start, now) - sum(paused, dt.timedelta(0))


def share_of(
    calendar: Calendar, start: dt.datetime, limit: Limit, now: dt.datetime, pauses: Iterable[Pause] = ()
) -> float:
    """The share of the limit used up at ``now``; 1 or more means it has run out."""
    return progress(calendar, start, limit, now, pauses).share


def progress(
    calendar: Calendar,
    start: dt.datetime,
    limit: Limit,
    now: dt.datetime,
    pauses: Iterable[Pause] = (),
    warn_shares: Sequence[Decimal | str] = (),
) -> Progress:
    """Everything a page or a sweep wants to know about a clock at ``now``."""
    breaks = tuple(pauses)
    return Progress(
        due=due(calendar, start, limit, breaks, now),
        warn_at=tuple(warn_at(calendar, start, limit, share, breaks, now) for share in warn_shares),
        used=used(calendar, start, limit, now, breaks),
        total=_running(calendar, limit).between(start, _unpaused_due(calendar, start, limit)),
    )


class _Time(Protocol):
    """A way of counting time: working time of a calendar, or time as it passes."""

    def add(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime: ...

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta: ...


class _Elapsed:
    """Time as it passes, in instants: an hour is an hour across a change of the clocks."""

    def add(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        return start.astimezone(dt.UTC) + amount

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        return end.astimezone(dt.UTC) - start.astimezone(dt.UTC)


def _running(calendar: Calendar, limit: Limit) -> _Time:
    return calendar if limit.runs_in_working_time else _Elapsed()


def _unpaused_due(calendar: Calendar, start: dt.datetime, limit: Limit) -> dt.datetime:
    if limit.unit in _SECONDS:
        micro = limit.amount * _SECONDS[limit.unit] * 1_000_000
        return _running(calendar, limit).add(start, dt.timedelta(microseconds=int(micro)))
    if limit.unit is Unit.WORKING_DAYS:
        return _end_of_working_days(calendar, start, limit)
    return _end_of_last_day(calendar, start, limit)


def _end_of_working_days(calendar: Calendar, start: dt.datetime, limit: Limit) -> dt.datetime:
    """Closing time of the last day. What starts after closing can't be due before it starts: that day doesn't count."""
    days = int(limit.amount)
    if limit.count_start_day:
        spans = calendar.opening_spans(start.astimezone(calendar.zone).date())
        if spans and start < spans[-1][1]:
            return calendar.add_days(start, days, count_start_day=True)
    return calendar.add_days(start, days)


def _end_of_last_day(calendar: Calendar, start: dt.datetime, limit: Limit) -> dt.datetime:
    """24:00 of the last calendar day (Civil Code arts. 201 to 203)."""
    day, number = start.astimezone(calendar.zone).date(), int(limit.amount)
    try:
        if limit.unit is Unit.CALENDAR_DAYS:
            last = day + dt.timedelta(days=number - limit.count_start_day)
        else:
            last = _months_later(day, number, limit.count_start_day)
        if limit.roll:
            midnight = dt.datetime.combine(last, dt.time(), calendar.zone)
            last = calendar.next_opening(midnight).astimezone(calendar.zone).date()
        end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), calendar.zone)
    except (OverflowError, ValueError):
        raise Invalid("out_of_range", _("The limit reaches beyond all calendars."), field="amount") from None
    return end.astimezone(dt.UTC)


def _months_later(day: dt.date, months: int, count_start_day: bool) -> dt.date:
    """The corresponding day, else the last day of the month (Civil Code art. 202).

    A start day that counts makes it one day earlier; where there is no corresponding day that day is already gone.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    if day.day > length:
        return dt.date(year, month + 1, length)
    return dt.date(year, month + 1, day.day) - dt.timedelta(days=count_start_day)


def _closed(
    pauses: Iterable[Pause], start: dt.datetime, now: dt.datetime | None
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The pauses after ``start``, ended, joined where they overlap, in order."""
    result: list[tuple[dt.datetime, dt.datetime]] = []
    for pause in sorted(pauses, key=lambda p: p.start):
        end = pause.end if pause.end is not None else now
        if end is None:
            raise Invalid("open_pause", _("The clock is paused: say until when to reckon."))
        begin = max(pause.start, start)
        if end <= begin:
            continue
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def _moved(run: _Time, pauses: list[tuple[dt.datetime, dt.datetime]], moment: dt.datetime) -> dt.datetime:
    """``moment`` moved by each pause that begins before it; a pause after the deadline comes too late."""
    for begin, end in pauses:
        if begin >= moment:
            break
        moment = run.add(moment, run.between(begin, end))
    return moment


def _in_words(unit: Unit, n: int, plain: str) -> str:
    """Whole sentences per unit, because languages count differently."""
    if unit is Unit.WORKING_SECONDS:
        return n_("{amount} working second", "{amount} working seconds", n, amount=plain)
    if unit is Unit.WORKING_MINUTES:
        return n_("{amount} working minute", "{amount} working minutes", n, amount=plain)
    if unit is Unit.WORKING_HOURS:
        return n_("{amount} working hour", "{amount} working hours", n, amount=plain)
    if unit is Unit.WORKING_DAYS:
        return n_("{amount} working day", "{amount} working days", n, amount=plain)
    if unit is Unit.ELAPSED_MINUTES:
        return n_("{amount} minute", "{amount} minutes", n, amount=plain)
    if unit is Unit.ELAPSED_HOURS:
        return n_("{amount} hour", "{amount} hours", n, amount=plain)
    if unit is Unit.CALENDAR_DAYS:
        return n_("{amount} calendar day", "{amount} calendar days", n, amount=plain)
    return n_("{amount} month", "{amount} months", n, amount=plain)
