"""The compiled table and its analysis against slow, obvious ones, on random tables and facts."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.decisions import analyse, cell_to_data, compile_table, from_data, to_data, what_would_change, why_not
from core.decisions.values import to_json
from tests.unit.reference_decisions import cell_fits, reference_decide, row_fits

CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXTS = ["a", "ab", "abc", "ba", "é", "e\u0301", "中", "中文", "in", "1"]
CHOICES = ["red", "green", "蓝"]
DECIMALS = ["1.1", "1.10", "1.100000000000000000000001", "0", "-0.5", "1E+1", "10", "0.1"]
DAYS = [date.min, date(2024, 2, 29), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 4), date.max]
DOMAIN = {
    "int": list(range(-2, 8)),
    "decimal": [
        Decimal(text)
        for text in (*DECIMALS, "-1", "-0.25", "0.05", "1", "1.05", "1.1000000000000000000000001", "5", "11")
    ],
    "date": sorted({day + timedelta(days=n) for day in DAYS[1:-1] for n in (-1, 0, 1)} | {date.min, date.max}),
    "bool": [True, False],
    "choice": CHOICES,
    "str": ["".join(chars) for size in range(1, 5) for chars in itertools.product("ab中x", repeat=size)]
    + ["é", "e\u0301", "e", "中文", "abc", "in", "1", "⁂"],
}
NAMED = {
    "int": [0, 1, 2, 4, 5],
    "decimal": DECIMALS,
    "date": [day.isoformat() for day in DAYS],
    "bool": [True, False],
    "choice": CHOICES,
    "str": TEXTS,
}
ORDERED = ("int", "decimal", "date")


def as_typed(kind: str, raw):
    """A named value of a table as a fact."""
    return Decimal(raw) if kind == "decimal" else date.fromisoformat(raw) if kind == "date" else raw


@st.composite
def cells(draw, column: dict) -> list:
    """A valid canonical cell for the column."""
    kind = column["type"]
    operators = ["any", "not_empty", "equals", "in", "not", "not_in"] + (["empty"] if column.get("optional") else [])
    operators += ["lt", "le", "gt", "ge", "between"] if kind in ORDERED else []
    operators += ["starts_with", "contains"] if kind == "str" else []
    operator = draw(st.sampled_from(operators))
    value = st.sampled_from(NAMED[kind])
    if operator in ("any", "empty", "not_empty"):
        return [operator]
    if operator == "between":
        low, high = sorted((draw(value), draw(value)), key=lambda raw: as_typed(kind, raw))
        ends = draw(st.sampled_from(["[]", "[)", "(]", "()"]))
        near = kind != "decimal" and as_typed(kind, high) - as_typed(kind, low) in (0, 1, timedelta(0), timedelta(1))
        same = as_typed(kind, high) == as_typed(kind, low)
        return [operator, low, high] if near or same or ends == "[]" else [operator, low, high, ends]
    if operator in ("in", "not_in", "starts_with", "contains"):
        most = len(NAMED[kind]) - 1 if kind in ("bool", "choice") and operator == "not_in" else 3
        return [operator, *draw(st.lists(value, min_size=1, max_size=most))]
    one = draw(value)
    if kind == "date" and (operator, one) in (("lt", date.min.isoformat()), ("gt", date.max.isoformat())):
        return ["equals", one]
    return [operator, one]


@st.composite
def tables(draw, types=tuple(DOMAIN), most_columns: int = 4, most_rows: int = 6) -> dict:
    """Canonical plain data of a valid table."""
    columns = []
    for index in range(draw(st.integers(1, most_columns))):
        column = {"name": f"c{index}", "label": f"c{index}", "type": draw(st.sampled_from(types))}
        if column["type"] == "choice":
            column["choices"] = [{"value": value, "label": value} for value in CHOICES]
        columns.append(column | ({"optional": True} if draw(st.booleans()) else {}))
    rows = []
    for index in range(draw(st.integers(0, most_rows))):
        when = {column["name"]: draw(cells(column)) for column in columns if draw(st.integers(0, 3))}
        rows.append({"when": when, "then": {"n": draw(st.integers(0, 2)), "row": str(index)}})
    data = {
        "name": "t",
        "label": "t",
        "as_of": "now",
        "hit_policy": draw(st.sampled_from(["first", "collect"])),
        "inputs": columns,
        "rows": rows,
        "outputs": [{"name": "n", "label": "n", "type": "int"}, {"name": "row", "label": "row", "type": "str"}],
    }
    return data | ({"default": {"n": 9, "row": "default"}} if draw(st.booleans()) else {})


@st.composite
def facts_for(draw, data: dict) -> dict:
    """Typed facts a caller may give: empty and left-out ones, whole numbers for decimals, empty texts."""
    facts = {}
    for column in data["inputs"]:
        values = list(DOMAIN[column["type"]])
        if column["type"] == "decimal":
            values += [0, 1, 10]
        if column.get("optional"):
            values = [None, *values] + ([""] if column["type"] in ("str", "choice") else [])
            if draw(st.integers(0, 5)) == 0:
                continue
        facts[column["name"]] = draw(st.sampled_from(values))
    return facts


def domain(column: dict) -> list:
    """Values of which every part that a table of these tests can tell apart has at least one (no text patterns)."""
    return ([None] if column.get("optional") else []) + DOMAIN[column["type"]]


@CALM
@given(st.data())
def test_every_case_is_decided_as_the_reference_decides_it(data):
    table = data.draw(tables())
    compiled = compile_table(table)
    for _case in range(3):
        facts = data.draw(facts_for(table))
        expected = reference_decide(table, facts)
        for _again in range(2):  # the second time from what was remembered
            decision = compiled.decide(facts)
            assert decision.row_numbers == expected["rows"]
            assert decision.outcome == expected["outcome"]
            assert [dict(outputs) for outputs in decision.all_outputs] == expected["outputs"]


@CALM
@given(tables())
def test_plain_data_gives_the_same_table_back(data):
    table = from_data(data)
    assert from_data(to_data(table)) == table
    assert to_data(from_data(to_data(table))) == to_data(table)


@CALM
@given(st.data())
def test_a_stored_decision_is_recalled_as_it_was(data):
    table = data.draw(tables())
    compiled = compile_table(table)
    decision = compiled.decide(data.draw(facts_for(table)))
    again = compiled.recall(decision.to_data())
    assert (again.facts, again.row_numbers, again.to_data()) == (
        decision.facts,
        decision.row_numbers,
        decision.to_data(),
    )


@CALM
@given(st.data())
def test_why_not_names_exactly_the_conditions_that_failed(data):
    table = data.draw(tables())
    facts = data.draw(facts_for(table))
    decision = compile_table(table).decide(facts)
    expected = []
    for number, row in enumerate(table["rows"], start=1):
        failing = tuple(
            column["name"]
            for column in table["inputs"]
            if not cell_fits(column["type"], row["when"].get(column["name"], ["any"]), facts.get(column["name"]))
        )
        if number not in decision.row_numbers:
            expected.append((number, failing))
    assert [(miss.row, miss.failing) for miss in why_not(decision)] == expected


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_would_change_is_what_changing_each_fact_alone_does(data):
    table = data.draw(tables(types=("int", "decimal", "date", "bool", "choice"), most_columns=3))
    facts = data.draw(facts_for(table))
    decision = compile_table(table).decide(facts)
    changes = what_would_change(decision)
    for column in table["inputs"]:
        for value in domain(column):
            rows = reference_decide(table, facts | {column["name"]: value})["rows"]
            told = [
                change.rows
                for change in changes
                if change.column == column["name"]
                and any(cell_fits(column["type"], cell_to_data(cell), value) for cell in change.cells)
            ]
            assert told == ([] if rows == decision.row_numbers else [tuple(rows)])


def every_case(table: dict) -> list[tuple[dict, set[int]]]:
    """All cases of a table whose domain is small, with the numbers of the rows that fit."""
    names = [column["name"] for column in table["inputs"]]
    found = []
    for values in itertools.product(*(domain(column) for column in table["inputs"])):
        facts = dict(zip(names, values, strict=True))
        found.append((facts, {n for n, row in enumerate(table["rows"], start=1) if row_fits(table, row, facts)}))
    return found


def in_region(table: dict, region: dict, facts: dict) -> bool:
    """Whether a case lies in the region of a gap."""
    kinds = {column["name"]: column["type"] for column in table["inputs"]}
    return all(
        any(cell_fits(kinds[name], cell_to_data(cell), facts[name]) for cell in cells_)
        for name, cells_ in region.items()
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(types=("int", "date", "decimal", "bool", "choice"), most_columns=3, most_rows=7))
def test_analysis_is_what_going_through_every_case_finds(table):
    analysis = analyse(from_data(table))
    cases = every_case(table)
    assert analysis.complete
    overlapping = {pair for _facts, rows in cases for pair in itertools.combinations(sorted(rows), 2)}
    if table["hit_policy"] == "collect":
        assert analysis.unreachable == ()
        dead = set()
    else:
        dead = set(range(1, len(table["rows"]) + 1)) - {min(rows) for _facts, rows in cases if rows}
        assert {row.row for row in analysis.unreachable} == dead
    assert {(o.first, o.second) for o in analysis.overlaps} == {pair for pair in overlapping if not dead & set(pair)}
    for overlap in analysis.overlaps:
        fitting = {n for n, row in enumerate(table["rows"], start=1) if row_fits(table, row, overlap.sample)}
        assert {overlap.first, overlap.second} <= fitting
        inside = all(overlap.second in rows for _facts, rows in cases if overlap.first in rows)
        assert overlap.kind == ("exception" if inside else "crossing")
    for row in analysis.unreachable:
        assert all(set(row.covered_by) & rows for _facts, rows in cases if row.row in rows)
        assert all(number < row.row for number in row.covered_by)
    for gap in analysis.gaps:
        assert reference_decide(table, gap.sample)["rows"] == []
        assert in_region(table, gap.region, gap.sample)
    gaps = [facts for facts, rows in cases if not rows]
    assert bool(analysis.gaps) == bool(gaps)
    if not analysis.more_gaps:
        for facts, rows in cases:
            assert any(in_region(table, gap.region, facts) for gap in analysis.gaps) == (not rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(types=("int", "bool", "choice"), most_columns=3, most_rows=7), st.integers(0, 12))
def test_an_analysis_cut_short_claims_only_what_is_so(table, steps):
    analysis, cases = analyse(from_data(table), steps=steps), every_case(table)
    reached = {min(rows) for _facts, rows in cases if rows}
    dead = set(range(1, len(table["rows"]) + 1)) - reached if table["hit_policy"] == "first" else set()
    told = {row.row for row in analysis.unreachable}
    assert told <= dead
    assert dead - told <= set(analysis.undetermined)
    assert all(reference_decide(table, gap.sample)["rows"] == [] for gap in analysis.gaps)
    if analysis.gaps_searched:
        assert bool(analysis.gaps) == any(not rows for _facts, rows in cases)


PATTERNS = st.lists(st.sampled_from(["a", "b", "ab", "ba", "aa"]), min_size=1, max_size=2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(["starts_with", "contains", "in", "not_in"]), PATTERNS), min_size=1, max_size=3)
)
def test_kinds_of_text_are_all_found_and_all_real(raw):
    rows = [{"when": {"c0": [operator, *values]}, "then": {"o": 1}} for operator, values in raw]
    data = {
        "name": "t",
        "inputs": [{"name": "c0", "type": "str"}],
        "outputs": [{"name": "o", "type": "int"}],
        "rows": rows,
    }
    atoms = compile_table(data).atoms[0]
    found = {atom.mask for atom in atoms}
    texts = ("".join(chars) for size in range(1, 9) for chars in itertools.product("abz", repeat=size))
    real = {sum(1 << i for i, (op, vs) in enumerate(raw) if cell_fits("str", [op, *vs], text)) for text in texts}
    assert found == real
    for atom in atoms:
        assert atom.mask == sum(1 << i for i, (op, vs) in enumerate(raw) if cell_fits("str", [op, *vs], atom.sample))


def test_canonical_decimals_and_dates_are_texts():
    assert (to_json(Decimal("1.10")), to_json(Decimal("1E+3")), to_json(date(2026, 1, 2))) == (
        "1.10",
        "1000",
        "2026-01-02",
    )
