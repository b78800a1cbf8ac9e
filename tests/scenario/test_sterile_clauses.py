"""Sold more than a year ago and past the sterile date, quality unaffected: sterilised again (INS-12), as the profile of
medical-device dealers has it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Ctx, Event, Forbidden, Invalid, RecordRef, decisions_on, set_setting, use_locale
from core.companies.switch import switch_off, switch_on
from core.notifications import Notification
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, SaleData
from plugins.inventory.contracts import BatchData, Circumstances, PartData, ReceiptLine, StockLine
from plugins.inventory.models import Batch, Measure, SterileCase
from plugins.inventory.services import parts, places, stock
from plugins.inventory.services import sterility as services
from plugins.inventory.sterile_contracts import SterileDecision
from plugins.service.models import Order
from tests.support import policy_site

NOW = "2026-12-15 09:00"
RECEIVED = "2025-06-02 09:00"
CUSTOMER = "base.customer"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture(scope="module")
def house(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation


def furnish(installation) -> None:
    """A dealer set up by the profile; screws of three batches: sterile until January 2027, and far beyond."""
    office = installation.company("acme", locale="en")
    policy_site.apply(office, "medical_dealer")
    policy_site.people(
        office, {"su": "sales", "pang": "production", "qiu": "quality", "ma": "manager", "tan": "technician"}
    )
    ctx = office.system(moment(RECEIVED))
    places.furnish(ctx)
    measure = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
    screw = parts.save_part(ctx, PartData("SCREW", "Bone screw", measure, "batch")).id
    base.save_product(ctx, ProductData("SCREW", "Bone screw"))
    for number, until in (("S-1", "2027-01-10"), ("S-2", "2026-12-01"), ("S-3", "2029-01-01")):
        data = BatchData(number, sterile_until=dt.date.fromisoformat(until))
        main = ctx.session.scalar(sa.select(places.Location.id).where(places.Location.kind == "warehouse"))
        stock.receive(ctx, [ReceiptLine(screw, Decimal(40), batch=data)], main, Circumstances())


def shipped(office, day: str, batch: str, quantity: int, name: str) -> int:
    """So much of a batch goes to a new customer."""
    ctx = office.system(moment(f"{day} 10:00"))
    row = ctx.session.scalars(sa.select(Batch).where(Batch.number == batch)).one()
    customer = base.save_customer(ctx, CustomerData(name, "company"))
    line = StockLine(row.part_id, Decimal(quantity), batch_id=row.id)
    stock.issue(ctx, [line], Circumstances(reference=RecordRef(CUSTOMER, customer.id)))
    return customer.id


def found(office, now: str = NOW) -> list[SterileCase]:
    """The cases there are after the daily look, the first first."""
    services.find_sold(office.system(moment(now)))
    query = sa.select(SterileCase).order_by(SterileCase.id)
    return list(office.system(moment(now)).session.scalars(query))


def told(ctx: Ctx, mailbox: str, office) -> list[str]:
    user_id = policy_site.person(office, mailbox)
    query = sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id)
    return [line.words for line in ctx.session.scalars(query)]


def acting(office, mailbox: str, now: str = NOW) -> Ctx:
    return policy_site.acting(office, mailbox, now)


@pytest.mark.clause("INS-12")
def test_sold_over_a_year_ago_and_nearly_unsterile_sales_asks_production_and_it_is_sterilised_again_free(house):
    office = house.office("acme")
    hospital = shipped(office, "2025-12-14", "S-1", 6, "City Hospital")
    shipped(office, "2025-12-15", "S-1", 3, "Sold a year ago to the day")
    shipped(office, "2025-07-01", "S-3", 5, "Sterile for years")
    (case,) = found(office)
    assert (case.customer_id, case.quantity, case.sold_on, case.sterile_until) == (
        hospital, 6, dt.date(2025, 12, 14), dt.date(2027, 1, 10),
    )  # fmt: skip
    assert [c.id for c in found(office)] == [case.id], "looked for again: nothing new"
    ctx = office.system(moment(NOW))
    assert told(ctx, "su", office) == [
        "Batch S-1 of SCREW, sold long ago, is sterile until 2027-01-10. Ask production. Lines: 1"
    ]
    services.ask_production(acting(office, "su"), case.id, "Can you take six screws?")
    assert told(ctx, "pang", office) == [
        "6 pcs of batch S-1, sterile until 2027-01-10: can it be sterilised again? Look at the quality"
    ]
    with pytest.raises(Conflict, match="not possible yet: the quality is found unaffected"):
        services.have_sterilised(acting(office, "su"), [case.id])
    services.check_quality(acting(office, "pang"), case.id, "unaffected", "Packaging closed, no rust")
    services.have_sterilised(acting(office, "su"), [case.id])
    ctx = office.system(moment(NOW))
    case = ctx.session.get(SterileCase, case.id)
    order = ctx.session.get(Order, case.service_id)
    assert (case.state, case.charge, case.payer, case.service_kind) == ("service", "free", "company", "service.order")
    assert (order.customer_id, order.kind, order.work_kind) == (hospital, "workshop", "free")
    assert "this is our reading" in order.coverage_words, "the policy's text breaks off after free"
    assert [d.table_name for d in decisions_on(ctx, case)] == ["inventory.sterile_rules"]
    with pytest.raises(Forbidden):
        services.decide(acting(office, "su"), case.id, SterileDecision("resterilised", "Done", dt.date(2029, 1, 9)))
    services.decide(
        acting(office, "qiu"), case.id, SterileDecision("resterilised", "Record ST-77", dt.date(2029, 1, 9), True)
    )
    ctx = office.system(moment(NOW))
    case, batch = ctx.session.get(SterileCase, case.id), ctx.session.get(Batch, case.batch_id)
    assert (case.state, case.new_sterile_until, case.decided_by) == ("resterilised", dt.date(2029, 1, 9), "Qiu")
    assert batch.sterile_until == dt.date(2029, 1, 9)
    (event,) = ctx.session.scalars(
        sa.select(Event).where(Event.name == "inventory.sterile_decided", Event.record_id == case.id)
    )
    assert (event.actor_name, event.facts["reason"]) == ("Qiu", "Record ST-77")
    assert [c.id for c in found(office)] == [case.id], "it is sterile again for two years"


@pytest.mark.clause("INS-12")
def test_what_quality_finds_affected_is_not_sterilised_but_scrapped_or_refused_with_the_reason(house):
    office = house.office("acme")
    shipped(office, "2025-10-01", "S-2", 2, "North Clinic")
    case = found(office)[-1]
    services.ask_production(acting(office, "su"), case.id)
    with pytest.raises(Invalid, match="Say what is affected"):
        services.check_quality(acting(office, "pang"), case.id, "affected")
    services.check_quality(acting(office, "pang"), case.id, "affected", "Packaging torn")
    with pytest.raises(Conflict, match="quality is found unaffected"):
        services.have_sterilised(acting(office, "ma"), [case.id])
    with pytest.raises(Invalid, match="Give a reason"):
        services.decide(acting(office, "qiu"), case.id, SterileDecision("scrapped", " "))
    services.decide(acting(office, "qiu"), case.id, SterileDecision("scrapped", "Packaging torn"))
    case = office.system(moment(NOW)).session.get(SterileCase, case.id)
    assert (case.state, case.new_sterile_until, case.decision_reason) == ("scrapped", None, "Packaging torn")
    assert found(office)[-1].id == case.id, "what is scrapped isn't found again"


@pytest.mark.clause("INS-12")
def test_with_service_orders_off_it_is_a_task_of_production_and_a_new_date_is_watched_again(house):
    office = house.office("acme")
    customer = shipped(office, "2025-08-01", "S-2", 4, "South Clinic")
    case = next(c for c in found(office) if c.customer_id == customer)
    services.ask_production(acting(office, "su"), case.id)
    services.check_quality(acting(office, "pang"), case.id, "unaffected")
    switch_off(office.system(moment(NOW)), "service")
    services.have_sterilised(acting(office, "su"), [case.id])
    switch_on(office.system(moment(NOW)), "service")
    ctx = office.system(moment(NOW))
    case = ctx.session.get(SterileCase, case.id)
    assert (case.state, case.service_id) == ("service", None)
    assert told(ctx, "pang", office)[-1] == "To be sterilised again: SCREW Bone screw S-2 × 4 pcs"
    for day, why in ((dt.date(2026, 12, 15), "after today"), (None, "Enter the new sterile date")):
        with pytest.raises(Invalid, match=why):
            services.decide(acting(office, "qiu"), case.id, SterileDecision("resterilised", "ST-78", day))
    services.decide(
        acting(office, "qiu"), case.id, SterileDecision("resterilised", "ST-78", dt.date(2027, 6, 1))
    )
    ctx = office.system(moment("2027-05-01 09:00"))
    batch = ctx.session.get(Batch, case.batch_id)
    assert batch.sterile_until == dt.date(2026, 12, 1), "the rest of the batch was not sterilised again"
    again = [c for c in found(office, "2027-05-01 09:00") if c.customer_id == customer]
    assert [(c.state, c.sterile_until) for c in again] == [
        ("resterilised", dt.date(2026, 12, 1)), ("found", dt.date(2027, 6, 1)),
    ]  # fmt: skip


def test_what_came_back_is_no_case_any_more_and_the_months_are_the_companys(house):
    office = house.office("acme")
    customer = shipped(office, "2025-11-03", "S-2", 4, "East Clinic")
    case = next(c for c in found(office) if c.customer_id == customer)
    later = office.system(moment("2026-12-15 11:00"))
    row = later.session.get(Batch, case.batch_id)
    back = Circumstances(reference=RecordRef(CUSTOMER, customer))
    stock.give_back(later, row.part_id, Decimal(1), back)
    assert next(c for c in found(office) if c.id == case.id).quantity == 3
    stock.give_back(office.system(moment("2026-12-15 12:00")), row.part_id, Decimal(3), back)
    assert next(c for c in found(office) if c.id == case.id).state == "gone"
    young = shipped(office, "2026-06-01", "S-2", 1, "West Clinic")
    assert all(c.customer_id != young for c in found(office))
    set_setting(office.system(moment(NOW)), "inventory.sterile_sold_months", 6)
    assert any(c.customer_id == young for c in found(office))


def test_a_line_of_the_sales_ledger_counts_once_though_stock_was_issued_too_and_the_batch_needs_all_decided(house):
    office = house.office("acme")
    customer = shipped(office, "2025-07-10", "S-2", 2, "Ledger Hospital")
    ctx = office.system(moment(NOW))
    product = ctx.session.scalar(sa.select(ctx.registry.kinds["base.product"].model.id))
    sale = base.record_sale(ctx, SaleData(product, customer, dt.date(2025, 7, 12), Decimal(2), batch="S-2"))
    (case,) = [c for c in found(office) if c.customer_id == customer]
    assert (case.record_kind, case.record_id, case.sold_on) == ("base.sale", sale.id, dt.date(2025, 7, 12))
    services.ask_production(acting(office, "su"), case.id)
    services.check_quality(acting(office, "qiu"), case.id, "unaffected")
    services.have_sterilised(acting(office, "su"), [case.id])
    with pytest.raises(Conflict, match="more deliveries of this batch are not decided"):
        services.decide(
            acting(office, "qiu"), case.id, SterileDecision("resterilised", "ST-79", dt.date(2029, 1, 1), True)
        )
    assert office.system(moment(NOW)).session.get(SterileCase, case.id).state == "service"
