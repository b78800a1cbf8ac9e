"""A repair centre by its policy, in its order (REP-3.1 to REP-7), in a company set up by its profile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.api import Conflict, Forbidden, Invalid, RecordRef, attach, files_of, use_locale
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import APPLICATION, ORDER, REPAIR, RESPONSE, SOLUTION, ResultData
from plugins.service.queries import workshop as queries
from plugins.service.services import workshop
from plugins.service.workshop_contracts import EntryData, ItemData, ReturnData, TestData
from plugins.warranty.contracts import ProofData
from plugins.warranty.queries import repairs
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
    kefu = site.acting(office, "kefu", "10:00")
    refused = workshop.review_application(kefu, order_id, "refused", "phone", "Not our product")
    assert refused.state == "cancelled"


@pytest.mark.clause("REP-3.5")
def test_what_was_accepted_is_refused_only_by_who_may_cancel_it(office):
    order_id = applied(office, "09:00", device_id=None)
    kefu = site.acting(office, "kefu", "10:00")
    workshop.review_application(kefu, order_id, "accepted", "phone")
    with pytest.raises(Forbidden):
        workshop.review_application(kefu, order_id, "refused", "phone", "Not our product")
    assert site.order_of(office, order_id).state == "accepted"
    sun = site.acting(office, "sun", "10:05")
    assert workshop.review_application(sun, order_id, "refused", "phone", "Not our product").state == "cancelled"


@pytest.mark.clause("REP-6")
def test_after_the_warranty_the_repair_is_paid_and_agreed_first(office):
    order_id = applied(office, "09:00", device_id=site.device(office, "SN-OLD"), cause="defect")
    services.accept(site.acting(office, "kefu", "09:10"), order_id)
    assert site.order_of(office, order_id).work_kind == "paid"
    workshop.take_in(site.acting(office, "tom", "10:00"), order_id, LEFT)
    with pytest.raises(Conflict, match="The customer pays, and no quote was made yet"):
        services.start(site.acting(office, "tom", "10:05"), order_id)


@pytest.mark.clause("REP-7")
def test_a_unit_repaired_by_an_order_is_repaired_free_again_when_it_breaks_down_soon_after(office):
    ctx = office.system()
    known = unit_by_serial(ctx, "SN-1")
    sold = dt.date(2025, 2, 1)
    unit = UnitData(known.product_id, "SN-2", customer_id=known.customer_id, sale_date=sold)
    old = base.save_unit_record(ctx, unit).id
    for source in ("invoice", "card"):
        file = (f"{source}.png", visits.picture())
        record_proof(ctx, ProofData(old, "sale", sold, source, "FP-8", file=file))

    def brought(day: str) -> int:
        order_id = applied(office, f"{day} 09:00", device_id=old, cause="defect", subject="Trips the fuse")
        services.accept(office.system(site.at(f"{day} 09:05")), order_id)
        return order_id

    def register() -> list[tuple]:
        office.installation.close_sessions()
        rows = repairs.repairs_of(office.system(), old)
        return [(r.problem, r.cause, r.result, r.received_at, r.handed_back_at, r.repairer, r.source_ref) for r in rows]

    # January: the last month of its warranty; on the bench from the 12th, back with the customer on the 14th
    first = brought("2026-01-12")
    item = workshop.take_in(site.acting(office, "tom", "2026-01-12 10:00"), first, LEFT).id
    services.start(site.acting(office, "tom", "2026-01-12 10:05"), first)
    part = EntryData("part", "Element", code="E-7", quantity=Decimal(1))
    workshop.add_entry(site.acting(office, "tom", "2026-01-13 10:00"), item, part)
    workshop.record_test(site.acting(office, "tom", "2026-01-13 16:00"), item, TestData(GOOD))
    workshop.inspect(site.acting(office, "sun", "2026-01-13 16:30"), item)
    result = ResultData("solved", "Element replaced", "defect")
    services.finish(site.acting(office, "tom", "2026-01-13 17:00"), first, result)
    given_back = ReturnData("picked_up", "Ma Dongsheng", signed_by="Ma Dongsheng")
    workshop.hand_back(site.acting(office, "tom", "2026-01-14 16:00"), item, given_back)
    services.confirm(site.acting(office, "kefu", "2026-01-14 16:05"), first)
    services.close(site.acting(office, "kefu", "2026-01-14 16:10"), first)
    office.installation.worker(site.at("2026-01-14 16:11")).run_until_idle()
    came, went = site.at("2026-01-12 10:00"), site.at("2026-01-14 16:00")
    assert register() == [("Trips the fuse", "defect", "repaired", came, went, "Tom", first)]
    assert repairs.repairs_of(office.system(), old)[0].parts == [
        {"group": "", "name": "Element", "code": "E-7", "quantity": "1", "serial": ""}
    ]

    # reopened it is under repair again; closed again it stands there once
    services.reopen(site.acting(office, "sun", "2026-01-15 09:00"), first, "Still trips")
    office.installation.worker(site.at("2026-01-15 09:01")).run_until_idle()
    assert register() == [("Trips the fuse", "defect", "", came, None, "Tom", first)]
    services.finish(site.acting(office, "tom", "2026-01-15 11:00"), first, result)
    services.confirm(site.acting(office, "kefu", "2026-01-15 11:05"), first)
    services.close(site.acting(office, "kefu", "2026-01-15 11:10"), first)
    office.installation.worker(site.at("2026-01-15 11:11")).run_until_idle()
    again = site.at("2026-01-15 11:00")
    assert register() == [("Trips the fuse", "defect", "repaired", came, again, "Tom", first)]

    # March: the warranty is over; the same again is free, until ninety days (this profile's) after it was handed back
    days = ("2026-03-02", "2026-04-15", "2026-04-16")
    assert [site.order_of(office, brought(day)).work_kind for day in days] == ["free", "free", "paid"]
