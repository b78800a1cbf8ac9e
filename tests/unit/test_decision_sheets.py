"""A rule table as a spreadsheet: out and back unchanged, edited, and every mistake with the address of its cell."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core.decisions import ANY, from_data
from core.decisions.grid import with_row_ids
from core.decisions.sheet import read_sheet, write_sheet
from core.errors import Invalid
from core.i18n import use_locale
from tests.support.charge_table import CHARGE, TRAVEL
from tests.unit.test_decisions_against_reference import tables

TABLE = with_row_ids(from_data(CHARGE), "v1")
TRAVEL_TABLE = from_data(TRAVEL)


def cells(raw: bytes, sheet: int = 0) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def edited(raw: bytes, changes: dict[tuple[int, int], object], drop: tuple[int, ...] = ()) -> bytes:
    """The sheet as somebody would save it after typing ``changes`` (line, column → value) and deleting lines."""
    lines = cells(raw)
    for (line, place), value in changes.items():
        while len(lines) <= line:
            lines.append([""] * len(lines[0]))
        lines[line][place] = value
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    for at, line in enumerate(line for number, line in enumerate(lines) if number not in drop):
        for place, value in enumerate(line):
            if isinstance(value, float | int):
                page.write_number(at, place, value)
            elif isinstance(value, dt.date):
                page.write_datetime(at, place, value, book.add_format({"num_format": "yyyy-mm-dd"}))
            else:
                page.write_string(at, place, str(value))
    book.close()
    return target.getvalue()


def read(raw: bytes, base=TABLE):
    return read_sheet(raw, base, base.inputs)


# --- out and back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_sheet_that_nobody_edited_changes_nothing_whatever_the_reader_s_language(locale):
    for table in (TABLE, TRAVEL_TABLE, replace(TABLE, default={"payer": "paid", "price": "list", "before": None})):
        raw = write_sheet(table, 3, locale)
        for reader in ("en", "zh"):
            with use_locale(reader):
                assert (read(raw, table).table, read(raw, table).errors) == (table, [])


NOTES = st.one_of(st.just(""), st.text(st.characters(exclude_categories=["C"]), max_size=12))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.lists(NOTES, min_size=6, max_size=6), st.sampled_from(["en", "zh"]))
def test_any_table_comes_back_as_it_went(data, notes, locale):
    table = with_row_ids(from_data(data), "*v1")
    rows = tuple(replace(row, note=note, clause=note[::-1]) for row, note in zip(table.rows, notes, strict=False))
    table = replace(table, rows=rows)
    sheet = read(write_sheet(table, 1, locale), table)
    assert (sheet.table, sheet.errors) == (table, [])


def test_the_head_names_columns_and_types_and_our_formulas_are_text():
    lines = cells(write_sheet(TRAVEL_TABLE, 2, "en"))
    assert lines[0][:3] == ["travel", "en", "Travel charge"]
    assert lines[1][:6] == ["id", "when.km", "when.sold", "then.fee", "clause", "note"]
    assert lines[2][:4] == ["Row", "If: distance (km)", "If: day of sale", "Then: fee (yuan)"]
    assert lines[3][:4] == ["", "number", "date", "number"]
    assert lines[5][:4] == ["far", "> 20", "any", "= 80 + (distance - 20) * 2.5"]
    assert lines[6][0] == "*"
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_sheet(TRAVEL_TABLE, 2, "en")))
    formulas = getattr(book.get_sheet_by_index(0), "formulas", None)
    assert not formulas


def test_choices_stand_on_the_second_sheet_and_are_offered_as_lists():
    import zipfile

    raw = write_sheet(TABLE, 2, "zh")
    notes = [line[3] for line in cells(raw, 1) if len(line) > 3 and line[3]]
    assert notes[1:5] == ["召回批次内", "整机期内", "部件期内", "已过期"]
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        rules = file.read("xl/worksheets/sheet1.xml").decode()
    assert rules.count('<dataValidation type="list"') == 5  # two conditions and two results of choices, one yes or no
    assert "<f>" not in rules


# --- edited -----------------------------------------------------------------------------------------------------------


def test_numbers_and_dates_of_a_spreadsheet_are_read_exactly_and_ids_stay():
    raw = edited(write_sheet(TRAVEL_TABLE, 2, "en"), {(4, 3): 82.5, (5, 2): dt.date(2026, 3, 1)})
    table = read(raw, TRAVEL_TABLE).table
    assert [row.id for row in table.rows] == ["near", "far"]
    assert str(table.rows[0].then["fee"]) == "82.5"
    assert table.rows[1].when["sold"].values == (dt.date(2026, 3, 1),)
    assert table.rows[1].then == TRAVEL_TABLE.rows[1].then


def test_a_copied_row_is_a_new_one_a_deleted_one_is_gone_and_the_default_is_read():
    lines = cells(write_sheet(TRAVEL_TABLE, 2, "en"))
    changes = {(7, place): value for place, value in enumerate(lines[4])} | {(6, 3): "= km"}
    table = read(edited(write_sheet(TRAVEL_TABLE, 2, "en"), changes, drop=(5,)), TRAVEL_TABLE).table
    assert [row.id for row in table.rows] == ["near", None]
    assert table.rows[1].when == table.rows[0].when
    assert table.default["fee"].text == "= km"


def test_every_mistake_has_the_address_of_its_cell():
    raw = edited(write_sheet(TRAVEL_TABLE, 2, "en"), {(4, 1): "soon", (5, 3): "= kmm", (6, 3): "gratis", (4, 3): ""})
    sheet = read(raw, TRAVEL_TABLE)
    assert [(address, error.row, error.code) for address, error in sheet.errors] == [
        ("B5", 1, "type"),
        ("D5", 1, "missing_output"),
        ("D6", 2, "formula_fact"),
        ("D7", None, "type"),
    ]


def test_a_number_that_a_spreadsheet_can_not_hold_exactly_is_told_not_taken():
    sheet = read(edited(write_sheet(TRAVEL_TABLE, 2, "en"), {(4, 3): 1 / 3}), TRAVEL_TABLE)
    assert [(address, error.code) for address, error in sheet.errors] == [("D5", "float")]


def test_an_unknown_or_repeated_column_is_told_and_a_missing_result_too():
    raw = edited(write_sheet(TRAVEL_TABLE, 2, "en"), {(1, 2): "when.km", (1, 3): "then.price"})
    told = [(address, error.code, error.column) for address, error in read(raw, TRAVEL_TABLE).errors]
    assert told == [("C2", "repeated_column", None), ("D2", "unknown_column", None), ("", "missing_column", "fee")]


def test_taking_a_condition_s_column_away_hides_it():
    raw = edited(write_sheet(TRAVEL_TABLE, 2, "en"), {(1, 2): "", (2, 2): "", (3, 2): "", (4, 2): "", (5, 2): ""})
    table = read(raw, TRAVEL_TABLE).table
    assert [column.name for column in table.inputs] == ["km"]
    assert table.rows[0].when.get("sold", ANY) == ANY


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"PK not a zip", "unreadable_file"),
        (edited(write_sheet(TRAVEL_TABLE, 2, "en"), {}, drop=(1,)), "no_rule_sheet"),
        (write_sheet(TABLE, 1, "en"), "other_table"),
    ],
)
def test_what_is_no_sheet_of_this_table_is_refused(raw, code):
    with pytest.raises(Invalid) as refused:
        read(raw, TRAVEL_TABLE)
    assert refused.value.code == code
