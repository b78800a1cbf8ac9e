"""A repair centre by its policy, in its order (REP-3.1 to REP-7), in a company set up by its profile."""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import Conflict, Invalid, RecordRef, attach, files_of, use_locale
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import APPLICATION, ORDER, REPAIR, RESPONSE, SOLUTION, ResultData
from plugins.service.queries import workshop as queries
from plugins.service.services import workshop
from plugins.service.workshop_contracts import EntryData, ItemData, ReturnData, TestData
from plugins.warranty.contracts import ProofData
from plugins.warranty.services.evidence import record_proof
from tests.support import policy_site as site
from tests.support import visits

PEOPLE = {"kefu": "agent", "sun": "manager", "tom": "technician"}
LEFT = ItemData("Scratch on the lid, cable fine", "Kettle 2L", accessories="base")
GOOD = {"safe": ("ok", ""), "fault_gone": ("ok", ""), "functions": ("ok", ""), "trial": ("15", ""), "clean": ("ok", "")}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("repair-centre")


def furnish(installation):
    office = site.furnish(installation, "repair_centre", PEOPLE)
    ctx = office.system()
    known = unit_by_serial(ctx, "SN-1")
    old = UnitData(known.product_id, "SN-OLD", customer_id=known.customer_id, sale_date=dt.date(2020, 6, 1))
    base.save_unit_record(ctx, old)


def applied(office, now: str, **values) -> int:
    return site.opened(office, now, mailbox="kefu", kind="workshop", **values)


@pytest.mark.clause("REP-4")
@pytest.mark.parametrize("channel", ["phone", "portal", "visit"])
def test_an_application_comes_by_phone_network_or_in_the_shop_with_pictures_or_video(office, channel):
    order_id = applied(office, "09:00", channel=channel)
    ctx = site.acting(office, "kefu", "09:05")
    for name, content in (("dent.png", visits.picture()), ("noise.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 24)):
        attach(ctx, site.order_of(office, order_id), name, content)
    order = site.order_of(office, order_id)
    kept = files_of(office.system(), RecordRef(ORDER, order_id))
    assert (order.channel, sorted(f.name for f in kept)) == (channel, ["dent.png", "noise.mp4"])


@pytest.mark.clause("REP-3.1", "REP-3.5", "REP-5", "REP-6")
def test_in_warranty_from_the_application_to_the_item_that_goes_back_by_post(office):
    # REP-3.5: reviewed within two working days, the customer told; 2026-03-06 is a Friday, open till six (REP-3.3)
    order_id = applied(office, "03-06 17:00", channel="portal", cause="defect")
    assert [site.due(office, order_id, kind) for kind in (APPLICATION, RESPONSE, SOLUTION)] == [
        site.at("03-10 18:00"), None, None,
    ], "one time limit says it"  # fmt: skip
    with pytest.raises(Invalid, match="Say what the customer was told"):
        workshop.review_application(site.acting(office, "kefu", "03-09 10:00"), order_id, "more", "phone")
    told = "A picture of the invoice and the warranty card, please"
    workshop.review_application(site.acting(office, "kefu", "03-09 10:00"), order_id, "more", "phone", told)
    assert (site.clock_state(office, order_id, APPLICATION), site.order_of(office, order_id).waiting) == (
        "met", "customer",
    )  # fmt: skip
    review = queries.applications_of(office.system(), order_id)[0]
    assert (review.verdict, review.told_how, review.note) == ("more", "phone", told)

    # REP-3.1: proof of purchase and warranty card are needed; REP-6: in warranty free
    for source in ("invoice", "card"):
        file = (f"{source}.png", visits.picture())
        proof = ProofData(site.device(office), "sale", site.SOLD, source, "FP-7", file=file)
        record_proof(office.system(site.at("03-09 11:00")), proof)
    services.resume(site.acting(office, "kefu", "03-09 11:05"), order_id)
    workshop.review_application(site.acting(office, "kefu", "03-09 11:06"), order_id, "accepted", "phone")
    services.entitle(site.acting(office, "kefu", "03-09 11:10"), order_id)
    assert site.order_of(office, order_id).work_kind == "free"

    # REP-5: the first repair within three working days of when it came in, a Thursday; strictly tested
    item = workshop.take_in(site.acting(office, "tom", "03-12 14:00"), order_id, LEFT).id
    assert site.due(office, order_id, REPAIR) == site.at("03-17 18:00")
    services.start(site.acting(office, "tom", "03-12 15:00"), order_id)
    workshop.add_entry(site.acting(office, "tom", "03-13 10:00"), item, EntryData("work", "Element replaced", 40))
    gap = TestData({**GOOD, "functions": ("not_ok", ""), "trial": ("", "")})
    with pytest.raises(Invalid) as missing:
        workshop.record_test(site.acting(office, "tom", "03-13 10:10"), item, gap)
    assert missing.value.details["problems"] == {
        "functions": "It is not OK: say what is wrong.", "trial": "Answer this point.",
    }  # fmt: skip
    failed = TestData({**GOOD, "trial": ("4", "Switches off")})
    assert not workshop.record_test(site.acting(office, "tom", "03-13 10:20"), item, failed).passed
    assert site.clock_state(office, order_id, REPAIR) == "running"
    workshop.add_entry(site.acting(office, "tom", "03-13 15:00"), item, EntryData("work", "Thermostat adjusted", 20))
    assert workshop.record_test(site.acting(office, "tom", "03-13 16:00"), item, TestData(GOOD)).passed
    assert site.clock_state(office, order_id, REPAIR) == "met"
    workshop.inspect(site.acting(office, "sun", "03-13 16:30"), item)
    done = ResultData("solved", "Element replaced", "defect")
    services.finish(site.acting(office, "tom", "03-13 17:00"), order_id, done)

    # returned by post, the customer signs for it or it is said why not
    by_post = {"unsigned_reason": "by post", "receipt_back": False, "receipt_reason": "by post"}
    with pytest.raises(Invalid, match="carrier and the tracking number"):
        workshop.hand_back(site.acting(office, "tom", "03-16 09:00"), item, ReturnData("posted", **by_post))
    sent = ReturnData("posted", tracking="SF 1002003", **by_post)
    back = workshop.hand_back(site.acting(office, "tom", "03-16 09:00"), item, sent)
    assert (back.returned_how, back.tracking, back.receipt) == ("posted", "SF 1002003", "lost")
    services.confirm(site.acting(office, "kefu", "03-17 10:00"), order_id)
    assert site.lacking(office, order_id, "close") == []
    assert services.close(site.acting(office, "kefu", "03-17 10:05"), order_id).state == "closed"


@pytest.mark.clause("REP-3.5")
def test_an_application_for_something_that_is_not_ours_is_refused_with_the_reason(office):
    order_id = applied(office, "09:00", device_id=None)
    refused = workshop.review_application(
        site.acting(office, "sun", "10:00"), order_id, "refused", "phone", "Not our product"
    )
    assert refused.state == "cancelled"


@pytest.mark.clause("REP-6")
def test_after_the_warranty_the_repair_is_paid_and_agreed_first(office):
    order_id = applied(office, "09:00", device_id=site.device(office, "SN-OLD"), cause="defect")
    services.accept(site.acting(office, "kefu", "09:10"), order_id)
    assert site.order_of(office, order_id).work_kind == "paid"
    workshop.take_in(site.acting(office, "tom", "10:00"), order_id, LEFT)
    with pytest.raises(Conflict, match="The customer pays, and no quote was made yet"):
        services.start(site.acting(office, "tom", "10:05"), order_id)
