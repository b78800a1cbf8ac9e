"""Policies on what the warranty covers, in their own words, on the tables that ship with the product."""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import find_clock, use_locale
from core.decisions.kinds import body_of, make_table
from core.decisions.store import publish, save_draft
from core.testing import moment
from plugins.warranty import coverage_words as words
from plugins.warranty.contracts import ANALYSIS, JUDGEMENT, LOANER_DUE, CoverageCase
from plugins.warranty.queries import coverage as queries
from plugins.warranty.services import coverage as services
from tests.support.warranty import case, furnished, unit

TODAY = dt.date(2026, 3, 2)
"""A Monday; the office is open from 9 to 18 with a break."""


def days_ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def ctx(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme").system()


def furnish(installation):
    furnished(installation)


@pytest.mark.clause("DEF-5.1.1.1")
def test_in_warranty_and_used_as_the_manual_says_repair_and_damaged_parts_are_free(ctx):
    made = services.decide(ctx, case(unit(ctx, "M-1", "S-1", days_ago(100)), cause="defect"))
    assert services.answer_of(ctx, made).payers == {
        "parts": "company", "labour": "company", "travel": "company", "expenses": "company",
    }  # fmt: skip
    assert (made.charge, services.answer_of(ctx, made).clause) == ("free", "DEF-5.1.1.1")


@pytest.mark.clause("DEF-5.1.1.2")
def test_misuse_in_warranty_makes_the_customer_pay_with_parts_at_the_preferential_price(ctx):
    device = unit(ctx, "M-1", "S-1", days_ago(100))
    first = services.decide(ctx, case(device))
    assert first.charge == "free"
    second = services.redecide(ctx, first.id, {"cause": "misuse"}, "The oil was never changed, found on site")
    answer = services.answer_of(ctx, second)
    assert (answer.charge, answer.price_list, answer.clause) == ("paid", "preferential", "DEF-5.1.1.2")
    assert answer.payers == {
        "parts": "customer", "labour": "customer", "travel": "customer", "expenses": "customer",
    }  # fmt: skip
    outside = services.decide(ctx, case(unit(ctx, "M-1", "S-2", days_ago(400)), cause="misuse"))
    assert services.answer_of(ctx, outside).price_list == "normal"
    assert services.answer_of(ctx, outside).payers == answer.payers


@pytest.mark.clause("DEF-6.2.2")
def test_first_it_is_found_out_whether_in_warranty_then_analysed_within_eight_working_hours(ctx):
    made = services.decide(ctx, case(unit(ctx, "M-1", "S-1", days_ago(100))))
    assert (made.charge, made.facts["period"]) == ("free", "running")
    clock = find_clock(ctx, made, ANALYSIS)
    assert clock.started_at == moment("2026-03-02 09:00")
    assert (clock.limit_amount, clock.limit_unit) == ("8", "working_hours")
    later = ctx.at(moment("2026-03-02 16:00"))
    found = services.redecide(later, made.id, {"cause": "defect"}, "Seal faulty: change it")
    assert find_clock(later, made, ANALYSIS).state == "met"
    assert found.charge == "free"


@pytest.mark.clause("REP-6")
def test_in_warranty_free_later_paid(ctx):
    device = unit(ctx, "M-1", "S-1", dt.date(2025, 3, 2))
    last = services.decide(ctx, case(device, cause="defect"))
    assert (last.facts["period"], last.charge) == ("last_day", "free")
    assert words.turn_words(last) == ["From 2026-03-03: Paid: repair"]
    after = services.decide(ctx.at(moment("2026-03-03 09:00")), case(device, cause="defect"))
    assert (after.facts["period"], after.charge, after.outputs["price_list"]) == ("over", "paid", "normal")


@pytest.mark.clause("REP-3.1")
def test_without_proof_of_purchase_it_is_paid_until_the_proof_is_brought(ctx):
    device = unit(ctx, "M-1", "S-1", days_ago(100))
    made = services.decide(ctx, case(device, cause="defect", proof="none"))
    assert (made.charge, made.outputs["needs_proof"]) == ("paid", True)
    told = str(words.what_ifs(queries.recalled(ctx, made)))
    assert "If Proof at hand is serial number only, warranty card only, invoice only or invoice and warranty" in told
    brought = services.redecide(ctx, made.id, {"proof": "both"}, "Invoice and card were sent by mail")
    assert (brought.charge, brought.changed) == ("free", ["proof"])


@pytest.mark.clause("TEC-7.1")
def test_a_company_that_bears_all_costs_says_so_in_a_rule_set_of_one_row(ctx):
    costs = dict.fromkeys(("parts_payer", "labour_payer", "travel_payer", "expenses_payer"), "company")
    row = {"id": "all", "when": {}, "then": {"charge": "free", "repair": 1, **costs}, "clause": "TEC-7.1"}
    make_table(ctx, "warranty.coverage", "all_free", {"en": "We bear it"}, {
        **body_of(ctx, "warranty.coverage"), "rows": [row],
    })  # fmt: skip
    choose = {"id": "h", "when": {"product_group": "harvester"}, "then": {"rule_set": "all_free"}}
    save_draft(ctx, "warranty.rule_set", {**body_of(ctx, "warranty.rule_set"), "rows": [choose]}, reason="TEC-7.1",
               effective_from=ctx.today)  # fmt: skip
    publish(ctx, "warranty.rule_set")
    made = services.decide(ctx, case(unit(ctx, "M-1", "S-1", days_ago(900)), cause="misuse"))
    assert (made.charge, set(services.answer_of(ctx, made).payers.values())) == ("free", {"company"})


@pytest.mark.clause("VCH-1")
def test_work_is_paid_free_or_general_administration_by_what_it_is(ctx):
    device = unit(ctx, "M-1", "S-1", days_ago(100))
    old = unit(ctx, "M-1", "S-2", days_ago(500))
    kinds = {
        "free": case(device, cause="defect"),
        "paid": case(old, cause="defect"),
        "contract": case(old, "yearly check", cause="defect", contract="in_force"),
        "administration": case(device, "stocktaking", work="administration"),
    }
    assert {kind: services.decide(ctx, wanted).charge for kind, wanted in kinds.items()} == {k: k for k in kinds}


def test_parts_that_the_maker_does_not_supply_are_at_the_makers_cost(ctx):
    phone = unit(ctx, "P-1", "IMEI-1", days_ago(100), invoice="F-1")
    made = services.decide(ctx, case(phone, cause="defect", listed_fault=True, days_waiting_parts=61))
    answer = services.answer_of(ctx, made)
    assert (answer.charge, answer.clause, answer.payers) == ("free", "art. 16", {"parts": "maker", "labour": "company"})


def test_a_loan_phone_is_due_seven_days_after_the_phone_was_handed_in(ctx):
    phone = unit(ctx, "P-1", "IMEI-1", days_ago(100), invoice="F-1")
    made = services.decide(ctx, CoverageCase(phone.id, "no sound", None, {"cause": "defect"}, TODAY))
    assert find_clock(ctx, made, LOANER_DUE).due_at == moment("2026-03-10 00:00")


def test_where_the_text_is_silent_a_person_decides_within_eight_working_hours(ctx):
    made = services.decide(ctx, case(unit(ctx, "M-1", "S-1", days_ago(100)), cause="transport"))
    assert (made.state, find_clock(ctx, made, JUDGEMENT).limit_amount) == ("referred", "8")
