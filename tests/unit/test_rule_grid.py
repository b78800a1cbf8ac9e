"""A grid as people type it, and a table as a file: nothing is lost on the way there and back."""

from dataclasses import replace

import pytest
from hypothesis import given

from core.decisions import from_data, load_yaml
from core.decisions.analysis import analyse
from core.decisions.dumping import dump_yaml, readable_cell
from core.decisions.grid import TypedGrid, available_inputs, grid_of, read_grid, with_row_ids
from core.decisions.model import Cell, Table
from core.decisions.trials import Hits
from core.i18n import use_locale
from core.web.rule_grid import carry_out, findings_of, view_of
from tests.support.charge_table import CHARGE
from tests.unit.test_decisions_against_reference import CALM, tables

TABLE = with_row_ids(from_data(CHARGE), "v1")


@pytest.fixture(autouse=True)
def _english():
    with use_locale("en"):
        yield


def read(grid: TypedGrid, base: Table = TABLE):
    return read_grid(grid, base, available_inputs([base]))


def keys(grid: TypedGrid) -> list[str]:
    return [row.key for row in grid.rows]


# --- there and back ---------------------------------------------------------------------------------------------------


@CALM
@given(tables())
def test_a_table_reads_back_from_its_grid_in_both_languages(data):
    table = from_data(data)
    for locale in ("en", "zh"):
        with use_locale(locale):
            assert read(grid_of(table), table) == (table, [])


@CALM
@given(tables())
def test_a_table_reads_back_from_its_file(data):
    table = from_data(data)
    assert load_yaml(dump_yaml(table)) == table


def test_a_file_quotes_what_our_reading_of_yaml_would_take_for_a_number():
    row = {"when": {}, "then": {"code": "1e5"}, "note": "no"}
    table = from_data(
        {
            "name": "t",
            "inputs": [{"name": "a", "type": "str"}],
            "outputs": [{"name": "code", "type": "str"}],
            "rows": [row],
        }
    )
    assert "'1e5'" in dump_yaml(table)
    assert load_yaml(dump_yaml(table)) == table


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (Cell("equals", ("a",)), "a"),
        (Cell("equals", ("any",)), {"equals": "any"}),
        (Cell("in", ("a", "b")), ["a", "b"]),
        (Cell("in", ("not", "b")), {"in": ["not", "b"]}),
        (Cell("between", (1, 5), "[)"), {"ge": 1, "lt": 5}),
        (Cell("not", ("a",)), {"not": "a"}),
        (Cell("starts_with", ("a",)), {"starts_with": ["a"]}),
        (Cell("empty"), "empty"),
    ],
)
def test_cells_are_written_in_their_shortest_form(cell, written):
    assert readable_cell(cell) == written


# --- typing -----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_told_by_row_and_column_and_all_texts_are_kept():
    grid = grid_of(TABLE)
    grid.rows[2].when["months"] = "soon"
    grid.rows[4].then["payer"] = ""
    table, errors = read(grid)
    assert [(e.row, e.column, e.code) for e in errors] == [(3, "months", "type"), (5, "payer", "missing_output")]
    assert (grid.rows[2].when["months"], "months" in table.rows[2].when) == ("soon", False)


def test_a_blank_condition_fits_anything_and_a_blank_result_that_is_not_needed_stays_empty():
    grid = grid_of(TABLE)
    grid.rows[0].when["cover"] = ""
    grid.rows[4].then["before"] = " "
    table, errors = read(grid)
    assert errors == []
    assert (dict(table.rows[0].when), table.rows[4].then["before"]) == ({}, None)


def test_results_for_other_cases_make_a_default_and_blank_ones_refer_to_a_person():
    grid = grid_of(TABLE)
    assert read(grid)[0].default is None
    grid.default |= {"payer": "paid", "price": "list price"}
    assert read(grid)[0].default == {"payer": "paid", "price": "list", "before": None}
    grid.default |= {"price": ""}
    assert [(e.row, e.column) for e in read(grid)[1]] == [(None, "price")]


def test_a_note_is_changed_in_the_language_of_the_moment_and_keeps_the_other():
    grid = grid_of(TABLE)
    assert grid.rows[3].note == "The customer sends the proof within 7 days."
    grid.rows[3].note = "Proof within a week."
    grid.rows[0].note = "Recalls are free."
    table, _errors = read(grid)
    assert table.rows[3].note == {"en": "Proof within a week.", "zh": "客户 7 天内补凭证。"}
    assert table.rows[0].note == "Recalls are free."


# --- rows and columns -------------------------------------------------------------------------------------------------


def test_rows_are_added_copied_moved_and_deleted_without_losing_what_was_typed():
    grid = grid_of(TABLE)
    grid.rows[0].when["months"] = "half typed ≥"
    carry_out(grid, "insert", "r1")
    carry_out(grid, "copy", "r1")
    carry_out(grid, "down", "r1")
    carry_out(grid, "remove", "r7")
    carry_out(grid, "up", "r1")
    carry_out(grid, "up", "r1")
    carry_out(grid, "explode", "r1")
    assert keys(grid) == ["r1", "n2", "n1", "r2", "r3", "r4", "r5", "r6"]
    assert [row.when.get("months") for row in grid.rows[:3]] == ["half typed ≥", "half typed ≥", None]
    assert grid.rows[1].id is None


def test_a_condition_is_hidden_and_shown_again_and_the_last_one_stays():
    grid = grid_of(TABLE)
    carry_out(grid, "hide", "months")
    assert grid.inputs == ["cover", "cause", "proof", "distance"]
    carry_out(grid, "show", "months")
    table, errors = read(grid)
    assert (errors, [c.name for c in table.inputs][-1], "months" in table.rows[2].when) == ([], "months", False)
    for name in ["cover", "cause", "proof", "distance", "months"]:
        carry_out(grid, "hide", name)
    assert grid.inputs == ["months"]


def test_every_row_gets_an_id_of_its_own_and_keeps_the_one_it_has():
    once = with_row_ids(from_data(CHARGE), "v1")
    assert [row.id for row in once.rows] == [f"v1.{n}" for n in range(1, 8)]
    more = replace(once, rows=(replace(once.rows[0], id=None), *once.rows))
    assert [row.id for row in with_row_ids(more, "v1").rows][:2] == ["v1.8", "v1.1"]


# --- what a page shows ------------------------------------------------------------------------------------------------


def edited(change):
    grid = grid_of(TABLE)
    change(grid)
    table, errors = read(grid)
    return view_of(table, TABLE, grid=grid, errors=errors, hits=Hits({3: 42, 7: 5}, none=9))


def test_a_changed_cell_shows_what_stood_there_and_hits_go_with_the_row():
    def change(grid):
        grid.rows[2].when["months"] = "<= 24"
        grid.move("r3", -2)
        grid.insert("r3")

    view = edited(change)
    row = view.rows[0]
    cell = row.when[3]
    assert (cell.text, cell.old, cell.changed) == ("≤ 24", "≤ 18", True)
    assert (row.moved, row.kind, row.was, row.hits) == (True, "changed", 3, 42)
    assert (view.rows[1].kind, view.rows[1].hits, view.default_hits) == ("added", 0, 9)
    assert view.errors == ("Row 2, Charge: Fill this in.", "Row 2, Part price: Fill this in.")


def test_what_was_edited_is_summed_up_in_words():
    def change(grid):
        grid.rows[5].then["price"] = "preferential"
        grid.remove("r7")
        grid.hide("distance")

    view = edited(change)
    assert view.summary == "1 row changed, 1 row removed, condition taken away: Distance"
    assert view.removed == ("Row 7: Cover is over",)
    assert view_of(TABLE, TABLE).summary == ""


def test_a_gap_is_told_with_a_case_in_words():
    findings, verdict = findings_of(TABLE, analyse(TABLE))
    assert verdict == "2 gaps"
    assert findings[0].text == (
        "No row fits when Cover is part covered; Cause is defect; Proof is yes; Age is more than 18 months. "
        "For example: Cover part covered; Cause defect; Proof yes; Age 19 months."
    )


def test_a_row_that_never_counts_names_the_rows_above_it():
    grid = grid_of(TABLE)
    grid.copy("r7")
    grid.default |= {"payer": "paid", "price": "list price"}
    table, _errors = read(grid)
    findings, verdict = findings_of(table, analyse(table))
    assert [f.text for f in findings] == ["Row 8 never counts: what fits it is decided above, by row 7."]
    assert verdict == "1 row never counts"


def test_a_table_without_gaps_and_dead_rows_says_so():
    def change(grid):
        grid.rows[2].when["months"] = ""

    view = edited(change)
    assert (view.verdict, view.clean, view.findings) == ("No gap, no row twice", True, ())


def test_rows_that_cross_are_told_as_something_to_know():
    def change(grid):
        grid.rows[2].when |= {"months": "", "cover": ""}
        grid.rows[2].then["payer"] = "paid"

    view = edited(change)
    assert [(f.kind, f.rows) for f in view.findings if f.kind == "info"][0] == ("info", (1, 3))
