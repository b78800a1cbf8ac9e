"""Working time by example: the cases that people argue about, with the exact second."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.calendars import Calendar, calendar_for, from_data, load_shipped
from core.errors import Invalid

OFFICE_WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def at(text):
    return dt.datetime.fromisoformat(text)


def hours(number):
    return dt.timedelta(hours=number)


def china(**more):
    return Calendar(from_data({"timezone": "Asia/Shanghai", "week": OFFICE_WEEK, **more}))


def new_york(**spans_of_days):
    return Calendar(from_data({"timezone": "America/New_York", "week": spans_of_days}))


# --- the edge of the day ------------------------------------------------------------------------------------------


def test_exactly_one_working_day_from_opening_ends_at_closing_time_not_at_the_next_opening():
    assert china().add(at("2026-11-20T09:00:00+08:00"), hours(9)) == at("2026-11-20T18:00:00+08:00")


def test_one_second_more_than_a_day_ends_one_second_after_the_next_opening():
    late = china().add(at("2026-11-20T09:00:00+08:00"), hours(9) + dt.timedelta(seconds=1))
    assert late == at("2026-11-23T09:00:01+08:00")


def test_work_added_while_closed_begins_at_the_next_opening():
    assert china().add(at("2026-11-21T03:00:00+08:00"), hours(1)) == at("2026-11-23T10:00:00+08:00")


def test_nothing_added_is_the_start_itself_even_while_closed():
    assert china().add(at("2026-11-21T03:00:00+08:00"), hours(0)) == at("2026-11-21T03:00:00+08:00")


def test_negative_working_time_is_refused():
    with pytest.raises(Invalid) as error:
        china().add(at("2026-11-20T09:00:00+08:00"), hours(-1))
    assert error.value.code == "negative"


def test_the_closing_second_is_closed_and_the_opening_second_open():
    calendar = china()
    assert calendar.is_open(at("2026-11-20T09:00:00+08:00"))
    assert calendar.is_open(at("2026-11-20T17:59:59.999999+08:00"))
    assert not calendar.is_open(at("2026-11-20T18:00:00+08:00"))
    assert not calendar.is_open(at("2026-11-20T08:59:59+08:00"))


def test_next_opening_is_now_while_open_and_monday_from_friday_evening():
    calendar = china()
    assert calendar.next_opening(at("2026-11-20T10:30:00+08:00")) == at("2026-11-20T10:30:00+08:00")
    assert calendar.next_opening(at("2026-11-20T18:00:00+08:00")) == at("2026-11-23T09:00:00+08:00")


def test_working_time_backwards_is_the_same_amount_negative():
    calendar, friday, monday = china(), at("2026-11-20T16:00:00+08:00"), at("2026-11-23T10:00:00+08:00")
    assert calendar.between(friday, monday) == hours(3)
    assert calendar.between(monday, friday) == hours(-3)


def test_results_are_in_utc_whatever_the_zone_of_the_question():
    result = china().add(at("2026-11-20T03:00:00-05:00"), hours(1))
    assert (result, result.tzinfo) == (at("2026-11-20T09:00:00+00:00"), dt.UTC)


def test_fractions_of_a_second_are_kept():
    result = china().add(at("2026-11-20T17:59:59.250000+08:00"), dt.timedelta(seconds=1))
    assert result == at("2026-11-23T09:00:00.250000+08:00")


def test_a_time_without_offset_is_refused():
    with pytest.raises(Invalid) as error:
        china().is_open(at("2026-11-20T09:00:00"))
    assert error.value.code == "no_offset"


# --- spans --------------------------------------------------------------------------------------------------------


def test_overlapping_and_touching_spans_count_once():
    calendar = new_york(mon=[["09:00", "12:00"], ["11:00", "14:00"], ["14:00", "15:00"], ["09:30", "10:00"]])
    assert calendar.between(at("2026-11-23T00:00:00-05:00"), at("2026-11-24T00:00:00-05:00")) == hours(6)
    assert len(calendar.opening_spans(dt.date(2026, 11, 23))) == 1


def test_spans_up_to_midnight_join_with_the_next_morning():
    calendar = new_york(mon=[["20:00", "24:00"]], tue=[["00:00", "04:00"]])
    assert calendar.add(at("2026-11-23T20:00:00-05:00"), hours(8)) == at("2026-11-24T04:00:00-05:00")
    assert calendar.add_days(at("2026-11-22T12:00:00-05:00"), 1) == at("2026-11-24T00:00:00-05:00")


def test_seconds_in_spans_are_exact():
    calendar = new_york(mon=[["09:00:07", "09:00:09"]])
    begin, end = at("2026-11-23T09:00:07-05:00"), at("2026-11-23T09:00:09-05:00")
    assert calendar.opening_spans(dt.date(2026, 11, 23)) == [(begin, end)]


# --- exceptions ---------------------------------------------------------------------------------------------------


def test_a_holiday_closes_even_a_round_the_clock_calendar():
    calendar = Calendar(from_data({"timezone": "Asia/Shanghai", "round_the_clock": True, "holidays": ["2026-10-01"]}))
    assert calendar.add(at("2026-09-30T23:00:00+08:00"), hours(2)) == at("2026-10-02T01:00:00+08:00")
    assert calendar.opening_spans(dt.date(2026, 10, 1)) == []


def test_a_make_up_workday_is_worked_like_monday_where_its_weekday_is_closed():
    week = {**OFFICE_WEEK, "mon": [["08:00", "10:00"]]}
    calendar = Calendar(from_data({"timezone": "Asia/Shanghai", "week": week, "workdays": ["2026-02-14"]}))
    assert calendar.between(at("2026-02-14T00:00:00+08:00"), at("2026-02-15T00:00:00+08:00")) == hours(2)


def test_a_make_up_workday_keeps_the_spans_of_its_own_weekday_where_that_is_open():
    week = {**OFFICE_WEEK, "sat": [["10:00", "14:00"]]}
    data = {"timezone": "Asia/Shanghai", "week": week, "workdays": ["2026-02-14"], "holidays_country": "CN"}
    assert Calendar(from_data(data)).opening_spans(dt.date(2026, 2, 14)) == [
        (at("2026-02-14T10:00:00+08:00"), at("2026-02-14T14:00:00+08:00"))
    ]


def test_without_monday_hours_a_make_up_workday_follows_the_first_open_weekday():
    data = {"timezone": "UTC", "week": {"wed": [["07:00", "08:00"]]}, "workdays": ["2026-02-14"]}
    calendar = Calendar(from_data(data))
    assert calendar.opening_spans(dt.date(2026, 2, 14))[0][0] == at("2026-02-14T07:00:00+00:00")


def test_a_make_up_workday_may_say_its_own_spans():
    calendar = china(workdays=[{"date": "2026-02-14", "spans": [["13:00", "15:00"]]}])
    assert calendar.next_opening(at("2026-02-14T00:00:00+08:00")) == at("2026-02-14T13:00:00+08:00")


def test_a_date_that_is_holiday_and_workday_is_worked_and_warned_of():
    calendar = china(workdays=["2026-10-01"], holidays=["2026-10-01", "2026-10-02"])
    assert calendar.is_working_day(dt.date(2026, 10, 1))
    assert not calendar.is_working_day(dt.date(2026, 10, 2))
    assert [w.code for w in calendar.warnings(2026)] == ["holiday_and_workday"]
    assert calendar.warnings(2027) == []


def test_a_closure_takes_its_part_of_the_day_and_its_last_hours_move_closing_time():
    calendar = china(closures=[["2026-11-20T12:00", "2026-11-20T13:00"], ["2026-11-23T08:00:00Z", "2026-11-23T23:00"]])
    assert calendar.add(at("2026-11-20T11:00:00+08:00"), hours(2)) == at("2026-11-20T14:00:00+08:00")
    assert calendar.add_days(at("2026-11-20T11:00:00+08:00"), 1) == at("2026-11-23T16:00:00+08:00")


def test_a_day_closed_from_beginning_to_end_is_no_working_day():
    calendar = china(closures=[["2026-11-23", "2026-11-24"]])
    assert calendar.add_days(at("2026-11-20T11:00:00+08:00"), 1) == at("2026-11-25T18:00:00+08:00")
    assert calendar.opening_spans(dt.date(2026, 11, 24)) == []


# --- working days -------------------------------------------------------------------------------------------------


def test_the_start_day_does_not_count_unless_asked():
    calendar, friday = china(), at("2026-11-20T10:00:00+08:00")
    assert calendar.add_days(friday, 1) == at("2026-11-23T18:00:00+08:00")
    assert calendar.add_days(friday, 1, count_start_day=True) == at("2026-11-20T18:00:00+08:00")
    assert calendar.add_days(friday, 2, count_start_day=True) == at("2026-11-23T18:00:00+08:00")


def test_a_start_day_off_never_counts():
    saturday = at("2026-11-21T10:00:00+08:00")
    assert china().add_days(saturday, 1, count_start_day=True) == at("2026-11-23T18:00:00+08:00")
    assert china().add_days(saturday, 1) == at("2026-11-23T18:00:00+08:00")


def test_the_start_day_is_the_date_on_the_calendars_own_wall():
    assert china().add_days(at("2026-11-19T17:00:00+00:00"), 1) == at("2026-11-23T18:00:00+08:00")


@pytest.mark.parametrize("days", [0, -1])
def test_fewer_than_one_working_day_is_refused(days):
    with pytest.raises(Invalid) as error:
        china().add_days(at("2026-11-20T10:00:00+08:00"), days)
    assert error.value.code == "too_few_days"


# --- clocks that change -------------------------------------------------------------------------------------------


def test_a_span_across_the_skipped_hour_is_an_hour_shorter():
    calendar = new_york(sun=[["01:00", "04:00"]])
    assert calendar.between(at("2026-03-08T00:00:00-05:00"), at("2026-03-09T00:00:00-04:00")) == hours(2)
    assert calendar.add(at("2026-03-08T01:30:00-05:00"), hours(1)) == at("2026-03-08T03:30:00-04:00")


def test_a_span_inside_the_skipped_hour_does_not_happen():
    calendar = new_york(sun=[["02:10", "02:50"]])
    assert calendar.opening_spans(dt.date(2026, 3, 8)) == []
    assert calendar.next_opening(at("2026-03-08T00:00:00-05:00")) == at("2026-03-15T02:10:00-04:00")


def test_a_span_that_begins_in_the_skipped_hour_opens_when_the_clocks_have_jumped():
    calendar = new_york(sun=[["02:30", "04:00"]])
    assert calendar.opening_spans(dt.date(2026, 3, 8)) == [
        (at("2026-03-08T03:00:00-04:00"), at("2026-03-08T04:00:00-04:00"))
    ]


def test_a_span_across_the_repeated_hour_is_an_hour_longer():
    calendar = new_york(sun=[["00:00", "04:00"]])
    assert calendar.add(at("2026-11-01T00:00:00-04:00"), hours(5)) == at("2026-11-01T04:00:00-05:00")


def test_a_span_inside_the_repeated_hour_happens_twice():
    calendar = new_york(sun=[["01:15", "01:45"]])
    assert calendar.opening_spans(dt.date(2026, 11, 1)) == [
        (at("2026-11-01T01:15:00-04:00"), at("2026-11-01T01:45:00-04:00")),
        (at("2026-11-01T01:15:00-05:00"), at("2026-11-01T01:45:00-05:00")),
    ]


def test_half_an_hour_of_change_counts_as_half_an_hour():
    calendar = Calendar(from_data({"timezone": "Australia/Lord_Howe", "week": {"sun": [["00:00", "06:00"]]}}))
    begin, end = at("2026-04-04T12:00:00Z"), at("2026-04-05T12:00:00Z")
    assert calendar.between(begin, end) == hours(6.5)


def test_a_day_round_the_clock_is_24_exact_hours_across_a_change():
    calendar = Calendar(from_data({"timezone": "Europe/Berlin", "round_the_clock": True}))
    start = at("2026-03-28T12:00:00+01:00")
    assert calendar.add(start, hours(24)) == at("2026-03-29T13:00:00+02:00")


def test_a_closure_at_a_time_shown_twice_means_the_first_one():
    week = {"sun": [["00:00", "04:00"]]}
    closures = [["2026-11-01T01:30", "2026-11-01T01:45"]]
    calendar = Calendar(from_data({"timezone": "America/New_York", "week": week, "closures": closures}))
    assert not calendar.is_open(at("2026-11-01T01:40:00-04:00"))
    assert calendar.is_open(at("2026-11-01T01:40:00-05:00"))


def test_a_date_that_never_was_is_no_working_day():
    calendar = Calendar(from_data({"timezone": "Pacific/Apia", "round_the_clock": True}))
    assert calendar.opening_spans(dt.date(2011, 12, 30)) == []
    assert calendar.add_days(at("2011-12-29T12:00:00-10:00"), 1) == at("2012-01-01T00:00:00+14:00")


# --- far away -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [
    lambda calendar, start: calendar.add(start, hours(1)),
    lambda calendar, start: calendar.add_days(start, 1),
    lambda calendar, start: calendar.next_opening(start),
])
def test_a_calendar_that_never_opens_is_told_instead_of_searched_for_ever(question):
    calendar = Calendar(from_data({"timezone": "UTC", "week": {}}))
    with pytest.raises(Invalid) as error:
        question(calendar, at("2026-11-20T10:00:00Z"))
    assert error.value.code == "never_opens"


def test_a_calendar_whose_only_workday_is_past_never_opens_again():
    data = {"timezone": "UTC", "week": {}, "workdays": [{"date": "2026-11-20", "spans": [["09:00", "11:00"]]}]}
    calendar = Calendar(from_data(data))
    assert calendar.add(at("2026-11-19T10:00:00Z"), hours(2)) == at("2026-11-20T11:00:00Z")
    with pytest.raises(Invalid) as error:
        calendar.add(at("2026-11-19T10:00:00Z"), hours(3))
    assert error.value.code == "never_opens"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_new_year_is_seamless_where_the_wall_shows_another_year_than_utc(zone):
    data = {"timezone": zone, "round_the_clock": True}
    midnight = dt.datetime(2026, 1, 1, tzinfo=Calendar(from_data(data)).zone)
    before, after = midnight - hours(1), midnight + hours(1)
    assert Calendar(from_data(data)).between(before, after) == hours(2)
    assert Calendar(from_data(data)).is_open(before)
    assert Calendar(from_data(data)).is_open(after)
    assert Calendar(from_data(data)).add(before, hours(2)) == after


def test_an_opening_nine_years_ahead_is_found():
    data = {"timezone": "UTC", "week": {}, "workdays": [{"date": "2035-11-20", "spans": [["09:00", "11:00"]]}]}
    assert Calendar(from_data(data)).next_opening(at("2026-11-19T10:00:00Z")) == at("2035-11-20T09:00:00Z")


def test_a_century_of_working_time_is_exact():
    start = at("2026-01-05T09:00:00+08:00")
    weeks = 52 * 100
    assert china().add(start, hours(45 * weeks)) == start + dt.timedelta(weeks=weeks) - hours(63)


@pytest.mark.parametrize("moment", ["1899-12-31T00:00:00Z", "2200-01-02T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_times_beyond_all_calendars_are_refused(moment):
    with pytest.raises(Invalid) as error:
        china().add(at(moment), hours(1))
    assert error.value.code == "out_of_range"


def test_working_time_beyond_all_calendars_is_refused():
    with pytest.raises(Invalid) as error:
        china().add(at("2026-11-20T10:00:00Z"), dt.timedelta(days=200_000))
    assert error.value.code == "out_of_range"


def test_equal_definitions_share_one_calendar():
    data = {"timezone": "Asia/Shanghai", "week": OFFICE_WEEK}
    other = {"timezone": "Asia/Shanghai", "week": {**OFFICE_WEEK, "mon": [["09:00", "12:00"], ["12:00", "18:00"]]}}
    assert calendar_for(from_data(data)) is calendar_for(from_data(other))
    assert calendar_for(from_data(data)) is not calendar_for(from_data({**data, "timezone": "Asia/Tokyo"}))


def test_threads_that_share_a_calendar_get_right_answers():
    calendar = china()
    starts = [at(f"{year}-03-04T10:00:00+08:00") for year in range(1950, 2150, 4)]

    def work(start):
        return calendar.add(start, hours(9 * 30)), calendar.between(start, start + dt.timedelta(days=28))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, starts))
    assert found == [
        (china().add(start, hours(9 * 30)), china().between(start, start + dt.timedelta(days=28))) for start in starts
    ]


# --- China 2026, by the State Council's notice of November 2025 ------------------------------------------------------

CHINA_2026_REST_DAYS = [
    ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
]
CHINA_2026_WORKED = {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}


def test_every_day_of_2026_in_china_is_worked_or_not_as_announced():
    calendar = calendar_for(load_shipped("cn_office"))
    day, wrong = dt.date(2026, 1, 1), []
    while day.year == 2026:
        text = day.isoformat()
        resting = any(first <= text <= last for first, last in CHINA_2026_REST_DAYS)
        worked = text in CHINA_2026_WORKED or (day.weekday() < 5 and not resting)
        if calendar.is_working_day(day) != worked:
            wrong.append(text)
        day += dt.timedelta(days=1)
    assert wrong == []


def test_three_working_days_over_the_spring_festival_count_the_make_up_saturday():
    calendar = calendar_for(load_shipped("cn_office"))
    assert calendar.add_days(at("2026-02-13T10:00:00+08:00"), 3) == at("2026-02-25T18:00:00+08:00")


def test_three_working_days_over_national_day_end_on_a_make_up_saturday():
    calendar = calendar_for(load_shipped("cn_office"))
    assert calendar.add_days(at("2026-09-30T10:00:00+08:00"), 3) == at("2026-10-10T18:00:00+08:00")


def test_years_without_announced_make_up_days_are_warned_of_not_silently_wrong():
    calendar = calendar_for(load_shipped("cn_office"))
    assert calendar.warnings(2026) == []
    (warning,) = calendar.warnings(2096)
    assert warning.code == "beyond_known_years"
    assert "2096" in warning.message
    assert [w.code for w in calendar.warnings(2150)] == ["not_covered"]


def test_the_companys_own_days_override_the_countrys():
    calendar = china(holidays_country="CN", holidays=["2026-02-14"], workdays=["2026-02-17"])
    assert not calendar.is_working_day(dt.date(2026, 2, 14))
    assert calendar.is_working_day(dt.date(2026, 2, 17))
    assert not calendar.is_working_day(dt.date(2026, 2, 18))


def test_estimated_holidays_are_warned_of():
    calendar = china(holidays_country="AE")
    assert [w.code for w in calendar.warnings(2030)] == ["estimated"]


def test_a_subdivision_adds_its_holidays():
    data = {"timezone": "Europe/Berlin", "week": OFFICE_WEEK, "holidays_country": "DE"}
    epiphany = dt.date(2026, 1, 6)
    assert Calendar(from_data(data)).is_working_day(epiphany)
    assert not Calendar(from_data({**data, "holidays_subdivision": "BY"})).is_working_day(epiphany)
