"""The fast calendar beside a slow one that looks at every minute: random weeks, zones, exceptions and odd seconds."""

import datetime as dt
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.calendars import Calendar, CalendarError, Limit, Pause, Unit, due, from_data, to_data, used, warn_at

sys.path.insert(0, str(Path(__file__).parent))
from reference_calendars import NAMES, SlowCalendar

CAREFUL = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# Each zone with days around which its clocks change (and one around which they don't).
ZONES = {
    "America/New_York": ["2026-03-08", "2026-11-01", "2026-12-31"],
    "Europe/Berlin": ["2026-03-29", "2026-10-25", "2024-02-29"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Asia/Shanghai": ["2026-02-16", "1988-04-17"],
    "America/Havana": ["2026-03-08", "2026-11-01"],  # the skipped and repeated hour touch midnight
    "America/St_Johns": ["2010-11-07", "2010-03-14"],  # changed at one minute past midnight
    "Pacific/Apia": ["2011-12-30"],  # a date that never was
    "America/Santiago": ["2026-04-05", "2026-09-06"],  # 24:00 back to 23:00
}


@st.composite
def clock_spans(draw, step=1):
    points = draw(st.lists(st.integers(0, 1440 // step), min_size=2, max_size=2, unique=True))
    start, end = (point * step for point in sorted(points))
    return [f"{start // 60:02d}:{start % 60:02d}", f"{end // 60:02d}:{end % 60:02d}"]


day_spans = st.lists(st.one_of(clock_spans(), clock_spans(step=30), st.just(["09:00", "18:00"])), max_size=3)


@st.composite
def calendars(draw):
    """(data of a calendar, a UTC time near a change of its clocks)."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    near = dt.date.fromisoformat(draw(st.sampled_from(ZONES[zone])))
    dates = st.integers(-3, 4).map(lambda n: (near + dt.timedelta(days=n)).isoformat())
    data = {"timezone": zone}
    if draw(st.integers(0, 5)) == 0:
        data["round_the_clock"] = True
    else:
        data["week"] = {name: draw(day_spans) for name in NAMES}
        data["week"][draw(st.sampled_from(NAMES))] = [draw(clock_spans())]  # at least one opening
    data["holidays"] = draw(st.lists(dates, max_size=2))
    some_spans = st.lists(clock_spans(), min_size=1, max_size=2)
    workday = st.one_of(dates, st.builds(lambda d, s: {"date": d, "spans": s}, dates, some_spans))
    workdays = draw(st.lists(workday, max_size=2))
    days = [item["date"] if isinstance(item, dict) else item for item in workdays]
    data["workdays"] = workdays if len(set(days)) == len(days) else []
    data["closures"] = draw(st.lists(closures(near, zone), max_size=3))
    base = dt.datetime.combine(near, dt.time(), dt.UTC)
    second = draw(st.integers(-3 * 86_400, 3 * 86_400))
    micro = draw(st.sampled_from([0, 0, 0, 1, 999_999]))
    return data, base + dt.timedelta(seconds=second, microseconds=micro)


@st.composite
def closures(draw, near, zone):
    start = dt.datetime.combine(near, dt.time()) + dt.timedelta(minutes=draw(st.integers(-3000, 4000)))
    offsets = ["+00:00", "-05:00", "+08:00"] + [""] * (zone != "Pacific/Apia")  # a date that never was can't be closed
    offset = draw(st.sampled_from(offsets))
    end = start + dt.timedelta(minutes=draw(st.integers(120, 3000)))
    return [start.isoformat() + offset, end.isoformat() + offset]


@CAREFUL
@given(calendars(), st.one_of(st.integers(0, 3600), st.integers(0, 2 * 86_400)))
def test_adding_working_time_agrees_with_walking_the_clock(case, seconds):
    data, start = case
    amount = dt.timedelta(seconds=seconds)
    slow = SlowCalendar(data)
    amount = min(amount, slow.between(start, start + dt.timedelta(days=4)))  # the slow one walks no farther
    assert Calendar(from_data(data)).add(start, amount) == slow.add(start, amount)


@CAREFUL
@given(calendars(), st.integers(-4 * 86_400, 4 * 86_400))
def test_working_time_between_agrees_with_walking_the_clock(case, seconds):
    data, start = case
    end = start + dt.timedelta(seconds=seconds)
    assert Calendar(from_data(data)).between(start, end) == SlowCalendar(data).between(start, end)


@settings(CAREFUL, max_examples=40)
@given(calendars(), st.integers(1, 4), st.booleans())
def test_adding_working_days_agrees_with_walking_the_clock(case, days, count_start_day):
    data, start = case
    fast = Calendar(from_data(data)).add_days(start, days, count_start_day)
    assert fast == SlowCalendar(data).add_days(start, days, count_start_day)


@CAREFUL
@given(calendars())
def test_open_and_next_opening_agree_with_walking_the_clock(case):
    data, moment = case
    fast, slow = Calendar(from_data(data)), SlowCalendar(data)
    assert fast.is_open(moment) == slow.is_open(moment)
    assert fast.next_opening(moment) == slow.next_opening(moment)


@settings(CAREFUL, max_examples=30)
@given(st.data())
def test_spans_with_odd_seconds_agree_with_walking_the_seconds(draw):
    start, end = sorted(draw.draw(st.lists(st.integers(0, 14_400), min_size=2, max_size=2, unique=True)))
    spans = [[_clock(start), _clock(end)], ["03:00:01", "03:00:02"]]
    zone, day = draw.draw(st.sampled_from([("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
                                           ("Australia/Lord_Howe", "2026-04-05"), ("Asia/Shanghai", "2026-04-05")]))
    data = {"timezone": zone, "week": {"sun": spans, "mon": spans}}
    slow = SlowCalendar(data, step=1)
    moment = dt.datetime.fromisoformat(day).replace(tzinfo=slow.zone).astimezone(dt.UTC)
    amount = dt.timedelta(seconds=draw.draw(st.integers(1, end - start)))
    fast = Calendar(from_data(data))
    assert fast.add(moment, amount) == slow.add(moment, amount)
    later = moment + dt.timedelta(seconds=draw.draw(st.integers(0, 20_000)))
    assert fast.between(moment, later) == slow.between(moment, later)


def _clock(second):
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


@CAREFUL
@given(calendars(), st.integers(1, 40 * 86_400))
def test_what_was_added_lies_between_and_its_end_is_the_earliest(case, seconds):
    data, start = case
    fast, amount = Calendar(from_data(data)), dt.timedelta(seconds=seconds)
    end = fast.add(start, amount)
    assert fast.between(start, end) == amount
    assert fast.between(start, end - dt.timedelta(microseconds=1)) == amount - dt.timedelta(microseconds=1)


@CAREFUL
@given(calendars(), st.integers(-9 * 86_400, 9 * 86_400), st.integers(-9 * 86_400, 9 * 86_400))
def test_working_time_adds_up_whatever_the_order_of_questions(case, one, other):
    data, start = case
    a, b = start + dt.timedelta(seconds=one), start + dt.timedelta(seconds=other)
    shared = Calendar(from_data(data))
    assert shared.between(start, a) + shared.between(a, b) == shared.between(start, b)
    far = start + dt.timedelta(days=365 * 3)  # makes the shared one work out more years, at both ends
    assert shared.between(start, far) == -Calendar(from_data(data)).between(far, start)
    assert shared.between(start - dt.timedelta(days=800), start) >= dt.timedelta(0)
    assert shared.between(a, b) == Calendar(from_data(data)).between(a, b)


@CAREFUL
@given(calendars())
def test_a_definition_survives_being_written_and_read(case):
    definition = from_data(case[0])
    assert from_data(to_data(definition)) == definition


pause_offsets = st.lists(st.tuples(st.integers(-86_400, 3 * 86_400), st.integers(0, 86_400)), max_size=3)
limits = st.one_of(
    st.builds(Limit, st.integers(1, 20), st.sampled_from([Unit.WORKING_HOURS, Unit.ELAPSED_HOURS])),
    st.builds(Limit, st.integers(1, 3), st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]), st.booleans()),
)


@CAREFUL
@given(calendars(), limits, pause_offsets)
def test_a_limit_is_used_up_exactly_when_due_and_its_share_when_warned(case, limit, offsets):
    data, start = case
    calendar = Calendar(from_data(data))
    pauses = [Pause(start + dt.timedelta(seconds=a), start + dt.timedelta(seconds=a + b)) for a, b in offsets]
    total = used(calendar, start, limit, due(calendar, start, limit))
    end = due(calendar, start, limit, pauses)
    assert total > dt.timedelta(0)
    assert used(calendar, start, limit, end, pauses) == total
    warned = warn_at(calendar, start, limit, "0.8", pauses)
    assert used(calendar, start, limit, warned, pauses) == (total // dt.timedelta(microseconds=1)) * 8 // 10 * MICRO
    assert start < warned <= end


MICRO = dt.timedelta(microseconds=1)


@CAREFUL
@given(calendars(), st.integers(1, 30), pause_offsets)
def test_paused_minutes_of_a_working_limit_agree_with_walking_the_clock(case, hours, offsets):
    data, start = case
    start = start.replace(second=0, microsecond=0)
    pauses = [Pause(start + dt.timedelta(seconds=a // 60 * 60), start + dt.timedelta(seconds=(a + b) // 60 * 60))
              for a, b in offsets]
    slow = SlowCalendar(data)
    left, expected = dt.timedelta(hours=hours), None
    for begin, end, is_open in slow.steps(start):
        if begin > start + dt.timedelta(days=6):
            break
        if is_open and not any(p.start <= begin < p.end for p in pauses):
            left -= end - begin
            if left == dt.timedelta(0):
                expected = end
                break
    if expected is not None:
        assert due(Calendar(from_data(data)), start, Limit(hours, Unit.WORKING_HOURS), pauses) == expected


@given(st.text(max_size=30) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["09:00", "2026-02-14", "UTC"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["timezone", "week", "mon", "holidays", "workdays", "closures", "date", "spans", "x"]),
        inner, max_size=5), max_leaves=12))
@settings(max_examples=200, deadline=None)
def test_any_data_is_either_a_calendar_or_told_mistakes(data):
    told = ()
    try:
        from_data(data)
    except CalendarError as error:
        told = error.problems
    assert told or {"timezone", "week"} <= data.keys()


@pytest.mark.parametrize("zone", sorted(ZONES))
def test_a_year_has_as_much_round_the_clock_time_as_seconds(zone):
    calendar = Calendar(from_data({"timezone": zone, "round_the_clock": True}))
    start = dt.datetime(2009, 6, 1, tzinfo=dt.UTC)
    end = dt.datetime(2027, 6, 1, tzinfo=dt.UTC)
    assert calendar.between(start, end) == end - start
    assert calendar.add(start, end - start) == end
