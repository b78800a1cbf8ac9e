"""Coverage of rosters and their gaps, against a slow reference that looks at every quarter of an hour."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import calendar_for, from_data
from plugins.workforce.rules.duty import (
    Gap,
    clock_of,
    daily,
    days_of,
    gaps_of,
    instant,
    joined,
    leave_span,
    minutes_of,
    span_of,
    week_of_cycle,
    within,
    without,
)

SHANGHAI, LONDON, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
STEP = dt.timedelta(minutes=15)
ZONES = (SHANGHAI, LONDON, NEW_YORK)
WEEKS = (dt.date(2026, 3, 5), dt.date(2026, 3, 27), dt.date(2026, 10, 23), dt.date(2026, 10, 30), dt.date(2025, 12, 30))
"""Around the changes of clocks in New York and London, and a turn of the year with its holidays."""


def at(text: str, zone: ZoneInfo = SHANGHAI) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(dt.UTC)


def test_a_night_without_anybody_is_a_gap_from_the_end_of_one_shift_to_the_beginning_of_the_next():
    day = dt.date(2026, 11, 25)
    early, late = (at("2026-11-25 00:00"), at("2026-11-25 02:00")), (at("2026-11-25 06:00"), at("2026-11-26 00:00"))
    shifts = {1: [early], 2: [late]}
    assert gaps_of(daily(day, day, 0, 0, SHANGHAI), shifts, 1) == [
        Gap(at("2026-11-25 02:00"), at("2026-11-25 06:00"), 0)
    ]


def test_where_two_are_needed_one_is_a_gap_and_told_as_one():
    day = dt.date(2026, 11, 25)
    long, short = (at("2026-11-25 09:00"), at("2026-11-25 22:00")), (at("2026-11-25 09:00"), at("2026-11-25 18:00"))
    shifts = {1: [long], 2: [short]}
    assert gaps_of(daily(day, day, 540, 1320, SHANGHAI), shifts, 2) == [
        Gap(at("2026-11-25 18:00"), at("2026-11-25 22:00"), 1)
    ]


def test_one_person_on_two_shifts_at_once_is_one_person():
    day = dt.date(2026, 11, 25)
    span = span_of(day, 540, 1320, SHANGHAI)
    assert gaps_of([span], {1: [span, span]}, 2) == [Gap(*span, 1)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, "2026-03-29", 23),
        (LONDON, "2026-10-25", 25),
        (SHANGHAI, "2026-03-29", 24),
    ],
)
def test_round_the_clock_is_as_long_as_the_day_of_the_clocks(zone, day, hours):
    (span,) = daily(dt.date.fromisoformat(day), dt.date.fromisoformat(day), 0, 0, zone)
    assert span[1] - span[0] == dt.timedelta(hours=hours)


def test_what_the_clock_skips_is_an_hour_later_and_of_what_it_shows_twice_the_first_is_meant():
    assert instant(dt.date(2026, 3, 29), 90, LONDON) == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)
    assert instant(dt.date(2026, 10, 25), 90, LONDON) == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


def test_weeks_of_a_pattern_turn_also_before_its_first():
    first = dt.date(2026, 3, 4)
    days = (dt.date(2026, 3, 1), dt.date(2026, 3, 2), dt.date(2026, 3, 9), dt.date(2026, 3, 16))
    assert [week_of_cycle(day, first, 2) for day in days] == [2, 1, 2, 1]


@pytest.mark.parametrize(
    ("part", "begins", "ends"),
    [
        ("days", "2026-03-02 00:00", "2026-03-04 00:00"),
        ("morning", "2026-03-02 00:00", "2026-03-02 12:30"),
        ("afternoon", "2026-03-02 12:30", "2026-03-03 00:00"),
        ("hours", "2026-03-02 09:00", "2026-03-03 11:00"),
    ],
)
def test_leave_is_whole_days_half_a_day_or_hours(part, begins, ends):
    span = leave_span(dt.date(2026, 3, 2), dt.date(2026, 3, 3), part, 540, 660, 750, SHANGHAI)
    assert span == (at(begins), at(ends))


def test_times_are_read_as_people_write_them():
    assert [minutes_of(text) for text in ("9:00", "09:05", "23:59", " 0:00 ")] == [540, 545, 1439, 0]
    for text in ("24:00", "9", "9:5", "9:60", "x:00", "9:0a", ""):
        with pytest.raises(ValueError, match=r".*"):
            minutes_of(text)
    assert clock_of(545) == "09:05"


# --- against the reference ------------------------------------------------------------------------------------------

_quarter = st.integers(0, 4 * 24 * 8).map(lambda n: n * STEP)
_spans = st.lists(st.tuples(_quarter, st.integers(1, 4 * 30).map(lambda n: n * STEP)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    first=st.sampled_from(WEEKS),
    hours=st.one_of(
        st.tuples(st.integers(0, 95), st.integers(0, 95)).map(lambda t: (t[0] * 15, t[1] * 15)), st.just("office")
    ),
    people=st.dictionaries(st.integers(1, 4), _spans, max_size=4),
    away=st.dictionaries(st.integers(1, 4), _spans, max_size=2),
    needed=st.integers(1, 3),
)
def test_gaps_are_where_a_look_at_every_quarter_of_an_hour_finds_too_few(zone, first, hours, people, away, needed):
    last = first + dt.timedelta(days=6)
    start, end = instant(first, 0, zone), instant(last + dt.timedelta(days=1), 0, zone)
    shifts = {who: [(start + a, start + a + b) for a, b in spans] for who, spans in people.items()}
    leave = {who: [(start + a, start + a + b) for a, b in spans] for who, spans in away.items()}
    there = {who: without(spans, leave.get(who, [])) for who, spans in shifts.items()}
    before = first - dt.timedelta(days=1)
    if hours == "office":
        week = [["09:00", "12:00"], ["13:30", "18:00"]]
        working = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), week)
        data = {"timezone": zone.key, "holidays_country": "GB", "week": working}
        office = calendar_for(from_data(data))
        wanted = joined(span for day in days_of(before, last) for span in office.opening_spans(day))
        needs = office.is_open
    else:
        wanted = daily(before, last, *hours, zone)

        def needs(moment: dt.datetime) -> bool:
            return _wanted_by_the_clock(moment, *hours, zone)

    found = gaps_of(within(wanted, start, end), there, needed)
    moment = start
    while moment < end:
        have = sum(
            any(a <= moment < b for a, b in spans) and not any(a <= moment < b for a, b in leave.get(who, []))
            for who, spans in shifts.items()
        )
        told = [gap.have for gap in found if gap.starts_at <= moment < gap.ends_at]
        assert told == ([have] if needs(moment) and have < needed else []), moment
        moment += STEP
    assert all(one.ends_at <= other.starts_at for one, other in zip(found, found[1:], strict=False))


def _wanted_by_the_clock(moment: dt.datetime, begins: int, ends: int, zone: ZoneInfo) -> bool:
    """Whether the span of one of the two days around a moment holds it; said without any of the rules."""
    for back in (0, 1):
        day = moment.astimezone(zone).date() - dt.timedelta(days=back)
        start = dt.datetime.combine(day, dt.time(begins // 60, begins % 60), zone)
        later = day if ends > begins else day + dt.timedelta(days=1)
        end = dt.datetime.combine(later, dt.time(ends // 60, ends % 60), zone)
        if start.astimezone(dt.UTC) <= moment < end.astimezone(dt.UTC):
            return True
    return False
