"""Cells as people type them into the grid, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.decisions import Cell, Choice, Column, Unfit, parse_cell
from core.decisions.celltext import cell_text, parse_cell_text, parse_value_text, value_text
from tests.unit.test_decisions_against_reference import CALM, cells

CAUSE = Column(
    "cause",
    {"en": "cause", "zh": "原因"},
    "choice",
    optional=True,
    choices=(
        Choice("misuse", {"en": "misuse", "zh": "使用不当"}),
        Choice("upkeep", {"en": "wrong upkeep", "zh": "保养不当"}),
        Choice("credit", {"en": "Credit, repair or other", "zh": "征信、修复"}),
        Choice("notmisuse", {"en": "not misuse", "zh": "非使用不当"}),
        Choice("all", {"en": "any", "zh": "不限"}),
    ),
)
KM = Column("km", "km", "decimal", unit={"en": "km", "zh": "公里"}, optional=True)
DAYS = Column("days", "days", "int", optional=True)
SOLD = Column("sold", "sold", "date", optional=True)
PROOF = Column("proof", "proof", "bool", optional=True)
WORDS = Column("words", "words", "str", optional=True)
COLUMNS = [CAUSE, KM, DAYS, SOLD, PROOF, WORDS]


@pytest.mark.parametrize(
    ("column", "typed", "cell"),
    [
        (CAUSE, "", Cell("any")),
        (CAUSE, "不限", Cell("any")),
        (CAUSE, "—", Cell("any")),
        (CAUSE, "empty", Cell("empty")),
        (CAUSE, "非空", Cell("not_empty")),
        (CAUSE, "misuse", Cell("equals", ("misuse",))),
        (CAUSE, "使用不当、保养不当", Cell("in", ("misuse", "upkeep"))),
        (CAUSE, "misuse, wrong upkeep", Cell("in", ("misuse", "upkeep"))),
        (CAUSE, "Credit, repair or other", Cell("equals", ("credit",))),
        (CAUSE, '"Credit, repair or other", misuse', Cell("in", ("credit", "misuse"))),
        (CAUSE, "非 使用不当、保养不当", Cell("not_in", ("misuse", "upkeep"))),
        (CAUSE, "not misuse", Cell("equals", ("notmisuse",))),
        (CAUSE, "≠ misuse", Cell("not", ("misuse",))),
        (CAUSE, '"any"', Cell("equals", ("all",))),
        (KM, "≥ 1000", Cell("ge", (Decimal(1000),))),
        (KM, ">=1000 km", Cell("ge", (Decimal(1000),))),
        (KM, "1000 公里", Cell("equals", (Decimal(1000),))),
        (KM, "1.10..2", Cell("between", (Decimal("1.10"), Decimal(2)))),
        (KM, "-5–-1", Cell("between", (Decimal(-5), Decimal(-1)))),
        (KM, "≥ 5, < 10", Cell("between", (Decimal(5), Decimal(10)), "[)")),
        (KM, "> 5；≤ 10", Cell("between", (Decimal(5), Decimal(10)), "(]")),
        (DAYS, "1, 2, 3", Cell("in", (1, 2, 3))),
        (DAYS, "not 5", Cell("not", (5,))),
        (DAYS, "= 5", Cell("equals", (5,))),
        (SOLD, "2026-01-01 to 2026-02-01", Cell("between", (date(2026, 1, 1), date(2026, 2, 1)))),
        (SOLD, "< 2026-01-01", Cell("lt", (date(2026, 1, 1),))),
        (PROOF, "有", None),
        (PROOF, "是", Cell("equals", (True,))),
        (PROOF, "No", Cell("equals", (False,))),
        (WORDS, "starts with pump, valve", Cell("starts_with", ("pump", "valve"))),
        (WORDS, "包含 泵", Cell("contains", ("泵",))),
        (WORDS, '"say ""no"", please"', Cell("equals", ('say "no", please',))),
    ],
)
def test_what_people_type_is_understood(column, typed, cell):
    if cell is None:
        with pytest.raises(Unfit) as refused:
            parse_cell_text(column, typed)
        assert refused.value.problem.code == "type"
    else:
        assert parse_cell_text(column, typed) == cell


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [
        (DAYS, "1,000", "separator"),
        (DAYS, "1.5", "type"),
        (KM, "≥ 5, ≥ 6", "operators_together"),
        (KM, "≤ 5, ≤ 6", "operators_together"),
        (KM, "10–5", "empty_range"),
        (KM, "> x", "type"),
        (CAUSE, "missuse", "unknown_choice"),
        (SOLD, "01/02/2026", "type"),
        (SOLD, "，", "operator_values"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_its_reason(column, typed, code):
    with pytest.raises(Unfit) as refused:
        parse_cell_text(column, typed)
    assert refused.value.problem.code == code


@pytest.mark.parametrize("first", ["≠", "not", "非", "contains", "any", '"', "“", ",", " "])
def test_a_text_that_reads_like_an_operator_is_quoted_also_at_the_head_of_a_list(first):
    cell = Cell("in", (first, "pump"))
    assert parse_cell_text(WORDS, cell_text(WORDS, cell, "en")) == cell


def test_cells_are_written_as_people_read_them():
    cell = parse_cell(CAUSE, ["misuse", "upkeep"])
    assert (cell_text(CAUSE, cell, "zh"), cell_text(CAUSE, cell, "en")) == (
        "使用不当、保养不当",
        "misuse, wrong upkeep",
    )
    assert cell_text(KM, parse_cell(KM, {"ge": "1.10", "lt": 20}), "zh") == "≥ 1.10, < 20"
    assert cell_text(CAUSE, parse_cell(CAUSE, "any"), "zh") == "不限"
    assert cell_text(CAUSE, parse_cell(CAUSE, {"not": "misuse"}), "en") == "≠ misuse"


@CALM
@given(st.data())
def test_a_written_cell_reads_back_as_itself_in_both_languages(data):
    column = data.draw(st.sampled_from(COLUMNS))
    if column is CAUSE:
        values = data.draw(st.lists(st.sampled_from([c.value for c in CAUSE.choices]), min_size=1, max_size=4))
        cell = parse_cell(column, [data.draw(st.sampled_from(["in", "not_in"])), *values])
    elif column is WORDS:
        texts = st.text('ab"“”,、;≠ not非空any开头是\n', min_size=1, max_size=8)
        op = data.draw(st.sampled_from(["in", "not_in", "starts_with", "contains"]))
        cell = parse_cell(column, [op, *data.draw(st.lists(texts, min_size=1, max_size=3))])
    else:
        cell = parse_cell(column, data.draw(cells({"type": column.type, "optional": True})))
    for locale in ("en", "zh"):
        assert parse_cell_text(column, cell_text(column, cell, locale)).meaning == cell.meaning


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_written_output_reads_back_as_itself(data):
    column, values = data.draw(
        st.sampled_from(
            [
                (CAUSE, st.sampled_from([c.value for c in CAUSE.choices])),
                (KM, st.decimals(-1000, 1000, places=2)),
                (DAYS, st.integers(-9999, 9999)),
                (SOLD, st.dates()),
                (PROOF, st.booleans()),
                (WORDS, st.text(min_size=1, max_size=8).filter(str.strip)),
            ]
        )
    )
    value = data.draw(st.none() | values)
    for locale in ("en", "zh"):
        assert parse_value_text(column, value_text(column, value, locale)) == value
