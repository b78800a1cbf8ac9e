"""Defence products by their policy, in its order (DEF-5, 6.2.1 to 6.2.4, 7.1 to 7.3), in a company of its profile."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Event, Forbidden, Invalid, RecordRef, checklists_of, gates, issue_document, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.checklists.services import Given, save_answers
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services, visit_life
from plugins.service.after_contracts import BriefingData
from plugins.service.contracts import ARRIVAL, ORDER, PROPOSAL, RESPONSE, SOLUTION, PlanData
from plugins.service.money_contracts import ChargeData
from plugins.service.queries import money as accounts
from plugins.service.queries import orders as queries
from plugins.service.queries import visits as visit_queries
from plugins.service.services import after, money
from plugins.service.visit_contracts import VISIT, EndData, WorkData
from plugins.warranty.contracts import Answer, PriceItemData, QuoteData, QuoteLineData
from plugins.warranty.queries import coverage
from plugins.warranty.queries import prices as price_queries
from plugins.warranty.services import price_examples, prices, quotes
from plugins.warranty.services.coverage import answer_of
from tests.support import policy_site as site

D = Decimal
HOUR = dt.timedelta(hours=1)
PEOPLE = {"qian": "quality_service@quality", "li": "technician", "fay": "finance", "vice": "vice_president"}
PLAN = BriefingData("Captain Zhou", "Li comes and replaces the module")
"""DEF-6.2.5 to DEF-6.2.8 have their own scenario: test_service_after.py."""
OLD = dt.date(2008, 6, 1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("defence")


def furnish(installation):
    """SN-1 was sold two months ago, SN-OLD eighteen years ago. The orders are served by the quality department."""
    office = site.furnish(installation, "defence", PEOPLE)
    ctx = office.system()
    known = unit_by_serial(ctx, "SN-1")
    old = UnitData(known.product_id, "SN-OLD", customer_id=known.customer_id, sale_date=OLD)
    base.save_unit_record(ctx, old)


def opened(office, now: str = "09:00", **values) -> int:
    return site.opened(office, now, unit_id=site.unit(office, "quality"), **values)


def old(office) -> int:
    return site.device(office, "SN-OLD")


def paid_by(office, order_id: int) -> tuple[str, str]:
    """Kind of work, and the clause by which the coverage table decided it."""
    order = site.order_of(office, order_id)
    ctx = office.system()
    decided = coverage.get_decision(ctx, order.coverage_ref)
    return order.work_kind, answer_of(ctx, decided).clause


def priced_by_finance(office) -> None:
    """The price lists of the profile, submitted and put in force by finance."""
    ctx = site.acting(office, "fay", "08:00")
    for draft in price_examples.take(ctx):
        prices.submit_version(ctx, draft.id)
        prices.publish_version(ctx, draft.id)


def guided(office, order_id: int, now: str) -> None:
    services.accept(site.acting(office, "qian", now), order_id)
    services.guide(site.acting(office, "qian", now), order_id, "Reset it; the module has to be replaced", "not_solved")
    after.brief(site.acting(office, "qian", now), order_id, PLAN)


# --- DEF-5: what is free, what is paid, by when somebody is there -----------------------------------------------------


@pytest.mark.clause("DEF-5.1.1.1", "DEF-6.2.1", "DEF-6.2.2", "DEF-6.2.3", "DEF-7.1", "DEF-7.2", "DEF-7.3")
def test_in_warranty_and_used_as_the_manual_says_repair_and_parts_are_free_from_the_message_to_the_visit(office):
    # DEF-6.2.2: first whether in warranty, then the analysis; a solution within 8 working hours. 2026-03-06 is a Friday
    order_id = opened(office, "03-06 16:00", cause="defect")
    assert (site.due(office, order_id, RESPONSE), site.due(office, order_id, PROPOSAL)) == (
        site.at("03-09 11:00"), site.at("03-09 15:00"),
    )  # fmt: skip
    assert paid_by(office, order_id) == ("free", "DEF-5.1.1.1")

    # DEF-6.2.3: guidance by phone first, on site only when a part is needed
    qian = site.acting(office, "qian", "03-06 16:30")
    services.accept(qian, order_id)
    with pytest.raises(Conflict, match="Guidance by phone comes first"):
        services.assign(qian, order_id, site.person(office, "li"), PlanData())
    guided_at = site.acting(office, "qian", "03-06 17:00")
    services.guide(guided_at, order_id, "Reset it; the module has to be replaced", "not_solved")
    after.brief(site.acting(office, "qian", "03-06 17:05"), order_id, PLAN)
    services.assign(site.acting(office, "qian", "03-06 17:10"), order_id, site.person(office, "li"), PlanData())
    assert site.clock_state(office, order_id, PROPOSAL) == "met"

    # free repair, free replacement of damaged parts
    qian = site.acting(office, "qian", "03-06 17:20")
    issue_document(qian, "service.sheet", queries.get_order(qian, order_id))
    visit_id = services.arrive(site.acting(office, "li", "03-07 10:00"), order_id, "a1").id
    free = ChargeData("part", "Module", D(1), D(6800), "company", reason="in warranty")
    money.add_charge(site.acting(office, "li", "03-07 10:30"), order_id, free)
    now = accounts.balance_of(office.system(), order_id)
    assert (now.open, now.by_payer) == (D(0), {"company": D(6800)})

    # DEF-7.1, DEF-7.2: conduct; asked for further faults, the whole product checked
    li = site.acting(office, "li", "03-07 11:00")
    [conduct] = checklists_of(li, visit_queries.get_visit(li, visit_id))
    codes = [i.code for i in conduct.template.items if i.type == "yes_no"]
    assert {"dress", "whole", "no_gifts"} <= set(codes)
    save_answers(li, RecordRef(VISIT, visit_id), conduct.code, [Given(code, "yes") for code in codes])
    unasked = WorkData("no", "", "", "", "defect", "", "Module replaced")
    services.save_work(site.acting(office, "li", "03-07 11:10"), visit_id, unasked, "w1")
    with pytest.raises(Conflict, match="Ask the customer for further faults"):
        services.end_visit(site.acting(office, "li", "03-07 11:11"), visit_id, EndData("solved"), "e0")
    asked = WorkData("no", "", "found", "The antenna plug is loose", "defect", "", "Module replaced, plug tightened")
    services.save_work(site.acting(office, "li", "03-07 11:20"), visit_id, asked, "w2")
    assert visit_queries.get_visit(office.system(), visit_id).further_text == "The antenna plug is loose"

    # DEF-7.3: contacts are exchanged before anybody leaves
    with pytest.raises(Conflict, match="Exchange contacts with the customer"):
        services.end_visit(site.acting(office, "li", "03-07 11:21"), visit_id, EndData("solved"), "e1")
    nobody = replace(asked, contacts="exchanged", contact_who="Sergeant Hao")
    with pytest.raises(Invalid, match="Note the number to call"):
        services.save_work(site.acting(office, "li", "03-07 11:22"), visit_id, nobody, "w3")
    noted = replace(nobody, contact_phone="0531-8888 2222")
    services.save_work(site.acting(office, "li", "03-07 11:23"), visit_id, noted, "w4")
    [found] = office.system().session.scalars(sa.select(Event).where(Event.name == "service.contacts_exchanged"))
    assert found.facts["who"] == "Sergeant Hao"
    li = site.acting(office, "li", "03-07 11:24")
    left = gates(li, visit_life.WORKFLOW.transition("end"), visit_queries.get_visit(li, visit_id))
    assert [(g.text, g.open) for g in left if g.key == "service.contacts"] == [
        ("Contacts exchanged: Sergeant Hao", False),
    ]  # fmt: skip


@pytest.mark.clause("DEF-5.1.1.2", "DEF-5.2.4")
def test_misuse_in_warranty_is_paid_by_the_list_of_finance_with_parts_at_the_preferential_price(office):
    priced_by_finance(office)
    order_id = opened(office, cause="misuse")
    assert paid_by(office, order_id) == ("paid", "DEF-5.1.1.2")
    li = site.acting(office, "li", "10:00")
    assert money.add_charge(li, order_id, ChargeData("labour", "")).amount == D(200), "the rate as out of warranty"
    listed = price_queries.list_named(office.system(), "preferential").id
    asked = QuoteData("Repair", listed, RecordRef(ORDER, order_id), person_name="Zhou",
                      lines=(QuoteLineData("part", group="module"),))  # fmt: skip
    assert quotes.draft(office.system(), asked).total == D(4760), "70 % of 6,800"
    row = PriceItemData("part", "piece", group="fuse", label="Fuse", price=D(3))
    with pytest.raises(Forbidden):
        prices.put_item(site.acting(office, "qian", "10:00"), 1, row)


@pytest.mark.clause("DEF-5.1.1.3")
@pytest.mark.parametrize(("km", "hours"), [(300, 24), (301, 48), (1000, 48), (1001, 72), (1501, 72)])
def test_somebody_is_on_site_within_24_48_or_72_hours_by_the_distance(office, km, hours):
    order_id = opened(office, "03-06 17:00", distance_km=D(km))
    assert site.due(office, order_id, ARRIVAL) == moment("2026-03-06 17:00") + hours * HOUR


@pytest.mark.clause("DEF-5.2.1", "DEF-5.2.2", "DEF-6.2.1")
def test_advice_is_given_for_the_whole_life_of_the_product_and_guidance_is_free(office):
    asked = opened(office, "03-06 14:00", kind="inquiry", subject="Which battery fits?", device_id=old(office))
    assert site.due(office, asked, SOLUTION) == site.at("03-09 13:00"), "8 working hours"
    services.answer(site.acting(office, "qian", "03-09 10:00"), asked, "Type B, see chapter 4")
    order = site.order_of(office, asked)
    assert (order.state, site.clock_state(office, asked, SOLUTION), order.work_kind) == ("done", "met", "free")

    fault = opened(office, "03-09 09:00", cause="wear", device_id=old(office))
    assert site.order_of(office, fault).work_kind == "paid", "out of warranty"
    services.accept(site.acting(office, "qian", "03-09 09:10"), fault)
    qian = site.acting(office, "qian", "03-09 09:20")
    services.guide(qian, fault, "Tighten the two screws", "solved", kind="solution")
    order = site.order_of(office, fault)
    assert (order.state, order.outcome, order.work_kind) == ("done", "solved_by_phone", "free")


@pytest.mark.clause("DEF-5.2.3", "DEF-5.2.4", "DEF-5.2.5", "DEF-6.2.4")
def test_out_of_warranty_the_cost_is_told_first_and_staff_leave_only_after_the_customers_confirmation(office):
    priced_by_finance(office)
    order_id = opened(office, device_id=old(office), cause="wear")
    assert paid_by(office, order_id) == ("paid", "DEF-5.2.3, DEF-5.2.4")
    guided(office, order_id, "09:30")
    held = site.lacking(office, order_id, "dispatch")
    assert held == ["The customer pays, and no quote was made yet"]

    # solution and price sent; nobody leaves before the customer has confirmed
    quote_id = quoted(office, order_id)
    with pytest.raises(Conflict, match="has not agreed to quote BJ2603-0001"):
        services.assign(site.acting(office, "qian", "10:10"), order_id, site.person(office, "li"), PlanData())
    assert site.order_of(office, order_id).state == "accepted"
    quotes.accept(site.acting(office, "qian", "11:00"), quote_id, Answer("Captain Zhou", "phone"))
    services.assign(site.acting(office, "qian", "11:05"), order_id, site.person(office, "li"), PlanData())
    charged = [(c.label, c.amount) for c in money.take_quote(site.acting(office, "li", "11:10"), order_id)]
    assert charged == [("Engineer", D(600)), ("Journey", D(1500))]


def quoted(office, order_id: int) -> int:
    qian = site.acting(office, "qian", "10:00")
    decided = queries.get_order(qian, order_id).coverage_ref
    lines = (QuoteLineData("labour", quantity=D(3)), QuoteLineData("travel"))
    data = QuoteData("Repair on site", None, RecordRef(ORDER, order_id), coverage_id=decided, lines=lines)
    return quotes.send(qian, quotes.draft(qian, data).id, "told").id


@pytest.mark.clause("DEF-6.2.4")
def test_what_the_customer_refuses_to_pay_only_the_vice_president_releases(office):
    priced_by_finance(office)
    order_id = opened(office, device_id=old(office), cause="wear")
    guided(office, order_id, "09:30")
    quote_id = quoted(office, order_id)
    quotes.refuse(site.acting(office, "qian", "10:30"), quote_id, Answer("Captain Zhou", "phone", note="No budget"))
    assert site.lacking(office, order_id, "dispatch") == ["The customer refused quote BJ2603-0001 (CN¥2,100.00)"]
    with pytest.raises(Conflict) as told:
        quotes.release(site.acting(office, "qian", "10:40"), quote_id, "Needed for the exercise")
    assert told.value.code == "approval_asked"
    vice = site.acting(office, "vice", "11:00")
    [request] = vice.session.scalars(waiting_for_me(vice)).all()
    answer(vice, request.id, steps_listed(vice, request.id)[0].id, approves=True)
    quotes.release(site.acting(office, "qian", "11:10"), quote_id, "Needed for the exercise")
    qian = site.acting(office, "qian", "11:20")
    assert services.assign(qian, order_id, site.person(office, "li"), PlanData()).state == "dispatched"
