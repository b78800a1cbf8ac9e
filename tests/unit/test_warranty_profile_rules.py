"""The coverage tables of the industry profiles decide their cases, and have no row without a case or out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.decisions import analyse, compile_table
from core.profiles import read_profile
from plugins.warranty.queries.coverage import ASSUMED
from plugins.warranty.rules import rulesets

INDUSTRIES = Path(__file__).parents[2] / "plugins" / "industries"
USUAL = {"cause": "defect", "period": "running", "proof": "both", "proof_agrees": True}
OLD = {"period": "over"}
CONTRACT = {"period": "over", "contract": "in_force"}
AGAIN = {"period": "over", "repair_guarantee": True}
BAD_REPAIR = {"period": "over", "cause": "our_repair"}

CASES = {
    "defence": [
        ("administration", {"work": "administration"}),
        ("guidance", {"work": "guidance", "period": "over"}),
        ("our_repair", BAD_REPAIR),
        ("contract", CONTRACT),
        ("misuse", {"cause": "misuse"}),
        ("misuse", {"cause": "misuse", "period": "last_day"}),
        ("over", {"cause": "misuse", "period": "over"}),
        ("free", {}),
        ("free", {"period": "last_day"}),
        ("over", OLD),
        ("upkeep", {"work": "maintenance"}),
        (None, {"cause": "transport"}),
        (None, {"period": "unknown"}),
    ],
    "machinery": [
        ("administration", {"work": "administration"}),
        ("our_repair", BAD_REPAIR),
        ("contract", CONTRACT),
        ("after_repair", AGAIN),
        ("not_ours", {"cause": "misuse"}),
        ("over", OLD),
        ("wear", {"cause": "wear", "part_group": "consumables"}),
        ("proof_differs", {"proof_agrees": False}),
        ("free", {"repairs_same": 1}),
        ("twice_repaired", {"repairs_same": 2}),
        ("bought_in", {"supplier_answers": "yes"}),
        ("free", {"supplier_answers": "no"}),
        ("free", {"period": "last_day"}),
        ("upkeep", {"work": "maintenance"}),
        (None, {"cause": "wear", "part_group": "main_parts"}),
    ],
    "medical_dealer": [
        ("administration", {"work": "administration"}),
        ("installation", {"work": "installation"}),
        ("our_repair", BAD_REPAIR),
        ("contract", CONTRACT),
        ("after_repair", AGAIN),
        ("not_ours", {"cause": "misuse"}),
        ("wear", {"cause": "wear", "part_group": "consumables"}),
        ("proof_differs", {"proof_agrees": False}),
        ("own_product", {"origin": "own", "supplier_answers": "no"}),
        ("maker_helps", {"origin": "traded", "supplier_answers": "yes"}),
        ("free", {"origin": "traded", "supplier_answers": "no"}),
        ("free", {}),
        ("makers_promise", {"period": "over", "origin": "traded", "supplier_answers": "yes"}),
        ("for_life", {"period": "over", "origin": "traded", "supplier_answers": "no"}),
        ("for_life", {"period": "over", "origin": "own"}),
        ("upkeep", {"work": "maintenance"}),
        (None, {"period": "unknown"}),
    ],
    "repair_centre": [
        ("administration", {"work": "administration"}),
        ("our_repair", BAD_REPAIR),
        ("contract", CONTRACT),
        ("after_repair", AGAIN),
        ("over", OLD),
        ("misuse", {"cause": "unauthorised"}),
        ("proof_differs", {"proof_agrees": False}),
        ("with_papers", {}),
        ("with_papers", {"proof": "invoice", "period": "last_day"}),
        ("from_production", {"proof": "card"}),
        ("from_production", {"proof": "serial"}),
        ("no_papers", {"proof": "serial", "sold": "2026-01-02"}),
        ("no_papers", {"proof": "none"}),
        ("upkeep", {"work": "installation"}),
        (None, {"cause": "transport"}),
    ],
    "technical": [
        ("administration", {"work": "administration"}),
        ("all_free", {"cause": "misuse", "period": "over"}),
        ("all_free", {"work": "maintenance", "proof": "none"}),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def tables(registry):
    bodies = {name: read_profile(INDUSTRIES / name, registry).items["tables"]["warranty.coverage"] for name in CASES}
    return {name: compile_table(body) for name, body in bodies.items()}


@pytest.mark.parametrize("profile", CASES)
def test_a_profile_decides_its_cases_and_every_row_is_shown_by_one(tables, profile):
    decided = []
    for _row, facts in CASES[profile]:
        decision = tables[profile].decide(rulesets.facts_of({**ASSUMED, **USUAL, **facts}))
        decided.append((decision.row_id if decision.outcome != "refer" else None, facts))
    assert decided == CASES[profile]
    shown = {row for row, _facts in CASES[profile]}
    assert [row.id for row in tables[profile].table.rows if row.id not in shown] == []


@pytest.mark.parametrize("profile", CASES)
def test_a_profile_has_no_row_out_of_reach_and_says_each_in_both_languages(tables, profile):
    table = tables[profile].table
    assert analyse(table).unreachable == ()
    assert [row.id for row in table.rows if set(row.note) != {"en", "zh"}] == []


def test_every_profile_with_a_coverage_table_is_tried_here():
    assert {file.parents[1].name for file in INDUSTRIES.glob("*/tables/warranty.coverage.yaml")} == set(CASES)
