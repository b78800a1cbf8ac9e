"""What a calendar says, as plain data: parsed once, every mistake told with its key, written back canonically."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from core.calendars import public_holidays
from core.errors import Invalid
from core.i18n import _

DAY = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS = (
    "name", "label", "description", "timezone", "week", "round_the_clock", "holidays", "workdays", "closures",
    "holidays_country", "holidays_subdivision",
)

Span = tuple[int, int]
"""Open from the first to just before the second: seconds of the wall clock since midnight, at most 24:00 = 86400."""

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MIDNIGHT_AT_THE_END = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]24:00(?::00)?")


@dataclass(frozen=True)
class Problem:
    """One mistake: where (``week.mon[0][1]``, and the line if it came from a file) and what to do about it."""

    key: str
    message: str
    line: int | None = None


class CalendarError(Invalid):
    """A calendar that can't be used; ``problems`` holds every mistake, not only the first."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        words = "; ".join(f"{p.key}: {p.message}" if p.key else p.message for p in self.problems)
        super().__init__("calendar_invalid", words, problems=self.problems)


@dataclass(frozen=True)
class CalendarDefinition:
    """A calendar's content. Equal content is equal and hashes equally, so that compiled calendars can be shared."""

    timezone: str
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    round_the_clock: bool = False
    holidays: frozenset[dt.date] = frozenset()
    workdays: frozenset[tuple[dt.date, tuple[Span, ...] | None]] = frozenset()
    closures: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
    holidays_country: str | None = None
    holidays_subdivision: str | None = None
    name: str | None = None
    label: tuple[tuple[str, str], ...] = ()
    description: str | None = field(default=None, compare=False)

    def weekly_spans(self, weekday: int) -> tuple[Span, ...]:
        """The usual opening of a weekday (0 = Monday), overlaps already joined."""
        return ((0, DAY),) if self.round_the_clock else self.week[weekday]

    def workday_spans(self, weekday: int) -> tuple[Span, ...]:
        """What a make-up workday on this weekday is worked like, if it says no spans of its own.

        Like that weekday itself if it is usually open; else like Monday; else like the first weekday that is open.
        """
        for day in (weekday, *range(7)):
            if self.weekly_spans(day):
                return self.weekly_spans(day)
        return ()


def from_data(data: Any, lines: Mapping[tuple, int] | None = None) -> CalendarDefinition:
    """The calendar that ``data`` (as read from YAML or JSON) describes; raises ``CalendarError`` with all mistakes.

    ``lines`` maps key paths to line numbers, to be told with the mistakes.
    """
    return _Reader(lines or {}).read(data)


def to_data(definition: CalendarDefinition) -> dict[str, Any]:
    """The definition as data for JSON or YAML; ``from_data`` gives back an equal definition."""
    data: dict[str, Any] = {"timezone": definition.timezone}
    for key in ("name", "description", "holidays_country", "holidays_subdivision"):
        if getattr(definition, key) is not None:
            data[key] = getattr(definition, key)
    if definition.label:
        data["label"] = dict(definition.label)
    if definition.round_the_clock:
        data["round_the_clock"] = True
    else:
        data["week"] = {
            name: _spans_data(spans) for name, spans in zip(WEEKDAYS, definition.week, strict=True) if spans
        }
    if definition.holidays:
        data["holidays"] = [day.isoformat() for day in sorted(definition.holidays)]
    if definition.workdays:
        data["workdays"] = [
            day.isoformat() if spans is None else {"date": day.isoformat(), "spans": _spans_data(spans)}
            for day, spans in sorted(definition.workdays, key=lambda item: item[0])
        ]
    if definition.closures:
        data["closures"] = [[a.isoformat(), b.isoformat()] for a, b in definition.closures]
    return data


def instant(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The instant in UTC that a date-time of a file means; without an offset it is on the calendar's wall clock.

    A time that the clocks show twice means the first one, a time they skip counts with the offset before the
    change: the rule of RFC 5545, 3.3.5. Write the offset to mean something else.
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


def join_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same opening with overlapping and touching spans joined, in order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _clock_text(second: int) -> str:
    text = f"{second // 3600:02d}:{second // 60 % 60:02d}"
    return text if second % 60 == 0 else f"{text}:{second % 60:02d}"


def _spans_data(spans: Iterable[Span]) -> list[list[str]]:
    return [[_clock_text(start), _clock_text(end)] for start, end in spans]


class _Reader:
    """Reads one calendar, collecting mistakes instead of stopping at the first."""

    def __init__(self, lines: Mapping[tuple, int]):
        self.lines = lines
        self.problems: list[Problem] = []

    def complain(self, path: tuple, message: str) -> None:
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), None)
        self.problems.append(Problem(key_text(path), message, None if known is None else self.lines[known]))

    def read(self, data: Any) -> CalendarDefinition:
        if not isinstance(data, Mapping):
            self.complain((), _("A calendar is a mapping with at least the keys timezone and week."))
            raise CalendarError(self.problems)
        for key in data:
            if key not in KEYS:
                self.complain((key,), _("This key is unknown. Known keys: {keys}.", keys=", ".join(KEYS)))
        zone = self.zone(data.get("timezone"))
        round_the_clock = self.flag(data, "round_the_clock")
        country, subdivision = self.country(data)
        definition = CalendarDefinition(
            timezone=data["timezone"] if zone else "UTC",
            week=self.week(data, round_the_clock),
            round_the_clock=round_the_clock,
            holidays=frozenset(self.dates(data.get("holidays"), ("holidays",))),
            workdays=frozenset(self.workdays(data.get("workdays"))),
            closures=tuple(self.closures(data.get("closures"), zone or ZoneInfo("UTC"))),
            holidays_country=country,
            holidays_subdivision=subdivision,
            name=self.text(data, "name"),
            label=self.label(data.get("label")),
            description=self.text(data, "description"),
        )
        if self.problems:
            raise CalendarError(self.problems)
        return definition

    def zone(self, value: Any) -> ZoneInfo | None:
        if value is None:
            self.complain(("timezone",), _("The time zone is missing. Give a name such as Asia/Shanghai."))
            return None
        try:
            if isinstance(value, str) and value:
                return ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            pass  # unknown, malformed, or a folder of zones such as "America": told below
        message = _("“{zone}” is no time zone. Give a name such as Asia/Shanghai.", zone=value)
        self.complain(("timezone",), message)
        return None

    def text(self, data: Mapping, key: str) -> str | None:
        value = data.get(key)
        if value is not None and not isinstance(value, str):
            self.complain((key,), _("This must be a text."))
            return None
        return value

    def flag(self, data: Mapping, key: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self.complain((key,), _("This must be true or false."))
        return value is True

    def label(self, value: Any) -> tuple[tuple[str, str], ...]:
        if value is None:
            return ()
        if isinstance(value, Mapping) and all(k in ("en", "zh") and isinstance(v, str) for k, v in value.items()):
            return tuple(sorted(value.items()))
        self.complain(("label",), _("A label is a mapping of the languages en and zh to texts."))
        return ()

    def country(self, data: Mapping) -> tuple[str | None, str | None]:
        country, subdivision = self.text(data, "holidays_country"), self.text(data, "holidays_subdivision")
        if country is None:
            if subdivision is not None:
                self.complain(("holidays_subdivision",), _("A subdivision needs holidays_country as well."))
            return None, None
        subdivisions = public_holidays.subdivisions(country)
        if subdivisions is None:
            message = _("No public holidays are known for “{country}”. Give a code such as CN.", country=country)
            self.complain(("holidays_country",), message)
            return None, None
        if subdivision is not None and subdivision not in subdivisions:
            message = _("{country} has no subdivision “{name}”. Known: {known}.", country=country, name=subdivision,
                        known=", ".join(subdivisions) or "–")
            self.complain(("holidays_subdivision",), message)
        return country, subdivision

    def week(self, data: Mapping, round_the_clock: bool) -> tuple[tuple[Span, ...], ...]:
        week = data.get("week")
        if round_the_clock:
            if week is not None:
                self.complain(("week",), _("A round-the-clock calendar has no week. Leave one of the two out."))
            return ((),) * 7
        if not isinstance(week, Mapping):
            self.complain(("week",), _('The week maps weekdays to opening spans: mon: [["09:00", "18:00"]].'))
            return ((),) * 7
        for day in week:
            if day not in WEEKDAYS:
                message = _("“{day}” is no weekday. Weekdays: {days}.", day=day, days=", ".join(WEEKDAYS))
                self.complain(("week", day), message)
        return tuple(self.spans(week.get(day), ("week", day)) for day in WEEKDAYS)

    def items(self, value: Any, path: tuple) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            self.complain(path, _("This must be a list."))
            return []
        return list(value)

    def spans(self, value: Any, path: tuple) -> tuple[Span, ...]:
        spans = []
        for index, item in enumerate(self.items(value, path)):
            here = (*path, index)
            if not isinstance(item, (list, tuple)) or len(item) != 2:
                self.complain(here, _('A span is a pair of times: ["09:00", "18:00"].'))
                continue
            start, end = (self.time(text, (*here, n)) for n, text in enumerate(item))
            if start is None or end is None:
                continue
            if start < end:
                spans.append((start, end))
            else:
                self.complain(here, _("A span must end after it starts. Midnight at the end is 24:00; "
                                      "split a span over midnight into two days."))
        return join_spans(spans)

    def time(self, value: Any, path: tuple) -> int | None:
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        if match:
            hour, minute, second = (int(part or 0) for part in match.groups())
            total = hour * 3600 + minute * 60 + second
            if minute < 60 and second < 60 and total <= DAY:
                return total
        self.complain(path, _("“{value}” is no time of day. Write it as 09:00; the latest is 24:00.", value=value))
        return None

    def date(self, value: Any, path: tuple) -> dt.date | None:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass  # a day that the month doesn't have: the same complaint as any other non-date
        self.complain(path, _("“{value}” is no date. Write it as 2026-10-01.", value=value))
        return None

    def dates(self, value: Any, path: tuple) -> list[dt.date]:
        found = (self.date(item, (*path, n)) for n, item in enumerate(self.items(value, path)))
        return [day for day in found if day is not None]

    def workdays(self, value: Any) -> list[tuple[dt.date, tuple[Span, ...] | None]]:
        result: dict[dt.date, tuple[Span, ...] | None] = {}
        for index, item in enumerate(self.items(value, ("workdays",))):
            here = ("workdays", index)
            day, spans = self.workday(item, here) if isinstance(item, Mapping) else (self.date(item, here), None)
            if day is None:
                continue
            if result.get(day, spans) != spans:
                self.complain(here, _("{date} is listed twice with different spans.", date=day.isoformat()))
            result[day] = spans
        return list(result.items())

    def workday(self, item: Mapping, here: tuple) -> tuple[dt.date | None, tuple[Span, ...] | None]:
        for key in item:
            if key not in ("date", "spans"):
                self.complain((*here, key), _("This key is unknown. Known keys: {keys}.", keys="date, spans"))
        day = None
        if "date" in item:
            day = self.date(item["date"], (*here, "date"))
        else:
            self.complain(here, _("The date is missing."))
        if "spans" not in item:
            return day, None
        before = len(self.problems)
        spans = self.spans(item["spans"], (*here, "spans"))
        if not spans and len(self.problems) == before:
            self.complain((*here, "spans"), _("A workday needs at least one span; list a closed day under holidays."))
        return day, spans

    def closures(self, value: Any, zone: ZoneInfo) -> list[tuple[dt.datetime, dt.datetime]]:
        result = []
        for index, item in enumerate(self.items(value, ("closures",))):
            here = ("closures", index)
            if not isinstance(item, (list, tuple)) or len(item) != 2:
                self.complain(here, _("A closure is a pair of date-times: [from, to]."))
                continue
            start = self.moment(item[0], (*here, 0), last=False)
            end = self.moment(item[1], (*here, 1), last=True)
            if start is None or end is None:
                continue
            if instant(start, zone) < instant(end, zone):
                result.append((start, end))
            else:
                self.complain(here, _("A closure must end after it starts."))
        return sorted(result, key=lambda pair: (instant(pair[0], zone), instant(pair[1], zone)))

    def moment(self, value: Any, path: tuple, last: bool) -> dt.datetime | None:
        """A date-time; a bare date is its first moment at the start of a closure and its last at the end."""
        if isinstance(value, dt.datetime):
            return value
        text = value.isoformat() if isinstance(value, dt.date) else value
        try:
            if isinstance(text, str) and _DATE.fullmatch(text):
                return dt.datetime.fromisoformat(text) + dt.timedelta(days=last)
            if isinstance(text, str) and (match := _MIDNIGHT_AT_THE_END.fullmatch(text)):
                return dt.datetime.fromisoformat(match[1]) + dt.timedelta(days=1)
            if isinstance(text, str) and len(text) > len("2026-10-01"):
                return dt.datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            pass  # told below, like everything else that is no date-time
        message = _("“{value}” is no date-time. Write it as 2026-10-01T12:00, with an offset if you like.", value=value)
        self.complain(path, message)
        return None


def key_text(path: tuple) -> str:
    """A key path in the way people write it: ``("week", "mon", 0)`` is ``week.mon[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
