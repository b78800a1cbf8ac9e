"""A day of the service department with vouchers (VCH-1, 5 to 8, 13, 14), in a company set up by its profile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.api import Conflict, Invalid, RecordRef, documents_of, find_clock, issue_document, use_locale
from core.lists.reading import Asked, page_of
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import ARRIVAL, ORDER, PlanData, ResultData
from plugins.service.daybook_contracts import VOUCHER, FilingData
from plugins.service.lists.orders import ORDERS
from plugins.service.money_contracts import INVOICE, ChargeData, PaymentData
from plugins.service.queries import workshop as queries
from plugins.service.queries.orders import get_order
from plugins.service.services import daybook, money, workshop
from plugins.service.visit_contracts import SignatureData
from plugins.service.workshop_contracts import CARD, ITEM, RECEIPT, TAG, EntryData, ItemData, ReturnData, TestData
from plugins.warranty.agreed import ContractData
from plugins.warranty.agreed import ItemData as Covered
from plugins.warranty.services import agreements
from tests.support import policy_site as site
from tests.support import visits

D = Decimal
PEOPLE = {"kefu": "agent", "diao": "dispatcher", "sun": "manager", "li": "technician", "fay": "finance"}
GOOD = {"safe": ("ok", ""), "fault_gone": ("ok", ""), "functions": ("ok", ""), "trial": ("15", ""), "clean": ("ok", "")}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("vouchers")


def furnish(installation):
    """SN-1 is in guarantee, SN-OLD no more, SN-C neither, but a maintenance contract covers it."""
    office = site.furnish(installation, "vouchers", PEOPLE)
    ctx = office.system()
    known = unit_by_serial(ctx, "SN-1")
    for serial in ("SN-OLD", "SN-C"):
        sold = dt.date(2015, 6, 1)
        base.save_unit_record(ctx, UnitData(known.product_id, serial, customer_id=known.customer_id, sale_date=sold))
    first = dt.date(2026, 1, 1)
    covered = (Covered(device_id=site.device(office, "SN-C")),)
    covers = frozenset({"parts", "labour", "travel"})
    data = ContractData(known.customer_id, "Maintenance", covers, first, dt.date(2026, 12, 31), covered)
    contract = agreements.save_contract(ctx, data)
    agreements.approve_contract(ctx, contract.id)


def sent(office, order_id: int, now: str) -> None:
    """The voucher is drawn, and Li sent with it."""
    kefu = site.acting(office, "kefu", now)
    issue_document(kefu, VOUCHER, get_order(kefu, order_id))
    services.assign(site.acting(office, "diao", now), order_id, site.person(office, "li"), PlanData())


def begun(office, order_id: int, now: str) -> None:
    """Li is there, and the customer signs the voucher."""
    visit = services.arrive(site.acting(office, "li", now), order_id, f"arrived-{order_id}").id
    by_hand = SignatureData("self", "Ma Dongsheng", content=visits.picture())
    services.sign(site.acting(office, "li", now), visit, by_hand, f"signed-{order_id}")


def finished(office, order_id: int, now: str) -> None:
    services.finish(site.acting(office, "li", now), order_id, ResultData("solved", "Relay replaced", "wear"))
    services.confirm(site.acting(office, "li", now), order_id)


def agreed(office, order_id: int, now: str, amount: str) -> None:
    """The customer agrees to the price that was told."""
    services.record_consent(site.acting(office, "kefu", now), order_id, "phone", "Ma Dongsheng", f"{amount} as told")


def receipt_of(office, item_id: int):
    return next(d for d in documents_of(office.system(), RecordRef(ITEM, item_id)) if d.kind == RECEIPT)


@pytest.mark.clause("VCH-1")
def test_the_four_kinds_of_work_are_told_apart_by_what_the_customer_is_entitled_to(office):
    made = [
        site.opened(office, device_id=site.device(office, serial), cause=cause)
        for serial, cause in (("SN-OLD", "wear"), ("SN-C", "wear"), ("SN-1", "defect"))
    ]
    made.append(
        site.opened(office, device_id=None, subject="Stocktaking", work_kind="administration", work_kind_reason="Own")
    )
    orders = [site.order_of(office, order_id) for order_id in made]
    assert [(o.work_kind, "consent" in o.steps) for o in orders] == [
        ("paid", True), ("contract", False), ("free", False), ("administration", False),
    ]  # fmt: skip


@pytest.mark.clause("VCH-13")
@pytest.mark.clause("VCH-14")
def test_what_was_not_dispatched_yesterday_goes_first_and_arrivals_count_working_hours_by_zone(office):
    free = {"work_kind": "free", "work_kind_reason": "Voucher 12"}
    left = site.opened(office, "16:30", mailbox="kefu", urgency="low", device_id=None, zone="suburb", **free)
    urgent = site.opened(office, "03-03 08:50", mailbox="kefu", urgency="urgent", device_id=None, zone="city", **free)
    diao = site.acting(office, "diao", "03-03 09:00")
    assert [o.id for o in page_of(diao, ORDERS, Asked("to_dispatch"), None).rows] == [left, urgent]
    assert site.due(office, left, ARRIVAL) == site.at("03-03 14:30"), "7 hours: 1.5 on Monday, 5.5 on Tuesday"
    assert site.due(office, urgent, ARRIVAL) == site.at("03-03 15:00"), "6 hours from nine"
    sent(office, left, "03-03 09:05")
    diao = site.acting(office, "diao", "03-03 09:06")
    assert [o.id for o in page_of(diao, ORDERS, Asked("to_dispatch"), None).rows] == [urgent]
    services.start(site.acting(office, "li", "03-03 14:00"), left)
    assert site.clock_state(office, left, ARRIVAL) == "met"


@pytest.mark.clause("VCH-5")
def test_a_small_amount_is_collected_on_the_spot_and_for_a_larger_one_the_invoice_comes_first_the_same_day(office):
    small, large = (
        site.opened(office, device_id=None, work_kind="paid", work_kind_reason="No guarantee") for _n in range(2)
    )
    for order_id, price in ((small, "80"), (large, "1300")):
        services.accept(site.acting(office, "kefu", "09:05"), order_id)
        agreed(office, order_id, "09:10", price)
        sent(office, order_id, "09:15")
        begun(office, order_id, "10:00")
        charge = ChargeData("part", "Relay", D(1), D(price), reason="price sheet")
        money.add_charge(site.acting(office, "li", "10:20"), order_id, charge)
        finished(office, order_id, "11:00")

    # small: on the spot, the invoice follows
    paid = money.collect(site.acting(office, "li", "11:05"), small, PaymentData(D(80), "cash"))
    assert (paid.mode, find_clock(office.system(), RecordRef(ORDER, small), INVOICE).due_at) == (
        "on_spot", site.at("03-05 18:00"),
    )  # fmt: skip
    assert site.lacking(office, small, "close") == []

    # else the invoice first, on the same day
    money.begin_invoice_clock(office.system(site.at("11:00")), large, site.at("11:00"))
    assert find_clock(office.system(), RecordRef(ORDER, large), INVOICE).due_at == moment("2026-03-03 00:00")
    with pytest.raises(Conflict, match="The invoice comes first"):
        money.collect(site.acting(office, "li", "11:05"), large, PaymentData(D(1300), "transfer"))
    with pytest.raises(Invalid, match="why it is not collected as the table says"):
        money.collect(site.acting(office, "li", "11:05"), large, PaymentData(D(1300), "cash", "on_spot"))
    money.record_invoice(site.acting(office, "fay", "15:00"), large, "FP-2", dt.date(2026, 3, 2), D(1300))
    assert find_clock(office.system(), RecordRef(ORDER, large), INVOICE).state == "met"
    paid = money.collect(site.acting(office, "li", "16:00"), large, PaymentData(D(1300), "transfer"))
    assert (paid.mode, site.lacking(office, large, "close")) == ("invoice_first", [])


@pytest.mark.clause("VCH-6", "VCH-7", "VCH-8")
def test_what_cannot_be_done_on_site_is_taken_along_repaired_inspected_and_given_back_against_the_receipt(office):
    order_id = site.opened(
        office, device_id=None, person_name="Ma Dongsheng", work_kind="paid", work_kind_reason="Out of guarantee"
    )
    services.accept(site.acting(office, "kefu", "09:05"), order_id)
    agreed(office, order_id, "09:10", "45")
    sent(office, order_id, "09:15")
    begun(office, order_id, "10:00")

    # VCH-6: taken along against a receipt, entered in the in and out register, tag and repair card made out
    left = ItemData("Scratch on the lid, cable fine", "Kettle 2L", "K-100", accessories="base")
    item = workshop.take_in(site.acting(office, "li", "11:00"), order_id, left).id
    receipt = receipt_of(office, item)
    assert (receipt.number, receipt.facts["item"], receipt.facts["condition"]) == (
        "LQ2603-0001", "SX2603-0001", "Scratch on the lid, cable fine",
    )  # fmt: skip
    li = site.acting(office, "li", "11:05")
    row = queries.get_item(li, item)
    assert issue_document(li, TAG, row).facts["accessories"] == "base"
    assert issue_document(li, CARD, row).facts["fault"] == "Lift is weak"
    register = li.session.scalars(queries.rows_of(li).where(queries.tab_clause(li, "here"))).all()
    assert [i.number for i in register] == ["SX2603-0001"]

    # VCH-7: time and parts on the card, inspected by the head, the return date entered
    workshop.pass_on(site.acting(office, "sun", "12:00"), item, site.person(office, "li"), "Bench 2")
    workshop.add_entry(site.acting(office, "li", "14:00"), item, EntryData("work", "Element replaced", 40))
    workshop.add_entry(site.acting(office, "li", "14:05"), item, EntryData("part", "Element", None, "HE-20", D(1)))
    with pytest.raises(Conflict, match="has not passed its test yet"):
        workshop.inspect(site.acting(office, "sun", "14:10"), item)
    workshop.record_test(site.acting(office, "li", "15:00"), item, TestData(GOOD))
    assert "SX2603-0001: not inspected by the head yet" in site.lacking(office, order_id, "finish")
    workshop.inspect(site.acting(office, "sun", "16:00"), item, "Like new")
    workshop.set_return_day(site.acting(office, "li", "16:05"), item, dt.date(2026, 3, 4))
    money.add_charge(
        site.acting(office, "li", "16:06"), order_id, ChargeData("labour", "Labour", D(1), D(45), reason="price sheet")
    )
    finished(office, order_id, "16:10")
    assert "SX2603-0001 is still here" in site.lacking(office, order_id, "close")

    # the customer signs, the receipt is taken back and voided
    with pytest.raises(Invalid, match="Who signed for it"):
        workshop.hand_back(site.acting(office, "li", "03-04 10:00"), item, ReturnData("picked_up"))
    money.collect(site.acting(office, "li", "03-04 10:00"), order_id, PaymentData(D(45), "wechat"))
    fetched = ReturnData("picked_up", signed_by="Ma Dongsheng")
    back = workshop.hand_back(site.acting(office, "li", "03-04 10:05"), item, fetched)
    assert (back.state, back.signed_by, back.receipt, back.holder_id) == ("returned", "Ma Dongsheng", "voided", None)
    assert receipt_of(office, item).cancel_reason == "Taken back when the item was handed back"
    chain = [(c.at, c.from_name, c.to_name, c.place) for c in queries.custody_of(office.system(), item)]
    assert chain == [
        (site.at("11:00"), "Ma Dongsheng", "Li", ""),
        (site.at("12:00"), "Li", "Li", "Bench 2"),
        (site.at("03-04 10:05"), "Li", "Ma Dongsheng", ""),
    ]

    # VCH-8: paid, invoiced on the day of return; the voucher is filed
    money.record_invoice(site.acting(office, "fay", "03-04 15:00"), order_id, "FP-3", dt.date(2026, 3, 4), D(45))
    services.close(site.acting(office, "sun", "03-04 16:00"), order_id)
    papers = documents_of(office.system(), RecordRef(ORDER, order_id))
    voucher = next(d for d in papers if d.kind == VOUCHER)
    daybook.file_voucher(site.acting(office, "kefu", "03-04 16:02"), order_id, voucher.id, FilingData("Folder 3"))
    assert services.archive(site.acting(office, "sun", "03-04 16:05"), order_id).state == "archived"


@pytest.mark.clause("VCH-8")
def test_what_was_sent_in_and_repaired_for_money_is_invoiced_on_the_day_it_goes_back(office):
    order_id = site.opened(office, kind="workshop", device_id=None, work_kind="paid", work_kind_reason="No guarantee")
    services.accept(site.acting(office, "kefu", "09:05"), order_id)
    agreed(office, order_id, "09:10", "45")
    item = workshop.take_in(site.acting(office, "li", "09:30"), order_id, ItemData("Fine", "Kettle")).id
    services.start(site.acting(office, "li", "10:00"), order_id)
    charge = ChargeData("labour", "Labour", D(1), D(45), reason="price sheet")
    money.add_charge(site.acting(office, "li", "10:30"), order_id, charge)
    workshop.record_test(site.acting(office, "li", "10:40"), item, TestData(GOOD))
    workshop.inspect(site.acting(office, "sun", "10:50"), item)
    finished(office, order_id, "11:00")
    money.collect(site.acting(office, "li", "03-04 15:00"), order_id, PaymentData(D(45), "wechat"))
    workshop.hand_back(site.acting(office, "li", "03-04 15:00"), item, ReturnData("picked_up", signed_by="Ma"))
    clock = find_clock(office.system(), RecordRef(ORDER, order_id), INVOICE)
    assert (clock.started_at, clock.due_at) == (site.at("03-04 15:00"), moment("2026-03-05 00:00"))
