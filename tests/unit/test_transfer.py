"""Mappings and rows of files: each key of a mapping, each kind of value, and every mistake told with its line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from core.errors import Invalid
from core.i18n import use_locale
from core.transfer import (
    Field,
    Importer,
    Loaded,
    MappingError,
    RowReader,
    read_mapping,
    read_records,
    write_problems,
)

FIELDS = (
    Field("external_key", "Key", required=True),
    Field("name", "Name", longest=5),
    Field("note", "Note", "text"),
    Field("count", "Count", "int"),
    Field("price", "Price", "decimal"),
    Field("paid", "Paid", "bool"),
    Field("day", "Day", "date"),
    Field("at", "At", "moment"),
    Field("tags", "Tags", "list"),
)
IMPORTER = Importer("things", "Things", FIELDS, lambda ctx, rows: Loaded(len(rows)))
SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def mapping(fields: dict, **more):
    return read_mapping({"fields": {"external_key": "Key", **fields}, **more}, IMPORTER)


def read(fields: dict, cells: dict, zone: ZoneInfo = SHANGHAI):
    """The value of each field, or (column, reason) of everything wrong."""
    header = ["Key", *cells]
    row, problems = RowReader(mapping(fields), header, zone).read(7, ["K", *cells.values()])
    if row is None:
        assert {p.line for p in problems} == {7}
        return [(p.column, p.reason) for p in problems]
    return {name: value for name, value in row.values.items() if name != "external_key"}


@pytest.mark.parametrize(
    ("field", "rule", "cell", "value"),
    [
        ("name", "C", "  ab ", "ab"),
        ("name", {"column": "C", "strip": False}, " ab ", " ab "),
        ("name", {"column": "C", "upper": True}, "ab", "AB"),
        ("name", {"column": "C", "lower": True}, "AB", "ab"),
        ("name", {"column": "C", "cut": True}, "abcdefgh", "abcd…"),
        ("name", {"column": "C", "default": "none"}, "", "none"),
        ("name", {"column": "C", "empty": ["N/A", "-"]}, "N/A", None),
        ("name", {"column": "C", "map": {"1": "one"}}, "1", "one"),
        ("name", {"column": "C", "map": {"1": "one"}, "otherwise": "more"}, "7", "more"),
        ("name", {"column": "C", "map": {"1": "one"}}, "", None),
        ("name", {"constant": "all"}, "x", "all"),
        ("count", "C", "1,234", 1234),
        ("price", "C", "1,234.50", Decimal("1234.50")),
        ("paid", "C", "YES", True),
        ("paid", "C", "false", False),
        ("paid", "C", "", None),
        ("paid", {"column": "C", "map": {"P": True}, "otherwise": False}, "Q", False),
        ("day", "C", "2026-04-12", dt.date(2026, 4, 12)),
        ("day", {"column": "C", "date": ["%d/%m/%Y", "%d.%m.%y"]}, "12.04.26", dt.date(2026, 4, 12)),
        ("at", "C", "2026-04-12T10:00:00+02:00", dt.datetime(2026, 4, 12, 8, tzinfo=dt.UTC)),
        ("at", "C", "2026-04-12 10:00", dt.datetime(2026, 4, 12, 2, tzinfo=dt.UTC)),
        ("at", {"column": "C", "time": "09:30"}, "2026-04-12", dt.datetime(2026, 4, 12, 1, 30, tzinfo=dt.UTC)),
        (
            "at",
            {"column": "C", "date": "%m/%d/%Y %H:%M"},
            "4/2/2026 9:05",
            dt.datetime(2026, 4, 2, 1, 5, tzinfo=dt.UTC),
        ),
        ("tags", "C", "a, b,,c", ["a", "b", "c"]),
        ("tags", {"column": "C", "split": ";"}, "a,b; c", ["a,b", "c"]),
        ("tags", "C", "", []),
    ],
)
def test_a_cell_becomes_its_field(field, rule, cell, value):
    assert read({field: rule}, {"C": cell}) == {field: value}


def test_several_columns_are_joined_without_the_empty_ones():
    rule = {"columns": ["A", "B", "C"], "join": ": "}
    assert read({"note": rule}, {"A": "x", "B": "", "C": "y"}) == {"note": "x: y"}


@pytest.mark.parametrize(
    ("condition", "status", "value"),
    [("when", "Done", "ab"), ("when", "Open", None), ("unless", "Done", None), ("unless", "Open", "ab")],
)
def test_a_rule_may_hold_for_some_rows_only(condition, status, value):
    rule = {"column": "C", condition: {"column": "Status", "in": ["Done"]}}
    assert read({"name": rule}, {"C": "ab", "Status": status}) == {"name": value}


def test_local_time_follows_the_changes_of_the_clock():
    moments = [read({"at": "C"}, {"C": f"2026-{day} 12:00"}, LONDON)["at"].hour for day in ("01-15", "07-15")]
    assert moments == [12, 11]


@pytest.mark.parametrize(
    ("field", "rule", "cell", "reason"),
    [
        ("name", "C", "abcdef", "It is 6 characters long; 5 fit."),
        ("name", {"column": "C", "map": {"1": "one"}}, "7", "“7” is not among the values that the mapping knows."),
        ("count", "C", "1.5", "“1.5” is no whole number."),
        ("price", "C", "dear", "“dear” is no number."),
        ("paid", "C", "perhaps", "“perhaps” is neither yes nor no."),
        ("day", "C", "12/04/2026", "“12/04/2026” is no date of the form 2026-04-12."),
        ("day", {"column": "C", "date": "%d/%m/%Y"}, "31/02/2026", "“31/02/2026” is no date of the form 25/04/2026."),
    ],
)
def test_a_cell_that_can_not_be_right_is_told_with_its_column(field, rule, cell, reason):
    assert read({field: rule}, {"C": cell}) == [("C", reason)]


def test_everything_wrong_with_a_row_is_told_at_once():
    told = read({"count": "A", "paid": "B"}, {"A": "x", "B": "perhaps"})
    assert told == [("A", "“x” is no whole number."), ("B", "“perhaps” is neither yes nor no.")]


def test_a_required_value_that_is_missing_makes_the_row_bad():
    row, problems = RowReader(mapping({}), ["Key"], SHANGHAI).read(3, [" "])
    assert row is None
    assert [(p.line, p.column, p.reason) for p in problems] == [(3, "Key", "“Key” must be given.")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"fields": {}}, "the field “external_key” is missing"),
        ({}, "it needs “fields”, each with the column that it comes from"),
        ({"fields": {"external_key": "K", "colour": "C"}}, "unknown field “colour”"),
        ({"fields": {"external_key": {"column": "K", "colum": "C"}}}, "external_key: unknown key “colum”"),
        ({"fields": {"external_key": {"default": "x"}}}, "external_key: say “column”, “columns” or “constant”"),
        ({"fields": {"external_key": "K"}, "timezone": "Mars/Base"}, "unknown time zone “Mars/Base”"),
        ({"fields": {"external_key": "K"}, "importer": "others"}, "it is made for “others”, not for “things”"),
        ({"fields": {"external_key": {"column": "K", "time": "noon"}}}, "external_key: “time” must look like 09:00"),
        ({"fields": {"external_key": {"column": "K", "when": "x"}}}, "external_key: “when” needs “column” and “in”"),
    ],
)
def test_a_mapping_with_mistakes_is_refused_with_all_of_them(data, problem):
    with pytest.raises(MappingError) as refused:
        read_mapping(data, IMPORTER)
    assert any(text.startswith(problem) for text in refused.value.details["problems"])


# --- files ----------------------------------------------------------------------------------------------------------


def written(tmp_path: Path, raw: bytes) -> Path:
    file = tmp_path / "file.csv"
    file.write_bytes(raw)
    return file


def test_lines_are_those_of_the_file_where_cells_hold_line_breaks(tmp_path):
    file = written(tmp_path, b'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4\r\n')
    assert [(line, cells) for line, cells, _w in read_records(file, mapping({}))] == [
        (1, ["a", "b"]),
        (2, ["1", "two\r\nlines"]),
        (5, ["3", "4"]),
    ]


def test_an_apostrophe_that_keeps_a_spreadsheet_from_running_a_cell_is_taken_off_and_no_other(tmp_path):
    file = written(tmp_path, b"\"'=a\",b,c\n'=1+1,'+86 10,'tis\n'007,'-,=1\n")
    assert [cells for _line, cells, _w in read_records(file, mapping({}))] == [
        ["=a", "b", "c"], ["=1+1", "+86 10", "'tis"], ["'007", "-", "=1"],
    ]


def test_a_line_that_is_no_text_is_told_and_the_others_are_read(tmp_path):
    file = written(tmp_path, b"a\nok\n\xff\xfe\nalso ok\n")
    told = [(line, wrong) for line, _cells, wrong in read_records(file, mapping({}))]
    assert told == [(1, ""), (2, ""), (3, "it is not utf-8-sig text"), (4, "")]


def test_encoding_and_delimiter_are_the_mappings(tmp_path):
    file = written(tmp_path, "编号;名称\n1;甲\n".encode("gb18030"))
    read_as = mapping({}, encoding="gb18030", delimiter=";")
    assert [cells for _line, cells, _w in read_records(file, read_as)] == [["编号", "名称"], ["1", "甲"]]
    with pytest.raises(MappingError):
        next(read_records(file, mapping({}, encoding="klingon")))


def test_a_spreadsheet_is_read_like_text(tmp_path):
    file = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("Cases")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["Key", "Count", "Price"])
        sheet.write_row(1, 0, ["K", 12, 1.5])
        sheet.write_datetime(1, 3, dt.datetime(2026, 4, 12), day)
    records = list(read_records(file, mapping({}, sheet="Cases")))
    assert records[1] == (2, ["K", "12", "1.5", "2026-04-12"], "")
    with pytest.raises(Invalid) as refused:
        list(read_records(file, mapping({}, sheet="Nothing")))
    assert refused.value.code == "unknown_sheet"


def test_a_row_of_another_length_is_bad():
    row, problems = RowReader(mapping({}), ["Key", "B"], SHANGHAI).read(4, ["1"])
    assert row is None
    assert [(p.line, p.reason) for p in problems] == [(4, "Cells in this row: 1; columns of the header: 2.")]


def test_bad_rows_are_written_as_a_file(tmp_path):
    reader = RowReader(mapping({"count": "C"}), ["Key", "C"], SHANGHAI)
    problems = [problem for cell in ("x", "=1") for problem in reader.read(9, ["1", cell])[1]]
    write_problems(tmp_path / "bad.csv", problems)
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "line,column,value,reason",
        "9,C,x,“x” is no whole number.",
        "9,C,'=1,“=1” is no whole number.",
    ]
