"""Deadlines by the policies' own words, and what pauses do to them."""

import datetime as dt
from decimal import Decimal

import pytest

from core.calendars import (
    Calendar,
    Limit,
    Pause,
    Unit,
    calendar_for,
    due,
    from_data,
    load_shipped,
    progress,
    share_of,
    used,
    warn_at,
)
from core.errors import Invalid
from core.i18n import use_locale

OFFICE = calendar_for(load_shipped("cn_office"))
LUNCH = calendar_for(load_shipped("cn_office_lunch"))
FRIDAY = dt.datetime.fromisoformat("2026-11-20T16:00:00+08:00")


def at(text):
    return dt.datetime.fromisoformat(f"{text}+08:00")


def pause(start, end):
    return Pause(at(start), at(end))


EIGHT_HOURS = Limit(8, Unit.WORKING_HOURS)


# --- the policies ---------------------------------------------------------------------------------------------------


def test_eight_working_hours_from_friday_at_four_end_on_monday():
    assert due(OFFICE, FRIDAY, EIGHT_HOURS) == at("2026-11-23T15:00:00")
    assert due(LUNCH, FRIDAY, EIGHT_HOURS) == at("2026-11-23T16:00:00")


def test_six_working_hours_in_the_city_and_seven_in_the_suburbs():
    start = at("2026-11-20T15:30:00")
    assert due(OFFICE, start, Limit(6, Unit.WORKING_HOURS)) == at("2026-11-23T12:30:00")
    assert due(OFFICE, start, Limit(7, Unit.WORKING_HOURS)) == at("2026-11-23T13:30:00")


def test_24_hours_round_the_clock_run_through_the_weekend():
    assert due(OFFICE, FRIDAY, Limit(24, Unit.ELAPSED_HOURS)) == at("2026-11-21T16:00:00")


def test_three_working_days_end_at_closing_time():
    assert due(OFFICE, FRIDAY, Limit(3, Unit.WORKING_DAYS)) == at("2026-11-25T18:00:00")


def test_calendar_days_end_at_midnight_and_leave_the_start_day_out():
    assert due(OFFICE, FRIDAY, Limit(7, Unit.CALENDAR_DAYS)) == at("2026-11-28T00:00:00")
    assert due(OFFICE, FRIDAY, Limit(7, Unit.CALENDAR_DAYS, count_start_day=True)) == at("2026-11-27T00:00:00")


@pytest.mark.parametrize(("start", "months", "last_day_ends"), [
    ("2024-01-31T10:00:00", 1, "2024-03-01T00:00:00"),
    ("2023-01-31T10:00:00", 1, "2023-03-01T00:00:00"),
    ("2024-02-29T10:00:00", 12, "2025-03-01T00:00:00"),
    ("2024-02-29T10:00:00", 48, "2028-03-01T00:00:00"),
    ("2026-11-20T10:00:00", 12, "2027-11-21T00:00:00"),
    ("2026-12-31T10:00:00", 2, "2027-03-01T00:00:00"),
])
def test_months_end_on_the_corresponding_day_else_on_the_last_of_the_month(start, months, last_day_ends):
    assert due(OFFICE, at(start), Limit(months, Unit.CALENDAR_MONTHS)) == at(last_day_ends)


@pytest.mark.parametrize(("start", "last_day_ends"), [
    ("2026-01-15T10:00:00", "2026-02-15T00:00:00"),  # last day 14 February
    ("2026-01-31T10:00:00", "2026-03-01T00:00:00"),  # 30 February is not there: last day 28 February
    ("2026-03-01T10:00:00", "2026-04-01T00:00:00"),  # last day 31 March
])
def test_a_month_that_counts_its_start_day_ends_a_day_earlier(start, last_day_ends):
    assert due(OFFICE, at(start), Limit(1, Unit.CALENDAR_MONTHS, count_start_day=True)) == at(last_day_ends)


def test_a_last_day_on_a_holiday_moves_to_the_day_after_the_holiday_where_the_rule_says_so():
    start = at("2026-09-28T10:00:00")
    assert due(OFFICE, start, Limit(7, Unit.CALENDAR_DAYS)) == at("2026-10-06T00:00:00")
    assert due(OFFICE, start, Limit(7, Unit.CALENDAR_DAYS, roll=True)) == at("2026-10-09T00:00:00")
    assert due(OFFICE, at("2026-09-22T10:00:00"), Limit(1, Unit.CALENDAR_DAYS, roll=True)) == at("2026-09-24T00:00:00")


def test_a_day_that_counts_its_start_is_not_due_before_it_begins():
    one_day = Limit(1, Unit.WORKING_DAYS, count_start_day=True)
    assert due(OFFICE, FRIDAY, one_day) == at("2026-11-20T18:00:00")
    assert due(OFFICE, at("2026-11-20T18:00:00"), one_day) == at("2026-11-23T18:00:00")


def test_a_calendar_day_ends_at_midnight_on_the_wall_across_a_change_of_clocks():
    berlin = Calendar(from_data({"timezone": "Europe/Berlin", "round_the_clock": True}))
    start = dt.datetime.fromisoformat("2026-03-28T12:00:00+01:00")
    assert due(berlin, start, Limit(1, Unit.CALENDAR_DAYS)) == dt.datetime.fromisoformat("2026-03-30T00:00:00+02:00")


# --- pauses ---------------------------------------------------------------------------------------------------------


def test_paused_working_time_moves_the_deadline():
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, [pause("2026-11-20T17:00:00", "2026-11-23T10:00:00")]) == at(
        "2026-11-23T17:00:00"
    )


def test_a_pause_outside_working_hours_moves_nothing():
    weekend = [pause("2026-11-20T18:00:00", "2026-11-23T09:00:00")]
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, weekend) == due(OFFICE, FRIDAY, EIGHT_HOURS)


def test_a_pause_moves_a_round_the_clock_limit_by_its_whole_length():
    night = [pause("2026-11-20T20:00:00", "2026-11-21T08:00:00")]
    assert due(OFFICE, FRIDAY, Limit(24, Unit.ELAPSED_HOURS), night) == at("2026-11-22T04:00:00")


def test_a_whole_working_day_of_pause_moves_closing_time_to_the_next_closing_time():
    whole_day = [pause("2026-11-23T09:00:00", "2026-11-23T18:00:00")]
    assert due(OFFICE, FRIDAY, Limit(2, Unit.WORKING_DAYS), whole_day) == at("2026-11-25T18:00:00")
    half_day = [pause("2026-11-23T09:00:00", "2026-11-23T13:30:00")]
    assert due(OFFICE, FRIDAY, Limit(2, Unit.WORKING_DAYS), half_day) == at("2026-11-25T13:30:00")


def test_overlapping_pauses_count_once_and_order_makes_no_difference():
    pauses = [
        pause("2026-11-23T10:00:00", "2026-11-23T12:00:00"),
        pause("2026-11-20T17:00:00", "2026-11-20T18:00:00"),
        pause("2026-11-23T11:00:00", "2026-11-23T13:00:00"),
        pause("2026-11-23T10:30:00", "2026-11-23T11:00:00"),
    ]
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, pauses) == at("2026-11-24T10:00:00")


def test_a_pause_counts_only_from_the_start_of_the_clock():
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, [pause("2026-11-20T09:00:00", "2026-11-20T17:00:00")]) == at(
        "2026-11-23T16:00:00"
    )


def test_a_pause_that_begins_at_the_deadline_or_later_comes_too_late():
    for begin in ("2026-11-23T15:00:00", "2026-11-23T16:00:00"):
        assert due(OFFICE, FRIDAY, EIGHT_HOURS, [pause(begin, "2026-11-24T12:00:00")]) == at("2026-11-23T15:00:00")


def test_a_pause_that_a_former_pause_brought_before_the_deadline_counts():
    pauses = [
        pause("2026-11-23T09:00:00", "2026-11-23T11:00:00"),  # due 17:00 instead of 15:00
        pause("2026-11-23T16:00:00", "2026-11-23T18:00:00"),
    ]
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, pauses) == at("2026-11-24T10:00:00")


def test_an_open_pause_reckons_until_now_and_asks_for_it():
    still = [Pause(at("2026-11-20T17:00:00"))]
    assert due(OFFICE, FRIDAY, EIGHT_HOURS, still, now=at("2026-11-20T17:30:00")) == at("2026-11-23T15:30:00")
    with pytest.raises(Invalid) as error:
        due(OFFICE, FRIDAY, EIGHT_HOURS, still)
    assert error.value.code == "open_pause"


# --- used, share, warning -------------------------------------------------------------------------------------------


def test_used_time_is_working_time_without_pauses_and_never_negative():
    now = at("2026-11-23T11:00:00")
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, now) == dt.timedelta(hours=4)
    weekend = pause("2026-11-20T17:00:00", "2026-11-23T09:30:00")
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, now, [weekend]) == dt.timedelta(hours=2.5)
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, now, [Pause(at("2026-11-23T10:00:00"))]) == dt.timedelta(hours=3)
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-20T10:00:00")) == dt.timedelta(0)


def test_a_pause_in_the_future_is_not_taken_off_yet():
    later = [pause("2026-11-23T10:00:00", "2026-11-23T12:00:00")]
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-20T17:00:00"), later) == dt.timedelta(hours=1)


def test_a_pause_whose_end_is_still_to_come_is_taken_off_until_now():
    running = [pause("2026-11-20T16:30:00", "2026-11-23T12:00:00")]
    assert used(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-20T17:00:00"), running) == dt.timedelta(hours=0.5)


def test_the_share_grows_beyond_one_when_overdue():
    assert share_of(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-23T11:00:00")) == 0.5
    assert share_of(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-23T15:00:00")) == 1.0
    assert share_of(OFFICE, FRIDAY, EIGHT_HOURS, at("2026-11-24T10:00:00")) == 1.5


def test_the_warning_comes_when_its_share_of_the_limit_is_used_up():
    assert warn_at(OFFICE, FRIDAY, EIGHT_HOURS, "0.5") == at("2026-11-23T11:00:00")
    assert warn_at(OFFICE, FRIDAY, EIGHT_HOURS, Decimal("0.8")) == at("2026-11-23T13:24:00")
    assert warn_at(OFFICE, FRIDAY, EIGHT_HOURS, 1) == due(OFFICE, FRIDAY, EIGHT_HOURS)


def test_pauses_move_a_warning_only_if_they_begin_before_it():
    early = pause("2026-11-23T09:00:00", "2026-11-23T10:00:00")
    late = pause("2026-11-23T14:00:00", "2026-11-23T15:00:00")
    assert warn_at(OFFICE, FRIDAY, EIGHT_HOURS, "0.8", [early]) == at("2026-11-23T14:24:00")
    assert warn_at(OFFICE, FRIDAY, EIGHT_HOURS, "0.8", [late]) == at("2026-11-23T13:24:00")


def test_a_warning_on_working_days_is_a_share_of_their_working_time():
    # Friday 16:00 to Tuesday 18:00: 2 + 9 + 9 working hours, half of them is Monday 17:00.
    assert warn_at(OFFICE, FRIDAY, Limit(2, Unit.WORKING_DAYS), "0.5") == at("2026-11-23T17:00:00")


@pytest.mark.parametrize("share", ["0", "1.01", "-0.5"])
def test_a_warning_share_outside_the_limit_is_refused(share):
    with pytest.raises(Invalid) as error:
        warn_at(OFFICE, FRIDAY, EIGHT_HOURS, share)
    assert error.value.code == "bad_share"


def test_progress_tells_all_of_it_at_once():
    now, breaks = at("2026-11-23T11:00:00"), [pause("2026-11-23T09:00:00", "2026-11-23T10:00:00")]
    found = progress(OFFICE, FRIDAY, EIGHT_HOURS, now, breaks, ["0.5", "0.8"])
    assert found.due == at("2026-11-23T16:00:00")
    assert found.warn_at == (at("2026-11-23T12:00:00"), at("2026-11-23T14:24:00"))
    assert (found.used, found.total, found.remaining) == tuple(dt.timedelta(hours=n) for n in (3, 8, 5))
    assert found.share == 0.375


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "unit", "field"), [
    (0, "working_hours", "amount"),
    (-1, "working_days", "amount"),
    (Decimal("1.5"), "working_days", "amount"),
    (Decimal("NaN"), "working_hours", "amount"),
    (1.5, "working_hours", "amount"),
    (True, "working_hours", "amount"),
    (1, "fortnights", "unit"),
])
def test_a_limit_that_means_nothing_is_refused(amount, unit, field):
    with pytest.raises(Invalid) as error:
        Limit(amount, unit)
    assert (error.value.code, error.value.field) == ("bad_limit", field)


def test_a_limit_of_an_hour_and_a_half_is_exact():
    assert due(OFFICE, FRIDAY, Limit(Decimal("1.5"), "working_hours")) == at("2026-11-20T17:30:00")


def test_limits_say_themselves_in_words():
    with use_locale("en"):
        assert Limit(1, Unit.WORKING_HOURS).words() == "1 working hour"
        assert Limit(20, Unit.CALENDAR_DAYS).words() == "20 calendar days"
        assert Limit(Decimal("1.50"), Unit.ELAPSED_HOURS).words() == "1.5 hours"
    with use_locale("zh"):
        assert Limit(3, Unit.WORKING_DAYS).words() == "3 个工作日"


def test_a_limit_beyond_all_calendars_is_refused():
    with pytest.raises(Invalid) as error:
        due(OFFICE, FRIDAY, Limit(100_000, Unit.CALENDAR_MONTHS))
    assert error.value.code == "out_of_range"


def test_equal_limits_are_equal():
    assert Limit(8, "working_hours") == Limit(Decimal(8), Unit.WORKING_HOURS)
    assert hash(Limit(8, "working_hours")) == hash(Limit(Decimal(8), Unit.WORKING_HOURS))
