"""The shipped rule sets decide every boundary day right, and have no row without a case."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.decisions import analyse, compile_table
from plugins.warranty.rules import rulesets

SETS = ("", *rulesets.SHIPPED)
TABLES = {code: compile_table(rulesets.definition(code)) for code in SETS}
CASES = [(code, case) for code in SETS for case in rulesets.cases(code)]


@pytest.mark.parametrize(("code", "case"), CASES, ids=[f"{code or 'own'}: {case.name['en']}" for code, case in CASES])
def test_a_shipped_rule_set_decides_its_boundary_cases(code, case):
    decision = TABLES[code].decide(case.facts)
    assert decision.row_id == case.row
    if case.row is None:
        assert decision.outcome == "refer"
    for name, wanted in case.then.items():
        given = decision.outputs.get(name)
        assert (str(given) if isinstance(given, Decimal) else given) == (
            str(wanted) if isinstance(given, Decimal) else wanted
        ), name


@pytest.mark.parametrize("code", SETS)
def test_every_row_of_a_shipped_rule_set_is_shown_by_a_case(code):
    shown = {case.row for case in rulesets.cases(code)}
    assert [row.id for row in TABLES[code].table.rows if row.id not in shown] == []


@pytest.mark.parametrize("code", SETS)
def test_no_row_of_a_shipped_rule_set_is_out_of_reach(code):
    assert analyse(TABLES[code].table).unreachable == ()


@pytest.mark.parametrize("code", rulesets.SHIPPED)
def test_every_row_of_a_regulation_names_its_clause_and_says_it_in_both_languages(code):
    lacking = [row.id for row in TABLES[code].table.rows if not row.clause or set(row.note) != {"en", "zh"}]
    assert lacking == []
