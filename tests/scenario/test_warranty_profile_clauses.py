"""What the policies say of free and paid work, in companies that are set up by their industry's profile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.api import Conflict, RecordRef, attachments_of, find_clock, gates, timeline, use_locale
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import UNIT, SupplierData, UnitData
from plugins.base.queries import product_by_code, search_customers
from plugins.base.services.suppliers import save_supplier
from plugins.complaints import life as complaint_life
from plugins.complaints import queries as complaint_queries
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from plugins.complaints.models import Complaint
from plugins.warranty import coverage_words as words
from plugins.warranty.agreed import AnswerData as SupplierAnswer
from plugins.warranty.agreed import ClaimData, RecoveryData, SupplierTermData, TellData
from plugins.warranty.contracts import ANALYSIS, CoverageCase, ProofData, RepairData
from plugins.warranty.models import CoverageDecision
from plugins.warranty.services import claims, coverage, suppliers
from plugins.warranty.services.evidence import record_proof, set_proof_aside
from plugins.warranty.services.repairs import record_repair
from tests.support.warranty import profiled

NOW = moment("2026-03-02 09:00")
"""A Monday; the office is open from 9 to 18 with a break."""
PICTURE = b"\xff\xd8\xff\xe0" + b"0" * 60


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, profiled) as installation:
        yield installation


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def unit_of(ctx, product: str = "OWN", serial: str = "S-1", **dates: str) -> Any:
    customer = search_customers(ctx, "Saint")[0]
    given = {name: day(text) for name, text in dates.items()}
    data = UnitData(product_by_code(ctx, product).id, serial, customer_id=customer.id, **given)
    return base.save_unit_record(ctx, data)


def decided(ctx, unit, problem: str = "No picture", about: RecordRef | None = None, **given) -> CoverageDecision:
    return coverage.decide(ctx, CoverageCase(unit.id, problem, about, given))


def why(ctx, row: CoverageDecision) -> tuple[str, str]:
    """The charge and the clause that it rests on."""
    return row.charge, coverage.answer_of(ctx, row).clause


def lacking(ctx, ref: RecordRef) -> list[str]:
    """What the complaint can't be closed without, as far as warranty is concerned."""
    found = gates(ctx, complaint_life.WORKFLOW.transition("close"), complaint_queries.get_complaint(ctx, ref.id))
    return [g.text for g in found if g.open and g.key.startswith("warranty.")]


# --- repair centre ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("REP-3.1")
def test_the_free_repair_waits_for_pictures_of_proof_of_purchase_and_warranty_card(house):
    ctx = house.office("repaircentre").system(NOW)
    unit = unit_of(ctx, production_date="2025-06-01")
    made = complaints.open_complaint(ctx, ComplaintData("No picture", device_id=unit.id, category="repair"))
    ref = RecordRef(COMPLAINT, made.id)
    free = decided(ctx, unit, about=ref, cause="defect", proof="both")
    assert why(ctx, free) == ("free", "REP-3.1, REP-6")
    assert ("Documents", "Proof of purchase needed") in words.results(ctx, free)
    assert lacking(ctx, ref) == [
        f"A picture of the proof of purchase is missing ({free.number})",
        f"A picture of the warranty card is missing ({free.number})",
    ]
    with pytest.raises(Conflict, match="A picture of the proof of purchase is missing"):
        complaints.close_complaint(ctx, ref.id, "solved")

    record_proof(ctx, ProofData(unit.id, "sale", day("2025-12-10"), "invoice", "FP-1203"))
    assert len(lacking(ctx, ref)) == 2, "a number alone is no picture"
    invoice = ProofData(unit.id, "sale", day("2025-12-10"), "invoice", "FP-1203", file=("invoice.jpg", PICTURE))
    kept = record_proof(ctx, invoice)
    assert lacking(ctx, ref) == [f"A picture of the warranty card is missing ({free.number})"]
    record_proof(ctx, ProofData(unit.id, "sale", day("2025-12-10"), "card", file=("card.jpg", PICTURE)))
    assert lacking(ctx, ref) == []
    assert [a.file.name for a in attachments_of(ctx, RecordRef(UNIT, unit.id))] == ["invoice.jpg", "card.jpg"]
    set_proof_aside(ctx, kept.id, "of another unit")
    assert lacking(ctx, ref) == [f"A picture of the proof of purchase is missing ({free.number})"]


@pytest.mark.clause("REP-3.1")
def test_where_the_proof_of_purchase_is_missing_the_profiles_rule_counts_from_production(house):
    ctx = house.office("repaircentre").system(NOW)
    within = decided(ctx, unit_of(ctx, serial="S-1", production_date="2025-06-01"), cause="defect")
    assert (within.facts["proof"], within.facts["days_since_start"]) == ("serial", 184)
    assert why(ctx, within) == ("free", "REP-3.1")
    later = decided(ctx, unit_of(ctx, serial="S-2", production_date="2024-06-01"), cause="defect")
    assert (later.facts["period"], *why(ctx, later)) == ("over", "paid", "REP-6")
    nothing = decided(ctx, unit_of(ctx, serial="S-3", sale_date="2025-12-10"), cause="defect", proof="none")
    assert (nothing.outputs["needs_proof"], *why(ctx, nothing)) == (True, "paid", "REP-3.1")


@pytest.mark.clause("REP-7")
def test_a_repaired_unit_enjoys_free_repair_again_and_damage_by_our_repair_is_compensated(house):
    office = house.office("repaircentre")
    ctx = office.system(NOW)
    unit = unit_of(ctx, sale_date="2020-01-10")
    assert why(ctx, decided(ctx, unit, cause="defect")) == ("paid", "REP-6")
    came, went = moment("2026-02-02 09:00"), moment("2026-02-10 15:00")
    record_repair(ctx, RepairData(unit.id, "No picture", came, went, result="repaired"))
    again = decided(ctx, unit, cause="unknown")
    assert (again.outputs["needs_records"], *why(ctx, again)) == (True, "free", "REP-7")

    found = coverage.redecide(ctx, again.id, {"cause": "our_repair"}, "The screen was scratched on our bench")
    assert (found.outputs["compensation"], *why(ctx, found)) == (True, "free", "REP-7")
    assert set(coverage.answer_of(ctx, found).payers.values()) == {"company"}
    office.installation.worker(NOW).run_until_idle()
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    (case,) = ctx.session.scalars(sa.select(Complaint))
    assert (case.subject, case.category, case.device_id) == ("Compensation: No picture", "repair", unit.id)
    assert case.customer_id == unit.customer_id
    told = [e.name for e in timeline(ctx, RecordRef("warranty.decision", found.id))]
    assert {"warranty.compensation_due", "complaints.compensation_opened"} <= set(told)

    coverage.redecide(ctx, found.id, {"part_group": "whole"}, "The whole unit is concerned")
    office.installation.worker(NOW).run_until_idle()
    assert len(office.system(NOW).session.scalars(sa.select(Complaint)).all()) == 1, "one case for one damage"


# --- defence ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("DEF-5.1.1.1", "DEF-5.1.1.2")
def test_used_as_the_manual_says_it_is_free_and_after_misuse_paid_with_parts_at_the_preferential_price(house):
    ctx = house.office("defence").system(NOW)
    unit = unit_of(ctx, sale_date="2025-06-01")
    free = decided(ctx, unit, cause="defect")
    assert why(ctx, free) == ("free", "DEF-5.1.1.1")
    assert set(coverage.answer_of(ctx, free).payers.values()) == {"company"}
    assert words.verdict(ctx, free).sentence.startswith("Repair; if that fails: exchange")
    misused = coverage.redecide(ctx, free.id, {"cause": "misuse"}, "Wrong voltage connected")
    assert (misused.outputs["price_list"], *why(ctx, misused)) == ("preferential", "paid", "DEF-5.1.1.2")
    assert set(coverage.answer_of(ctx, misused).payers.values()) == {"customer"}
    old = decided(ctx, unit_of(ctx, serial="S-2", sale_date="2024-06-01"), cause="misuse")
    assert old.outputs["price_list"] == "normal", "out of warranty no price is preferential"


@pytest.mark.clause("DEF-6.2.2")
def test_first_it_is_found_out_whether_in_warranty_and_the_solution_is_due_in_eight_working_hours(house):
    ctx = house.office("defence").system(NOW)
    made = decided(ctx, unit_of(ctx, sale_date="2025-06-01"))
    assert (made.facts["period"], made.charge) == ("running", "free")
    clock = find_clock(ctx, made, ANALYSIS)
    assert (clock.limit_amount, clock.limit_unit) == ("8", "working_hours")
    assert clock.due_at == moment("2026-03-02 17:00")
    coverage.redecide(ctx.at(moment("2026-03-02 16:00")), made.id, {"cause": "defect"}, "Seal faulty: change it")
    assert find_clock(ctx, made, ANALYSIS).state == "met"


# --- technical --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("TEC-7.1")
def test_the_company_bears_the_cost_whatever_the_cause_and_however_old(house):
    ctx = house.office("technical").system(NOW)
    old = unit_of(ctx, sale_date="2015-06-01")
    for given in ({"cause": "misuse"}, {"cause": "defect", "proof": "none"}, {"work": "maintenance"}):
        made = decided(ctx, old, **given)
        assert why(ctx, made) == ("free", "TEC-7.1")
        assert set(coverage.answer_of(ctx, made).payers.values()) == {"company"}


# --- instruments ------------------------------------------------------------------------------------------------------


def sanyang(ctx, months: int) -> None:
    """The maker of the traded monitor, which answers for so many months from the sale."""
    supplier = save_supplier(ctx, SupplierData("Sanyang Medical", contact_name="Zhou", phone="021 5555 0101"))
    term = SupplierTermData(supplier.id, months, day("2020-01-01"), maker="Sanyang", start_event="sale")
    suppliers.save_term(ctx, term)


@pytest.mark.clause("INS-0")
def test_installation_and_one_year_are_free_and_service_goes_on_for_life(house):
    ctx = house.office("medicaldealer").system(NOW)
    unit = unit_of(ctx, accepted_on="2025-03-02")
    assert why(ctx, decided(ctx, unit, work="installation")) == ("free", "INS-0")
    last = decided(ctx, unit, cause="defect")
    assert (last.facts["period"], *why(ctx, last)) == ("last_day", "free", "INS-0")
    after = decided(ctx.at(moment("2036-03-03 09:00")), unit, cause="defect")
    assert (after.outputs["repair"], *why(ctx, after)) == (1, "paid", "INS-0")


@pytest.mark.clause("INS-2d")
def test_what_the_maker_promises_beyond_our_year_is_kept_with_our_help(house):
    ctx = house.office("medicaldealer").system(NOW)
    sanyang(ctx, 36)
    made = decided(ctx, unit_of(ctx, "TRADED", sale_date="2024-03-01"), cause="defect")
    assert (made.facts["period"], made.facts["supplier_answers"]) == ("over", "yes")
    assert why(ctx, made) == ("free", "INS-2d")
    assert coverage.answer_of(ctx, made).payers == {
        "parts": "maker", "labour": "company", "travel": "company", "expenses": "company",
    }  # fmt: skip
    beyond = decided(ctx, unit_of(ctx, "TRADED", "S-2", sale_date="2023-03-01"), cause="defect")
    assert (beyond.facts["supplier_answers"], beyond.charge) == ("no", "paid")


@pytest.mark.clause("INS-11")
def test_own_products_are_exchanged_or_taken_back_and_for_traded_ones_the_supplier_is_contacted(house):
    ctx = house.office("medicaldealer").system(NOW)
    sanyang(ctx, 24)
    own = decided(ctx, unit_of(ctx, "OWN", sale_date="2025-12-01"), cause="defect")
    assert (own.facts["origin"], *why(ctx, own)) == ("own", "free", "INS-0, INS-11")
    assert coverage.answer_of(ctx, own).remedies == ((1, ("repair", "exchange", "refund")),)
    assert words.verdict(ctx, own).sentence.startswith("Repair, exchange or refund as the customer chooses")

    unit = unit_of(ctx, "TRADED", "S-2", sale_date="2025-12-01")
    traded = decided(ctx, unit, cause="defect")
    assert (traded.facts["origin"], traded.facts["supplier_answers"]) == ("traded", "yes")
    assert coverage.answer_of(ctx, traded).remedies == ((1, ("repair",)), (2, ("exchange",)))
    assert coverage.answer_of(ctx, traded).payers["parts"] == "maker"
    wanted = ClaimData("Wants an exchange", device_id=unit.id, wish="settlement", loss=Decimal(900))
    claim = claims.open_claim(ctx, wanted)
    claims.tell_supplier(ctx, claim.id, TellData("phone", "Mr Zhou"))
    claims.record_answer(ctx, claim.id, SupplierAnswer("accepted", "A new one is on its way"))
    claims.record_recovery(ctx, claim.id, RecoveryData(Decimal(900), day("2026-03-02"), "goods", "DN 4711"))
    assert claims.close_claim(ctx, claim.id, "recovered").outcome == "recovered"


# --- machinery --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("SB-5")
def test_a_bought_in_part_is_at_its_makers_cost_and_the_user_pays_nothing(house):
    ctx = house.office("machinery").system(NOW)
    sanyang(ctx, 24)
    made = decided(ctx, unit_of(ctx, "TRADED", sale_date="2025-12-01"), cause="defect")
    assert why(ctx, made) == ("free", "SB-5")
    assert coverage.answer_of(ctx, made).payers["parts"] == "maker"
    own = decided(ctx, unit_of(ctx, "OWN", "S-2", sale_date="2025-12-01"), cause="defect")
    assert (coverage.answer_of(ctx, own).payers["parts"], own.outputs["refund"]) == ("company", 3)
