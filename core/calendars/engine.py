"""Exact arithmetic with working time.

An instant is open when the wall clock of the calendar's zone then shows a time inside an opening span, and no closure
covers it. That one sentence decides daylight saving too: a span in a skipped hour doesn't happen, a span in a repeated
hour happens twice. Spans are half-open: open at 09:00:00, no longer open at 18:00:00.

Inside, instants are whole microseconds since 1970 in UTC, so nothing is rounded.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.calendars.definition import DAY, CalendarDefinition, Span, instant
from core.calendars.public_holidays import CountryYear, country_name, country_year
from core.errors import DomainError, Invalid
from core.i18n import N_, _

FIRST_YEAR, LAST_YEAR = 1900, 2199
PATIENCE_YEARS = 10
"""A calendar without an opening for this long is said never to open."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SECOND = 1_000_000
DAY_US = DAY * SECOND
_EPOCH_DAY = EPOCH.toordinal()
_NO_DAYS = CountryYear(frozenset(), frozenset())
OPEN_THOUGH_HOLIDAY = N_("{date} is listed as a holiday and as a workday; it counts as a workday.")

Piece = tuple[int, int]
"""Open from the first to just before the second, both in microseconds since 1970."""


@dataclass(frozen=True)
class CalendarWarning:
    """Something a person should check. ``facts`` fill the placeholders of ``message_id``."""

    code: str
    message_id: str
    facts: tuple[tuple[str, object], ...]

    @property
    def message(self) -> str:
        """The warning in the language of the moment."""
        facts = dict(self.facts)
        if "country" in facts:
            facts["country"] = country_name(str(facts["country"]))
        return _(self.message_id, **facts)


class _Days(NamedTuple):
    """One year by the calendar's own dates: ordinal of the date → its open pieces, in order. Closed days are absent."""

    pieces: dict[int, list[Piece]]


class _Line:
    """All open pieces of consecutive years, with running totals. Never changed after it is made (threads share it)."""

    __slots__ = ("closes", "covers", "day_closes", "days", "first", "last", "opens", "sums", "worked_before")

    def __init__(self, first: int, last: int, years: Iterable[_Days]):
        self.first, self.last = first, last
        # No wall clock is a whole day from UTC: within these bounds every opening is known.
        self.covers = (_new_year(first) + DAY_US, _new_year(last + 1) - DAY_US)
        self.days: list[int] = []
        self.day_closes: list[int] = []
        pieces: list[Piece] = []
        for year in years:
            for day, spans in year.pieces.items():
                self.days.append(day)
                self.day_closes.append(spans[-1][1])
                pieces += spans
        joined = _join(pieces)
        self.opens = [start for start, _end in joined]
        self.closes = [end for _start, end in joined]
        self.sums = list(accumulate(end - start for start, end in joined))
        self.worked_before = [0, *self.sums]

    @property
    def total(self) -> int:
        return self.worked_before[-1]

    def worked(self, at: int) -> int:
        """Working time from the beginning of the line until ``at``."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0
        return self.worked_before[index] + min(at, self.closes[index]) - self.opens[index]

    def reached(self, target: int) -> int:
        """The earliest instant at which ``target`` has been worked; target > 0 and within the total."""
        index = bisect_left(self.sums, target)
        return self.closes[index] - (self.sums[index] - target)


class Calendar:
    """A definition made ready for arithmetic. Safe to share between threads; years are worked out when first asked for.

    Every moment given must be aware, and every moment returned is in UTC.
    """

    def __init__(self, definition: CalendarDefinition):
        self.definition = definition
        self.zone = ZoneInfo(definition.timezone)
        self._workdays = dict(definition.workdays)
        self._closures = _join(
            sorted((_us(instant(a, self.zone)), _us(instant(b, self.zone))) for a, b in definition.closures)
        )
        self._years: dict[int, _Days] = {}
        self._line: _Line | None = None

    # --- questions ----------------------------------------------------------------------------------------------

    def is_open(self, moment: dt.datetime) -> bool:
        """Whether ``moment`` is working time. The closing second itself is not."""
        at = _us(moment)
        line = self._covering(at, at)
        index = bisect_right(line.opens, at) - 1
        return index >= 0 and at < line.closes[index]

    def next_opening(self, moment: dt.datetime) -> dt.datetime:
        """``moment`` itself while open, else when it opens next."""
        at = _us(moment)
        line = self._covering(at, at)
        while True:
            index = bisect_right(line.opens, at) - 1
            if index >= 0 and at < line.closes[index]:
                return _moment(at)
            if index + 1 < len(line.opens):
                return _moment(line.opens[index + 1])
            line = self._later(line, at)

    def opening_spans(self, date: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """When the calendar is open on one of its dates, after holidays and closures; empty on a day off."""
        pieces = self._year(_known_year(date.year)).pieces.get(date.toordinal(), [])
        return [(_moment(start), _moment(end)) for start, end in pieces]

    def is_working_day(self, date: dt.date) -> bool:
        """Whether the date has any working time."""
        return bool(self.opening_spans(date))

    def warnings(self, year: int) -> list[CalendarWarning]:
        """What callers should show beside results of that year, such as make-up workdays not announced yet."""
        found = []
        country = self._country(year)
        if country.doubt:
            code, message_id, facts = country.doubt
            found.append(CalendarWarning(code, message_id, tuple(facts.items())))
        for day in sorted(self.definition.holidays & self._workdays.keys()):
            if day.year == year:
                facts_of_day = (("date", day.isoformat()),)
                found.append(CalendarWarning("holiday_and_workday", OPEN_THOUGH_HOLIDAY, facts_of_day))
        return found

    # --- arithmetic ---------------------------------------------------------------------------------------------

    def add(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        """The earliest instant at which ``amount`` of working time has passed since ``start``.

        So a full working day from opening ends at closing time, not at the next opening. Nothing added is ``start``
        itself, even while closed. Raises ``Invalid``: ``negative``, ``never_opens``, ``out_of_range``, ``no_offset``.
        """
        wanted = _micro(amount)
        at = _us(start)
        if wanted < 0:
            raise Invalid("negative", _("Working time to add can't be negative."))
        line = self._covering(at, at)
        if wanted == 0:
            return _moment(at)
        target = line.worked(at) + wanted
        while target > line.total:
            line = self._later(line, at)
        return _moment(line.reached(target))

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Working time from ``start`` to ``end``; negative, of the same size, when ``end`` comes first."""
        one, other = _us(start), _us(end)
        line = self._covering(min(one, other), max(one, other))
        return dt.timedelta(microseconds=line.worked(other) - line.worked(one))

    def add_days(self, start: dt.datetime, days: int, count_start_day: bool = False) -> dt.datetime:
        """Closing time of the last of ``days`` working days after ``start``.

        The start day (the calendar's date at ``start``) doesn't count unless asked, and then only if it is a working
        day; its hour makes no difference, so the result may lie before a ``start`` in the evening.
        """
        if days < 1:
            raise Invalid("too_few_days", _("The number of working days must be 1 or more."))
        at = _us(start)
        line = self._covering(at, at)
        day = start.astimezone(self.zone).toordinal()
        find = bisect_left if count_start_day else bisect_right
        while True:
            index = find(line.days, day) + days - 1
            if index < len(line.days):
                return _moment(line.day_closes[index])
            line = self._later(line, at)

    # --- years, worked out when needed --------------------------------------------------------------------------

    def _covering(self, start: int, end: int) -> _Line:
        """A line on which everything from ``start`` to ``end`` is known."""
        line = self._line
        if line is None or start < line.covers[0] or end >= line.covers[1]:
            first, last = _known_year(_year_of(start - DAY_US)), _known_year(_year_of(end + DAY_US))
            if line is not None:
                first, last = min(first, line.first), max(last, line.last)
            line = self._line = self._build(first, last)
        return line

    def _later(self, line: _Line, start: int) -> _Line:
        """The line with more years at its end; says so when waiting any longer is pointless."""
        last_opening = _year_of(line.closes[-1]) if line.closes else line.first
        if line.last - max(last_opening, _year_of(start)) >= PATIENCE_YEARS:
            message = _("This calendar doesn't open within {years} years. Give it opening hours.", years=PATIENCE_YEARS)
            raise Invalid("never_opens", message)
        if line.last >= LAST_YEAR:
            raise _out_of_range()
        years = line.last - line.first + 1  # doubled each time, so that far answers don't start over and over
        line = self._line = self._build(line.first, min(line.last + years, LAST_YEAR))
        return line

    def _build(self, first: int, last: int) -> _Line:
        return _Line(first, last, [self._year(year) for year in range(first, last + 1)])

    def _year(self, year: int) -> _Days:
        if year not in self._years:
            self._years[year] = self._work_out(year)
        return self._years[year]

    def _work_out(self, year: int) -> _Days:
        """Lay the wall-clock spans of each date over the stretches of constant offset to UTC."""
        country = self._country(year)
        spans_of = {n: self.definition.weekly_spans(n) for n in range(7)}
        special = self._special_days(year, country)
        begin, end = _day_number(dt.date(year, 1, 1)), _day_number(dt.date(year, 12, 31)) + 1
        found: dict[int, list[Piece]] = {}
        for wall_from, wall_to, offset in _stretches(self.zone, begin, end):
            for number in range(max(begin, wall_from // DAY), min(end, -(-wall_to // DAY))):
                ordinal = number + _EPOCH_DAY
                spans = special[ordinal] if ordinal in special else spans_of[(ordinal - 1) % 7]
                for opens, closes in spans:
                    low = max(number * DAY + opens, wall_from)
                    high = min(number * DAY + closes, wall_to)
                    if low < high:
                        found.setdefault(ordinal, []).append(((low - offset) * SECOND, (high - offset) * SECOND))
        return _Days(dict(sorted(self._without_closures(found) if self._closures else found.items())))

    def _special_days(self, year: int, country: CountryYear) -> dict[int, tuple[Span, ...]]:
        """Dates not worked like their weekday. What the file itself lists outranks the country, workdays holidays."""
        definition = self.definition
        days: dict[int, tuple[Span, ...]] = {day.toordinal(): () for day in country.closed}
        days |= {day.toordinal(): definition.workday_spans(day.weekday()) for day in country.worked}
        days |= {day.toordinal(): () for day in definition.holidays if day.year == year}
        for day, spans in self._workdays.items():
            if day.year == year:
                days[day.toordinal()] = definition.workday_spans(day.weekday()) if spans is None else spans
        return days

    def _country(self, year: int) -> CountryYear:
        country = self.definition.holidays_country
        return country_year(country, self.definition.holidays_subdivision, year) if country else _NO_DAYS

    def _without_closures(self, days: dict[int, list[Piece]]) -> Iterator[tuple[int, list[Piece]]]:
        for ordinal, pieces in days.items():
            left = [part for piece in pieces for part in _subtract(piece, self._closures)]
            if left:
                yield ordinal, left


@lru_cache(maxsize=256)
def calendar_for(definition: CalendarDefinition) -> Calendar:
    """The calendar of a definition, shared: whoever asks again finds its years already worked out."""
    return Calendar(definition)


def _stretches(zone: ZoneInfo, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Stretches of constant offset around the days ``begin`` to ``end``: wall clock from, to, and offset, in seconds.

    Found by looking at each day and halving down to the second where the offset differs.
    """
    def offset(second: int) -> int:
        return round(dt.datetime.fromtimestamp(second, zone).utcoffset().total_seconds())  # type: ignore[union-attr]

    result, since, current = [], (begin - 1) * DAY, offset((begin - 1) * DAY)
    for day in range(begin, end + 2):
        if offset(day * DAY) != current:
            low, high = (day - 1) * DAY, day * DAY
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == current else (low, middle)
            result.append((since + current, high + current, current))
            since, current = high, offset(high)
    result.append((since + current, (end + 1) * DAY + current, current))
    return result


def _subtract(piece: Piece, closures: list[Piece]) -> Iterator[Piece]:
    """What is left of a piece; ``closures`` are in order and don't touch one another."""
    start, end = piece
    for index in range(bisect_right(closures, start, key=lambda closure: closure[1]), len(closures)):
        closed_from, closed_to = closures[index]
        if closed_from >= end:
            break
        if start < closed_from:
            yield start, closed_from
        start = max(start, closed_to)
    if start < end:
        yield start, end


def _join(pieces: Iterable[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for start, end in sorted(pieces):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _micro(amount: dt.timedelta) -> int:
    return amount.days * DAY_US + amount.seconds * SECOND + amount.microseconds


def _us(moment: dt.datetime) -> int:
    """Microseconds since 1970, exactly."""
    if moment.tzinfo is None:
        message = _("The time {time} lacks its offset to UTC. Write it as 2026-10-01T12:00:00+08:00.", time=moment)
        raise Invalid("no_offset", message)
    return _micro(moment - EPOCH)


def _moment(at: int) -> dt.datetime:
    return EPOCH + dt.timedelta(0, *divmod(at, SECOND))


def _day_number(date: dt.date) -> int:
    return date.toordinal() - _EPOCH_DAY


def _new_year(year: int) -> int:
    return _day_number(dt.date(year, 1, 1)) * DAY_US


_FIRST, _AFTER_LAST = _new_year(FIRST_YEAR), _new_year(LAST_YEAR + 1)


def _year_of(at: int) -> int:
    """The year in UTC; one beyond the known range stands for all years there."""
    if at < _FIRST:
        return FIRST_YEAR - 1
    return _moment(at).year if at < _AFTER_LAST else LAST_YEAR + 1


def _known_year(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _out_of_range()
    return year


def _out_of_range() -> DomainError:
    message = _("Calendars reach from {first} to {last}. Choose times within.", first=FIRST_YEAR, last=LAST_YEAR)
    return Invalid("out_of_range", message)
