"""A record filed on the wrong customer or unit is corrected: what stands with it comes along, and both are told why."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import StoredDecision
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import timeline
from core.i18n import use_locale
from core.merging import merge_records
from core.refiling import find_target, refile
from plugins.base import queries
from plugins.base import services as base
from plugins.base.contracts import (
    CONTACT,
    CUSTOMER,
    SALE,
    UNIT,
    ContactData,
    CustomerData,
    ProductData,
    SaleData,
    UnitData,
)
from plugins.base.refiling import RIGHT
from plugins.complaints import queries as complaint_queries
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, ComplaintData

DAY = dt.date(2026, 3, 2)
WHY = "The caller's brother has the same name"


@pytest.fixture
def office(databases, database_kind):
    def furnish(installation):
        ctx = installation.company("acme", modules=("complaints",)).system()
        for code in ("TS2", "FH1"):
            base.save_product(ctx, ProductData(code, "Tractor"))

    with databases.furnished(database_kind, furnish) as made, use_locale("en"):
        yield made.office("acme")


@pytest.fixture
def ctx(office):
    return office.system()


@pytest.fixture
def wrong(ctx):
    return base.save_customer(ctx, CustomerData("Ma Dongsheng"))


@pytest.fixture
def right(ctx):
    return base.save_customer(ctx, CustomerData("Ma Dongmei"))


def product(ctx, code="TS2") -> int:
    return queries.product_by_code(ctx, code).id


def called(ctx, customer, **values):
    return base.record_contact(ctx, ContactData(customer_id=customer.id, text="It leaks", **values))


def complained(ctx, customer=None, contact=None, **values):
    data = ComplaintData(
        subject="Leaks", text="It leaks", customer_id=customer.id if customer else None,
        contact_id=contact.id if contact else None, **values,
    )  # fmt: skip
    return complaints.open_complaint(ctx, data)


def refused(error, code: str, action, *args, **kw):
    with pytest.raises(error) as caught:
        action(*args, **kw)
    assert caught.value.code == code


def test_a_call_takes_its_complaint_along_and_both_customers_are_told_why(ctx, wrong, right):
    contact = called(ctx, wrong)
    complaint = complained(ctx, contact=contact)
    other = complained(ctx, wrong)
    moved = refile(ctx, CONTACT, contact.id, CUSTOMER, right.id, WHY)
    assert [row.id for row in moved] == [contact.id, complaint.id]
    assert queries.get_contact(ctx, contact.id).customer_id == right.id
    assert complaint_queries.get_complaint(ctx, complaint.id).customer_id == right.id
    assert complaint_queries.get_complaint(ctx, other.id).customer_id == wrong.id
    for customer in (wrong, right):
        told = [e.facts for e in timeline(ctx, customer, limit=50) if e.name == "core.record_refiled"]
        assert {(f["number"], f["before"], f["after"], f["reason"]) for f in told} == {
            (contact.number, wrong.number, right.number, WHY), (complaint.number, wrong.number, right.number, WHY),
        }


def test_a_complaint_takes_its_call_along_but_not_one_that_is_filed_elsewhere(ctx, wrong, right):
    contact = called(ctx, wrong)
    complaint = complained(ctx, contact=contact)
    third = base.save_customer(ctx, CustomerData("Zhao Min"))
    refile(ctx, COMPLAINT, complaint.id, CUSTOMER, right.id, WHY)
    assert queries.get_contact(ctx, contact.id).customer_id == right.id
    stray = complained(ctx, third, contact=contact)
    refile(ctx, COMPLAINT, stray.id, CUSTOMER, wrong.id, WHY)
    assert queries.get_contact(ctx, contact.id).customer_id == right.id


def test_severity_is_judged_anew_and_both_decisions_are_kept(ctx, wrong, right):
    device = base.save_unit_record(ctx, UnitData(product(ctx), "A1", customer_id=right.id))
    earlier = ctx.now - dt.timedelta(days=1)
    complained(ctx, right, device_id=device.id, category="quality", received_at=earlier)
    complaint = complained(ctx, wrong, category="quality")
    assert complaint.repeats == 0
    decisions = sa.select(sa.func.count(StoredDecision.id)).where(
        StoredDecision.record_kind == COMPLAINT,
        StoredDecision.record_id == complaint.id,
        StoredDecision.table_name == "complaints.severity",
    )
    before = ctx.session.scalar(decisions)
    refile(ctx, COMPLAINT, complaint.id, UNIT, device.id, WHY)
    there = complaint_queries.get_complaint(ctx, complaint.id)
    assert (there.customer_id, there.device_id, there.product_id, there.repeats) == (
        right.id, device.id, product(ctx), 1,
    )  # fmt: skip
    assert ctx.session.scalar(decisions) == before + 1


def test_a_unit_takes_its_sale_along_and_leaves_what_is_of_the_other_customer(ctx, wrong, right):
    device = base.save_unit_record(ctx, UnitData(product(ctx), "A1", customer_id=wrong.id))
    sale = base.record_sale(ctx, SaleData(product(ctx), wrong.id, DAY, device_id=device.id))
    contact = called(ctx, wrong, device_id=device.id)
    refile(ctx, UNIT, device.id, CUSTOMER, right.id, WHY)
    sold = queries.get_sale(ctx, sale.id)
    assert (queries.get_unit(ctx, device.id).customer_id, sold.customer_id, sold.device_id) == (
        right.id, right.id, device.id,
    )  # fmt: skip
    assert queries.get_contact(ctx, contact.id).customer_id == wrong.id


def test_a_sale_is_not_put_on_a_unit_of_another_product(ctx, wrong):
    device = base.save_unit_record(ctx, UnitData(product(ctx, "FH1"), "B1", customer_id=wrong.id))
    sale = base.record_sale(ctx, SaleData(product(ctx), wrong.id, DAY))
    refused(Invalid, "other_product", refile, ctx, SALE, sale.id, UNIT, device.id, WHY)
    assert queries.get_sale(ctx, sale.id).device_id is None


def test_it_needs_a_reason_the_right_another_place_and_the_newest_version(office, ctx, wrong, right):
    contact = called(ctx, wrong)
    refused(Invalid, "reason_missing", refile, ctx, CONTACT, contact.id, CUSTOMER, right.id, " ")
    refused(Invalid, "filed_there", refile, ctx, CONTACT, contact.id, CUSTOMER, wrong.id, WHY)
    refused(Conflict, "stale", refile, ctx, CONTACT, contact.id, CUSTOMER, right.id, WHY, version=99)
    refused(NotFound, "not_refilable", refile, ctx, CUSTOMER, wrong.id, CUSTOMER, right.id, WHY)
    without = office.ctx("base.contact.record", "base.contact.view")
    refused(Forbidden, "permission_needed", refile, without, CONTACT, contact.id, CUSTOMER, right.id, WHY)
    assert queries.get_contact(office.system(), contact.id).customer_id == wrong.id
    refile(office.ctx(RIGHT), CONTACT, contact.id, CUSTOMER, right.id, WHY)


def test_a_merged_customer_leads_to_the_one_that_stayed(ctx, wrong, right):
    twin = base.save_customer(ctx, CustomerData("Ma Dong Mei"))
    merge_records(ctx, CUSTOMER, twin.id, right.id)
    assert find_target(ctx, CUSTOMER, twin.number).id == right.id
    contact = called(ctx, wrong)
    refused(Conflict, "merged_already", refile, ctx, CONTACT, contact.id, CUSTOMER, twin.id, WHY)
