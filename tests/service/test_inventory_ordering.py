"""Purchase orders: made of what was approved, sent, received in part or whole, closed; printed."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, documents_of, issue_document, ref_of, set_setting, use_locale
from core.testing import moment
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import (
    Arrival,
    BatchData,
    Circumstances,
    OrderData,
    RequestLineData,
    SourceData,
)
from plugins.inventory.models import Location, Move, PurchaseOrder
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries.reorder import coming_lines
from plugins.inventory.services import ordering, purchasing, stock, suppliers
from tests.support.stock_site import NOW, day, furnish, ids, there


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def ordered(ctx, *lines, sent=True) -> list[PurchaseOrder]:
    """An approved request of (part, quantity) from two suppliers, and its orders."""
    one = save_supplier(ctx, SupplierData("Drive Ltd", "S-1", lead_days=7)).id
    two = save_supplier(ctx, SupplierData("Seals Ltd", "S-2", lead_days=14)).id
    for code, seller in (("BELT", one), ("OIL", one), ("SEAL", two), ("ECU", two)):
        suppliers.save_source(ctx, SourceData(ids(ctx)[code], seller, f"X-{code}", price=Decimal("2.5")))
    request = purchasing.draw_up(ctx, "Season")
    for code, quantity in lines:
        purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)[code], Decimal(quantity)))
    purchasing.approve(ctx, request.id)
    found = ordering.order_request(ctx, request.id)
    for row in found if sent else ():
        ordering.send_order(ctx, row.id)
    return found


def come(ctx, order, *quantities, **more):
    lines = queries.lines_of(ctx, order.id)
    arrivals = [Arrival(line.id, Decimal(q)) for line, q in zip(lines, quantities, strict=False)]
    return ordering.receive_order(ctx, order.id, arrivals, ids(ctx, Location)["MAIN"], **more)


def test_an_approved_request_becomes_one_order_for_each_supplier_expected_after_its_lead_time(office):
    ctx = office.system(NOW)
    drive, seals = ordered(ctx, ("BELT", 4), ("SEAL", 2), ("OIL", "1.5"))
    assert [(o.number, o.supplier.name, o.state, o.expected_on, o.amount) for o in (drive, seals)] == [
        ("CG2603-0001", "Drive Ltd", "sent", day("2026-03-09"), Decimal("13.75")),
        ("CG2603-0002", "Seals Ltd", "sent", day("2026-03-16"), Decimal(5)),
    ]
    assert [(x.part.code, x.quantity, x.their_number) for x in queries.lines_of(ctx, drive.id)] == [
        ("BELT", Decimal(4), "X-BELT"), ("OIL", Decimal("1.5"), "X-OIL"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="not possible now: it is Ordered"):
        ordering.order_request(ctx, drive.request_id)
    assert queries.count_late(office.system(moment("2026-03-10 08:00"))) == 1


def test_an_order_is_received_in_part_and_then_in_whole_and_what_is_still_to_come_counts_as_coming(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10), ("OIL", 3))
    belt = ids(ctx)["BELT"]
    come(ctx, order, 4)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(4)}
    assert order.state == "sent"
    assert coming_lines(ctx, {belt}) == [(belt, ids(ctx, Location)["MAIN"], Decimal(6))]
    come(ctx, order, 6, 3)
    assert (order.state, coming_lines(ctx, {belt})) == ("received", [])
    move = ctx.session.scalars(sa.select(Move).order_by(Move.id)).first()
    assert move is not None
    assert (move.record_kind, move.record_id) == ("inventory.order", order.id)
    with pytest.raises(Conflict, match="CG2603-0001 is no longer open"):
        come(ctx, order, 1)


def test_more_than_was_ordered_is_refused_until_the_company_allows_some(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10))
    come(ctx, order, 4)
    with pytest.raises(Conflict, match="Part BELT: 6 pcs may still come, 7 pcs were entered"):
        come(ctx, order, 7)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(4)}
    set_setting(ctx, "inventory.over_delivery", 10)
    come(ctx, order, 7)
    assert (there(ctx), order.state) == ({("BELT", "MAIN"): Decimal(11)}, "received")


def test_batches_and_serial_numbers_come_with_the_goods(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("SEAL", 5), ("ECU", 2))
    seal, ecu = queries.lines_of(ctx, order.id)
    main = ids(ctx, Location)["MAIN"]
    batch = BatchData("B-7", expires_on=day("2027-01-01"))
    with pytest.raises(Invalid, match="2 serial numbers for 1 pieces"):
        ordering.receive_order(ctx, order.id, [Arrival(ecu.id, Decimal(1), serials=("E1", "E2"))], main)
    with pytest.raises(Invalid, match="name the batch"):
        ordering.receive_order(ctx, order.id, [Arrival(seal.id, Decimal(5))], main)
    both = [Arrival(seal.id, Decimal(5), batch), Arrival(ecu.id, Decimal(2), serials=("E1", "E2"))]
    ordering.receive_order(ctx, order.id, both, main)
    assert there(ctx) == {("SEAL", "MAIN"): Decimal(5), ("ECU", "MAIN"): Decimal(2)}
    assert order.state == "received"


def test_a_receipt_sent_twice_is_posted_once(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10))
    first = come(ctx, order, 4, once="k1")
    again = come(ctx, order, 4, once="k1")
    assert (again.moves, again.again) == (first.moves, True)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(4)}


def test_of_two_people_who_receive_one_order_at_once_exactly_one_wins_and_the_other_is_told(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10))
    order_id, version = order.id, order.version
    line_id, main = queries.lines_of(ctx, order_id)[0].id, ids(ctx, Location)["MAIN"]
    office.installation.close_sessions()
    begin, told = threading.Barrier(2), []

    def receive() -> None:
        mine = office.system(NOW)
        begin.wait()
        try:
            with use_locale("en"):
                ordering.receive_order(mine, order_id, [Arrival(line_id, Decimal(5))], main, version=version)
            told.append("")
        except Conflict as error:
            told.append(error.message)
        finally:
            mine.session.close()

    people = [threading.Thread(target=receive) for _n in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(told) == [
        "", "Somebody received on CG2603-0001 a moment ago. Look at what is still to come.",
    ]  # fmt: skip
    assert there(office.system(NOW)) == {("BELT", "MAIN"): Decimal(5)}


def test_a_receipt_that_is_reversed_is_to_come_again(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10))
    posted = come(ctx, order, 10)
    assert order.state == "received"
    stock.reverse(ctx, posted.moves, Circumstances("Wrong order"))
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    row = queries.get_order(ctx, order.id)
    (line,) = queries.lines_of(ctx, row.id)
    assert (row.state, line.received, line.open) == ("sent", Decimal(0), Decimal(10))


def test_what_does_not_come_any_more_counts_as_coming_no_longer_and_what_came_in_part_is_not_cancelled(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 10))
    come(ctx, order, 4)
    with pytest.raises(Conflict, match="has come already: close it instead"):
        ordering.cancel_order(ctx, order.id, "Too late")
    with pytest.raises(Invalid, match="Give a reason"):
        ordering.close_order(ctx, order.id, " ")
    ordering.close_order(ctx, order.id, "No longer made")
    assert (order.state, coming_lines(ctx, {ids(ctx)["BELT"]})) == ("closed", [])


def test_what_the_supplier_confirmed_is_written_down_and_the_order_printed(office):
    ctx = office.system(NOW)
    (order,) = ordered(ctx, ("BELT", 4), sent=False)
    main = ids(ctx, Location)["MAIN"]
    seen = order.version
    ordering.change_order(ctx, order.id, OrderData(main, day("2026-03-20"), "AB-9"), version=seen)
    with pytest.raises(Conflict):
        ordering.change_order(ctx, order.id, OrderData(main), version=seen)
    ordering.send_order(ctx, order.id)
    assert (order.expected_on, order.their_reference) == (day("2026-03-20"), "AB-9")
    issue_document(ctx, "inventory.order_sheet", order, "en")
    (sheet,) = documents_of(ctx, ref_of(ctx, order))
    assert sheet.facts["supplier"] == "Drive Ltd"
    assert sheet.facts["lines"][0] == {
        "part": "BELT V-belt", "theirs": "X-BELT", "quantity": "4", "unit": "pcs", "price": "CN¥2.50",
        "amount": "CN¥10.00",
    }  # fmt: skip
