"""By nothing but scans a transfer is sent and accepted, and what came of a purchase order is taken in."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, DomainError, Forbidden, Invalid, RecordRef, use_locale
from core.auth.models import User
from core.events import Event
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import RequestLineData, SourceData
from plugins.inventory.models import Location, Transfer, TransferLine, TransferScan
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.transfers import get_transfer, lines_of
from plugins.inventory.rules.scanning import label_text
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import ordering, purchasing, suppliers, transfers
from plugins.inventory.services.scanning import finish, scan, take_back
from plugins.inventory.transfer_contracts import TransferArrival, TransferData, TransferLineData
from tests.support.stock_site import NOW, furnish, ids, moves, put, send, there

KEYS = itertools.count()
OWN = ("inventory.transfer.view", "inventory.transfer.own")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def walk(ctx, state: Scanning, *codes: str):
    """Scan these one after the other; answers the last state and everything that was said."""
    said = []
    for code in codes:
        result = scan(ctx, state, code, f"scan {next(KEYS)}")
        state = result.state
        said.append(result.said)
    return state, said


def refused(ctx, state: Scanning, code: str) -> str:
    """The code of the refusal; nothing was posted, nothing put in and no scan kept."""
    before = kept(ctx)
    with pytest.raises(DomainError) as error:
        scan(ctx, state, code, "")
    assert kept(ctx) == before
    return error.value.code


def kept(ctx) -> tuple:
    """How many moves there are, how much is put into transfers, and how much of what came is scanned."""
    sums = [ctx.session.scalar(sa.select(sa.func.sum(x.quantity))) for x in (TransferLine, TransferScan)]
    return len(moves(ctx)), *sums


def counts(ctx) -> dict:
    assert differences(ctx) == []
    return {f"{part} {place}": int(q) for (part, place), q in there(ctx).items()}


def test_a_transfer_is_put_together_sent_and_accepted_by_scans(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    put(ctx, "SEAL", 4, batch="B-1")
    put(ctx, "ECU", 1, serial="E-1")
    north = label_text("acme", "location", "NORTH")
    state, said = walk(ctx, Scanning("send"), "MAIN", north, "*3", "BELT", "BELT", "SEAL", "B-1", "ECU", "E-1")
    assert said == [
        "From Main warehouse: scan whither it goes", "To North store: scan the parts", "Quantity 3 for the next part",
        "BELT × 3 pcs put into DB2603-0001", "BELT × 4 pcs put into DB2603-0001", "SEAL Seal kit: scan the batch",
        "SEAL × 1 set put into DB2603-0001", "ECU Control unit: scan the serial number",
        "ECU × 1 pcs put into DB2603-0001",
    ]  # fmt: skip
    assert counts(ctx) == {"BELT MAIN": 10, "SEAL MAIN": 4, "ECU MAIN": 1}, "nothing has left yet"
    state, said = walk(ctx, state, north)
    assert said == ["DB2603-0001 is sent to North store: BELT × 4, SEAL × 1, ECU × 1"]
    assert state == Scanning("send"), "the next one begins anew"
    assert counts(ctx) == {
        "BELT MAIN": 6, "SEAL MAIN": 3, "BELT TRANSIT": 4, "SEAL TRANSIT": 1, "ECU TRANSIT": 1,
    }  # fmt: skip

    label, seal = label_text("acme", "transfer", "DB2603-0001"), label_text("acme", "batch", "SEAL", "B-1")
    begun, said = walk(ctx, Scanning("take"), label, "NORTH", "*4", "BELT", seal)
    assert said[0] == "Accepting DB2603-0001. To come: BELT × 4 pcs, SEAL × 1 set, ECU × 1 pcs"
    assert said[3:] == ["BELT: 4 pcs of 4 pcs scanned", "SEAL: 1 set of 1 set scanned"]
    assert "BELT NORTH" not in counts(ctx), "until the label is scanned once more nothing is entered"
    result = scan(ctx, begun, "DB2603-0001", "first")
    assert (result.said, result.tone) == (
        "DB2603-0001: BELT × 4 pcs, SEAL × 1 set accepted. Still on its way: ECU × 1 pcs. "
        "If nothing more is to come, scan its label, then type =.", "warn",
    )  # fmt: skip
    assert scan(ctx, begun, label, "first").moves == result.moves, "a scan that is sent again is entered once"
    _state, said = walk(ctx, Scanning("take"), "DB2603-0001", label_text("acme", "serial", "ECU", "E-1"), label)
    assert said[-1] == "DB2603-0001: ECU × 1 pcs accepted. All of it is there."
    assert counts(ctx) == {"BELT MAIN": 6, "SEAL MAIN": 3, "BELT NORTH": 4, "SEAL NORTH": 1, "ECU NORTH": 1}
    assert get_transfer(ctx, 1).state == "done"


def test_what_was_put_in_is_put_back_and_what_was_scanned_is_taken_back(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    state, _said = walk(ctx, Scanning("send"), "MAIN", "NORTH", "*5", "BELT")
    assert state.ref is not None
    transfers.drop_line(ctx, lines_of(ctx, state.ref.id)[0].id)
    assert refused(ctx, state, "NORTH") == "nothing"
    state, _said = walk(ctx, state, "*2")
    assert [scan(ctx, state, "BELT", "twice").said for _sent in range(2)] == ["BELT × 2 pcs put into DB2603-0001"] * 2
    assert finish(ctx, state, "").said == "DB2603-0001 is sent to North store: BELT × 2"

    state, _said = walk(ctx, Scanning("take"), "DB2603-0001", "BELT")
    scan(ctx, state, "BELT", "second")
    again = scan(ctx, state, "BELT", "second")
    assert again.said == "BELT: 2 pcs of 2 pcs scanned", "a scan whose answer was lost counts once when sent again"
    result = take_back(ctx, state)
    assert (result.said, result.tone) == ("BELT: 1 pcs of 2 pcs scanned", "warn")
    finish(ctx, result.state, "")
    assert counts(ctx) == {"BELT MAIN": 3, "BELT TRANSIT": 1, "BELT NORTH": 1}


def test_a_scan_is_taken_back_once_though_the_answer_was_lost_and_counts_no_more_when_it_comes_late(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    row = send(ctx, "BELT", 4, "NORTH")
    state, _said = walk(ctx, Scanning("take"), row.number, "BELT", "BELT")
    scan(ctx, state, "BELT", "third")
    back = [take_back(ctx, state, "undo").said for _sent in range(2)]
    assert back == ["BELT: 2 pcs of 4 pcs scanned"] * 2, "the second request takes back no second scan"
    assert scan(ctx, state, "BELT", "third").said == "BELT: 2 pcs of 4 pcs scanned"
    assert take_back(ctx, state, "next").said == "BELT: 1 pcs of 4 pcs scanned"
    _state, said = walk(ctx, Scanning("take"), row.number)
    assert said == [f"Going on with {row.number}: 1 scans are kept. To come: BELT × 4 pcs"]
    finish(ctx, state, "")
    assert kept(ctx)[2] is None, "what was taken back goes with what is entered"
    assert counts(ctx) == {"BELT MAIN": 1, "BELT TRANSIT": 3, "BELT NORTH": 1}


def test_the_key_of_a_scan_stands_in_no_audit_trail(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    walk(ctx, Scanning("send"), "MAIN", "NORTH", "*2", "BELT", "BELT")
    told = ctx.session.scalars(sa.select(Event).where(Event.name == "inventory.transfer_line").order_by(Event.id)).all()
    fields = [change["fields"] for event in told for change in event.changes]
    assert [x.get("quantity") for x in fields] == [[None, "2"], ["2", "3"]]
    assert not any("once" in x for x in fields)


def test_a_transfer_that_was_begun_is_gone_on_with_by_its_label(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    walk(ctx, Scanning("send"), "MAIN", "NORTH", "BELT")
    state, said = walk(ctx, Scanning("send"), label_text("acme", "transfer", "DB2603-0001"), "BELT", "DB2603-0001")
    assert said == [
        "Going on with DB2603-0001", "BELT × 2 pcs put into DB2603-0001",
        "DB2603-0001 is sent to North store: BELT × 2",
    ]  # fmt: skip
    assert refused(ctx, state, "DB2603-0001") == "not_draft"


def test_what_can_not_be_sent_or_accepted_is_refused_in_words_and_changes_nothing(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "FILTER", 1)
    put(ctx, "ECU", 1, serial="E-1")
    main, north = (ids(ctx, Location)[code] for code in ("MAIN", "NORTH"))
    send(ctx, "BELT", 2, "NORTH")
    coming, _said = walk(ctx, Scanning("take"), "DB2603-0001", "*2", "BELT")
    broken, _said = walk(ctx, coming, "!")
    draft, _said = walk(ctx, Scanning("send", main, north), "*9", "BELT")
    foreign = [label_text("others", kind, "DB2603-0001") for kind in ("transfer", "location")]
    for state, code, why in (
        (Scanning("send"), "BELT", "place_first"), (Scanning("send", main), "BELT", "target_first"),
        (Scanning("send", main), "MAIN", "same_place"), (Scanning("send", main), "TRANSIT", "wrong_places"),
        (Scanning("send", main), "CUSTOMER", "outside"), (draft, foreign[1], "foreign_label"),
        (draft, "NORTH", "not_enough"), (draft, label_text("acme", "serial", "ECU", "E-7"), "unknown_serial"),
        (Scanning("take"), "BELT", "transfer_first"), (Scanning("take"), "NORTH", "transfer_first"),
        (Scanning("take"), foreign[0], "foreign_label"), (Scanning("take"), "DB2603-0002", "not_open"),
        (coming, "FILTER", "not_on_it"), (coming, "MAIN", "wrong_place"), (coming, "BELT", "too_many"),
        (broken, "BELT", "too_many"), (Scanning("take"), "!", "transfer_first"),
        (Scanning("take"), "=", "transfer_first"), (Scanning("receive", main), "+", "transfer_first"),
        (coming, label_text("acme", "sign", "gone"), "unknown_code"),
        (Scanning("take"), label_text("acme", "transfer", "DB9-9"), "unknown_number"),
        (Scanning("receive", main), "DB2603-0001", "other_work"),
    ):  # fmt: skip
        assert refused(ctx, state, code) == why, code
    assert counts(ctx) == {"BELT MAIN": 3, "BELT TRANSIT": 2, "FILTER MAIN": 1, "ECU MAIN": 1}


def test_damaged_too_many_and_lacking_goods_are_told_by_scanner_and_what_was_scanned_outlasts_the_page(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "FILTER", 3)
    put(ctx, "ECU", 1, serial="E-1")
    main, north = (ids(ctx, Location)[code] for code in ("MAIN", "NORTH"))
    row = transfers.draw_up(ctx, TransferData(main, north))
    for code, quantity in (("BELT", 4), ("FILTER", 2)):
        transfers.add_line(ctx, row.id, TransferLineData(ids(ctx)[code], Decimal(quantity)))
    transfers.add_line(ctx, row.id, TransferLineData(ids(ctx)["ECU"], Decimal(1), serial_id=1))
    transfers.send(ctx, row.id)
    label, damaged = label_text("acme", "transfer", row.number), label_text("acme", "sign", "damaged")
    _state, said = walk(ctx, Scanning("take"), label, "*3", "BELT", damaged, "BELT", "＋", "BELT")
    assert said[2:] == [
        "BELT: 3 pcs of 4 pcs scanned", "The next one came damaged", "BELT: 4 pcs of 4 pcs scanned; damaged: 1 pcs",
        "The next one may be more than was sent, or not sent at all",
        "BELT: 4 pcs of 4 pcs scanned; damaged: 1 pcs; too many: 1 pcs",
    ]  # fmt: skip
    begun, said = walk(ctx, Scanning("take"), label)
    assert said == [f"Going on with {row.number}: 3 scans are kept. To come: BELT × 4 pcs, FILTER × 2 pcs, ECU × 1 pcs"]
    begun, _said = walk(ctx, begun, "FILTER")
    assert counts(ctx) == {
        "BELT MAIN": 1, "FILTER MAIN": 1, "BELT TRANSIT": 4, "FILTER TRANSIT": 2, "ECU TRANSIT": 1,
    }, "nothing has moved yet"  # fmt: skip
    result = scan(ctx, begun, "=", "the end")
    assert (result.said, result.tone) == (
        f"{row.number}: BELT × 3 pcs, FILTER × 1 pcs accepted. Damaged, into quarantine: BELT × 1 pcs. Too many, to be "
        "decided on its page: BELT × 1 pcs. It lacks, to be decided on its page: FILTER × 1 pcs, ECU × 1 pcs.", "warn",
    )  # fmt: skip
    assert scan(ctx, begun, "=", "the end").moves == result.moves
    assert kept(ctx)[2] is None
    assert counts(ctx) == {
        "BELT MAIN": 1, "FILTER MAIN": 1, "FILTER TRANSIT": 1, "ECU TRANSIT": 1, "BELT NORTH": 3, "FILTER NORTH": 1,
        "BELT QUAR": 1,
    }  # fmt: skip
    lines = [(line.part.code, line.open, line.too_many) for line in lines_of(ctx, row.id)]
    assert (get_transfer(ctx, row.id).state, lines) == ("differs", [("BELT", 0, 1), ("FILTER", 1, 0), ("ECU", 1, 0)])


def test_what_was_not_sent_and_what_came_damaged_besides_is_taken_in_once_it_was_said(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "FILTER", 3)
    put(ctx, "ECU", 1, serial="E-1")
    row = send(ctx, "BELT", 2, "NORTH")
    state, _said = walk(ctx, Scanning("take"), row.number, "*2", "BELT")
    with pytest.raises(Invalid, match="FILTER Filter is not on DB2603-0001.*If you take it in: scan or type [+] first"):
        scan(ctx, state, "FILTER", "")
    state, said = walk(ctx, state, "+", "FILTER", "!", "+", "FILTER", "+", "ECU", "E-1", "+", "!", "BELT")
    assert said == [
        "The next one may be more than was sent, or not sent at all", "FILTER was not sent; scanned: 1 pcs",
        "The next one came damaged", "The next one came damaged, and may be more than was sent or not sent at all",
        "FILTER was not sent; scanned: 2 pcs; damaged: 1 pcs",
        "The next one may be more than was sent, or not sent at all", "ECU Control unit: scan the serial number",
        "ECU was not sent; scanned: 1 pcs",
        "The next one may be more than was sent, or not sent at all",
        "The next one came damaged, and may be more than was sent or not sent at all",
        "BELT: 2 pcs of 2 pcs scanned; damaged: 1 pcs; too many: 1 pcs",
    ]  # fmt: skip
    more, _said = walk(ctx, state, "+")
    assert refused(ctx, more, label_text("acme", "serial", "ECU", "E-1")) == "too_many", "a piece comes once"
    state = take_back(ctx, state, "one").state
    assert take_back(ctx, state, "two").said == "ECU was not sent; scanned: 0 pcs"
    before = {"BELT MAIN": 3, "FILTER MAIN": 3, "ECU MAIN": 1}
    assert counts(ctx) == before | {"BELT TRANSIT": 2}
    result = scan(ctx, state, row.number, "the end")
    assert (result.tone, result.said) == (
        "warn", "DB2603-0001: BELT × 2 pcs accepted. Was not sent, to be decided on its page: FILTER × 2 pcs.",
    )  # fmt: skip
    assert counts(ctx) == before | {"BELT NORTH": 2}, "what was not sent is nowhere else until it is decided"
    lines = [(line.part.code, line.unsent, line.too_many, line.too_many_damaged) for line in lines_of(ctx, row.id)]
    assert lines == [("BELT", False, 0, 0), ("FILTER", True, 2, 1)]
    assert get_transfer(ctx, row.id).state == "differs"


def test_of_two_people_who_accept_the_same_transfer_the_second_is_told_and_scans_anew(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    row = send(ctx, "BELT", 4, "NORTH")
    li = ctx.session.scalar(sa.select(User.id).where(User.email == "li@acme.example"))
    keeper = office.ctx(*OWN, "inventory.transfer.edit", now=NOW, user_id=li)
    one, _said = walk(ctx, Scanning("take"), row.number, "*3", "BELT")
    other, said = walk(keeper, Scanning("take"), row.number, "BELT")
    assert said[1] == "BELT: 1 pcs of 4 pcs scanned", "what somebody else scanned is not mixed in"
    scan(ctx, one, row.number, "one")
    told = scan(keeper, other, "BELT", "other")
    assert (told.tone, told.said) == (
        "bad", "Somebody received on DB2603-0001 a moment ago. Nothing of yours is entered: scan again what lies "
        "before you. To come: BELT × 1 pcs",
    )  # fmt: skip
    assert kept(ctx)[2] is None
    assert counts(ctx) == {"BELT MAIN": 1, "BELT TRANSIT": 1, "BELT NORTH": 3}
    with pytest.raises(Conflict, match="Somebody received on DB2603-0001"):
        transfers.receive(ctx, row.id, [TransferArrival(1, Decimal(1))], version=get_transfer(ctx, row.id).version - 1)
    walk(keeper, told.state, "BELT", row.number)
    assert counts(keeper) == {"BELT MAIN": 1, "BELT NORTH": 4}


def test_what_goes_to_a_person_is_accepted_by_that_person_with_the_scanner(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    row = send(ctx, "BELT", 2, "VAN")
    number, li = row.number, ctx.session.scalar(sa.select(User.id).where(User.email == "li@acme.example"))
    office.installation.close_sessions()
    keeper = office.ctx(*OWN, "inventory.transfer.edit", now=NOW, name="Ma Li")
    with pytest.raises(Forbidden, match="Only Li Hai accepts what comes into Van of Li Hai"):
        scan(keeper, Scanning("take"), number, "")
    office.installation.close_sessions()
    _state, said = walk(office.ctx(*OWN, now=NOW, user_id=li), Scanning("take"), number, "*2", "BELT", number)
    assert said[-1] == "DB2603-0001: BELT × 2 pcs accepted. All of it is there."
    assert counts(office.system(NOW)) == {"BELT VAN": 2}


def ordered(ctx, **quantities: int) -> str:
    """The number of a purchase order of these parts that was sent."""
    seller = save_supplier(ctx, SupplierData("Drive Ltd", "S-1", lead_days=7)).id
    request = purchasing.draw_up(ctx, "Season")
    for code, quantity in quantities.items():
        suppliers.save_source(ctx, SourceData(ids(ctx)[code], seller, f"X-{code}", price=Decimal("2.5")))
        purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)[code], Decimal(quantity)))
    purchasing.approve(ctx, request.id)
    (order,) = ordering.order_request(ctx, request.id)
    ordering.send_order(ctx, order.id)
    return order.number


def test_what_came_of_an_order_is_taken_in_by_scans_by_two_people_at_once(office):
    ctx = office.system(NOW)
    number = ordered(ctx, BELT=4, SEAL=2, ECU=1)
    put(ctx, "FILTER", 1)
    one, said = walk(ctx, Scanning(), label_text("acme", "order", number), "*3", "BELT", "ECU", "E-7")
    assert said == [
        "Receiving on CG2603-0001", "Quantity 3 for the next part", "BELT × 3 pcs received",
        "ECU Control unit: scan the serial number", "ECU × 1 pcs received",
    ]  # fmt: skip
    other, _said = walk(ctx, Scanning(), number, "BELT")
    assert [refused(ctx, state, "BELT") for state in (one, other)] == ["over_delivery"] * 2, "4 were ordered, 4 came"
    assert refused(ctx, one, "FILTER") == "not_on_it"
    assert refused(ctx, Scanning("hand"), number) == "other_work"
    walk(ctx, other, "*2", label_text("acme", "batch", "SEAL", "B-9"))
    assert counts(ctx) == {"FILTER MAIN": 1, "BELT MAIN": 4, "SEAL MAIN": 2, "ECU MAIN": 1}
    assert {(m.record_kind, m.record_id) for m in moves(ctx)[1:]} == {("inventory.order", 1)}
    assert refused(ctx, Scanning(), number) == "not_open", "all of it is there"
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Transfer)) == 0
    assert one.ref == RecordRef("inventory.order", 1)
    with pytest.raises(Invalid, match="CG2603-0001 is a purchase order"):
        scan(ctx, Scanning("pick"), number, "")
