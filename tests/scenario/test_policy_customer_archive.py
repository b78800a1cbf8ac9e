"""The customer's archive (POS-4): every contact recorded, visits, and everything on one timeline of one page."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.api import RecordRef, issue_document, timeline, use_locale
from plugins.base import services as base
from plugins.base.contracts import ContactData
from plugins.base.queries import unit_by_serial
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.service import services
from plugins.service.contracts import AppointmentData, PlanData
from plugins.service.daybook_contracts import VOUCHER
from plugins.service.money_contracts import ChargeData, PaymentData
from plugins.service.queries.orders import get_order
from plugins.service.services import money
from plugins.service.visit_contracts import EndData, RatingData, SignatureData, WorkData
from tests.support import policy_site as site
from tests.support import visits
from tests.support.accounts import Site, words_of

D = Decimal
PEOPLE = {"kefu": "agent", "boss": "manager", "li": "technician"}
GRADES = {"attitude": "very_good", "skill": "good", "arrival": "good", "promises": "very_good"}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("vouchers")


def furnish(installation):
    office = site.furnish(installation, "vouchers", PEOPLE)
    Site(None, installation, {"vouchers": office}).person("chief@example.com", "manager", company="vouchers")


@pytest.mark.clause("POS-4")
def test_every_call_visit_payment_and_complaint_stands_on_the_customers_one_timeline(office, application):
    customer = unit_by_serial(office.system(), "SN-1").customer_id
    for channel, text, now in (("phone", "The lift is weak", "09:00"), ("letter", "When do you come?", "09:10")):
        said = ContactData(channel=channel, phone="138 0013 8000", caller_name="Ma Dongsheng", text=text,
                           customer_id=customer)  # fmt: skip
        base.record_contact(site.acting(office, "kefu", now), said)
    order_id = site.opened(office, "09:15", mailbox="kefu", cause="defect")
    services.accept(site.acting(office, "kefu", "09:20"), order_id)
    kefu = site.acting(office, "kefu", "09:25")
    issue_document(kefu, VOUCHER, get_order(kefu, order_id))
    services.assign(site.acting(office, "boss", "09:30"), order_id, site.person(office, "li"), PlanData())
    slot = AppointmentData(site.at("14:00"), site.at("16:00"), "Ma Dongsheng")
    services.appoint(site.acting(office, "li", "09:40"), order_id, slot)
    visit_id = services.arrive(site.acting(office, "li", "14:05"), order_id, "a1").id
    work = WorkData("no", "", "none", "", "defect", "", "Seal replaced")
    services.save_work(site.acting(office, "li", "14:50"), visit_id, work, "w1")
    charge = ChargeData("other", "Spare key", D(1), D(20), reason="asked for")
    money.add_charge(site.acting(office, "li", "14:55"), order_id, charge)
    money.collect(site.acting(office, "li", "14:56"), order_id, PaymentData(D(20), "card"))
    signature = SignatureData("self", "Ma Dongsheng", content=visits.picture())
    ended = EndData("solved", signature=signature, rating=RatingData(GRADES))
    services.end_visit(site.acting(office, "li", "15:00"), visit_id, ended, "e1")
    about = ComplaintData("The key does not fit", category="quality", customer_id=customer)
    complaints.open_complaint(site.acting(office, "kefu", "03-03 09:00"), about)

    told = [e.name for e in reversed(timeline(office.system(), RecordRef("base.customer", customer)))]
    assert [name for name in told if name in COURSE] == COURSE

    office.installation.close_sessions()
    with application.on(office.installation.url) as app:
        chief = Site(app, office.installation, {"vouchers": office}).signed_in("chief@example.com")
        page = words_of(chief.get(f"/c/vouchers/customers/{customer}").text)
    for words in ("FW2603-0001", "TS2603-0001", "Agreed with Ma Dongsheng", "CN¥20.00 paid"):
        assert words in page


COURSE = [
    "base.contact_recorded", "base.contact_recorded", "service.opened", "service.dispatched", "service.appointed",
    "service.started", "service.arrived", "service.charged", "service.paid", "service.left", "service.done",
    "complaints.opened",
]  # fmt: skip
