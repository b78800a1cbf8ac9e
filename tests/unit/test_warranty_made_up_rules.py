"""What other regulations say can be said in the same tables, without code. All figures here are made up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.decisions import compile_table
from plugins.warranty.queries.coverage import ASSUMED
from plugins.warranty.rules import coverage as rules
from plugins.warranty.rules import rulesets


def table(rows: list[dict[str, Any]]):
    """A rule set of these rows, with every column that the module knows."""
    return compile_table({**rulesets.columns(), "name": "warranty.coverage.made_up", "rows": rows})


def decide(rows: list[dict[str, Any]], **facts: Any):
    return table(rows).decide({**ASSUMED, "proof": "both", "period": "running", "cause": "defect", **facts})


CAR = [
    {
        "id": "replace_safety",
        "when": {
            "severity": "critical", "repairs_same": {"ge": 2}, "months_since_start": {"lt": 24}, "km": {"lt": 50000},
        },
        "then": {"charge": "free", "exchange": 1, "refund": 1, "deduction": "= round(price * km / 1000 * 0.8 / 100, 2)",
                 "refund_amount": "= round(price - price * km / 1000 * 0.8 / 100, 2)"},
    },
    {
        "id": "replace_repairs",
        "when": {"repairs_same": {"gt": 4}, "months_since_start": {"lt": 24}, "km": {"lt": 50000}},
        "then": {"charge": "free", "exchange": 1, "refund": 2},
    },
    {
        "id": "replace_hours",
        "when": {"hours_out_of_use": {"gt": 720}, "months_since_start": {"lt": 24}, "km": {"lt": 50000}},
        "then": {"charge": "free", "exchange": 1, "refund": 2},
    },
    {
        "id": "courtesy",
        "when": {"months_since_start": {"lt": 36}, "km": {"lt": 60000}, "days_in_repair": {"gt": 5}},
        "then": {"charge": "free", "repair": 1, "loaner_after": 5},
    },
    {
        "id": "repair",
        "when": {"months_since_start": {"lt": 36}, "km": {"lt": 60000}},
        "then": {"charge": "free", "repair": 1},
    },
    {"id": "over", "when": {}, "then": {"charge": "paid", "repair": 1}},
]  # fmt: skip
"""A made-up law for cars: 36 months or 60,000 km for repair, 24 months or 50,000 km for exchange."""


@pytest.mark.parametrize(
    ("months", "km", "row"),
    [
        (35, "59999.9", "repair"), (36, "59999.9", "over"), (35, "60000", "over"), (0, "60000", "over"),
        (36, "60000", "over"),
    ],
)  # fmt: skip
def test_months_and_mileage_whichever_comes_first(months, km, row):
    assert decide(CAR, months_since_start=months, km=Decimal(km)).row_id == row


@pytest.mark.parametrize(
    ("same", "everything", "row"), [(4, 4, "repair"), (5, 5, "replace_repairs"), (4, 9, "repair"), (0, 12, "repair")]
)
def test_repairs_of_one_problem_count_apart_from_repairs_of_all(same, everything, row):
    facts = {"repairs_same": same, "repairs_all": everything}
    assert decide(CAR, months_since_start=10, km=Decimal(9000), **facts).row_id == row


def test_counts_of_all_repairs_can_decide_as_well():
    rows = [{"id": "lemon", "when": {"repairs_all": {"ge": 6}}, "then": {"charge": "free", "exchange": 1}}]
    assert decide(rows, repairs_same=1, repairs_all=6).row_id == "lemon"
    assert decide(rows, repairs_same=5, repairs_all=5).outcome == "refer"


@pytest.mark.parametrize(("hours", "row"), [("720", "repair"), ("720.5", "replace_hours")])
def test_days_out_of_use_are_counted_from_hours(hours, row):
    assert decide(CAR, months_since_start=10, km=Decimal(9000), hours_out_of_use=Decimal(hours)).row_id == row


def test_a_fee_for_use_is_worked_out_from_price_and_mileage():
    made = decide(
        CAR, severity="critical", repairs_same=2, months_since_start=10, km=Decimal(12500), price=Decimal(180000)
    )
    assert (made.outputs["deduction"], made.outputs["refund_amount"]) == (Decimal("18000.00"), Decimal("162000.00"))


@pytest.mark.parametrize(("days", "loaner"), [(5, None), (6, 5)])
def test_a_courtesy_car_is_owed_from_a_day_on(days, loaner):
    made = decide(CAR, months_since_start=10, km=Decimal(9000), days_in_repair=days)
    assert made.outputs.get("loaner_after") == loaner


@pytest.mark.parametrize("event", ["sale", "delivery", "installation", "acceptance", "production"])
def test_days_count_from_whichever_event_the_rule_names(event):
    fact = f"days_since_{event}"
    rows = [{"id": "month", "when": {fact: {"le": 30}}, "then": {"charge": "free", "refund": 1}}]
    assert decide(rows, **{fact: 30}).row_id == "month"
    assert decide(rows, **{fact: 31}).outcome == "refer"
    assert decide(rows).outcome == "refer"


def test_remedies_stand_in_an_order_of_escalation():
    then = {"charge": "free", "repair": 1, "exchange": 1, "reduction": 2, "refund": 3}
    rows = [{"id": "eu", "when": {}, "then": then}]
    assert rules.remedies(decide(rows).outputs) == [(1, ("repair", "exchange")), (2, ("reduction",)), (3, ("refund",))]


def test_who_pays_is_said_for_each_kind_of_cost():
    rows = [{
        "id": "parts_only", "when": {"labour_period": "over", "period": ["running", "last_day"]},
        "then": {"charge": "paid", "parts_payer": "company", "labour_payer": "customer", "travel_payer": "customer",
                 "expenses_payer": "maker"},
    }]  # fmt: skip
    made = decide(rows, labour_period="over")
    assert [made.outputs[name] for name in rules.PAYERS] == ["company", "customer", "customer", "maker"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_next_turn_is_the_day_on_which_another_row_would_decide():
    compiled = compile_table(rulesets.definition("phones"))
    facts = {**rulesets.cases("phones")[0].facts, "days_since_sale": 5, "days_left": 20}
    found = rules.turns(compiled, facts, compiled.decide(facts))
    assert [(t.days, t.decision.row_id) for t in found] == [(3, "second_week"), (11, "repair"), (21, "over")]


def test_a_unit_in_repair_grows_older_there():
    facts = {"days_in_repair": 3, "days_out_of_use": 10, "days_left": 2, "period": "running", "days_since_sale": 363}
    later = rules.facts_on(facts, 2)
    assert later == {
        "days_in_repair": 5, "days_out_of_use": 12, "days_left": 0, "period": "last_day", "days_since_sale": 365,
    }  # fmt: skip
    assert rules.facts_on({**facts, "days_in_repair": 0}, 3)["days_out_of_use"] == 10
    assert rules.facts_on(facts, 3)["period"] == "over"


@pytest.mark.parametrize(
    ("start", "on", "months"),
    [
        ("2026-01-31", "2026-02-28", 1), ("2026-01-31", "2026-02-27", 0), ("2026-01-15", "2026-02-14", 0),
        ("2026-01-15", "2026-02-15", 1), ("2024-02-29", "2025-02-28", 12), ("2026-03-02", "2026-03-01", None),
    ],
)  # fmt: skip
def test_months_end_on_the_same_day_or_the_last_one_of_the_month(start, on, months):
    assert rules.months_since(dt.date.fromisoformat(start), dt.date.fromisoformat(on)) == months
