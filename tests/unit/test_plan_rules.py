"""When the next planned visit is due: against a reference that walks day by day, and what people ask about."""

from __future__ import annotations

import calendar
import datetime as dt
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.service.rules.plans import Due, Rhythm, following, forecast, moved, stepped

DAY = dt.timedelta(days=1)


def weekdays(day: date) -> bool:
    return day.weekday() < 5


def due_days(rhythm: Rhythm, is_open, start: date, count: int) -> list[str]:
    found = forecast(rhythm, is_open, drifting=False, anchor=start, first=start)
    return [d.due.isoformat() for d, _number in zip(found, range(count), strict=False)]


# --- the reference ----------------------------------------------------------------------------------------------------


def named(rhythm: Rhythm, anchor: date, day: date) -> bool:
    """Whether the rhythm names a day, asked of that day alone."""
    if day < anchor:
        return False
    if rhythm.period == "months":
        passed = (day.year - anchor.year) * 12 + day.month - anchor.month
        last = calendar.monthrange(day.year, day.month)[1]
        return passed % rhythm.every == 0 and (day.day == anchor.day or (day.day == last and anchor.day > last))
    return (day - anchor).days % (rhythm.every * (7 if rhythm.period == "weeks" else 1)) == 0


def walked(rhythm: Rhythm, is_open, anchor: date, first: date, until: date) -> list[Due]:
    """Every occurrence up to a day, by looking at each day."""
    found: list[Due] = []
    end = rhythm.ends_on or date(2100, 1, 1)
    day = anchor
    while day <= min(until, end):
        if day >= first and named(rhythm, anchor, day):
            kept = day
            if rhythm.closed_days != "as_is" and not is_open(day):
                days = [day + DAY * n for n in range(-420, 421)]
                allowed = [d for d in days if first <= d <= end and is_open(d)]
                before, after = [d for d in allowed if d < day], [d for d in allowed if d > day]
                sides = [before[-1:], after[:1]] if rhythm.closed_days == "earlier" else [after[:1], before[-1:]]
                kept = next((side[0] for side in sides if side), None)
            if kept is not None and (not found or kept > found[-1].due):
                found.append(Due(day, kept))
        day += DAY
    return found


RHYTHMS = st.builds(
    Rhythm,
    every=st.integers(1, 40),
    period=st.sampled_from(["days", "weeks", "months"]),
    closed_days=st.sampled_from(["earlier", "later", "as_is"]),
    ends_on=st.none() | st.dates(date(2024, 6, 1), date(2025, 12, 31)),
)
CLOSED = st.sets(st.dates(date(2023, 12, 20), date(2026, 3, 1)), max_size=60)


@settings(deadline=None, max_examples=120)
@given(
    RHYTHMS, st.dates(date(2023, 12, 25), date(2024, 5, 31)), st.integers(0, 90), CLOSED,
    st.sets(st.integers(0, 6), max_size=5),
)  # fmt: skip
def test_every_occurrence_is_the_one_that_a_walk_day_by_day_finds(rhythm, anchor, wait, closed, days_off):
    def is_open(day: date) -> bool:
        return day.weekday() not in days_off and day not in closed

    first, until = anchor + wait * DAY, date(2025, 12, 31)
    expected = walked(rhythm, is_open, anchor, first, until)
    found = []
    for due in forecast(rhythm, is_open, drifting=False, anchor=anchor, first=first):
        if due.nominal > until:
            break
        found.append(due)
    assert found == expected
    for before, after in zip(expected, expected[1:], strict=False):  # asked one by one, as the worker does
        assert following(rhythm, is_open, anchor=anchor, first=first, after=before) == after


# --- what people ask --------------------------------------------------------------------------------------------------


def test_months_count_from_the_first_day_through_short_months_and_leap_years():
    january = date(2024, 1, 31)
    assert [stepped(january, 1, "months", n).isoformat() for n in (1, 2, 3, 13)] == [
        "2024-02-29", "2024-03-31", "2024-04-30", "2025-02-28",
    ]  # fmt: skip
    assert stepped(date(2024, 2, 29), 12, "months", 1) == date(2025, 2, 28)
    assert stepped(date(2024, 2, 29), 12, "months", 4) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("how", "days"),
    [
        ("later", ["2026-08-03", "2026-09-01", "2026-10-01", "2026-11-02"]),
        ("earlier", ["2026-08-03", "2026-09-01", "2026-10-01", "2026-10-30"]),
        ("as_is", ["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"]),
    ],
)
def test_a_day_off_moves_the_visit_as_set_but_never_before_the_plan_begins(how, days):
    assert due_days(Rhythm(1, "months", how), weekdays, date(2026, 8, 1), 4) == days  # the 1st is a Saturday


def test_a_visit_that_would_move_beyond_the_end_is_made_before_it():
    rhythm = Rhythm(1, "weeks", "later", date(2026, 3, 15))  # both are Sundays
    assert due_days(rhythm, weekdays, date(2026, 3, 8), 5) == ["2026-03-09", "2026-03-13"]


def test_daily_visits_that_move_onto_one_day_are_one():
    days = due_days(Rhythm(1, "days", "later"), weekdays, date(2026, 3, 6), 3)
    assert days == ["2026-03-06", "2026-03-09", "2026-03-10"]


def test_a_calendar_that_is_never_open_brings_no_visit_instead_of_none_ending():
    never = following(Rhythm(1, "months"), lambda _day: False, anchor=date(2026, 1, 1), first=date(2026, 1, 1))
    assert never is None
    assert moved(date(2026, 1, 1), "as_is", lambda _day: False, date(2026, 1, 1), None) == date(2026, 1, 1)


def test_a_drifting_forecast_counts_from_each_visit_made_on_its_day():
    found = forecast(
        Rhythm(1, "weeks", "later"), weekdays, drifting=True, anchor=date(2026, 3, 1), first=date(2026, 3, 1)
    )
    assert [next(found).due.isoformat() for _n in range(3)] == ["2026-03-02", "2026-03-09", "2026-03-16"]
