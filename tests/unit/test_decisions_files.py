"""Table files: read strictly, agree with the published schema, mistakes told with their line; and the command."""

from __future__ import annotations

import copy
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.decisions import Cell, TableError, compile_table, from_data, load_yaml, schema, to_data, validate
from core.decisions.cli import decide, decide_lines, make_decide_command
from core.decisions.loading import read_yaml
from core.errors import NotFound
from tests.unit.test_decisions import charge
from tests.unit.test_decisions_against_reference import CALM, tables

ROOT = Path(__file__).resolve().parents[2]

TABLE = """\
# who pays
name: charge
label: {en: Charge, zh: 收费判定}
inputs:
  - {name: cause, type: choice, choices: [no, misuse]}
  - name: km
    type: decimal
  - {name: sold, type: date, optional: true}
outputs:
  - {name: share, type: decimal}
rows:
  - when: {cause: no, km: {ge: 1.10, lt: 20}}
    then: {share: 50.50}
  - when: {sold: {ge: 2026-01-01}}
    then: {share: 1e2}
"""


def told(text: str) -> list[tuple]:
    """Line, row, column and code of everything wrong with a file's text."""
    with pytest.raises(TableError) as refused:
        load_yaml(text)
    return [(error.line, error.row, error.column, error.code) for error in refused.value.errors]


def run(table: str | Path, facts: str | bytes, *options: str, command=decide):
    """Exit status and answers (with exact decimals) of the command."""
    done = CliRunner().invoke(command, [str(table), *options], input=facts)
    lines = [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]
    return done.exit_code, lines, done.stderr


@pytest.fixture
def table_file(tmp_path) -> Path:
    path = tmp_path / "charge.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_exact_decimals_and_no_surprising_booleans(table_file):
    table = load_yaml(table_file)
    assert dict(table.rows[0].when) == {
        "cause": Cell("equals", ("no",)),
        "km": Cell("between", (Decimal("1.10"), Decimal(20)), "[)"),
    }
    assert str(table.rows[0].when["km"].values[0]) == "1.10"
    assert [dict(row.then) for row in table.rows] == [{"share": Decimal("50.50")}, {"share": Decimal("100")}]
    assert load_yaml(TABLE) == table


def test_a_byte_order_mark_is_overlooked(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.encode())
    assert load_yaml(path).name == "charge"


def test_mistakes_in_a_file_have_their_lines():
    text = TABLE.replace("cause: no,", "cause: nix, age: 5,").replace("share: 1e2", "shore: 5")
    assert told(text) == [
        (12, 1, "age", "unknown_column"),
        (12, 1, "cause", "unknown_choice"),
        (15, 2, "shore", "unknown_column"),
        (15, 2, "share", "missing_output"),
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("name: charge", "name: charge\nname: again"), [(3, None, None, "repeated_key")]),
        (("name: charge", "name: !!python/object:os.system x"), [(2, None, None, "tag")]),
        (("name: charge", "name: !!int x"), [(2, None, None, "tag")]),
        (("name: charge", "name: &a charge\nlabel: *a"), [(3, None, None, "yaml")]),
        (("name: charge", "name: [charge"), [(3, None, None, "yaml")]),
        (("name: charge", "5: charge"), [(2, None, None, "key")]),
        (("name: charge", "name: charge\nlabels: x"), [(3, None, None, "unknown_key")]),
        (("type: decimal\n", "type: decimal\n    units: km\n"), [(8, None, "km", "unknown_key")]),
        (("optional: true", "optional: yes"), [(8, None, "sold", "flag")]),
        (("optional: true", "choices: null"), [(8, None, None, "schema")]),
    ],
)
def test_what_a_table_file_may_not_have_is_refused(change, expected):
    assert told(TABLE.replace(*change, 1)) == expected


@pytest.mark.parametrize("text", ["", "[", "a: b: c", "- x", "--- 1\n--- 2", "[" * 5000, "\x00", "\ud800"])
def test_what_is_no_table_is_refused_without_a_crash(text):
    assert told(text)


def test_unreadable_files_are_refused(tmp_path):
    binary = tmp_path / "t.yaml"
    binary.write_bytes(b"name: x\n\xff")
    long = tmp_path / "long.yaml"
    long.write_text("#" * 4_000_001)
    for path in (binary, long, tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(TableError) as refused:
            load_yaml(path)
        assert [error.code for error in refused.value.errors] == ["yaml"]


def test_numbers_dates_and_texts_are_told_apart():
    data, lines = read_yaml(
        "a: [1, -2, 1.50, .5, 1e3, 0x10, 010, 1_000, 12:30, 2026-01-01, yes, true, null, '5', 1.2.3]"
    )
    assert data == {
        "a": [
            1,
            -2,
            Decimal("1.50"),
            Decimal("0.5"),
            Decimal("1e3"),
            "0x10",
            10,
            "1_000",
            "12:30",
            "2026-01-01",
            "yes",
            True,
            None,
            "5",
            "1.2.3",
        ]
    }
    assert lines[("a", 2)] == 1


# --- the schema -------------------------------------------------------------------------------------------------------


def test_the_schema_is_a_valid_schema():
    Draft202012Validator.check_schema(schema())


@CALM
@given(tables())
def test_the_schema_accepts_every_canonical_table(data):
    Draft202012Validator(schema()).validate(to_data(from_data(data)))


def test_the_schema_accepts_every_short_form():
    Draft202012Validator(schema()).validate(charge(default={"payer": "maker"}, refer={"zh": "转人工"}))
    Draft202012Validator(schema()).validate(read_yaml(TABLE)[0])


def paths(value: object, path: tuple = ()) -> list[tuple]:
    """The places of all parts of plain data."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in paths(item, (*path, key)))]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_the_schema_refuses_the_reader_refuses_and_never_crashes(data):
    table = json.loads(json.dumps(charge()))
    path = data.draw(st.sampled_from(paths(table)[1:]))
    holder = table
    for key in path[:-1]:
        holder = holder[key]
    junk = [None, True, 5, -1.5, "", "x", [], {}, [[]], {"x": 1}, {"ge": None}, ["between"], {"between": [1, 2, 3, 4]}]
    change = data.draw(st.sampled_from(["drop", *range(len(junk))]))
    if change == "drop":
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(junk[change])
    found = validate(table)
    assert all(str(error) for error in found)
    refused = [e for e in Draft202012Validator(schema()).iter_errors(table) if not_only_null(e.instance)]
    assert found or not refused


def not_only_null(value: object) -> bool:
    """The reader takes an explicit null for "left out" where the schema, made for editors, wants it left out."""
    return value is not None


# --- the command ------------------------------------------------------------------------------------------------------


def test_cases_are_decided_line_by_line(table_file):
    facts = """\
{"id": "a", "facts": {"cause": "no", "km": 1.1}}

{"id": 7, "cause": "misuse", "km": 30, "sold": "2026-01-01"}
"""
    assert run(table_file, facts) == (
        0,
        [
            {
                "id": "a",
                "row": 1,
                "outputs": {"share": Decimal("50.50")},
                "why": "Row 1: cause is no; km is from 1.10 to below 20 (1.1)",
            },
            {
                "id": 7,
                "row": 2,
                "outputs": {"share": Decimal("100")},
                "why": "Row 2: sold is on or after 2026-01-01 (2026-01-01)",
            },
        ],
        "",
    )


def test_decimals_come_out_digit_for_digit(table_file):
    done = CliRunner().invoke(
        decide, [str(table_file)], input='{"id": 1, "cause": "no", "km": 1.100000000000000000000001}'
    )
    assert done.stdout == (
        '{"id": 1, "row": 1, "outputs": {"share": 50.50},'
        ' "why": "Row 1: cause is no; km is from 1.10 to below 20 (1.100000000000000000000001)"}\n'
    )


def test_a_case_without_a_row_is_referred_and_counts_as_decided(table_file):
    assert run(table_file, '{"id": 1, "cause": "no", "km": 0}') == (
        0,
        [{"id": 1, "row": None, "outputs": "refer", "why": "No row fits; refer to a person."}],
        "",
    )


def test_a_default_decides_where_no_row_fits(table_file):
    table_file.write_text(TABLE + "default: {share: 0}\n", encoding="utf-8")
    assert run(table_file, '{"id": 1, "cause": "no", "km": 0}')[1] == [
        {"id": 1, "row": None, "outputs": {"share": 0}, "why": "No row fits; the default applies."},
    ]


def test_collect_gives_lists(table_file):
    table_file.write_text(TABLE + "hit_policy: collect\n", encoding="utf-8")
    facts = '{"id": 1, "cause": "no", "km": 5, "sold": "2026-05-05"}\n{"id": 2, "cause": "no", "km": 0}'
    (first, second) = run(table_file, facts)[1]
    assert (first["row"], first["outputs"]) == ([1, 2], [{"share": Decimal("50.50")}, {"share": Decimal("100")}])
    assert first["why"].splitlines() == [
        "Row 1: cause is no; km is from 1.10 to below 20 (5)",
        "Row 2: sold is on or after 2026-01-01 (2026-05-05)",
    ]
    assert (second["row"], second["outputs"]) == (None, "refer")


def test_wrong_facts_are_errors_by_fact_and_the_rest_goes_on(table_file):
    facts = '{"id": 1, "cause": "x", "sold": "2026-13-01"}\n{"id": 2, "cause": "no", "km": 2}\n'
    status, (wrong, right), _err = run(table_file, facts)
    assert (status, right["row"]) == (1, 1)
    assert wrong["id"] == 1
    assert wrong["error"]["code"] == "facts"
    assert wrong["error"]["facts"] == [
        {"fact": "cause", "code": "unknown_choice", "message": "“x” isn't one of the choices: no, misuse."},
        {"fact": "km", "code": "missing", "message": "This fact is missing, and the table needs it."},
        {"fact": "sold", "code": "type", "message": "A date is needed here, such as 2026-03-01, not 2026-13-01."},
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"nope",
        b"[1]",
        b"{",
        b'{"id": 1, "km": NaN}',
        b'{"id": 1, "km": 1, "km": 2}',
        b"\xff",
        b"[" * 100000,
        b'{"id": 1, "km": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_line_that_is_no_case_is_an_error_with_its_number_and_the_rest_goes_on(table_file, line):
    status, (first, wrong, last), _err = run(
        table_file, b'{"id": 1, "cause": "no", "km": 2}\n' + line + b'\n{"id": 3, "cause": "no", "km": 2}'
    )
    assert (status, first["row"], last["row"], last["id"]) == (1, 1, 1, 3)
    assert (wrong["id"], wrong["line"], wrong["error"]["code"]) == (None, 2, "malformed")
    assert wrong["error"]["message"].startswith("Line 2 isn't a case: ")


def test_a_text_where_a_number_is_needed_is_an_error(table_file):
    status, (answer,), _err = run(table_file, '{"id": 1, "cause": "no", "km": "2"}')
    assert (status, answer["error"]["facts"][0]["code"]) == (1, "type")


def test_a_case_without_an_id_is_found_by_its_line(table_file):
    status, (answer,), _err = run(table_file, '{"cause": "no", "km": 2}')
    assert (status, answer["id"], answer["line"], answer["row"]) == (0, None, 1, 1)


def test_unknown_facts_are_errors_only_when_strict(table_file):
    facts = '{"id": 1, "cause": "no", "km": 2, "kn": 5}'
    assert run(table_file, facts)[0] == 0
    status, (answer,), _err = run(table_file, facts, "--strict")
    assert (status, [fact["fact"] for fact in answer["error"]["facts"]]) == (1, ["kn"])


def test_reasons_can_be_had_in_chinese(table_file):
    (answer,) = run(table_file, '{"id": "单 1", "cause": "no", "km": 0}', "--lang", "zh")[1]
    assert (answer["id"], answer["why"]) == ("单 1", "没有行符合，转人工。")


def test_an_input_named_id_is_read_beside_the_facts(table_file):
    table_file.write_text(TABLE.replace("name: cause", "name: id").replace("cause: no", "id: no"), encoding="utf-8")
    assert run(table_file, '{"id": "no", "km": 2}')[1][0]["row"] == 1


def test_facts_are_read_from_a_file(table_file, tmp_path):
    facts = tmp_path / "facts.jsonl"
    facts.write_bytes(b'\xef\xbb\xbf{"id": 1, "cause": "no", "km": 2}\r\n')
    assert run(table_file, "", "--facts", str(facts))[1][0]["row"] == 1
    assert run(table_file, "", "--facts", str(tmp_path / "absent"))[0] == 2


def test_a_table_with_mistakes_is_told_and_nothing_decided(table_file):
    table_file.write_text(TABLE.replace("cause: no,", "cause: nix,"), encoding="utf-8")
    assert run(table_file, '{"id": 1}') == (
        2,
        [],
        "line 12, row 1, column cause: “nix” isn't one of the choices: no, misuse.\n",
    )


def test_cases_stream_one_by_one():
    compiled, out = compile_table(load_yaml(TABLE)), io.StringIO()
    seen = []

    def lines():
        for number in range(3):
            seen.append(len(out.getvalue().splitlines()))
            yield b'{"id": %d, "cause": "no", "km": 2}\n' % number

    assert decide_lines(lambda facts: compiled, lines(), out)
    assert seen == [0, 1, 2]


def test_a_company_s_table_is_found_by_whoever_has_a_database(table_file):
    asked = []

    def loader(company: str, name: str):
        if company != "hefeng":
            raise NotFound("company", "There is no such company.")
        asked.append(name)
        return lambda facts: compile_table(load_yaml(table_file))

    command = make_decide_command(loader)
    facts = '{"id": 1, "cause": "no", "km": 2}'
    assert run("charge", facts, "--company", "hefeng", command=command)[1][0]["row"] == 1
    assert asked == ["charge"]
    assert run("charge", facts, "--company", "other", command=command) == (2, [], "There is no such company.\n")
    assert run("charge", facts, "--company", "hefeng")[0] == 2


# --- the pages --------------------------------------------------------------------------------------------------------


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_how_to_page_s_table_gives_the_answers_printed_there(tmp_path):
    table, *fragments = blocks("howto/write-a-decision-table.md", "yaml")
    facts, answers = blocks("howto/write-a-decision-table.md", "json")
    path = tmp_path / "table.yaml"
    path.write_text(table, encoding="utf-8")
    assert run(path, facts) == (1, [json.loads(line, parse_float=Decimal) for line in answers.splitlines()], "")
    base = read_yaml(table)[0]
    for fragment in fragments:
        part = read_yaml(fragment)[0]
        assert validate(base | {"rows": part} if isinstance(part, list) else base | part) == []


def test_the_reference_page_names_every_key_and_operator_and_its_tables_are_good():
    text = (ROOT / "docs/reference/decision-tables.md").read_text(encoding="utf-8")
    from core.decisions.model import OPERATORS, TYPES
    from core.decisions.parsing import INPUT_KEYS, OUTPUT_KEYS, ROW_KEYS, TABLE_KEYS

    for word in {*TABLE_KEYS, *INPUT_KEYS, *OUTPUT_KEYS, *ROW_KEYS, *OPERATORS, *TYPES}:
        assert f"`{word}`" in text, word
    for block in blocks("reference/decision-tables.md", "yaml"):
        assert load_yaml(block)
