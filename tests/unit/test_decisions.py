"""Decision tables: what is refused and where, what is decided, in which words; versions, edits and trials."""

from __future__ import annotations

import threading
from datetime import date, datetime
from decimal import Decimal

import pytest

from core.decisions import (
    Case,
    Cell,
    FactError,
    TableError,
    TableVersion,
    TooMany,
    analyse,
    change_words,
    compile_table,
    diff,
    explain,
    facts_from_json,
    from_data,
    in_force,
    nearest_rows,
    outputs_words,
    remarks,
    row_words,
    to_data,
    trial,
    validate,
    what_would_change,
    why,
    why_not,
)
from core.decisions.errors import fact_message
from core.i18n import use_locale

CAUSES = [
    {"value": "defect", "label": {"en": "defect", "zh": "质量"}},
    {"value": "misuse", "label": {"en": "misuse", "zh": "使用不当"}},
    {"value": "upkeep", "label": {"en": "wrong upkeep", "zh": "保养不当"}},
]


def charge(**changes) -> dict:
    """A small table of who pays for a repair; each test changes what it is about."""
    return {
        "name": "repair_charge",
        "label": {"en": "Repair charge", "zh": "收费判定"},
        "as_of": "received",
        "inputs": [
            {"name": "cause", "label": {"en": "cause", "zh": "故障原因"}, "type": "choice", "choices": CAUSES},
            {
                "name": "distance",
                "label": {"en": "distance", "zh": "距离"},
                "type": "decimal",
                "unit": {"en": "km", "zh": "公里"},
            },
            {"name": "sold", "label": {"en": "sale date", "zh": "销售日期"}, "type": "date", "optional": True},
            {"name": "proof", "label": {"en": "proof", "zh": "凭证"}, "type": "bool"},
        ],
        "outputs": [
            {
                "name": "payer",
                "label": {"en": "payer", "zh": "付费方"},
                "type": "choice",
                "choices": ["customer", "maker"],
            },
            {
                "name": "share",
                "label": {"en": "share", "zh": "比例"},
                "type": "decimal",
                "unit": "%",
                "required": False,
            },
        ],
        "rows": [
            {
                "id": "careless",
                "when": {"cause": ["misuse", "upkeep"]},
                "then": {"payer": "customer", "share": "100"},
                "note": {"en": "Preferential prices", "zh": "优惠价"},
                "clause": "5.1.1.2",
            },
            {
                "id": "far",
                "when": {"cause": "defect", "distance": {"ge": 1000}, "proof": True},
                "then": {"payer": "maker"},
            },
            {
                "id": "recent",
                "when": {"sold": {"ge": "2026-01-01"}, "proof": True},
                "then": {"payer": "maker", "share": "50.50"},
            },
        ],
    } | changes


FACTS = {"cause": "defect", "distance": Decimal("999.9"), "sold": date(2026, 3, 1), "proof": True}


def mistakes(data: object) -> list[tuple]:
    """Row, column and code of everything wrong with a table."""
    return [(error.row, error.column, error.code) for error in validate(data)]


def with_cell(name: str, cell: object) -> dict:
    """The table with one cell of row 2 replaced."""
    data = charge()
    data["rows"][1] = {"when": {name: cell}, "then": {"payer": "maker"}}
    return data


# --- what is refused, and where ---------------------------------------------------------------------------------------


def test_a_good_table_has_no_mistakes():
    assert mistakes(charge()) == []


def test_every_mistake_is_told_with_its_row_and_column():
    data = charge(hit_policy="best", surprise=1)
    data["inputs"].append({"name": "cause", "type": "choice", "choices": []})
    data["rows"] = [
        {"when": {"cause": "missuse", "distance": "far", "weather": "rain"}, "then": {"payer": "nobody"}},
        {"when": {"distance": {"between": [5, 1]}, "proof": "yes"}, "then": {"share": 1.5}},
        "row",
    ]
    assert mistakes(data) == [
        (None, None, "unknown_key"),
        (None, None, "unknown_hit_policy"),
        (None, "cause", "no_choices"),
        (None, "cause", "repeated_column"),
        (1, "weather", "unknown_column"),
        (1, "cause", "unknown_choice"),
        (1, "distance", "type"),
        (1, "cause", "unknown_choice"),
        (1, "payer", "unknown_choice"),
        (2, "distance", "empty_range"),
        (2, "proof", "type"),
        (2, "payer", "missing_output"),
        (2, "share", "float"),
        (3, None, "not_a_row"),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("cause", None, "blank_cell"),
        ("cause", [], "blank_cell"),
        ("cause", {}, "unknown_operator"),
        ("cause", {"is": "misuse"}, "unknown_operator"),
        ("cause", {"not": ["defect", "misuse", "upkeep"]}, "nothing_fits"),
        ("cause", {"lt": "misuse"}, "operator_type"),
        ("cause", {"contains": "mis"}, "operator_type"),
        ("cause", ["misuse", None], "cell_value"),
        ("cause", ["misuse", ["defect"]], "cell_value"),
        ("cause", "empty", "not_optional"),
        ("cause", ["any", "misuse"], "operator_values"),
        ("distance", {"ge": 1, "gt": 2}, "operators_together"),
        ("distance", {"ge": 1, "lt": 2, "not": 1}, "operators_together"),
        ("distance", {"equals": [1, 2]}, "operator_values"),
        ("distance", {"between": 1}, "operator_values"),
        ("distance", {"between": [1, 2, "[["]}, "operator_values"),
        ("distance", {"between": [2, 2, "[)"]}, "empty_range"),
        ("distance", {"ge": "1", "lt": "1.0"}, "empty_range"),
        ("distance", 0.1, "float"),
        ("distance", True, "type"),
        ("distance", "NaN", "type"),
        ("distance", "1e999", "type"),
        ("sold", "2026-02-29", "type"),
        ("sold", "2026-W01-1", "type"),
        ("sold", datetime(2026, 1, 1), "type"),
        ("sold", {"lt": "0001-01-01"}, "empty_range"),
        ("sold", {"gt": "2026-01-01", "lt": "2026-01-02"}, "empty_range"),
        ("proof", 1, "type"),
        ("proof", {"not": [True, False]}, "nothing_fits"),
    ],
)
def test_a_malformed_cell_is_refused(column, cell, code):
    assert mistakes(with_cell(column, cell)) == [(2, column, code)]


@pytest.mark.parametrize(
    ("column", "written", "cell"),
    [
        ("cause", "misuse", Cell("equals", ("misuse",))),
        ("cause", ["misuse"], Cell("equals", ("misuse",))),
        ("cause", ["misuse", "upkeep", "misuse"], Cell("in", ("misuse", "upkeep"))),
        ("cause", {"not": ["misuse", "upkeep"]}, Cell("not_in", ("misuse", "upkeep"))),
        ("cause", ["not", "misuse"], Cell("not", ("misuse",))),
        ("distance", {"ge": 1, "lt": "2.50"}, Cell("between", (Decimal(1), Decimal("2.50")), "[)")),
        ("distance", ["between", 1, 2, "()"], Cell("between", (Decimal(1), Decimal(2)), "()")),
        ("sold", {"le": "2026-02-28"}, Cell("le", (date(2026, 2, 28),))),
        ("sold", {"empty": True}, Cell("empty")),
        ("sold", "not_empty", Cell("not_empty")),
        ("proof", False, Cell("equals", (False,))),
    ],
)
def test_a_cell_may_be_written_in_several_ways(column, written, cell):
    assert dict(from_data(with_cell(column, written)).rows[1].when) == {column: cell}


def test_a_cell_that_says_any_is_as_if_left_out():
    assert dict(from_data(with_cell("cause", "any")).rows[1].when) == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "3 ways"}, [(None, None, "name")]),
        ({"label": {"fr": "x"}}, [(None, None, "words")]),
        (
            {"inputs": []},
            [(None, None, "no_columns")]
            + [(1, "cause", "unknown_column")]
            + [(2, name, "unknown_column") for name in ("cause", "distance", "proof")]
            + [(3, name, "unknown_column") for name in ("sold", "proof")],
        ),
        ({"rows": None}, [(None, None, "no_rows")]),
        ({"as_of": "cause"}, [(None, "cause", "as_of")]),
        ({"default": {"payer": "me"}}, [(None, "payer", "unknown_choice")]),
        ({"default": {}}, [(None, "payer", "missing_output")]),
        ({"default": None}, [(None, None, "no_outputs")]),
        (
            {"rows": [{"id": "a", "then": {"payer": "maker"}}, {"id": "a", "then": {"payer": "maker"}}]},
            [(2, None, "repeated_id")],
        ),
        ({"rows": [{"then": {"payer": "maker"}, "clause": 5, "id": 7}]}, [(1, None, "row_id"), (1, None, "clause")]),
        ({"rows": [{"then": {"payer": {"formula": "1+1"}}}]}, [(1, "payer", "type")]),
    ],
)
def test_mistakes_outside_the_cells_are_told_too(changes, expected):
    assert mistakes(charge(**changes)) == expected


def test_columns_are_checked():
    columns = [
        {"name": "a b", "type": "int"},
        {"name": "b", "type": "number"},
        {"name": "c", "type": "int", "choices": ["x"]},
        {"name": "d", "type": "choice", "choices": ["x", "x"]},
        {"name": "e", "type": "choice", "choices": ["not", 1]},
        {"name": "f", "type": "int", "optional": "yes"},
        {"name": "g", "type": "int", "required": True},
        "h",
    ]
    assert mistakes(charge(inputs=columns, rows=[])) == [
        (None, None, "name"),
        (None, "b", "unknown_type"),
        (None, "c", "choices_not_used"),
        (None, "d", "repeated_choice"),
        (None, "e", "reserved_choice"),
        (None, "e", "choice_value"),
        (None, "f", "flag"),
        (None, "g", "unknown_key"),
        (None, None, "not_a_column"),
    ]


@pytest.mark.parametrize("data", [None, [], "name: x", 5])
def test_what_is_not_a_table_is_refused(data):
    assert mistakes(data) == [(None, None, "not_a_table")]


def test_mistakes_are_told_in_both_languages():
    (error,) = validate(with_cell("cause", "missuse"))
    with use_locale("en"):
        assert (
            str(error)
            == "row 2, column cause: “missuse” isn't one of the choices: defect, misuse, upkeep (wrong upkeep)."
        )
    with use_locale("zh"):
        assert (
            str(error)
            == "第 2 行、“cause”列：“missuse”不在可选值之中：defect（质量）、misuse（使用不当）、upkeep（保养不当）。"
        )


def test_a_table_with_mistakes_can_not_be_compiled():
    with pytest.raises(TableError) as refused:
        compile_table(with_cell("cause", "missuse"))
    assert [error.code for error in refused.value.errors] == ["unknown_choice"]
    assert refused.value.status == 422


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_the_first_row_that_fits_decides():
    decision = compile_table(charge()).decide(FACTS)
    assert (decision.outcome, decision.row_index, decision.row_number, decision.row_id) == ("row", 2, 3, "recent")
    assert dict(decision.outputs) == {"payer": "maker", "share": Decimal("50.50")}
    assert decision.facts == FACTS


def test_an_optional_output_left_out_is_none():
    decision = compile_table(charge()).decide(FACTS | {"distance": Decimal(1000)})
    assert (decision.row_number, dict(decision.outputs)) == (2, {"payer": "maker", "share": None})


def test_collect_fires_every_row_that_fits():
    decision = compile_table(charge(hit_policy="collect")).decide(FACTS | {"distance": 1000})
    assert decision.row_numbers == [2, 3]
    assert [dict(outputs) for outputs in decision.all_outputs] == [
        {"payer": "maker", "share": None},
        {"payer": "maker", "share": Decimal("50.50")},
    ]


def test_no_row_that_fits_means_the_default():
    decision = compile_table(charge(default={"payer": "customer"})).decide(FACTS | {"sold": None})
    assert (decision.outcome, decision.row_number, dict(decision.outputs)) == (
        "default",
        None,
        {"payer": "customer", "share": None},
    )


def test_no_row_that_fits_and_no_default_refers_to_a_person():
    decision = compile_table(charge()).decide(FACTS | {"sold": None})
    assert (decision.outcome, decision.row_numbers, decision.outputs, decision.all_outputs) == ("refer", [], None, [])


@pytest.mark.parametrize(
    ("fact", "value", "code"),
    [
        ("cause", "Misuse", "unknown_choice"),
        ("cause", 1, "type"),
        ("cause", None, "empty"),
        ("cause", "", "empty"),
        ("cause", ["misuse"], "type"),
        ("distance", 999.9, "type"),
        ("distance", True, "type"),
        ("distance", "999.9", "type"),
        ("distance", Decimal("NaN"), "type"),
        ("distance", Decimal("sNaN"), "type"),
        ("distance", Decimal("Infinity"), "type"),
        ("sold", "2026-03-01", "type"),
        ("sold", datetime(2026, 3, 1), "type"),
        ("proof", 1, "type"),
        ("proof", "true", "type"),
    ],
)
def test_a_fact_of_the_wrong_type_is_an_error_and_never_falls_through(fact, value, code):
    compiled = compile_table(charge(default={"payer": "customer"}))
    compiled.decide(FACTS)
    with pytest.raises(FactError) as refused:
        compiled.decide(FACTS | {fact: value})
    assert [(problem.fact, problem.code) for problem in refused.value.problems] == [(fact, code)]


def test_all_wrong_and_missing_facts_are_told_at_once():
    with pytest.raises(FactError) as refused:
        compile_table(charge()).decide({"cause": "x", "sold": 5})
    assert [(p.fact, p.code) for p in refused.value.problems] == [
        ("cause", "unknown_choice"),
        ("distance", "missing"),
        ("sold", "type"),
        ("proof", "missing"),
    ]
    assert refused.value.details == {"facts": ["cause", "distance", "sold", "proof"]}


def test_a_true_is_not_a_one_even_after_the_one_was_seen():
    compiled = compile_table(
        {
            "name": "t",
            "inputs": [{"name": "n", "type": "int"}, {"name": "b", "type": "bool"}],
            "outputs": [{"name": "o", "type": "int"}],
            "rows": [{"when": {"n": 1, "b": True}, "then": {"o": 1}}],
        }
    )
    assert compiled.decide({"n": 1, "b": True}).row_number == 1
    for facts in ({"n": True, "b": True}, {"n": 1, "b": 1}, {"n": Decimal(1), "b": True}):
        with pytest.raises(FactError):
            compiled.decide(facts)


def test_an_optional_fact_may_be_left_out_and_a_needed_one_not():
    compiled = compile_table(charge(default={"payer": "customer"}))
    without = {name: value for name, value in FACTS.items() if name != "sold"}
    assert compiled.decide(without).outcome == "default"
    assert compiled.decide(without).facts["sold"] is None


def test_an_empty_value_fits_neither_not_nor_a_range():
    data = {
        "name": "t",
        "inputs": [{"name": "n", "type": "int", "optional": True}],
        "outputs": [{"name": "o", "type": "int"}],
    }
    for cell, rows in (("empty", [1]), ("any", [1]), ({"not": 5}, []), ({"lt": 5}, []), ("not_empty", [])):
        compiled = compile_table(data | {"rows": [{"when": {"n": cell}, "then": {"o": 1}}]})
        assert compiled.decide({"n": None}).row_numbers == rows


def test_facts_the_table_does_not_ask_for_are_ignored_unless_strict():
    compiled = compile_table(charge())
    assert compiled.decide(FACTS | {"weather": "rain"}).row_number == 3
    with pytest.raises(FactError) as refused:
        compiled.decide(FACTS | {"weather": "rain"}, strict=True)
    assert [(problem.fact, problem.code) for problem in refused.value.problems] == [("weather", "unknown")]
    with pytest.raises(FactError):
        compiled.decide({k: v for k, v in FACTS.items() if k != "sold"} | {"weather": 1}, strict=True)


def test_equal_decimals_are_equal_however_they_are_written():
    data = charge(rows=[{"when": {"distance": "1.10"}, "then": {"payer": "maker"}}])
    for same in (Decimal("1.1"), Decimal("1.100"), Decimal("11E-1")):
        assert compile_table(data).decide(FACTS | {"distance": same}).row_number == 1
    assert (
        compile_table(data).decide(FACTS | {"distance": Decimal("1.1000000000000000000000000000001")}).row_number
        is None
    )


def test_json_facts_have_their_dates_read_and_nothing_else_converted():
    table = from_data(charge())
    raw = {"cause": "defect", "distance": "999.9", "sold": "2026-03-01", "proof": True, "more": "2026-03-01"}
    assert facts_from_json(table, raw) == raw | {"sold": date(2026, 3, 1)}


def test_a_decision_keeps_the_facts_though_the_caller_changes_his():
    facts = dict(FACTS)
    decision = compile_table(charge()).decide(facts)
    facts["distance"] = Decimal(5)
    assert decision.facts["distance"] == Decimal("999.9")


def test_a_stored_decision_is_plain_json():
    assert compile_table(charge()).decide(FACTS).to_data() == {
        "table": "repair_charge",
        "outcome": "row",
        "rows": [3],
        "row_ids": ["recent"],
        "facts": {"cause": "defect", "distance": "999.9", "sold": "2026-03-01", "proof": True},
        "outputs": [{"payer": "maker", "share": "50.50"}],
    }


def test_one_compiled_table_serves_many_threads():
    compiled, wrong = compile_table(charge()), []

    def work(start: int) -> None:
        for km in range(start, start + 3000):
            number = compiled.decide(FACTS | {"distance": Decimal(km)}).row_number
            if number != (2 if km >= 1000 else 3):
                wrong.append(km)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 500, 900)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_decision_says_why_in_both_languages():
    decision = compile_table(charge()).decide(FACTS | {"cause": "misuse"})
    assert why(decision, "en") == "Row 1: cause is misuse or wrong upkeep (misuse)"
    assert why(decision, "zh") == "第 1 行：故障原因为使用不当或保养不当（使用不当）"


def test_several_conditions_stand_with_the_facts_that_met_them():
    decision = compile_table(charge()).decide(FACTS | {"distance": Decimal("1234.50")})
    assert why(decision, "en") == "Row 2: cause is defect; distance is at least 1,000 km (1,234.50 km); proof is yes"
    assert why(decision, "zh") == "第 2 行：故障原因为质量；距离不小于 1,000 公里（1,234.50 公里）；凭证为是"


def test_a_referral_and_a_default_say_so():
    referred = compile_table(charge(refer={"en": "ask quality", "zh": "由质量部判定"})).decide(FACTS | {"sold": None})
    assert why(referred, "en") == "No row fits; refer to a person: ask quality"
    assert why(referred, "zh") == "没有行符合，转人工：由质量部判定"
    default = compile_table(charge(default={"payer": "customer"})).decide(FACTS | {"sold": None})
    assert why(default, "en") == "No row fits; the default applies."
    assert why(default, "zh") == "没有行符合，按默认结果。"


def test_collect_gives_a_line_of_reasons_for_each_row():
    decision = compile_table(charge(hit_policy="collect")).decide(FACTS | {"distance": 1000})
    assert why(decision, "en").splitlines() == [
        "Row 2: cause is defect; distance is at least 1,000 km (1,000 km); proof is yes",
        "Row 3: sale date is on or after 2026-01-01 (2026-03-01); proof is yes",
    ]


@pytest.mark.parametrize(
    ("column", "cell", "en", "zh"),
    [
        ("cause", {"not": "misuse"}, "cause is not misuse", "故障原因不为使用不当"),
        ("cause", {"not": ["misuse", "defect"]}, "cause is none of misuse, defect", "故障原因不在使用不当、质量之中"),
        (
            "cause",
            ["misuse", "defect", "upkeep"],
            "cause is misuse, defect or wrong upkeep",
            "故障原因为使用不当、质量或保养不当",
        ),
        ("distance", {"lt": 5}, "distance is less than 5 km", "距离小于 5 公里"),
        ("distance", {"le": 5}, "distance is at most 5 km", "距离不大于 5 公里"),
        ("distance", {"gt": -1234}, "distance is more than -1,234 km", "距离大于 -1,234 公里"),
        ("distance", {"between": [1, 2]}, "distance is from 1 km to 2 km", "距离从 1 公里到 2 公里"),
        ("distance", {"ge": 1, "lt": 2}, "distance is from 1 km to below 2 km", "距离不小于 1 公里且小于 2 公里"),
        ("distance", {"gt": 1, "le": 2}, "distance is above 1 km and up to 2 km", "距离大于 1 公里且不大于 2 公里"),
        ("distance", {"gt": 1, "lt": 2}, "distance is above 1 km and below 2 km", "距离大于 1 公里且小于 2 公里"),
        ("sold", {"lt": "2026-01-01"}, "sale date is before 2026-01-01", "销售日期早于 2026-01-01"),
        ("sold", {"le": "2026-01-01"}, "sale date is on or before 2026-01-01", "销售日期不晚于 2026-01-01"),
        ("sold", {"gt": "2026-01-01"}, "sale date is after 2026-01-01", "销售日期晚于 2026-01-01"),
        ("sold", "empty", "sale date is empty", "销售日期为空"),
        ("sold", "not_empty", "sale date is given", "销售日期已填"),
        ("proof", False, "proof is no", "凭证为否"),
    ],
)
def test_conditions_read_as_sentences(column, cell, en, zh):
    table = from_data(with_cell(column, cell))
    with use_locale("en"):
        assert row_words(table, 2) == en
    with use_locale("zh"):
        assert row_words(table, 2) == zh


def test_text_conditions_and_outputs_read_as_sentences():
    table = from_data(
        {
            "name": "t",
            "inputs": [{"name": "model", "type": "str"}],
            "outputs": [{"name": "o", "type": "str"}],
            "rows": [
                {"when": {"model": {"starts_with": ["4YZ", "9QZ"]}}, "then": {"o": "x"}},
                {"when": {"model": {"contains": "GPS"}}, "then": {"o": "y"}},
                {"then": {"o": "z"}},
            ],
        }
    )
    with use_locale("en"):
        assert [row_words(table, n) for n in (1, 2, 3)] == [
            "model starts with 4YZ or 9QZ",
            "model contains GPS",
            "in every case",
        ]
        assert outputs_words(table, table.rows[0].then) == "o: x"


def test_an_explanation_has_all_that_a_page_shows():
    shown = explain(compile_table(charge()).decide(FACTS | {"cause": "upkeep"}), "en")
    assert shown.headline == "Row 1: cause is misuse or wrong upkeep (wrong upkeep)"
    assert [(c.column, c.label, c.words, c.fact, c.fits) for c in shown.conditions] == [
        ("cause", "cause", "cause is misuse or wrong upkeep", "wrong upkeep", True),
        ("distance", "distance", "", "999.9 km", False),
        ("sold", "sale date", "", "2026-03-01", False),
        ("proof", "proof", "", "yes", False),
    ]
    assert (shown.outputs, shown.note, shown.clause) == (
        [("payer", "customer"), ("share", "100 %")],
        "Preferential prices",
        "5.1.1.2",
    )
    assert shown.changes == ["If cause is defect: row 3, payer: maker; share: 50.50 %"]


def test_what_would_change_names_the_nearest_rows_first():
    compiled = compile_table(charge())
    decision = compiled.decide(FACTS)
    with use_locale("en"):
        assert [change_words(compiled, change) for change in what_would_change(decision)] == [
            "If distance is at least 1,000 km: row 2, payer: maker",
            "If cause is misuse or wrong upkeep: row 1, payer: customer; share: 100 %",
            "If sale date is empty or sale date is before 2026-01-01: no row fits, refer to a person",
            "If proof is no: no row fits, refer to a person",
        ]


def test_text_that_nobody_named_is_an_ellipsis_in_what_would_change():
    table = from_data(
        {
            "name": "t",
            "inputs": [{"name": "nature", "type": "str"}],
            "outputs": [{"name": "o", "type": "str"}],
            "rows": [{"when": {"nature": {"contains": "theft"}}, "then": {"o": "y"}}],
        }
    )
    compiled = compile_table(table)
    decision = compiled.decide({"nature": "late"})
    with use_locale("en"):
        changes = [change_words(compiled, change) for change in what_would_change(decision)]
    assert changes == ["If nature is, for example, …theft…: row 1, o: y"]


def test_why_not_names_the_failing_conditions():
    decision = compile_table(charge()).decide(FACTS)
    assert [(miss.row, miss.failing) for miss in why_not(decision)] == [(1, ("cause",)), (2, ("distance",))]
    assert [miss.row for miss in nearest_rows(decision)] == [1, 2]
    later = compile_table(charge()).decide(FACTS | {"cause": "misuse"})
    assert [(miss.row, miss.failing) for miss in why_not(later)] == [(2, ("cause", "distance")), (3, ())]


def test_too_many_kinds_of_text_are_said_not_guessed():
    parts = [f"{n:03}" for n in range(13)]
    data = {
        "name": "t",
        "inputs": [{"name": "s", "type": "str"}],
        "outputs": [{"name": "o", "type": "int"}],
        "rows": [{"when": {"s": {"contains": part}}, "then": {"o": 1}} for part in parts],
    }
    compiled = compile_table(data)
    assert compiled.decide({"s": "x005x"}).row_number == 6
    analysis = analyse(compiled)
    assert (analysis.complete, analysis.clean, analysis.undetermined) == (False, False, tuple(range(1, 14)))
    with pytest.raises(TooMany):
        what_would_change(compiled.decide({"s": "x"}))
    assert explain(compiled.decide({"s": "x005x"}), "en").changes == []


# --- analysis ---------------------------------------------------------------------------------------------------------


def bands(*cells, **more) -> dict:
    """A table with one int column and one row per cell."""
    rows = [{"when": {"n": cell}, "then": {"o": index}} for index, cell in enumerate(cells)]
    inputs = [{"name": "n", "type": "int"}]
    return {"name": "t", "inputs": inputs, "outputs": [{"name": "o", "type": "int"}], "rows": rows} | more


def test_a_row_covered_by_several_rows_together_is_unreachable():
    analysis = analyse(from_data(bands({"lt": 5}, {"ge": 7}, {"ge": 5, "lt": 7}, {"between": [4, 8]}, 6)))
    assert [(row.row, row.covered_by) for row in analysis.unreachable] == [(4, (1, 2, 3)), (5, (3,))]
    assert (analysis.gaps, analysis.clean) == ((), False)


def test_a_whole_number_between_two_neighbours_is_no_gap():
    assert analyse(from_data(bands({"le": 5}, {"ge": 6}))).clean
    (gap,) = analyse(from_data(bands({"le": 5}, {"ge": 7}))).gaps
    assert (gap.region, gap.sample) == ({"n": (Cell("equals", (6,)),)}, {"n": 6})


def test_a_gap_under_a_default_is_listed_but_not_held_against_the_table():
    analysis = analyse(from_data(bands({"le": 5}, default={"o": 9})))
    assert (len(analysis.gaps), analysis.has_default, analysis.clean) == (1, True, True)


def test_an_exception_before_the_general_rule_is_told_from_a_crossing():
    analysis = analyse(from_data(bands(5, {"ge": 0}, {"le": 3})))
    assert [(o.first, o.second, o.kind, o.same_outputs) for o in analysis.overlaps] == [
        (1, 2, "exception", False),
        (2, 3, "crossing", False),
    ]
    assert analysis.overlaps[1].sample == {"n": 0}


def test_a_large_table_is_analysed_within_its_budget():
    columns = [{"name": f"c{n}", "type": "int"} for n in range(12)]
    rows = [
        {
            "when": {f"c{(r + k) % 12}": {"ge": (r * 7 + k) % 50, "lt": (r * 7 + k) % 50 + 9} for k in range(4)},
            "then": {"o": r},
        }
        for r in range(300)
    ]
    data = {"name": "t", "inputs": columns, "outputs": [{"name": "o", "type": "int"}], "rows": rows}
    analysis = analyse(from_data(data), steps=2000)
    assert analysis.more_gaps or not analysis.gaps_searched
    assert all(
        from_data(data) and compile_table(data).decide(gap.sample).outcome == "refer" for gap in analysis.gaps[:3]
    )


def told(data: dict, locale: str) -> list[tuple]:
    """Kind, row and text of every remark on a table."""
    table = from_data(data)
    with use_locale(locale):
        return [(remark.kind, remark.row, remark.text) for remark in remarks(table, analyse(table))]


def test_what_is_wrong_with_a_table_is_said_in_sentences():
    data = bands({"lt": 5}, {"between": [2, 9]}, 7, {"ge": 20})
    data["inputs"][0]["label"] = {"en": "days", "zh": "天数"}
    assert told(data, "en") == [
        ("bad", 3, "Row 3 never fires: rows above it take all its cases (2)."),
        ("warn", None, "No row fits when: days is above 9 and below 20. Example: days: 10"),
        ("info", 2, "Rows 1 and 2 both fit some cases and give different results; row 1 decides. Example: days: 2"),
    ]
    assert told(data, "zh") == [
        ("bad", 3, "第 3 行永远用不到：它的情况都先被上面的第 2 行占去了。"),
        ("warn", None, "没有行符合的情况：天数大于 9 且小于 20。例如：天数：10"),
        ("info", 2, "第 1 行和第 2 行都符合某些情况，结果不同，以第 1 行为准。例如：天数：2"),
    ]


def test_a_table_without_fault_is_told_so_and_what_a_default_decides():
    assert told(bands({"lt": 5}, {"ge": 5}), "zh") == [("ok", None, "没有缺口，每一行都用得到。")]
    assert told(bands({"lt": 5}, default={"o": 1}), "en") == [
        ("info", None, "Only the default decides when: n is at least 5. Example: n: 5"),
        ("ok", None, "No gaps, and every row can fire."),
    ]


def test_a_search_that_was_cut_short_is_never_called_clean():
    data = bands({"lt": 5}, {"gt": 7}, {"between": [4, 8]}, default={"o": 1})
    table = from_data(data)
    with use_locale("en"):
        assert [remark.kind for remark in remarks(table, analyse(table, steps=0))] == ["warn", "info", "info"]


# --- edits, trials, versions ------------------------------------------------------------------------------------------


def test_edits_are_told_cell_by_cell():
    new = charge(default={"payer": "customer"})
    new["rows"] = [
        new["rows"][2],
        {**new["rows"][0], "when": {"cause": ["upkeep", "misuse"]}, "then": {"payer": "customer", "share": "80"}},
        {"when": {"proof": False}, "then": {"payer": "customer"}},
    ]
    changes = diff(from_data(charge()), from_data(new))
    assert [(row.kind, row.old, row.new, row.moved) for row in changes.rows] == [
        ("same", 3, 1, True),
        ("changed", 1, 2, False),
        ("added", None, 3, False),
        ("removed", 2, None, False),
    ]
    assert [(c.part, c.name, c.old, c.new) for c in changes.of_row(2).cells] == [
        ("then", "share", Decimal(100), Decimal(80))
    ]
    assert changes.properties == {"default": (None, {"payer": "customer", "share": None})}
    assert not changes.unchanged


def test_rows_without_ids_are_recognised_by_likeness():
    old, new = bands({"lt": 5}, {"lt": 9}, {"lt": 12}), bands({"lt": 5}, {"lt": 12})
    for data in (old, new):
        data["rows"] = [row | {"then": {"o": row["when"]["n"]["lt"]}} for row in data["rows"]]
    assert [(row.kind, row.old, row.new, row.moved) for row in diff(from_data(old), from_data(new)).rows] == [
        ("same", 1, 1, False),
        ("same", 3, 2, False),
        ("removed", 2, None, False),
    ]


def test_a_table_written_otherwise_but_meaning_the_same_is_unchanged():
    other = charge()
    other["rows"][0]["when"] = {"cause": {"in": ["upkeep", "misuse"]}, "proof": "any"}
    other["rows"][1]["when"]["distance"] = {"ge": "1000.0"}
    assert diff(from_data(charge()), from_data(other)).unchanged


def test_added_removed_and_changed_columns_are_told():
    other = charge()
    other["inputs"] = [
        other["inputs"][0],
        {"name": "proof", "type": "bool", "optional": True},
        {"name": "age", "type": "int"},
    ]
    other["rows"] = []
    changes = diff(from_data(charge()), from_data(other))
    assert (changes.columns_added, changes.columns_removed, changes.columns_changed) == (
        ("age",),
        ("distance", "sold"),
        ("proof",),
    )


def test_a_trial_counts_every_case_once_and_lists_what_changes():
    old, new = charge(), charge()
    new["inputs"] = [*new["inputs"], {"name": "dealer", "type": "bool"}]
    new["rows"] = [
        {"when": {"cause": "upkeep", "dealer": True}, "then": {"payer": "maker"}},
        *new["rows"][:2],
    ]
    cases = [
        Case("same", FACTS | {"cause": "misuse", "dealer": False}),
        Case("changed", FACTS | {"cause": "upkeep", "dealer": True}),
        Case("no row", FACTS | {"dealer": False}),
        ("no fact", FACTS),
    ]
    result = trial(from_data(old), from_data(new), cases)
    assert (result.total, result.unchanged, result.same_result_other_row) == (4, 1, 1)
    assert [(c.id, c.before.row_number, c.after.row_number) for c in result.changed] == [("changed", 1, 1)]
    assert [dict(result.changed[0].before.outputs), dict(result.changed[0].after.outputs)] == [
        {"payer": "customer", "share": Decimal(100)},
        {"payer": "maker", "share": None},
    ]
    assert [(c.id, c.before.row_number, c.after.outcome) for c in result.no_row] == [("no row", 3, "refer")]
    assert [(c.id, c.after, [p.fact for p in c.problems]) for c in result.undecidable] == [
        ("no fact", None, ["dealer"])
    ]


def test_a_new_input_is_filled_in_by_its_default():
    new = charge()
    new["inputs"] = [*new["inputs"], {"name": "dealer", "type": "bool"}]
    result = trial(
        from_data(charge()), from_data(new), [("a", FACTS), ("b", FACTS | {"dealer": True})], {"dealer": False}
    )
    assert (result.total, result.unchanged, result.undecidable) == (2, 2, ())


def test_a_first_version_tried_alone_changes_every_case():
    result = trial(None, from_data(charge()), [("a", FACTS)])
    assert ([c.id for c in result.changed], result.changed[0].before) == (["a"], None)


def test_a_result_that_only_turns_from_true_to_one_is_a_change():
    old = {
        "name": "t",
        "inputs": [{"name": "n", "type": "int"}],
        "outputs": [{"name": "o", "type": "bool"}],
        "rows": [{"then": {"o": True}}],
    }
    new = old | {"outputs": [{"name": "o", "type": "int"}], "rows": [{"then": {"o": 1}}]}
    assert len(trial(from_data(old), from_data(new), [("a", {"n": 1})]).changed) == 1


def test_the_version_in_force_is_the_latest_not_after_the_day():
    table = from_data(charge())
    versions = [
        TableVersion(n, day, table) for n, day in [(1, date(2024, 1, 1)), (3, date(2026, 1, 1)), (2, date(2025, 1, 1))]
    ]
    numbers = {
        day: (in_force(versions, day) or TableVersion(0, day, table)).number
        for day in (date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1), date(2026, 6, 1))
    }
    assert list(numbers.values()) == [0, 1, 1, 2, 3]


def test_of_two_versions_of_one_day_the_later_holds():
    table, day = from_data(charge()), date(2026, 1, 1)
    assert in_force([TableVersion(1, day, table), TableVersion(2, day, table)], day).number == 2


def test_a_draft_without_a_day_is_never_in_force():
    class Draft:
        effective_from = None

    assert in_force([Draft()], date(2026, 1, 1)) is None


def test_a_moment_is_not_taken_for_a_day():
    with pytest.raises(TypeError):
        in_force([], datetime(2026, 1, 1))


def test_fact_errors_are_told_in_both_languages():
    with pytest.raises(FactError) as refused:
        compile_table(charge()).decide(FACTS | {"proof": "yes"})
    with use_locale("en"):
        assert fact_message(refused.value.problems) == "proof: true or false is needed here, not yes."
    with use_locale("zh"):
        assert fact_message(refused.value.problems) == "凭证：这里要填 true 或 false，不能是 yes。"


def test_canonical_data_keeps_every_digit_and_label():
    data = to_data(from_data(charge(refer={"zh": "转人工"}, description="why")))
    assert data["rows"][1]["when"] == {
        "cause": ["equals", "defect"],
        "distance": ["ge", "1000"],
        "proof": ["equals", True],
    }
    assert data["rows"][2]["then"] == {"payer": "maker", "share": "50.50"}
    assert (data["refer"], data["description"], data["label"]["zh"]) == ({"zh": "转人工"}, "why", "收费判定")
