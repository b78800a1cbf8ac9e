"""What the policies say about warranty periods, happening in companies that are set up by their profiles."""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import Conflict, Forbidden, RecordRef, timeline, use_locale
from core.approvals.services import answer, open_request, steps_listed
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.base.queries import unit_badges
from plugins.warranty import coverage_words
from plugins.warranty.contracts import TERM, CoverageCase, ProofData, RepairData, TermData
from plugins.warranty.queries import periods, repairs
from plugins.warranty.queries.trial import try_term
from plugins.warranty.services import coverage, terms
from plugins.warranty.services.evidence import record_proof
from plugins.warranty.services.periods import refresh_all
from plugins.warranty.services.repairs import record_repair
from tests.support.approval_rules import rows, step
from tests.support.warranty import profiled

NOW = moment("2026-03-02 09:00")
ADMIN = (
    "warranty.term.view", "warranty.term.edit", "warranty.term.publish", "warranty.decision.view",
    "warranty.decision.make", "base.unit.view", "base.customer.view", "base.product.view",
)  # fmt: skip


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def installation(databases, database_kind):
    with databases.furnished(database_kind, profiled) as made:
        yield made


def unit_of(ctx, **dates):
    product = base.save_product(ctx, ProductData("P-1", "Analyser", new_until=dates.pop("new_until", None)))
    customer = base.save_customer(ctx, CustomerData("Saint Mary Hospital"))
    given = {name: day(text) for name, text in dates.items()}
    return base.save_unit_record(ctx, UnitData(product.id, "S-1", customer_id=customer.id, **given))


def period(ctx, unit, on: str, cover: str = "whole"):
    return next(p for p in periods.periods_of(ctx, unit.id, day(on)) if p.cover == cover)


@pytest.mark.clause("REP-3.1")
def test_the_warranty_is_one_year_and_without_proof_of_purchase_it_counts_from_production(installation):
    ctx = installation.office("repaircentre").system(NOW)
    unit = unit_of(ctx, production_date="2025-06-01")
    found = period(ctx, unit, "2026-03-02")
    assert (found.start_event, found.start_on, found.last_day) == ("production", day("2025-08-30"), day("2026-08-30"))
    assert [r.text for r in found.why] == [
        "Not known: {events}.", "Begins with {event} on {day}.", "Days from then until it starts: {n}."
    ]
    record_proof(ctx, ProofData(unit.id, "sale", day("2025-12-10"), "invoice", "FP-1203"))
    found = period(ctx, unit, "2026-03-02")
    assert (found.start_event, found.last_day, found.clause) == ("sale", day("2026-12-10"), "REP-3.1")
    assert (period(ctx, unit, "2026-12-10").state, period(ctx, unit, "2026-12-11").state) == ("last_day", "over")


@pytest.mark.clause("REP-7")
def test_a_repaired_unit_enjoys_free_repair_again_and_every_repair_is_tracked(installation):
    ctx = installation.office("repaircentre").system(NOW)
    unit = unit_of(ctx, sale_date="2020-01-10")
    assert period(ctx, unit, "2026-03-02").state == "over"
    data = RepairData(unit.id, "No picture", moment("2026-02-02 09:00"), moment("2026-02-10 15:00"), result="repaired")
    record_repair(ctx, data)
    again = period(ctx, unit, "2026-03-02", "repair")
    assert (again.covers_now, again.last_day, again.clause) == (True, day("2026-05-11"), "REP-7")
    assert period(ctx, unit, "2026-05-12", "repair").state == "over"
    facts = repairs.repair_facts(ctx, unit.id, "no picture")
    assert (facts.same, facts.all, facts.repair_warranty_until) == (1, 1, day("2026-05-11"))


@pytest.mark.clause("INS-0")
@pytest.mark.clause("INS-1d")
def test_an_instrument_is_free_for_twelve_months_from_its_final_acceptance(installation):
    ctx = installation.office("medicaldealer").system(NOW)
    unit = unit_of(ctx, sale_date="2025-03-01", installed_on="2025-04-10")
    assert period(ctx, unit, "2026-03-02").start_event == "installation"
    record_proof(ctx, ProofData(unit.id, "acceptance", day("2025-05-20"), "acceptance", "YS-88"))
    whole, labour = period(ctx, unit, "2026-03-02"), period(ctx, unit, "2026-03-02", "labour")
    for found in (whole, labour):
        assert (found.start_event, found.start_on, found.last_day) == (
            "acceptance", day("2025-05-20"), day("2026-05-20")
        )  # fmt: skip
    assert (period(ctx, unit, "2026-05-20").covers_now, period(ctx, unit, "2026-05-21").covers_now) == (True, False)


@pytest.mark.clause("IVD-6")
def test_a_new_product_is_flagged_wherever_its_units_are_shown(installation, application):
    office = installation.office("medicaldealer")
    ctx = office.system(NOW)
    unit = unit_of(ctx, sale_date="2026-01-10", new_until=day("2026-03-02"))
    refresh_all(ctx)
    with application.on(installation.url) as app, app.test_request_context("/"):
        for when, words in (
            ("2026-03-02 09:00", ["In warranty, 315 days left", "New product"]),
            ("2026-03-03 09:00", ["In warranty, 314 days left"]),
        ):
            shown = unit_badges(office.system(moment(when)), [unit.id])[unit.id]
            assert [badge.text for badge in shown if badge.boxed] == words


def test_an_administrator_changes_a_period_tries_it_has_it_approved_and_the_next_decision_explains_itself(installation):
    office = installation.office("machinery")
    admin = office.person("admin@machinery.example", "administrator", name="Lin Jing")
    boss = office.person("boss@machinery.example", "general_manager", name="Sun Weiguo")

    def as_admin():
        return office.ctx(*ADMIN, now=NOW, user_id=admin, name="Lin Jing", roles=("administrator",))

    def as_boss():
        return office.ctx("warranty.term.view", now=NOW, user_id=boss, name="Sun Weiguo", roles=("general_manager",))

    ctx = office.system(NOW)
    rows(ctx, TERM, step(1, "general_manager", when={"transition": "put_in_force"}))
    unit = unit_of(ctx, sale_date="2025-01-10")
    before = coverage.decide(as_admin(), CoverageCase(unit.id, "Oil leak", None, {"cause": "defect"}))
    assert (before.charge, before.facts["days_left"]) == ("paid", -51)

    whole = next(t for t in periods.term_rules(ctx) if t.cover == "whole")
    data = TermData("x", "Whole machine", amount=18, starts=(("sale", 0),), earlier_units=True, extends="both")
    draft = terms.draft_term(as_admin(), data, replaces_id=whole.id)
    trial = try_term(as_admin(), draft)
    assert [(m.before, m.after) for m in trial.shown] == [(day("2026-01-10"), day("2026-07-10"))]
    with pytest.raises(Conflict) as told:
        terms.put_in_force(as_admin(), draft.id)
    assert told.value.code == "approval_asked"
    assert period(office.system(NOW), unit, "2026-03-02").last_day == day("2026-01-10"), "asked for, not in force"

    asked = open_request(office.system(NOW), RecordRef(TERM, draft.id))
    (wanted,) = steps_listed(office.system(NOW), asked.id)
    with pytest.raises(Forbidden):
        answer(as_admin(), asked.id, wanted.id, approves=True)
    answer(as_boss(), asked.id, wanted.id, approves=True, reason="Eighteen months from this season on")
    terms.put_in_force(as_admin(), draft.id)

    after = coverage.decide(as_admin(), CoverageCase(unit.id, "Oil leak", None, {"cause": "defect"}))
    assert (after.charge, after.facts["days_left"], after.holds_until) == ("free", 130, day("2026-07-10"))
    told_facts = {label: (value, source) for label, value, source in coverage_words.facts_shown(after)}
    assert told_facts["Warranty period"] == ("running", "the warranty periods: whole-unit Whole machine")
    assert coverage_words.turn_words(after) == ["From 2026-07-11: Paid: repair"]
    assert before.state == "stands", "what was decided before stays as it was"
    history = [e.name for e in timeline(office.system(NOW), RecordRef(TERM, draft.id))]
    assert {"warranty.term_drafted", "core.approval_asked", "core.approval_granted", "warranty.term_in_force"} <= set(
        history
    )
