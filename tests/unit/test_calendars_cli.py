"""The command that answers working-time cases from files."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.calendars.cli import calendar

OFFICE = """\
timezone: Asia/Shanghai
week:
  mon: [["09:00", "18:00"]]
  tue: [["09:00", "18:00"]]
  wed: [["09:00", "18:00"]]
  thu: [["09:00", "18:00"]]
  fri: [["09:00", "18:00"]]
holidays: ["2026-10-01"]
workdays: ["2026-10-10"]
closures: [["2026-11-24T09:00", "2026-11-24T12:00"]]
"""


def run(tmp_path, cases, text=OFFICE, *more):
    Path(tmp_path, "cal.yaml").write_text(text, encoding="utf-8")
    lines = [case if isinstance(case, str) else json.dumps(case) for case in cases]
    Path(tmp_path, "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(
        calendar, [str(tmp_path / "cal.yaml"), "--cases", str(tmp_path / "cases.jsonl"), *more], catch_exceptions=False
    )
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_operation_answers_in_the_calendars_zone(tmp_path):
    result, found = run(tmp_path, [
        {"id": "a", "op": "add", "start": "2026-11-20T08:00:00+00:00", "seconds": 28800},
        {"id": 2, "op": "between", "start": "2026-11-20T16:00:00+08:00", "end": "2026-11-24T13:00:00+08:00"},
        {"id": None, "op": "between", "end": "2026-11-20T16:00:00+08:00", "start": "2026-11-20T16:00:01+08:00"},
        {"id": "d", "op": "add_days", "start": "2026-09-30T10:00:00+08:00", "days": 1},
        {"id": "e", "op": "add_days", "start": "2026-09-30T10:00:00Z", "days": 1, "count_start_day": True},
        {"id": "f", "op": "add", "start": "2026-11-20T17:00:00+08:00", "seconds": 3600},
        {"id": "g", "op": "add", "start": "2026-11-21T17:00:00Z", "seconds": 0},
    ])
    assert result.exit_code == 0
    assert found == [
        {"id": "a", "result": "2026-11-23T15:00:00+08:00"},
        {"id": 2, "result": 2 * 3600 + 9 * 3600 + 3600},
        {"id": None, "result": -1},
        {"id": "d", "result": "2026-10-02T18:00:00+08:00"},
        {"id": "e", "result": "2026-09-30T18:00:00+08:00"},
        {"id": "f", "result": "2026-11-20T18:00:00+08:00"},
        {"id": "g", "result": "2026-11-22T01:00:00+08:00"},
    ]


def test_fractions_of_seconds_are_exact(tmp_path):
    start = "2026-11-20T16:00:00+08:00"
    _result, found = run(tmp_path, [
        {"id": 1, "op": "between", "start": start, "end": "2026-11-20T16:00:00.250000+08:00"},
        {"id": 2, "op": "add", "start": start, "seconds": 0.1},
        '{"id": 3, "op": "add", "start": "2026-11-20T16:00:00+08:00", "seconds": 1e1}',
    ])
    assert found == [
        {"id": 1, "result": 0.25},
        {"id": 2, "result": "2026-11-20T16:00:00.100000+08:00"},
        {"id": 3, "result": "2026-11-20T16:00:10+08:00"},
    ]


@pytest.mark.parametrize(("case", "code", "field"), [
    ("nonsense", "bad_json", None),
    ("[1]", "bad_json", None),
    ('{"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": NaN}', "bad_json", None),
    ("[" * 50_000, "bad_json", None),
    ({"id": 1}, "unknown_op", "op"),
    ({"id": 1, "op": ["add"]}, "unknown_op", "op"),
    ({"id": 1, "op": "add", "seconds": 1}, "missing", "start"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z"}, "missing", "seconds"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00", "seconds": 1}, "no_offset", "start"),
    ({"id": 1, "op": "between", "start": "2026-11-20T16:00:00Z", "end": "2026-11-20"}, "no_offset", "end"),
    ({"id": 1, "op": "add", "start": "yesterday", "seconds": 1}, "not_a_time", "start"),
    ({"id": 1, "op": "add", "start": 5, "seconds": 1}, "not_a_time", "start"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": "1"}, "not_a_number", "seconds"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": True}, "not_a_number", "seconds"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": 1e-7}, "not_a_number", "seconds"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": 1e300}, "out_of_range", "seconds"),
    ({"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": -1}, "negative", None),
    ({"id": 1, "op": "add_days", "start": "2026-11-20T16:00:00Z", "days": 0}, "too_few_days", None),
    ({"id": 1, "op": "add_days", "start": "2026-11-20T16:00:00Z", "days": 1.5}, "not_a_number", "days"),
    ({"id": 1, "op": "add_days", "start": "2026-11-20T16:00:00Z", "days": 10**30}, "out_of_range", None),
    ({"id": 1, "op": "add_days", "start": "2026-11-20T16:00:00Z", "days": 1, "count_start_day": "no"},
     "not_a_flag", "count_start_day"),
    ({"id": 1, "op": "add", "start": "9999-12-31T23:59:59-14:00", "seconds": 1}, "out_of_range", None),
])
def test_a_wrong_line_is_told_and_the_next_one_answered(tmp_path, case, code, field):
    good = {"id": "good", "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": 0}
    result, found = run(tmp_path, [case, "", good])
    assert result.exit_code == 1
    assert found[0]["error"]["code"] == code
    assert found[0]["error"].get("field") == field
    assert found[0]["error"]["line"] == 1
    assert found[0]["id"] == (1 if isinstance(case, dict) else None)
    assert found[1] == {"id": "good", "result": "2026-11-21T00:00:00+08:00"}


def test_a_wrong_calendar_is_told_with_all_its_mistakes_and_nothing_answered(tmp_path):
    text = "timezone: Mars\nweek:\n  mon: [[9, 18:00]]\n"
    result, found = run(tmp_path, [{"id": 1}], text)
    assert (result.exit_code, found) == (2, [])
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{tmp_path / 'cal.yaml'}:1: timezone: “Mars” is no time zone.")
    assert lines[1].startswith(f"{tmp_path / 'cal.yaml'}:3: week.mon[0][0]: “9” is no time of day.")


def test_messages_come_in_the_language_asked_for(tmp_path):
    case = {"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": -1}
    _result, english = run(tmp_path, [case])
    _result, chinese = run(tmp_path, [case], OFFICE, "--lang", "zh")
    assert english[0]["error"]["message"] == "Working time to add can't be negative."
    assert chinese[0]["error"]["message"] == "要加的工作时间不能为负数。"


def test_the_example_of_the_reference_page_runs_as_shown(tmp_path):
    page = Path(__file__).parents[2].joinpath("docs", "reference", "calendars.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (session,) = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    cases, shown = (part.splitlines()[1:] for part in session.split("$ ")[1:])
    result, _found = run(tmp_path, cases, text)
    assert result.stdout.splitlines() == shown


def test_cases_may_come_from_standard_input(tmp_path):
    Path(tmp_path, "cal.yaml").write_text(OFFICE, encoding="utf-8")
    line = '{"id": 1, "op": "add", "start": "2026-11-20T16:00:00Z", "seconds": 0}\n'
    result = CliRunner().invoke(calendar, [str(tmp_path / "cal.yaml")], input=line)
    assert json.loads(result.stdout) == {"id": 1, "result": "2026-11-21T00:00:00+08:00"}


def test_a_missing_file_ends_with_status_2(tmp_path):
    assert CliRunner().invoke(calendar, [str(tmp_path / "none.yaml")]).exit_code == 2
