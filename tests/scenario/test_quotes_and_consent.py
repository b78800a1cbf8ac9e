"""What the policies say of charges and consent, in companies that are set up by their industry's profile."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, RecordRef, gates, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, open_request, steps_listed
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.profiles import apply_profile, read_profile
from core.testing import START
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.complaints import life as complaint_life
from plugins.complaints import queries as complaint_queries
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from plugins.warranty.contracts import QUOTE, Answer, CoverageCase, QuoteData, QuoteLineData
from plugins.warranty.queries import prices as price_queries
from plugins.warranty.queries import quotes as queries
from plugins.warranty.services import consents, coverage, price_examples, prices, quotes

PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
COMPANIES = ("defence", "general", "repair_centre")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation


def furnish(installation):
    for name in COMPANIES:
        office = installation.company(name.replace("_", "-"), locale="en")
        ctx = office.system()
        apply_profile(ctx, read_profile(PROFILES / name, installation.registry))
        for draft in price_examples.take(office.system()):
            prices.submit_version(office.system(), draft.id)
            prices.publish_version(office.system(), draft.id)
        ctx = office.system()
        customer = base.save_customer(ctx, CustomerData("Unit 4017", "company"))
        product = base.save_product(ctx, ProductData("R-1", "Radio"))
        base.save_unit_record(ctx, UnitData(product.id, "SN-1", customer_id=customer.id))


def complained(office, subject: str) -> RecordRef:
    made = complaints.open_complaint(
        office.system(), ComplaintData(subject, category="quality", person_name="Captain Zhou")
    )
    return RecordRef(COMPLAINT, made.id)


def quoted(office, ref: RecordRef, *lines: QuoteLineData, ctx=None, price_list: str = "normal") -> int:
    ctx = ctx or office.system()
    found = price_queries.list_named(ctx, price_list)
    made = quotes.draft(ctx, QuoteData("Repair", found.id, ref, person_name="Captain Zhou", lines=lines))
    return quotes.send(ctx, made.id, "told").id


def decided(office, ref: RecordRef, **given):
    """A decision on coverage of the unit for a complaint; ``given`` are the facts that a person knows."""
    ctx = office.system()
    units = ctx.registry.kinds["base.unit"].model
    unit_id = ctx.session.scalars(sa.select(units.id)).first()
    return coverage.decide(ctx, CoverageCase(unit_id, "fault", ref, given))


def held_back(office, ref: RecordRef) -> list[str]:
    """What keeps the complaint from closing, as far as consent is concerned."""
    ctx = office.system()
    close = complaint_life.WORKFLOW.transition("close")
    found = gates(ctx, close, complaint_queries.get_complaint(ctx, ref.id))
    return [g.text for g in found if g.open and g.key.startswith("warranty.")]


def labour(hours: int = 1, **values) -> QuoteLineData:
    return QuoteLineData("labour", quantity=Decimal(hours), **values)


# --- defence ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("DEF-6.2.4")
def test_out_of_warranty_the_price_is_sent_and_only_the_vice_president_releases_what_the_customer_refuses(house):
    office = house.office("defence")
    service = office.person("service@defence.example", "quality_service", name="Service")
    vice = office.person("vp@defence.example", "vice_president", name="Vice president")
    other = office.person("boss@defence.example", "manager", name="Manager")
    rights = (
        "warranty.price.view", "warranty.quote.view", "warranty.quote.write", "warranty.quote.answer",
        "warranty.quote.release", "complaints.complaint.view",
    )  # fmt: skip

    def as_service():
        return office.ctx(*rights, user_id=service, name="Service", roles=("quality_service",))

    ref = complained(office, "Radio is dead, out of warranty")
    quote_id = quoted(office, ref, labour(3), ctx=as_service())
    assert held_back(office, ref) == ["The customer has not agreed to quote BJ2603-0001 (CN¥600.00) yet"]

    quotes.refuse(as_service(), quote_id, Answer("Captain Zhou", "phone", note="No budget this year"))
    assert held_back(office, ref) == ["The customer refused quote BJ2603-0001 (CN¥600.00)"]

    with pytest.raises(Conflict) as told:
        quotes.release(as_service(), quote_id, "Needed for the exercise")
    assert told.value.code == "approval_asked"
    assert queries.get_quote(office.system(), quote_id).state == "refused", "asked for, not released"

    asked = open_request(office.system(), RecordRef(QUOTE, quote_id))
    (step,) = steps_listed(office.system(), asked.id)
    assert step.role == "vice_president"
    with pytest.raises(Forbidden):
        answer(office.ctx(*rights, user_id=other, roles=("manager",)), asked.id, step.id, approves=True)
    vp = office.ctx("warranty.quote.view", user_id=vice, name="Vice president", roles=("vice_president",))
    assert [a.record_number for a in vp.session.scalars(waiting_for_me(vp))] == ["BJ2603-0001"]
    answer(vp, asked.id, step.id, approves=True, reason="Do it")

    quotes.release(as_service(), quote_id, "Needed for the exercise")
    released = queries.get_quote(office.system(), quote_id)
    assert (released.state, released.release_reason) == ("released", "Needed for the exercise")
    assert held_back(office, ref) == []


@pytest.mark.clause("DEF-5.1.1.2")
def test_a_fault_through_misuse_is_paid_with_parts_at_the_preferential_price_and_the_usual_rates(house):
    office = house.office("defence")
    ref = complained(office, "Radio is dead")
    lines = (labour(2), QuoteLineData("part", group="module"))
    free = decided(office, ref, cause="defect", period="running", proof="both")
    quote = quotes.draft(office.system(), QuoteData("Repair", coverage_id=free.id, lines=lines, person_name="Zhou"))
    assert quote.total == Decimal(0)
    assert {line.payer_reason for line in queries.lines_of(office.system(), quote.id)} == {
        f"Decision {free.number}: Free of charge (DEF-5.1.1.1)"
    }

    found = coverage.redecide(office.system(), free.id, {"cause": "misuse"}, "Wrong voltage connected")
    assert (found.charge, found.outputs["price_list"]) == ("paid", "preferential")
    followed = quotes.take_decision(office.system(), quote.id)
    asked = [(line.unit_price, line.payer) for line in queries.lines_of(office.system(), quote.id)]
    assert asked == [(Decimal(200), "customer"), (Decimal(4760), "customer")], "the part at 70 % of 6,800"
    assert (followed.total, followed.coverage_id) == (Decimal(5160), found.id)


# --- general after-sales ----------------------------------------------------------------------------------------------


@pytest.mark.clause("GS-11")
def test_the_charge_is_told_from_the_price_list_before_the_work_and_consent_is_on_record(house):
    office = house.office("general")
    ref = complained(office, "Boiler drips, guarantee is over")
    quote_id = quoted(office, ref, labour(2), QuoteLineData("travel", quantity=Decimal(30)))
    lines = queries.lines_of(office.system(), quote_id)
    assert [(line.label, line.amount) for line in lines] == [("Labour", Decimal(160)), ("Travel by car", Decimal(60))]
    assert not queries.consent_of(office.system(), ref).given, "told, and no work yet"
    assert held_back(office, ref) == ["The customer has not agreed to quote BJ2603-0001 (CN¥220.00) yet"]

    quotes.accept(office.system(), quote_id, Answer("Captain Zhou", "phone"))
    state = queries.consent_of(office.system(), ref)
    assert (state.given, state.who, state.how, state.at) == (True, "Captain Zhou", "phone", START)
    assert held_back(office, ref) == []


@pytest.mark.clause("AG-11")
def test_an_agent_works_for_pay_only_after_consent_and_the_case_ends_with_the_signed_slip(house):
    office = house.office("general")
    ctx = office.system()
    body = versions_of(ctx, table_named(ctx, "warranty.consent"))[0].body
    waits = {"id": "slip", "clause": "AG-11", "when": {"record": COMPLAINT, "step": "close"},
             "then": {"wait": True, "paper": True}}  # fmt: skip
    save_draft(ctx, "warranty.consent", {**body, "rows": [waits]}, reason="AG-11", effective_from=START.date())
    publish(ctx, "warranty.consent")

    ref = complained(office, "Mixer arm broken by the customer")
    quote_id = quoted(office, ref, labour(1))
    assert held_back(office, ref) == ["The customer has not agreed to quote BJ2603-0001 (CN¥80.00) yet"]
    agreed = Answer("Captain Zhou", "on_site")
    quotes.accept(office.system(), quote_id, agreed)
    assert held_back(office, ref) == ["The paper signed by the customer is missing"]

    again = quoted(office, complained(office, "Mixer arm broken again"), labour(1))
    slip = dataclasses.replace(agreed, evidence=("slip.pdf", b"%PDF-1.4 signed"))
    quotes.accept(office.system(), again, slip)
    assert held_back(office, RecordRef(COMPLAINT, queries.get_quote(office.system(), again).record_id)) == []


# --- repair centres ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("REP-6")
def test_in_warranty_the_repair_is_free_and_later_it_is_paid_as_agreed(house):
    office = house.office("repair-centre")
    lines = (labour(1, code="SMALL"), QuoteLineData("part", group="screen"))
    ref = complained(office, "Screen flickers")
    free = decided(office, ref, cause="defect", period="running", proof="both")
    ctx = office.system()
    normal = price_queries.list_named(ctx, "normal").id
    in_warranty = quotes.draft(
        ctx, QuoteData("Repair", normal, person_name="Li", coverage_id=free.id, lines=lines)
    )
    quotes.send(ctx, in_warranty.id, "told")
    assert queries.consent_of(office.system(), ref).given, "nothing to pay, nothing to agree to"

    later = complained(office, "Screen flickers, warranty over")
    paid = decided(office, later, cause="defect", period="over", proof="both")
    assert consents.consent_of(office.system(), later).words == "The customer pays, and no quote was made yet"
    quote = quotes.draft(office.system(), QuoteData("Repair", person_name="Li", coverage_id=paid.id, lines=lines))
    quotes.send(office.system(), quote.id, "told")
    assert queries.get_quote(office.system(), quote.id).total == Decimal(500)
    assert not queries.consent_of(office.system(), later).given
    quotes.accept(office.system(), quote.id, Answer("Li", "message"))
    assert queries.consent_of(office.system(), later).words == (
        "Li agreed to CN¥500.00, By message (quote BJ2603-0002)"
    )


def test_a_decision_that_does_not_stand_is_no_ground_for_a_quote(house):
    office = house.office("repair-centre")
    ref = complained(office, "Screen flickers")
    open_case = decided(office, ref, cause="transport", period="none", proof="none")
    assert open_case.state == "referred"
    with pytest.raises(Conflict, match=f"Decision {open_case.number} can't be quoted by: A person decides"):
        quotes.draft(office.system(), QuoteData("Repair", person_name="Li", coverage_id=open_case.id))
