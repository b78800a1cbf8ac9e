"""Calendar files: people get what they wrote, and every mistake is told with its key and line."""

import datetime as dt

import pytest

from core.calendars import (
    Calendar,
    CalendarError,
    from_data,
    load_shipped,
    parse_yaml,
    read_file,
    shipped_names,
    to_data,
)
from core.errors import NotFound
from core.i18n import use_locale


def problems_of(text):
    with use_locale("en"), pytest.raises(CalendarError) as error:
        parse_yaml(text)
    return [(problem.line, problem.key) for problem in error.value.problems]


def test_unquoted_times_dates_and_norway_are_read_as_written():
    found = parse_yaml(
        "timezone: Europe/Oslo\nweek:\n  mon: [[09:00, 18:00]]\nholidays: [2026-05-18]\nholidays_country: NO\n"
        "closures: [[2026-05-11 12:00:00, 2026-05-11T13:00:00+02:00]]\n"
    )
    assert found.week[0] == ((9 * 3600, 18 * 3600),)
    assert found.holidays == {dt.date(2026, 5, 18)}
    assert found.holidays_country == "NO"
    (closure,) = found.closures
    assert closure[0] == dt.datetime(2026, 5, 11, 12)
    assert closure[1] == dt.datetime(2026, 5, 11, 13, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def test_every_mistake_is_told_with_its_key_and_line():
    assert problems_of("""\
timezone: Mars/Base
week:
  mon: [[09:00, 18:00], ["9", "10:00"], ["18:00", "09:00"], ["09:00"]]
  tuesday: []
  wed: 09:00
holidays: [2026-02-30, 2026-13-01]
workdays:
  - {date: 2026-02-14, spans: []}
  - {dat: 2026-02-14}
  - {date: 2026-02-15, spans: [["24:00", "24:01"]]}
closures:
  - ["2026-02-14T12:00", "2026-02-14T11:00"]
  - [2026-02-14]
  - [soon, 2026-02-14]
holidays_country: XX
label: {fr: Calendrier}
round_the_clock: perhaps
""") == [
        (1, "timezone"),
        (3, "week.mon[1][0]"), (3, "week.mon[2]"), (3, "week.mon[3]"), (4, "week.tuesday"), (5, "week.wed"),
        (6, "holidays[0]"), (6, "holidays[1]"),
        (8, "workdays[0].spans"), (9, "workdays[1].dat"), (9, "workdays[1]"), (10, "workdays[2].spans[0][1]"),
        (12, "closures[0]"), (13, "closures[1]"), (14, "closures[2][0]"),
        (15, "holidays_country"), (16, "label"), (17, "round_the_clock"),
    ]


@pytest.mark.parametrize(("text", "expected"), [
    ("", [(None, "")]),
    ("[1, 2]", [(1, "")]),
    ("timezone: [", [(1, "")]),
    ("timezone: UTC", [(1, "week")]),
    ("week: {}", [(1, "timezone")]),
    ("timezone: UTC\nweek: {}\nweek: {}\n", [(3, "week")]),
    ("timezone: UTC\nweek: {}\nholiday: []\n", [(3, "holiday")]),
    ("timezone: UTC\nweek: {}\nround_the_clock: true\n", [(2, "week")]),
    ("timezone: America\nweek: {}\n", [(1, "timezone")]),
    ("timezone: ../UTC\nweek: {}\n", [(1, "timezone")]),
    ("timezone: UTC\nweek: {}\nholidays_subdivision: BY\n", [(3, "holidays_subdivision")]),
    ("timezone: UTC\nweek: {}\nholidays_country: DE\nholidays_subdivision: XX\n", [(4, "holidays_subdivision")]),
    ("timezone: UTC\nweek: {mon: [['09:00', '24:01']]}\n", [(2, "week.mon[0][1]")]),
    ("timezone: UTC\nweek: {mon: [['09:60', '12:00']]}\n", [(2, "week.mon[0][0]")]),
    ("timezone: UTC\nweek: {mon: [['22:00', '06:00']]}\n", [(2, "week.mon[0]")]),
    ("timezone: UTC\nweek: {mon: [['09:00', '09:00']]}\n", [(2, "week.mon[0]")]),
    ("timezone: UTC\nweek: {}\nworkdays: [{date: 2026-01-03, spans: [['9:00', '10:00']]}, 2026-01-03]\n",
     [(3, "workdays[1]")]),
])
def test_a_wrong_file_is_told_where(text, expected):
    assert problems_of(text) == expected


def test_an_alias_inside_itself_is_refused_instead_of_followed_for_ever():
    assert len(problems_of("a: &x [*x]")) == 1


def test_aliases_that_multiply_are_refused():
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert len(problems_of(text)) == 1


def test_a_file_that_is_not_text_is_told(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalendarError):
        read_file(path)


def test_midnight_at_the_end_of_a_closure_may_be_written_24_00():
    week = {"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]]}
    closures = [["2026-11-23T12:00", "2026-11-23T24:00"]]
    calendar = Calendar(from_data({"timezone": "UTC", "week": week, "closures": closures}))
    afternoon, midnight = dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC), dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    assert calendar.next_opening(afternoon) == midnight


def test_the_shipped_calendars_are_right_and_bilingual():
    assert shipped_names() == ["always", "cn_office", "cn_office_lunch", "cn_service_desk", "uk_office", "us_office"]
    for name in shipped_names():
        definition = load_shipped(name)
        assert definition.name == name
        assert dict(definition.label).keys() == {"en", "zh"}
        assert from_data(to_data(definition)) == definition
        Calendar(definition).next_opening(dt.datetime(2026, 11, 23, tzinfo=dt.UTC))


def test_an_unknown_shipped_calendar_is_not_found():
    with pytest.raises(NotFound):
        load_shipped("../calendars/always")


def test_data_is_written_back_canonically():
    data = {
        "timezone": "Asia/Shanghai",
        "label": {"zh": "值班", "en": "Duty"},
        "week": {"mon": [["13:00", "18:00"], ["9:00", "12:00"], ["11:00", "12:30:30"]], "tue": []},
        "holidays": ["2026-10-02", "2026-10-01"],
        "workdays": [{"date": "2026-02-14", "spans": [["09:00", "24:00"]]}, "2026-01-04"],
        "closures": [["2026-03-01", "2026-03-02"], ["2026-02-01T10:00+08:00", "2026-02-01T11:00"]],
    }
    assert to_data(from_data(data)) == {
        "timezone": "Asia/Shanghai",
        "label": {"en": "Duty", "zh": "值班"},
        "week": {"mon": [["09:00", "12:30:30"], ["13:00", "18:00"]]},
        "holidays": ["2026-10-01", "2026-10-02"],
        "workdays": ["2026-01-04", {"date": "2026-02-14", "spans": [["09:00", "24:00"]]}],
        "closures": [
            ["2026-02-01T10:00:00+08:00", "2026-02-01T11:00:00"],
            ["2026-03-01T00:00:00", "2026-03-03T00:00:00"],
        ],
    }
