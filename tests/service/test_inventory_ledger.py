"""The ledger: exact, never negative, reversed and not changed, closed by period; batches, serial numbers, packs."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, timeline, use_locale
from core.cli import main
from core.testing import counted, moment
from plugins.inventory.contracts import MOVE, BatchData, Circumstances, ReceiptLine, StockLine
from plugins.inventory.models import Balance, Batch, Location, Measure, Serial
from plugins.inventory.queries.check import differences
from plugins.inventory.services import lots, periods, stock, upkeep
from tests.support.accounts import Site
from tests.support.stock_site import NOW, day, furnish, ids, moves, put, send, there

KEEP = (
    "inventory.stock.receive", "inventory.stock.issue", "inventory.stock.transfer", "inventory.stock.adjust",
    "inventory.stock.reverse",
)  # fmt: skip


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def line(ctx, code, quantity, place=None, **lot) -> StockLine:
    return StockLine(ids(ctx)[code], Decimal(quantity), ids(ctx, Location)[place] if place else None, **lot)


def test_what_comes_in_parts_adds_up_exactly(office):
    ctx = office.system(NOW)
    for some in ("2.1", "1.7", "1.2", "1.8"):
        put(ctx, "OIL", some)
    assert there(ctx) == {("OIL", "MAIN"): Decimal("6.8")}
    stock.issue(ctx, [line(ctx, "OIL", "6.8", "MAIN")])
    assert there(ctx) == {}
    assert differences(ctx) == []


def test_a_box_is_twelve_and_a_unit_that_the_part_has_not_is_refused(office):
    ctx = office.system(NOW)
    boxes = ReceiptLine(ids(ctx)["BELT"], Decimal(2), ids(ctx, Measure)["box"])
    stock.receive(ctx, [boxes], ids(ctx, Location)["MAIN"])
    assert there(ctx) == {("BELT", "MAIN"): Decimal(24)}
    kilos = ReceiptLine(ids(ctx)["BELT"], Decimal(2), ids(ctx, Measure)["kg"])
    with pytest.raises(Invalid, match="BELT has no such unit of measure"):
        stock.receive(ctx, [kilos], ids(ctx, Location)["MAIN"])
    with pytest.raises(Invalid, match=r"1\.5 pcs can’t be: BELT is counted with 0 decimals"):
        put(ctx, "BELT", "1.5")
    assert there(ctx) == {("BELT", "MAIN"): Decimal(24)}


@pytest.mark.parametrize("quantity", ["0", "-3", "NaN", "1000000000"])
def test_a_receipt_of_nothing_or_less_is_refused(office, quantity):
    ctx = office.system(NOW)
    with pytest.raises(Invalid, match="A quantity is a number above 0"):
        put(ctx, "BELT", quantity)
    assert moves(ctx) == []


def test_no_more_is_issued_than_there_is_and_the_refusal_says_how_much_that_is(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 1)
    with pytest.raises(Conflict) as refused:
        stock.issue(ctx, [line(ctx, "BELT", 3, "MAIN")])
    assert refused.value.message == "Part BELT in Main warehouse: 1 pcs free, 3 pcs needed."
    assert there(ctx) == {("BELT", "MAIN"): Decimal(1)}
    assert len(moves(ctx)) == 1


def test_of_a_posting_of_which_one_line_is_refused_nothing_is_posted(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    with pytest.raises(Conflict, match="Part OIL in Main warehouse: 0 litre free"):
        stock.issue(ctx, [line(ctx, "BELT", 2, "MAIN"), line(ctx, "OIL", 1, "MAIN")])
    assert there(ctx) == {("BELT", "MAIN"): Decimal(5)}


def test_the_database_itself_refuses_less_than_nothing_and_promises_beyond_what_is_there(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 1)
    for column, value in ((Balance.on_hand, Decimal(-1)), (Balance.reserved, Decimal(2))):
        with pytest.raises(IntegrityError):
            ctx.session.execute(sa.update(Balance).values({column: value}))
        ctx.session.rollback()


def test_a_posted_move_is_never_changed_or_deleted(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 1)
    move = moves(ctx)[0]
    move.quantity = Decimal(2)
    with pytest.raises(RuntimeError, match="reverse it"):
        ctx.session.flush()
    ctx.session.rollback()
    ctx.session.delete(moves(ctx)[0])
    with pytest.raises((RuntimeError, Conflict)):
        ctx.session.flush()


def test_a_move_is_reversed_once_by_one_of_the_opposite_direction(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 4)
    given = Circumstances("Counted wrongly")
    stock.reverse(ctx, [moves(ctx)[0].id], given)
    first, back = moves(ctx)
    assert (back.kind, back.from_id, back.to_id, back.quantity) == ("reversal", first.to_id, first.from_id, Decimal(4))
    assert (back.reverses_id, back.reason) == (first.id, "Counted wrongly")
    assert there(ctx) == {}
    with pytest.raises(Conflict, match="reversed already"):
        stock.reverse(ctx, [first.id], given)
    with pytest.raises(Conflict, match="A reversal isn’t reversed"):
        stock.reverse(ctx, [back.id], given)
    assert len(moves(ctx)) == 2


def test_what_has_left_since_is_not_reversed_away(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 4)
    stock.transfer(ctx, [line(ctx, "BELT", 3, "MAIN")], ids(ctx, Location)["VAN"])
    with pytest.raises(Conflict, match="1 pcs free, 4 pcs needed"):
        stock.reverse(ctx, [moves(ctx)[0].id], Circumstances("Wrong"))
    assert there(ctx) == {("BELT", "MAIN"): Decimal(1), ("BELT", "VAN"): Decimal(3)}


def test_the_same_request_sent_twice_posts_once(office):
    ctx = office.system(NOW)
    receipt = ReceiptLine(ids(ctx)["BELT"], Decimal(2))
    given = Circumstances(once="form-1")
    first = stock.receive(ctx, [receipt], ids(ctx, Location)["MAIN"], given)
    again = stock.receive(ctx, [receipt], ids(ctx, Location)["MAIN"], given)
    assert (first.again, again.again, again.moves) == (False, True, first.moves)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(2)}


def test_who_may_not_backdate_posts_for_today_only_and_nobody_for_tomorrow(office):
    ctx = office.ctx(*KEEP, now=NOW)
    place, receipt = ids(ctx, Location)["MAIN"], [ReceiptLine(ids(ctx)["BELT"], Decimal(2))]
    with pytest.raises(Invalid, match="Only who may backdate"):
        stock.receive(ctx, receipt, place, Circumstances(effective_on=day("2026-03-01")))
    with pytest.raises(Invalid, match="still to come"):
        stock.receive(ctx, receipt, place, Circumstances(effective_on=day("2026-03-03")))
    assert moves(ctx) == []
    boss = office.ctx(*KEEP, "inventory.stock.backdate", now=NOW)
    stock.receive(boss, receipt, place, Circumstances(effective_on=day("2026-02-20")))
    assert [m.effective_on for m in moves(boss)] == [day("2026-02-20")]


def test_nothing_counts_for_a_closed_period_whoever_posts_it(office):
    ctx = office.system(NOW)
    with pytest.raises(Invalid, match="Only days that are over"):
        periods.close_period(ctx, day("2026-03-02"))
    periods.close_period(ctx, day("2026-02-28"))
    put(ctx, "BELT", 2)
    past = Circumstances(effective_on=day("2026-02-28"))
    with pytest.raises(Invalid, match="closed up to 2026-02-28"):
        stock.issue(ctx, [line(ctx, "BELT", 1, "MAIN")], past)
    stock.issue(ctx, [line(ctx, "BELT", 1, "MAIN")], Circumstances(effective_on=day("2026-03-01")))
    periods.reopen_period(ctx, None, "The auditor asked for it")
    stock.issue(ctx, [line(ctx, "BELT", 1, "MAIN")], past)
    assert there(ctx) == {}


def test_a_piece_is_received_once_and_is_in_one_place(office):
    ctx = office.system(NOW)
    put(ctx, "ECU", 1, serial="SN-1")
    with pytest.raises(Conflict, match="SN-1 is in stock already, in Main warehouse"):
        put(ctx, "ECU", 1, "NORTH", serial="SN-1")
    with pytest.raises(Invalid, match="name that of each piece"):
        put(ctx, "ECU", 1)
    receipt = ReceiptLine(ids(ctx)["ECU"], Decimal(1), serial="SN-2")
    with pytest.raises(Invalid, match="SN-2 is named twice"):
        stock.receive(ctx, [receipt, receipt], ids(ctx, Location)["MAIN"])
    piece = ids(ctx, Serial)["SN-1"]
    stock.transfer(ctx, [line(ctx, "ECU", 1, "MAIN", serial_id=piece)], ids(ctx, Location)["VAN"])
    stock.issue(ctx, [line(ctx, "ECU", 1, "VAN", serial_id=piece)])
    put(ctx, "ECU", 1, "NORTH", serial="SN-1")
    assert there(ctx) == {("ECU", "NORTH"): Decimal(1)}
    assert differences(ctx) == []


def test_a_batch_names_its_expiry_once_and_the_shelf_life_names_it_where_it_does_not(office):
    ctx = office.system(NOW)
    with pytest.raises(Invalid, match="SEAL is tracked by batch: name the batch"):
        put(ctx, "SEAL", 1)
    put(ctx, "SEAL", 5, batch="B1", until="2026-06-30")
    with pytest.raises(Conflict, match=r"B1 is known with another date \(2026-06-30\)"):
        put(ctx, "SEAL", 5, batch="B1", until="2026-07-30")
    with pytest.raises(Invalid, match="neither batches nor serial numbers"):
        put(ctx, "BELT", 5, batch="B1")
    assert there(ctx) == {("SEAL", "MAIN"): Decimal(5)}


def test_expired_stock_is_usable_through_its_day_and_then_moved_but_not_issued(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 5, batch="B1", until="2026-03-02")
    batch = ids(ctx, Batch)["B1"]
    stock.issue(ctx, [line(ctx, "SEAL", 1, "MAIN", batch_id=batch)])
    after = office.system(moment("2026-03-03 00:01"))
    with pytest.raises(Conflict, match="Part SEAL expired on 2026-03-02"):
        stock.issue(after, [line(after, "SEAL", 1, "MAIN", batch_id=batch)])
    stock.transfer(after, [line(after, "SEAL", 4, "MAIN", batch_id=batch)], ids(after, Location)["QUAR"])
    assert there(after) == {("SEAL", "QUAR"): Decimal(4)}


def test_sterile_goods_are_usable_through_the_last_sterile_day_though_they_expire_later(office):
    ctx = office.system(NOW)
    data = BatchData("S1", expires_on=day("2027-01-31"), sterile_until=day("2026-03-02"))
    stock.receive(ctx, [ReceiptLine(ids(ctx)["SEAL"], Decimal(3), None, data)], ids(ctx, Location)["MAIN"])
    stock.issue(ctx, [line(ctx, "SEAL", 1)])
    after = office.system(moment("2026-03-03 00:01"))
    with pytest.raises(Conflict, match="Part SEAL in stock: 0 set free, 1 set needed"):
        stock.issue(after, [line(after, "SEAL", 1)])
    with pytest.raises(Conflict, match="Part SEAL expired on 2026-03-02"):
        stock.issue(after, [line(after, "SEAL", 1, "MAIN", batch_id=ids(after, Batch)["S1"])])
    assert there(after) == {("SEAL", "MAIN"): Decimal(2)}


def test_one_act_holds_a_batch_everywhere_also_where_it_comes_to_later(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 5, batch="B1")
    batch = ids(ctx, Batch)["B1"]
    stock.transfer(ctx, [line(ctx, "SEAL", 2, "MAIN", batch_id=batch)], ids(ctx, Location)["NORTH"])
    lots.hold_batch(ctx, batch, "Leaks")
    for place in ("MAIN", "NORTH"):
        with pytest.raises(Conflict, match="The batch of part SEAL is held"):
            stock.issue(ctx, [line(ctx, "SEAL", 1, place, batch_id=batch)])
    stock.transfer(ctx, [line(ctx, "SEAL", 2, "NORTH", batch_id=batch)], ids(ctx, Location)["VAN"])
    with pytest.raises(Conflict, match="is held"):
        stock.issue(ctx, [line(ctx, "SEAL", 1, "VAN", batch_id=batch)])
    lots.release_batch(ctx, batch, "Tested")
    stock.issue(ctx, [line(ctx, "SEAL", 1, "VAN", batch_id=batch)])
    assert there(ctx) == {("SEAL", "MAIN"): Decimal(3), ("SEAL", "VAN"): Decimal(1)}
    assert differences(ctx) == []


def test_what_expires_first_is_issued_first_where_nobody_names_the_batch(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 2, batch="LATE", until="2026-12-31")
    put(ctx, "SEAL", 2, batch="SOON", until="2026-04-30")
    put(ctx, "SEAL", 2, batch="GONE", until="2026-03-01")
    stock.issue(ctx, [line(ctx, "SEAL", 3)])
    taken = [(m.batch.number, m.quantity) for m in moves(ctx) if m.kind == "issue"]
    assert taken == [("SOON", Decimal(2)), ("LATE", Decimal(1))]
    with pytest.raises(Conflict, match="1 set free, 2 set needed"):
        stock.issue(ctx, [line(ctx, "SEAL", 2)])


def test_no_more_is_taken_back_than_was_issued_for_the_record(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    given = Circumstances(reference=RecordRef("base.product", 1))
    stock.issue(ctx, [line(ctx, "BELT", 3, "MAIN")], given)
    belt = ids(ctx)["BELT"]
    stock.give_back(ctx, belt, Decimal(2), given)
    with pytest.raises(Conflict, match="Only 1 pcs of part BELT were issued for this"):
        stock.give_back(ctx, belt, Decimal(2), given)
    with pytest.raises(Conflict, match="taken back already"):
        stock.reverse(ctx, [m.id for m in moves(ctx) if m.kind == "issue"], Circumstances("Wrong"))
    assert there(ctx) == {("BELT", "MAIN"): Decimal(4)}
    told = [event.name for event in timeline(ctx, given.reference)]
    assert told == ["inventory.taken_back", "inventory.issued", "base.product_added"]


def test_stock_is_corrected_both_ways_with_a_reason(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    with pytest.raises(Invalid, match="Give a reason"):
        stock.adjust(ctx, [line(ctx, "BELT", -1, "MAIN")], Circumstances())
    stock.adjust(ctx, [line(ctx, "BELT", -2, "MAIN"), line(ctx, "OIL", "0.5", "MAIN")], Circumstances("Counted"))
    assert there(ctx) == {("BELT", "MAIN"): Decimal(3), ("OIL", "MAIN"): Decimal("0.5")}
    event = timeline(ctx, RecordRef(MOVE, moves(ctx)[1].id))[0]
    assert (event.name, event.facts["what"], event.facts["reason"]) == (
        "inventory.adjusted", "BELT × 2 pcs, OIL × 0.5 litre", "Counted",
    )  # fmt: skip


@pytest.mark.parametrize("right", KEEP)
def test_without_its_right_nothing_is_posted(office, right):
    system = office.system(NOW)
    put(system, "BELT", 5)
    ctx = office.ctx(*(p for p in KEEP if p != right), now=NOW)
    main, van = ids(system, Location)["MAIN"], ids(system, Location)["VAN"]
    given = Circumstances("Reason")
    acts = {
        "inventory.stock.receive": lambda: stock.receive(ctx, [ReceiptLine(1, Decimal(1))], main),
        "inventory.stock.issue": lambda: stock.issue(ctx, [line(system, "BELT", 1, "MAIN")]),
        "inventory.stock.transfer": lambda: stock.transfer(ctx, [line(system, "BELT", 1, "MAIN")], van),
        "inventory.stock.adjust": lambda: stock.adjust(ctx, [line(system, "BELT", 1, "MAIN")], given),
        "inventory.stock.reverse": lambda: stock.reverse(ctx, [1], given),
    }
    with pytest.raises(Forbidden):
        acts[right]()
    assert there(system) == {("BELT", "MAIN"): Decimal(5)}


def test_a_move_leads_only_where_its_sort_may(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    with pytest.raises(Invalid, match="can’t lead from Main warehouse to Customers"):
        stock.transfer(ctx, [line(ctx, "BELT", 1, "MAIN")], ids(ctx, Location)["CUSTOMER"])
    with pytest.raises(Invalid, match="It is in Main warehouse already"):
        stock.transfer(ctx, [line(ctx, "BELT", 1, "MAIN")], ids(ctx, Location)["MAIN"])
    with pytest.raises(NotFound):
        stock.transfer(ctx, [line(ctx, "BELT", 1, "MAIN")], 10**6)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(5)}


def test_a_thousand_lines_take_few_statements(office):
    ctx = office.system(NOW)
    main = ids(ctx, Location)["MAIN"]
    lines = [
        ReceiptLine(ids(ctx)["SEAL"], Decimal(1), None, BatchData(f"B{i % 250}")) for i in range(1000)
    ]
    with counted(office.installation.engine) as statements:
        stock.receive(ctx, lines, main)
    assert there(ctx) == {("SEAL", "MAIN"): Decimal(1000)}
    assert len(statements) <= 30, statements


def test_the_check_tells_every_difference_and_mends_it_when_asked(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "SEAL", 5, batch="B1")
    assert upkeep.check(ctx) == []
    connection = Session.connection(ctx.session)
    connection.execute(sa.update(Balance.__table__).where(Balance.__table__.c.batch_id.is_(None)).values(
        on_hand=Decimal(7), reserved=Decimal(1)))  # fmt: skip
    connection.execute(sa.update(Balance.__table__).where(Balance.__table__.c.batch_id.is_not(None)).values(held=True))
    connection.commit()
    ctx = office.system(NOW)
    found = [(d.part, d.location, d.lot, d.what, d.stands, d.should) for d in upkeep.check(ctx)]
    assert found == [
        ("BELT", "MAIN", "", "on_hand", "7", "5"), ("BELT", "MAIN", "", "reserved", "1", "0"),
        ("SEAL", "MAIN", "B1", "held", "true", "false"),
    ]  # fmt: skip
    assert there(ctx)["BELT", "MAIN"] == Decimal(7)
    upkeep.repair(office.system(NOW))
    ctx = office.system(NOW)
    assert upkeep.check(ctx) == []
    assert there(ctx)["BELT", "MAIN"] == Decimal(5)


def test_the_command_tells_each_balance_that_is_no_sum_of_its_moves_and_puts_it_right(office, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", office.installation.url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    ctx = office.system(NOW)
    put(ctx, "OIL", "2.5")
    put(ctx, "BELT", 4)
    right = (0, "Every balance is the sum of its moves.\n")

    def check(*more: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, ["inventory", "check", "--company", "acme", *more])
        return answer.exit_code, answer.stdout

    assert check() == right
    with office.installation.engine.begin() as connection:
        connection.execute(sa.text("update inventory_balance set on_hand = on_hand + 1000000 where part_id = :part"),
                           {"part": ids(ctx)["OIL"]})  # fmt: skip
    ctx.session.close()
    told = "OIL\tMAIN\t-\ton_hand\tstands 3.5\tshould be 2.5\n"
    assert check() == (1, told)
    assert check("--repair") == (0, f"{told}Differences repaired: 1.\n")
    assert check() == right
    assert there(office.system(NOW)) == {("OIL", "MAIN"): Decimal("2.5"), ("BELT", "MAIN"): Decimal(4)}


def test_moving_proposes_two_places_and_the_list_says_whose_each_is(office, application):
    with use_locale("en"), application.on(office.installation.url) as app:
        site = Site(app, office.installation, {"acme": office})
        site.person("boss@acme.example", "administrator", locale="en")
        boss = site.signed_in("boss@acme.example")
        for path in ("/c/acme/inventory/transfer", "/c/acme/inventory/transfers/new"):
            ends = re.findall(r'<option selected value="\d+">([^<]*)</option>', boss.get(path).text)
            assert ends == ["MAIN Main warehouse", "NORTH North store"], path
        page = boss.get("/c/acme/inventory/locations/?tab=all").text
        rows = [re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", row)) for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)]
        told = {word: [row for row in rows if word in row] for word in ("Outside the company", "Shared", "Li Hai")}
        assert {word: len(found) for word, found in told.items()} == {
            "Outside the company": 4, "Shared": 5, "Li Hai": 1,
        }  # fmt: skip
        assert "Not assigned" not in page


def test_every_label_has_a_code_to_scan_and_what_was_scanned_by_mistake_is_undone_once(office, application):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 2, batch="B-1")
    put(ctx, "ECU", 1, serial="E-1")
    row = send(ctx, "SEAL", 1, "NORTH", batch="B-1")
    first = moves(ctx)[1].id
    known = {
        "part": ids(ctx)["SEAL"], "batch": ids(ctx, Batch)["B-1"], "serial": ids(ctx, Serial)["E-1"],
        "location": ids(ctx, Location)["MAIN"], "transfer": row.id,
    }  # fmt: skip
    office.installation.close_sessions()
    with use_locale("en"), application.on(office.installation.url) as app:
        site = Site(app, office.installation, {"acme": office})
        site.person("boss@acme.example", "administrator", locale="en")
        boss = site.signed_in("boss@acme.example")
        for kind, row_id in known.items():
            page = boss.get(f"/c/acme/inventory/labels/{kind}/{row_id}")
            assert (page.status_code, page.text.count('class="inv-qr"')) == (200, 1), kind
        page = "/c/acme/inventory/scan"
        said = [boss.post(page, {"mode": "receive", "undo": str(first)}, page=page).text for _sent in range(2)]
        assert [re.findall(r"(Undone|is reversed already)</span>", text) for text in said] == [["Undone"]] * 2
    assert [m.kind for m in moves(office.system(NOW))] == ["receipt", "receipt", "transfer", "reversal"]


def test_what_belongs_to_a_transfer_is_not_offered_to_be_reversed_on_the_page_of_its_move(office, application):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    send(ctx, "BELT", 1, "NORTH")
    came, sent = (m.id for m in moves(ctx))
    office.installation.close_sessions()
    with use_locale("en"), application.on(office.installation.url) as app:
        site = Site(app, office.installation, {"acme": office})
        site.person("boss@acme.example", "administrator", locale="en")
        boss = site.signed_in("boss@acme.example")
        offered = {i: "Reverse the move" in boss.get(f"/c/acme/inventory/moves/{i}").text for i in (came, sent)}
        assert offered == {came: True, sent: False}
