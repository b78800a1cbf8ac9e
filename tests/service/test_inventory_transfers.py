"""Transfers: what is sent is in transit, for nobody, until it is received or decided; each step has a clear word."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, RecordRef, use_locale
from core.auth.models import User
from core.notifications import Notification
from plugins.inventory.contracts import Circumstances, LocationData, StockLine
from plugins.inventory.models import Balance, Batch, Inspection, Location, Move, Serial
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.transfers import get_transfer, lines_of, on_the_way, places_of_lot
from plugins.inventory.services import lots, places, reserving, stock, transfers
from plugins.inventory.transfer_contracts import TransferArrival, TransferData, TransferLineData, UnsentArrival
from tests.support.stock_site import NOW, furnish, ids, put, send, there

OWN = ("inventory.transfer.view", "inventory.transfer.own")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def arrival(ctx, row, quantity="0", damaged="0", line: int = 0) -> TransferArrival:
    return TransferArrival(lines_of(ctx, row.id)[line].id, Decimal(quantity), Decimal(damaged))


def settled(ctx, row, decision: str, reason: str = "Looked for it", line: int = 0, **more):
    return transfers.settle(ctx, lines_of(ctx, row.id)[line].id, decision, reason, **more)


def counts(ctx) -> dict:
    assert differences(ctx) == []
    return {place: int(q) for (_part, place), q in there(ctx).items()}


def test_what_is_sent_is_in_transit_until_it_is_received(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    row = send(ctx, "BELT", 4, "NORTH")
    assert (row.state, counts(ctx)) == ("sent", {"MAIN": 6, "TRANSIT": 4})
    transfers.receive(ctx, row.id, [arrival(ctx, row, "3")])
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("sent", {"MAIN": 6, "TRANSIT": 1, "NORTH": 3})
    transfers.receive(ctx, row.id, [arrival(ctx, row, "1")])
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"MAIN": 6, "NORTH": 4})
    assert on_the_way(ctx) == {}


@pytest.mark.parametrize("act", ["transfer", "issue", "adjust", "receive", "reserve", "reverse"])
def test_nothing_in_transit_is_moved_but_by_its_transfer(office, act):
    ctx = office.system(NOW)
    put(ctx, "BELT", 4)
    row = send(ctx, "BELT", 4, "NORTH")
    belt, places = ids(ctx)["BELT"], ids(ctx, Location)
    line = StockLine(belt, Decimal(1), places["TRANSIT"])
    move = ctx.session.scalar(sa.select(Move.id).where(Move.to_id == places["TRANSIT"]))
    acts = {
        "transfer": lambda: stock.transfer(ctx, [line], places["MAIN"]),
        "issue": lambda: stock.issue(ctx, [line]),
        "adjust": lambda: stock.adjust(ctx, [StockLine(belt, Decimal(-1), places["TRANSIT"])], Circumstances("Gone")),
        "receive": lambda: stock.transfer(ctx, [StockLine(belt, Decimal(1), places["MAIN"])], places["TRANSIT"]),
        "reserve": lambda: reserving.reserve(ctx, RecordRef("base.product", 1), {belt: Decimal(1)}),
        "reverse": lambda: stock.reverse(ctx, [move], Circumstances("By mistake")),
    }
    said = {"reserve": "0 pcs free, 1 pcs needed", "reverse": "belongs to a transfer"}.get(act, "can’t lead|needed")
    with pytest.raises((Conflict, Invalid), match=said):
        acts[act]()
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("sent", {"TRANSIT": 4})


def test_what_lacks_is_found_sent_back_or_written_off_with_a_reason(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    row = send(ctx, "BELT", 6, "NORTH")
    transfers.receive(ctx, row.id, [arrival(ctx, row, "3")], complete=True)
    assert get_transfer(ctx, row.id).state == "differs"
    with pytest.raises(Invalid, match="Give a reason"):
        settled(ctx, row, "lost", " ")
    settled(ctx, row, "found", quantity=Decimal(1))
    settled(ctx, row, "back", quantity=Decimal(1))
    with pytest.raises(Invalid, match="1 pcs of BELT are to be decided so"):
        settled(ctx, row, "lost", quantity=Decimal(2))
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("differs", {"MAIN": 5, "TRANSIT": 1, "NORTH": 4})
    settled(ctx, row, "lost", "The parcel was open")
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"MAIN": 5, "NORTH": 4})
    last = ctx.session.scalars(sa.select(Move).order_by(Move.id.desc())).first()
    assert (last.kind, last.reason, last.quantity) == ("adjustment", "The parcel was open", Decimal(1))


def test_writing_off_needs_the_right_to_correct_stock(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    row = send(ctx, "BELT", 2, "NORTH")
    transfers.receive(ctx, row.id, [], complete=True)
    row_id, line_id = row.id, lines_of(ctx, row.id)[0].id
    office.installation.close_sessions()
    decider = office.ctx(*OWN, "inventory.transfer.settle", now=NOW)
    with pytest.raises(Forbidden):
        transfers.settle(decider, line_id, "lost", "Gone")
    assert counts(office.system(NOW)) == {"TRANSIT": 2}
    assert transfers.settle(decider, line_id, "back", "Found in the yard").id == row_id


@pytest.mark.parametrize(("decision", "after"), [("sender", (3, 7)), ("surplus", (4, 7))])
def test_more_than_was_sent_is_written_down_and_decided(office, decision, after):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    row = send(ctx, "BELT", 6, "NORTH")
    transfers.receive(ctx, row.id, [arrival(ctx, row, "7")])
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("differs", {"MAIN": 4, "NORTH": 6})
    settled(ctx, row, decision, "Counted twice")
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"MAIN": after[0], "NORTH": after[1]})


@pytest.mark.parametrize(
    ("decision", "after"),
    [
        ("sender", {"BELT NORTH": 2, "FILTER MAIN": 3, "FILTER NORTH": 1, "FILTER QUAR": 1}),
        ("surplus", {"BELT NORTH": 2, "FILTER MAIN": 5, "FILTER NORTH": 1, "FILTER QUAR": 1}),
        ("returned", {"BELT NORTH": 2, "FILTER MAIN": 5}),
    ],
)
def test_what_was_not_sent_is_written_down_and_decided_where_it_came_from(office, decision, after):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    put(ctx, "FILTER", 5)
    row = send(ctx, "BELT", 2, "NORTH")
    along = UnsentArrival(ids(ctx)["FILTER"], quantity=Decimal(1), damaged=Decimal(1))
    transfers.receive(ctx, row.id, [arrival(ctx, row, "2")], unsent=[along])
    line = lines_of(ctx, row.id)[1]
    assert (line.unsent, line.quantity, line.too_many, line.too_many_damaged) == (True, 0, 2, 1)
    before = {"BELT NORTH": 2, "FILTER MAIN": 5}
    assert (get_transfer(ctx, row.id).state, by_part(ctx)) == ("differs", before), "nowhere in stock until decided"
    settled(ctx, row, decision, "Asked the sender", line=1)
    assert (get_transfer(ctx, row.id).state, by_part(ctx)) == ("done", after)


def by_part(ctx) -> dict:
    assert differences(ctx) == []
    return {f"{part} {place}": int(q) for (part, place), q in there(ctx).items()}


def test_more_damaged_than_was_sent_is_a_difference_and_the_damaged_are_decided_first(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    row = send(ctx, "BELT", 4, "NORTH")
    transfers.receive(ctx, row.id, [arrival(ctx, row, "1", "5")])
    line = lines_of(ctx, row.id)[0]
    assert (line.damaged, line.received, line.surplus, line.surplus_damaged) == (4, 0, 2, 1)
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("differs", {"MAIN": 6, "QUAR": 4})
    settled(ctx, row, "sender", quantity=Decimal(1))
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("differs", {"MAIN": 5, "QUAR": 5})
    settled(ctx, row, "sender", quantity=Decimal(1))
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"MAIN": 4, "NORTH": 1, "QUAR": 5})


def test_a_piece_that_was_not_sent_is_taken_from_where_the_book_has_it(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    put(ctx, "ECU", 1, "VAN", serial="E-1")
    put(ctx, "ECU", 1, "NORTH", serial="E-2")
    row, where = send(ctx, "BELT", 2, "NORTH"), ids(ctx, Location)
    for serial_id in (1, 2):
        transfers.came_unsent(ctx, row.id, UnsentArrival(ids(ctx)["ECU"], None, serial_id, Decimal(1)))
    for data, said in (
        (UnsentArrival(ids(ctx)["ECU"], None, 1, Decimal(1)), "can’t come twice"),
        (UnsentArrival(ids(ctx)["BELT"], quantity=Decimal(1)), "BELT is on DB2603-0001 and still to come"),
        (UnsentArrival(ids(ctx)["OIL"], quantity=Decimal(1), damaged=Decimal(-1)), "0 or more"),
        (UnsentArrival(ids(ctx)["OIL"]), "above 0"), (UnsentArrival(ids(ctx)["SEAL"], None, None, Decimal(1)), "batch"),
    ):  # fmt: skip
        with pytest.raises((Invalid, Conflict), match=said):
            transfers.came_unsent(ctx, row.id, data)
    transfers.receive(ctx, row.id, [arrival(ctx, row, "2")])
    assert [x.code for x in places_of_lot(ctx, lines_of(ctx, row.id)[1], where["NORTH"])] == ["VAN"]
    with pytest.raises(Conflict, match="0 pcs free|needed"):
        settled(ctx, row, "sender", line=1)
    with pytest.raises(Invalid, match="By the book it lies in North store already"):
        settled(ctx, row, "sender", line=2, from_id=where["NORTH"])
    settled(ctx, row, "sender", line=1, from_id=where["VAN"])
    settled(ctx, row, "returned", line=2)
    assert get_transfer(ctx, row.id).state == "done"
    assert by_part(ctx) == {"BELT NORTH": 2, "ECU NORTH": 2}


def test_who_sent_it_is_told_of_what_was_not_sent(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    where, belt = ids(ctx, Location), ids(ctx)["BELT"]
    li = ctx.session.scalars(sa.select(User.id).where(User.email == "li@acme.example")).one()
    office.installation.close_sessions()
    his = office.ctx(*OWN, "inventory.transfer.edit", now=NOW, user_id=li, name="Li Hai")
    data = TransferData(where["MAIN"], where["NORTH"])
    row = transfers.hand(his, data, [TransferLineData(belt, Decimal(2))])
    row_id, line_id = row.id, lines_of(his, row.id)[0].id
    office.installation.close_sessions()
    ctx = office.system(NOW)
    along = UnsentArrival(ids(ctx)["FILTER"], quantity=Decimal(3))
    transfers.receive(ctx, row_id, [TransferArrival(line_id, Decimal(1))], complete=True, unsent=[along])
    told = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == li)).one()
    assert (told.facts["short"], told.facts["over"]) == ("BELT × 1 pcs", "FILTER × 3 pcs")
    transfers.came_unsent(ctx, row_id, UnsentArrival(ids(ctx)["OIL"], quantity=Decimal(1)))
    query = sa.select(Notification).where(Notification.user_id == li)
    told = ctx.session.scalars(query.order_by(Notification.id)).all()
    assert told[-1].facts["over"] == "FILTER × 3 pcs, OIL × 1 litre"


def test_what_comes_damaged_waits_in_quarantine_for_a_quality_decision(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 6)
    row = send(ctx, "BELT", 6, "NORTH")
    transfers.receive(ctx, row.id, [arrival(ctx, row, "4", "2")])
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"NORTH": 4, "QUAR": 2})
    inspection = ctx.session.scalars(sa.select(Inspection)).one()
    assert (inspection.undecided, inspection.note) == (Decimal(2), f"Damaged on {row.number}")


def test_of_two_people_who_receive_the_same_transfer_one_is_told(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 6)
    row = send(ctx, "BELT", 6, "NORTH")
    seen = get_transfer(ctx, row.id).version
    transfers.receive(ctx, row.id, [arrival(ctx, row, "2")], version=seen)
    with pytest.raises(Conflict, match="Somebody received on DB2603-0001 a moment ago"):
        transfers.receive(ctx, row.id, [arrival(ctx, row, "6")], version=seen)
    assert counts(ctx) == {"TRANSIT": 4, "NORTH": 2}


def test_a_form_that_is_sent_twice_is_posted_once(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 6)
    row = send(ctx, "BELT", 6, "NORTH")
    arrivals = [arrival(ctx, row, "2")]
    first = transfers.receive(ctx, row.id, arrivals, once="r1")
    again = transfers.receive(ctx, row.id, arrivals, once="r1")
    assert (again.again, again.moves, counts(ctx)) == (True, first.moves, {"TRANSIT": 4, "NORTH": 2})
    places = ids(ctx, Location)
    data, lines = TransferData(places["NORTH"], places["MAIN"]), [TransferLineData(ids(ctx)["BELT"], Decimal(1))]
    handed = transfers.hand(ctx, data, lines, once="h1")
    assert transfers.hand(ctx, data, lines, once="h1").id == handed.id
    assert counts(ctx) == {"TRANSIT": 5, "NORTH": 1}


def test_a_held_batch_in_transit_is_blocked_and_stays_so_when_it_arrives(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 5, batch="B-1")
    row = send(ctx, "SEAL", 3, "NORTH", batch="B-1")
    lots.hold_batch(ctx, ids(ctx, Batch)["B-1"], "Leaks")
    rows = ctx.session.scalars(sa.select(Balance).where(Balance.on_hand > Decimal(0)))
    held = {row.location.code: row.held for row in rows}
    assert held == {"MAIN": True, "TRANSIT": True}
    transfers.receive(ctx, row.id, [arrival(ctx, row, "3")])
    with pytest.raises(Conflict, match="0 set free, 1 set needed"):
        reserving.reserve(ctx, RecordRef("base.product", 1), {ids(ctx)["SEAL"]: Decimal(1)})


def test_what_was_not_sent_is_cancelled_and_what_was_sent_goes_back(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 6)
    places, belt = ids(ctx, Location), ids(ctx)["BELT"]
    draft = transfers.draw_up(ctx, TransferData(places["MAIN"], places["NORTH"]))
    with pytest.raises(Invalid, match="nothing in it yet"):
        transfers.send(ctx, draft.id)
    transfers.add_line(ctx, draft.id, TransferLineData(belt, Decimal(9)))
    with pytest.raises(Conflict, match="6 pcs free, 9 pcs needed"):
        transfers.send(ctx, draft.id)
    transfers.cancel(ctx, draft.id, "Too few")
    with pytest.raises(Conflict, match="sent already, or cancelled"):
        transfers.add_line(ctx, draft.id, TransferLineData(belt, Decimal(1)))
    row = send(ctx, "BELT", 2, "NORTH")
    with pytest.raises(Conflict, match="sent already, or cancelled"):
        transfers.cancel(ctx, row.id, "No")
    transfers.send_back(ctx, row.id, "Not needed there")
    assert (get_transfer(ctx, row.id).state, counts(ctx)) == ("done", {"MAIN": 6})
    with pytest.raises(Conflict, match="Nothing is to come"):
        transfers.receive(ctx, row.id, [])


@pytest.mark.parametrize(
    ("ends", "said"),
    [(("MAIN", "MAIN"), "in Main warehouse already"), (("QUAR", "NORTH"), "can’t lead"),
     (("MAIN", "TRANSIT"), "can’t lead"), (("MAIN", "CUSTOMER"), "can’t lead"), (("TRANSIT", "MAIN"), "can’t lead")],
)  # fmt: skip
def test_a_transfer_leads_between_places_where_goods_lie(office, ends, said):
    ctx = office.system(NOW)
    places = ids(ctx, Location)
    with pytest.raises(Invalid, match=said):
        transfers.draw_up(ctx, TransferData(places[ends[0]], places[ends[1]]))


def test_bad_lines_are_refused_in_words(office):
    ctx = office.system(NOW)
    put(ctx, "ECU", 1, serial="E-1")
    put(ctx, "SEAL", 2, batch="B-1")
    places, known = ids(ctx, Location), ids(ctx)
    row = transfers.draw_up(ctx, TransferData(places["MAIN"], places["NORTH"]))
    piece = ids(ctx, Serial)["E-1"]
    transfers.add_line(ctx, row.id, TransferLineData(known["ECU"], Decimal(1), serial_id=piece))
    for data, said in (
        (TransferLineData(known["ECU"], Decimal(1), serial_id=piece), "in it already"),
        (TransferLineData(known["ECU"], Decimal(1)), "has serial numbers"),
        (TransferLineData(known["SEAL"], Decimal(1)), "name the batch"),
        (TransferLineData(known["BELT"], Decimal(-1)), "above 0"),
        (TransferLineData(known["BELT"], Decimal("0.5")), "can’t be"),
        (TransferLineData(known["BELT"], Decimal(1), batch_id=1), "neither batches nor serial numbers"),
    ):
        with pytest.raises((Invalid, Conflict), match=said):
            transfers.add_line(ctx, row.id, data)
    transfers.send(ctx, row.id)
    with pytest.raises(Invalid, match="can’t come twice"):
        transfers.receive(ctx, row.id, [arrival(ctx, row, "2")])
    with pytest.raises(Invalid, match="0 or more"):
        transfers.receive(ctx, row.id, [arrival(ctx, row, "-1")])
    with pytest.raises(Invalid, match="Enter what has come"):
        transfers.receive(ctx, row.id, [])


def test_what_goes_to_a_person_is_accepted_by_that_person_only(office):
    wang = office.person("wang@acme.example", "technician", name="Wang Tao")
    ctx = office.system(NOW)
    put(ctx, "BELT", 6, "VAN")
    where, belt = ids(ctx, Location), ids(ctx)["BELT"]
    li = ctx.session.scalars(sa.select(User.id).where(User.email == "li@acme.example")).one()
    store = places.save_location(ctx, LocationData("T-WANG", "Store of Wang Tao", "technician", user_id=wang)).id
    office.installation.close_sessions()
    hers = office.ctx(*OWN, now=NOW, user_id=li, name="Li Hai")
    row = transfers.hand(hers, TransferData(where["VAN"], store), [TransferLineData(belt, Decimal(2))])
    row_id, line = row.id, lines_of(hers, row.id)[0].id
    for rights, who in ((OWN, li), ((*OWN, "inventory.transfer.edit"), None)):
        office.installation.close_sessions()
        other = office.ctx(*rights, now=NOW, user_id=who, name="Somebody")
        with pytest.raises(Forbidden, match="Only Wang Tao accepts"):
            transfers.receive(other, row_id, [TransferArrival(line, Decimal(2))])
    office.installation.close_sessions()
    his = office.ctx(*OWN, now=NOW, user_id=wang, name="Wang Tao")
    with pytest.raises(Forbidden, match="Only who has Van of Li Hai"):
        transfers.draw_up(his, TransferData(where["VAN"], store))
    told = his.session.scalars(sa.select(Notification).where(Notification.user_id == wang)).one()
    assert (told.text[:32], told.facts["what"]) == ("{name} hands over to you: {what}", "BELT × 2")
    transfers.receive(his, row_id, [TransferArrival(line, Decimal(2))])
    assert counts(office.system(NOW)) == {"VAN": 4, "T-WANG": 2}
