"""Formulas in output cells: read, refused, worked out exactly, and told in words."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.decisions import (
    analyse,
    compile_table,
    diff,
    explain,
    from_data,
    load_yaml,
    remarks,
    schema,
    to_data,
    trial,
    validate,
    what_would_change,
    why,
)
from core.decisions.cli import decide_lines
from core.decisions.dumping import dump_yaml
from core.decisions.errors import FactError, FormulaError
from core.decisions.grid import grid_of, read_grid
from core.i18n import use_locale

INPUTS = [
    {"name": "km", "label": {"en": "distance", "zh": "距离"}, "type": "decimal", "unit": {"en": "km", "zh": "公里"}},
    {"name": "visits", "label": {"en": "visits so far", "zh": "已上门次数"}, "type": "int", "optional": True},
    {"name": "sold", "label": {"en": "sold", "zh": "购买日期"}, "type": "date"},
    {"name": "until", "label": {"en": "end of warranty", "zh": "三包到期日"}, "type": "date", "optional": True},
    {"name": "model", "label": {"en": "model", "zh": "型号"}, "type": "str"},
]
FACTS = {
    "km": Decimal("100.5"),
    "visits": 2,
    "sold": date(2026, 1, 1),
    "until": date(2026, 3, 1),
    "model": "4YZ",
}


def table(fee: object, days: object = None, **more) -> dict:
    """One row whose outputs are given; it fits every case."""
    then = {"fee": fee} | ({} if days is None else {"days": days})
    return {
        "name": "travel",
        "label": {"en": "Travel", "zh": "上门费"},
        "inputs": INPUTS,
        "outputs": [
            {
                "name": "fee",
                "label": {"en": "fee", "zh": "费用"},
                "type": "decimal",
                "unit": {"en": "yuan", "zh": "元"},
            },
            {"name": "days", "label": {"en": "days", "zh": "天数"}, "type": "int", "required": False},
        ],
        "rows": [{"then": then}],
        **more,
    }


def result(fee: str, **facts):
    return compile_table(table(fee)).decide(FACTS | facts).outputs["fee"]


def problem(fee: object, days: object = None) -> tuple:
    """Row, column and code of the only mistake."""
    (error,) = validate(table(fee, days))
    return error.row, error.column, error.code


# --- results ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("= km * 2.5", "251.25"),
        ("=km*2.5+10-0.25", "261.00"),
        ("= 100 - 10 - 1", "89"),
        ("= 100 / 10 / 2", "5"),
        ("= 2 + 3 * 4", "14"),
        ("= (2 + 3) * 4", "20"),
        ("= -km + 1", "-99.5"),
        ("= 2 - -3", "5"),
        ("= min(km, 80)", "80"),
        ("= max(km * 2, 80, 300.0)", "300.0"),
        ("= round(km * 1.111, 2)", "111.66"),
        ("= round(0.125, 2)", "0.13"),
        ("= round(-0.125, 2)", "-0.13"),
        ("= round(2.5)", "3"),
        ("= round(1250, -2)", "1300"),
        ("= floor(-1.5)", "-2"),
        ("= ceil(1.01)", "2"),
        ("= abs(10 - km)", "90.5"),
        ("= km / 3", "33.5"),
        ("= 1 / 3", "0.3333333333333333333333333333333333"),
        ("= 2 / 3", "0.6666666666666666666666666666666667"),
        ("= days_between(sold, until)", "59"),
        ("= days_between(until, sold)", "-59"),
        ("= days_between(2025-12-31, sold) * 2", "2"),
        ("= visits", "2"),
        ("＝（距离＋1）×2", "203.0"),
        ("= [visits so far] ÷ 4", "0.5"),
        ("= 四舍五入(距离, 0)", "101"),
        ("= 0 * -1", "0"),
    ],
)
def test_a_formula_gives_exactly_this(formula, expected):
    assert str(result(formula)) == expected


def test_a_whole_number_column_gets_an_int_from_a_formula():
    days = compile_table(table(0, "= floor(km / 7) + visits")).decide(FACTS).outputs["days"]
    assert (days, type(days)) == (16, int)


def test_adding_is_exact_where_ordinary_decimals_would_round():
    long = Decimal("12345678901234567890123456789012345.000000000000000000000000000001")
    assert result("= km + km - km", km=long) == long


def test_the_default_may_be_a_formula_and_every_row_that_collects_has_its_own():
    data = table("= km", hit_policy="collect", default={"fee": "= km * 2"})
    data["rows"] = [
        {"when": {"km": {"ge": 10}}, "then": {"fee": "= km + 1"}},
        {"when": {"km": {"ge": 5}}, "then": {"fee": "= km + 2"}},
    ]
    compiled = compile_table(data)

    def fees(km: str) -> list[str]:
        return [str(o["fee"]) for o in compiled.decide(FACTS | {"km": Decimal(km)}).all_outputs]

    assert (fees("20"), fees("7"), fees("1")) == (["21", "22"], ["9"], ["2"])
    assert str(compiled.decide(FACTS | {"km": Decimal(1)}).outputs["fee"]) == "2"


def test_only_the_row_that_fires_is_worked_out():
    data = table("= 10 / km")
    data["rows"].insert(0, {"when": {"km": {"le": 0}}, "then": {"fee": 5}})
    assert compile_table(data).decide(FACTS | {"km": Decimal(0)}).outputs["fee"] == 5


# --- a case without a result ------------------------------------------------------------------------------------------


def failing(formula: str, **facts) -> FormulaError:
    with pytest.raises(FormulaError) as raised:
        result(formula, **facts)
    return raised.value


def test_dividing_by_what_is_0_in_a_case_is_an_error_of_that_case():
    error = failing("= 10 / (km - 5)", km=Decimal("5.0"))
    assert [(p.fact, p.code) for p in error.problems] == [("km", "division_by_zero")]
    with use_locale("en"):
        assert error.problems[0].text() == "“fee” in row 1 divides by distance − 5, and that is 0 in this case."


def test_an_empty_fact_in_a_formula_is_an_error_even_where_it_would_make_no_difference():
    error = failing("= max(km, visits * 0)", visits=None)
    assert [(p.fact, p.code) for p in error.problems] == [("visits", "empty")]
    assert isinstance(error, FactError)


def test_a_result_too_large_or_with_too_many_digits_is_an_error():
    assert failing("= km * km", km=Decimal("1E+30")).problems[0].code == "out_of_range"
    assert failing("= km + 1", km=Decimal("1E-400")).problems[0].code == "out_of_range"
    assert failing("= visits", visits=10**60).problems[0].code == "out_of_range"
    assert result("= km", km=Decimal("1E+50")) == Decimal("1E+50")


def test_the_command_tells_the_error_of_one_case_and_goes_on():
    compiled = compile_table(table("= 100 / km"))
    lines = [json.dumps({"id": n, "km": km, "sold": "2026-01-01", "model": "x"}).encode() for n, km in ((1, 0), (2, 8))]
    out = io.StringIO()
    with use_locale("en"):
        assert not decide_lines(lambda facts: compiled, lines, out)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["error"]["code"], first["error"]["facts"][0]["code"]) == ("facts", "division_by_zero")
    assert second["outputs"] == {"fee": 12.5, "days": None}
    assert second["why"] == "Row 1: in every case; fee = 100 ÷ distance = 100 ÷ 8 = 12.5 yuan"


# --- mistakes seen at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("=", "formula_end"),
        ("= km +", "formula_end"),
        ("= (km", "formula_end"),
        ("= km km", "formula_syntax"),
        ("= km ** 2", "formula_syntax"),
        ("= km; 1", "formula_syntax"),
        ("= km > 5", "formula_syntax"),
        ("= __import__('os')", "formula_syntax"),
        ("= km.real", "formula_syntax"),
        ("= kms * 2", "formula_fact"),
        ("= model * 2", "formula_type"),
        ("= sold", "formula_type"),
        ("= until - sold", "formula_type"),
        ("= days_between(sold, km)", "formula_type"),
        ("= -sold", "formula_type"),
        ("= pow(km, 2)", "formula_function"),
        ("= min(km)", "formula_arguments"),
        ("= round()", "formula_arguments"),
        ("= days_between(sold)", "formula_arguments"),
        ("= round(km, visits)", "formula_places"),
        ("= round(km, 0.5)", "formula_places"),
        ("= round(km, 21)", "formula_places"),
        ("= km / 0", "formula_zero"),
        ("= km / (2 - 2.0)", "formula_zero"),
        ("= days_between(2026-02-30, sold)", "formula_date"),
        ("= 10000000000000000000000000 * 100000000000000000000000000000000000", "formula_range"),
        ("= 1" + " + 1" * 200, "formula_long"),
        ("= " + "(" * 60 + "1" + ")" * 60, "formula_long"),
    ],
)
def test_a_mistake_in_a_formula_is_told_with_its_row_and_column(formula, code):
    assert problem(formula) == (1, "fee", code)


def test_a_whole_number_column_refuses_a_formula_that_may_have_places():
    assert problem(1, "= km / 2") == (1, "days", "formula_whole")
    assert problem(1, "= visits / 2") == (1, "days", "formula_whole")
    assert problem(1, "= visits * 0.5") == (1, "days", "formula_whole")
    for good in ("= visits * 2", "= ceil(km)", "= round(km, -1)", "= max(visits, 3)", "= days_between(sold, until)"):
        assert validate(table(1, good)) == []


def test_a_text_column_keeps_a_text_that_begins_with_an_equals_sign_and_a_date_column_refuses_it():
    data = table(1)
    data["outputs"] += [{"name": "say", "type": "str", "required": False}, {"name": "by", "type": "date"}]
    data["rows"][0]["then"] |= {"say": "= km", "by": "= sold"}
    assert [(e.column, e.code) for e in validate(data)] == [("by", "formula_column")]


def test_two_facts_with_one_label_must_be_told_apart():
    data = table("= distance * 2")
    data["inputs"] = [*INPUTS, {"name": "way_back", "label": {"en": "distance"}, "type": "decimal"}]
    (error,) = validate(data)
    with use_locale("en"):
        assert error.text() == "Several facts are called distance. Write the one that is meant: km, way_back."
    data["rows"][0]["then"]["fee"] = "= km * 2"
    assert grid_of(from_data(data), "en").rows[0].then["fee"] == "= km * 2"


# --- words, files, grid, analysis -------------------------------------------------------------------------------------


def test_the_trace_shows_formula_numbers_and_result_in_both_languages():
    decision = compile_table(table("= round(max(km * 2.5, 80) / 3, 2)", "= days_between(sold, until)")).decide(FACTS)
    assert why(decision, "en") == (
        "Row 1: in every case; fee = round(max(distance × 2.5, 80) ÷ 3, 2) = round(max(100.5 × 2.5, 80) ÷ 3, 2) = "
        "83.75 yuan; days = days_between(sold, end of warranty) = days_between(2026-01-01, 2026-03-01) = 59"
    )
    assert why(decision, "zh") == (
        "第 1 行：任何情况；费用 = 四舍五入(最大(距离 × 2.5, 80) ÷ 3, 2) = 四舍五入(最大(100.5 × 2.5, 80) ÷ 3, 2) = "
        "83.75 元；天数 = 相隔天数(购买日期, 三包到期日) = 相隔天数(2026-01-01, 2026-03-01) = 59"
    )
    assert explain(decision, "en").outputs == [("fee", "83.75 yuan"), ("days", "59")]


def test_negative_numbers_put_in_stand_in_parentheses_and_the_default_is_told_too():
    data = table(1, default={"fee": "= 5 - km"})
    data["rows"] = [{"when": {"km": {"ge": 0}}, "then": {"fee": "= km"}}]
    compiled = compile_table(data)
    told = why(compiled.decide(FACTS | {"km": Decimal(-2)}), "en")
    assert told == "No row fits; the default applies. fee = 5 − distance = 5 − (-2) = 7 yuan"
    assert why(compiled.decide(FACTS | {"km": Decimal(2)}), "en").endswith("; fee = distance = 2 = 2 yuan")


def test_a_stored_decision_with_a_formula_is_recalled_with_the_same_result():
    compiled = compile_table(table("= km * 3"))
    kept = compiled.decide(FACTS).to_data()
    assert kept["outputs"] == [{"fee": "301.5"}]
    assert compiled.recall(json.loads(json.dumps(kept))).to_data() == kept


def test_a_formula_survives_the_file_the_schema_and_the_grid():
    written = from_data(table("=max( (km)*(2.50), 80 )", "=ceil( visits )"))
    assert to_data(written)["rows"][0]["then"] == {"fee": "= max(km * 2.50, 80)", "days": "= ceil(visits)"}
    assert load_yaml(dump_yaml(written)) == written
    assert list(Draft202012Validator(schema()).iter_errors(to_data(written))) == []
    shown = {"en": "= max(distance * 2.50, 80)", "zh": "= 最大(距离 * 2.50, 80)"}
    for locale, text in shown.items():
        with use_locale(locale):
            grid = grid_of(written)
            assert grid.rows[0].then["fee"] == text
            assert read_grid(grid, written, written.inputs) == (written, [])


def test_taking_away_a_condition_that_a_formula_counts_with_is_a_mistake_of_that_cell():
    base = from_data(table("= km * 2"))
    grid = grid_of(base, "en")
    grid.hide("km")
    _table, errors = read_grid(grid, base, base.inputs)
    assert [(e.row, e.column, e.code) for e in errors] == [(1, "fee", "formula_fact")]


def test_two_versions_and_a_trial_see_a_changed_formula():
    old, new = from_data(table("= km * 2")), from_data(table("= km * 3"))
    (change,) = diff(old, new).rows[0].cells
    assert (change.old.text, change.new.text) == ("= km * 2", "= km * 3")
    assert diff(old, from_data(table("=(km)*2"))).unchanged
    tried = trial(old, new, [("a", FACTS), ("b", FACTS | {"km": Decimal(0)})])
    assert (tried.unchanged, [case.id for case in tried.changed]) == (1, ["a"])
    undecidable = trial(old, from_data(table("= 1 / km")), [("b", FACTS | {"km": Decimal(0)})]).undecidable
    assert undecidable[0].problems[0].code == "division_by_zero"


def test_the_remarks_warn_of_cases_that_a_formula_can_not_count():
    data = table("= visits / km")
    data["rows"].insert(0, {"when": {"km": {"gt": 0}, "visits": "not_empty"}, "then": {"fee": "= visits / km"}})
    read = from_data(data)
    with use_locale("en"):
        told = [remark.text for remark in remarks(read, analyse(read)) if remark.kind == "warn"]
    assert told == [
        "“fee” in row 2 divides by “distance”, which may be 0; such a case can't be decided.",
        "“fee” in row 2 counts with “visits so far”, which may be empty; such a case can't be decided.",
    ]


def test_what_would_change_tells_the_formula_of_the_other_row():
    data = table(5)
    data["rows"].insert(0, {"when": {"km": {"ge": 500}}, "then": {"fee": "= km * 2"}})
    decision = compile_table(data).decide(FACTS)
    assert explain(decision, "en").changes == ["If distance is at least 500 km: row 1, fee: distance × 2"]
    assert what_would_change(decision)[0].rows == (1,)


# --- against a slow, obvious reference --------------------------------------------------------------------------------
# Formulas are drawn as nested tuples, written out here with parentheses everywhere, and worked out as fractions.

NUMBERS = {"a": ["0", "1", "-2.5", "1234.56", "0.001"], "n": [0, 1, -3, 40], "opt": [None, 7]}
DAYS = [date(2024, 2, 28), date(2024, 3, 1), date(2026, 1, 1)]


def half_up(value: Fraction, places: int) -> Fraction:
    scaled = abs(value) * Fraction(10) ** places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (1 if value >= 0 else -1) * whole / Fraction(10) ** places


def divided(above: Fraction, below: Fraction) -> Fraction:
    """To 34 significant digits, half up."""
    exact = above / below
    if exact == 0:
        return exact
    size = 0
    while abs(exact) >= Fraction(10) ** (size + 1):
        size += 1
    while abs(exact) < Fraction(10) ** size:
        size -= 1
    return half_up(exact, 33 - size)


class Hopeless(Exception):
    """No result: a division by zero or an empty fact."""


def worked_out(tree: tuple, facts: dict) -> Fraction:
    name, *args = tree
    if name == "fact":
        if facts[args[0]] is None:
            raise Hopeless
        return Fraction(facts[args[0]])
    if name == "number":
        return Fraction(args[0])
    if name == "days_between":
        first, last = (facts[a] if a in facts else date.fromisoformat(a) for a in args)
        return Fraction((last - first) // timedelta(days=1))
    if name == "round":
        return half_up(worked_out(args[0], facts), args[1])
    done = [worked_out(argument, facts) for argument in args]
    if name == "/":
        if done[1] == 0:
            raise Hopeless
        return divided(*done)
    return {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "neg": lambda x: -x,
        "abs": abs,
        "floor": lambda x: Fraction(x.numerator // x.denominator),
        "ceil": lambda x: Fraction(-(-x.numerator // x.denominator)),
        "min": lambda *all_: min(all_),
        "max": lambda *all_: max(all_),
    }[name](*done)


def written(tree: tuple) -> str:
    name, *args = tree
    if name in ("fact", "number"):
        return args[0]
    if name == "days_between":
        return f"days_between({args[0]},{args[1]})"
    if name == "round":
        return f"round({written(args[0])}, {args[1]})"
    told = [written(argument) for argument in args]
    if name == "neg":
        return f"(-({told[0]}))"
    return f"({told[0]}){name}({told[1]})" if name in "+-*/" else f"{name}({' , '.join(told)})"


def facts_in(tree: tuple) -> set:
    return {tree[1]} if tree[0] == "fact" else set().union(*(facts_in(a) for a in tree[1:] if isinstance(a, tuple)))


LEAVES = st.one_of(
    st.sampled_from(["a", "n", "opt"]).map(lambda name: ("fact", name)),
    st.sampled_from(["0", "1", "2.50", "0.1", "1000", "7"]).map(lambda text: ("number", text)),
    st.tuples(st.just("days_between"), st.sampled_from(["d", "2024-02-29"]), st.sampled_from(["d", "2026-11-25"])),
)


def _grown(smaller):
    return st.one_of(
        st.tuples(st.sampled_from("+-*/"), smaller, smaller),
        st.tuples(st.sampled_from(["neg", "abs", "floor", "ceil"]), smaller),
        st.tuples(st.sampled_from(["min", "max"]), smaller, smaller, smaller),
        st.tuples(st.just("round"), smaller, st.integers(-2, 4)),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(LEAVES, _grown, max_leaves=8), st.data())
def test_every_formula_gives_what_fractions_give_or_has_no_result_either(tree, data):
    inputs = [
        {"name": "a", "label": {"en": "the sum", "zh": "合计（元）"}, "type": "decimal"},
        {"name": "n", "label": {"en": "n of it", "zh": "数量"}, "type": "int"},
        {"name": "opt", "type": "int", "optional": True},
        {"name": "d", "label": {"en": "day", "zh": "日期"}, "type": "date"},
    ]
    body = {
        "name": "t",
        "inputs": inputs,
        "outputs": [{"name": "x", "type": "decimal"}],
        "rows": [{"then": {"x": "=" + written(tree)}}],
    }
    mistakes = {error.code for error in validate(body)}
    assert mistakes <= {"formula_zero"}
    if mistakes:
        return
    read = from_data(body)
    for locale in ("en", "zh"):
        with use_locale(locale):
            assert read_grid(grid_of(read), read, read.inputs) == (read, [])
    assert from_data(to_data(read)) == read
    compiled = compile_table(read)
    for _case in range(3):
        facts = {name: data.draw(st.sampled_from(values)) for name, values in NUMBERS.items()}
        facts |= {"a": Decimal(facts["a"]), "d": data.draw(st.sampled_from(DAYS))}
        try:
            if any(facts[name] is None for name in facts_in(tree)):
                raise Hopeless
            expected = worked_out(tree, facts)
        except Hopeless:
            with pytest.raises(FormulaError):
                compiled.decide(facts)
        else:
            assert Fraction(compiled.decide(facts).outputs["x"]) == expected
