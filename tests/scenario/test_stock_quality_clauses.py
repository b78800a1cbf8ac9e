"""What the policies ask of goods that come in and come back: inspected, kept apart, labelled, decided on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, RecordRef, answer_checklist, issue_document, set_setting, timeline, use_locale
from core.approvals import services as approvals
from core.approvals.models import Approval, ApprovalStep
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import BatchData, Circumstances, ReceiptLine, StockLine
from plugins.inventory.lists.stocktake import LineRow, line_mark, sees_book
from plugins.inventory.models import Inspection, Location, Scrap, StocktakeLine
from plugins.inventory.quality_contracts import INSPECTION, LABEL, SCRAP, ReturnData, ScrapData, VerdictData
from plugins.inventory.queries import quality as queries
from plugins.inventory.services import costs, quality, reserving, returns, scrapping, stock, stocktake
from plugins.inventory.stocktake_contracts import STOCKTAKE, CountData, FoundData, StocktakeData
from tests.support import approval_rules
from tests.support.quality_site import inspect_receipts, laws, looked_at
from tests.support.stock_site import NOW, day, furnish, ids, put, there

ONE = Decimal(1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield



@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def sold(ctx, code: str, quantity: int, about: RecordRef | None = None, **lot) -> None:
    stock.issue(ctx, [StockLine(ids(ctx)[code], Decimal(quantity), **lot)], Circumstances(reference=about))


def back(ctx, code: str, quantity: str | int = 1, **values) -> list[Inspection]:
    given = {"source": "return", "reason_code": "faulty", **values}
    return returns.take_back(ctx, ReturnData(ids(ctx)[code], Decimal(quantity), **given))


def place(ctx, code: str) -> int:
    return ids(ctx, Location)[code]


@pytest.mark.clause("STO-9")
def test_goods_are_checked_for_quality_and_quantity_before_they_may_be_used(office):
    ctx = office.system(NOW)
    inspect_receipts(ctx, tracking="batch")
    line = ReceiptLine(ids(ctx)["SEAL"], Decimal(10), batch=BatchData("L1", expires_on=day("2027-01-01")))
    stock.receive(ctx, [line, ReceiptLine(ids(ctx)["BELT"], Decimal(3))], place(ctx, "MAIN"), Circumstances("PO-1"))
    assert there(ctx) == {("SEAL", "QUAR"): 10, ("BELT", "MAIN"): 3}
    row = ctx.session.scalars(sa.select(Inspection)).one()
    assert (row.number, row.source, row.undecided) == ("JY2603-0001", "receipt", 10)
    with pytest.raises(Conflict) as early:
        quality.decide(ctx, row.id, VerdictData("release", Decimal(10), to_id=place(ctx, "MAIN")))
    assert early.value.code == "gates_open"
    found = {"papers": ("no", "12 on the note, 10 in the box"), "packaging": "ok", "marking": "ok", "look": "ok"}
    answer_checklist(ctx, row, "inventory.receipt_check", found)
    quality.record_finding(ctx, row.id, "Two are cracked")
    quality.decide(ctx, row.id, VerdictData("release", Decimal(8), to_id=place(ctx, "MAIN")))
    with pytest.raises(Conflict) as more:
        quality.decide(ctx, row.id, VerdictData("release", Decimal(3), to_id=place(ctx, "MAIN")))
    assert more.value.message == "2 set of JY2603-0001 are still to be decided on; 3 set are too many."
    with pytest.raises(Invalid) as whose:
        quality.decide(ctx, row.id, VerdictData("supplier", Decimal(2), "Cracked"))
    assert (whose.value.field, whose.value.message) == ("supplier_id", "Choose the supplier.")
    seller = save_supplier(ctx, SupplierData("Seals Ltd", "S1"))
    quality.decide(ctx, row.id, VerdictData("supplier", Decimal(2), "Cracked", supplier_id=seller.id))
    ctx.session.refresh(row)
    assert (row.state, row.undecided) == ("decided", 0)
    assert there(ctx) == {("SEAL", "MAIN"): 8, ("BELT", "MAIN"): 3}
    told = [event.name for event in timeline(ctx, row)]
    assert {"inventory.inspection_opened", "inventory.inspected", "inventory.quality_decided"} <= set(told)
    returned = queries.supplier_returns_of(ctx, row.id)[0]
    assert (returned.number, returned.quantity - returned.settled) == ("TG2603-0001", 2)
    assert (returned.supplier, returned.supplier_id) == ("Seals Ltd", seller.id)
    quality.settle(ctx, returned.id, ONE, "One new one")
    with pytest.raises(Conflict) as settled:
        quality.settle(ctx, returned.id, Decimal(2), "Two new ones")
    assert settled.value.message == "Only 1 set are outstanding."
    laws(ctx)


@pytest.mark.clause("MD-3")
def test_what_is_returned_is_recorded_with_its_reason_stored_apart_labelled_and_only_a_decision_lets_it_out(office):
    ctx = office.system(NOW)
    put(ctx, "FILTER", 5)
    sold(ctx, "FILTER", 3)
    row = back(ctx, "FILTER", 2, note="Leaks")[0]
    assert (row.source, row.reason_code, row.note, there(ctx)["FILTER", "QUAR"]) == ("return", "faulty", "Leaks", 2)
    label = issue_document(ctx, LABEL, RecordRef(INSPECTION, row.id))
    assert (label.number, label.facts["reason"], label.facts["quantity"]) == ("GL2603-0001", "Faulty", "2 pcs")
    filters, quarantine = ids(ctx)["FILTER"], place(ctx, "QUAR")
    with pytest.raises(Invalid):
        stock.issue(ctx, [StockLine(filters, ONE, quarantine)])
    for target in ("MAIN", "VAN"):
        with pytest.raises(Invalid) as moved:
            stock.transfer(ctx, [StockLine(filters, ONE, quarantine)], place(ctx, target))
        assert moved.value.code == "wrong_places"
    kept = reserving.reserve(ctx, RecordRef("base.product", 1), {filters: Decimal(4)}, partial=True).kept
    assert kept == {filters: 2}
    with pytest.raises(Invalid) as reason:
        back(ctx, "FILTER", 1, reason_code="whim")
    assert reason.value.field == "reason_code"
    assert there(ctx) == {("FILTER", "MAIN"): 2, ("FILTER", "QUAR"): 2}
    looked_at(ctx, row)
    quality.decide(ctx, row.id, VerdictData("release", ONE, to_id=place(ctx, "MAIN")))
    assert there(ctx) == {("FILTER", "MAIN"): 3, ("FILTER", "QUAR"): 1}
    laws(ctx)


@pytest.mark.clause("MD-2")
def test_goods_brought_back_for_their_quality_are_reworked_scrapped_or_returned_each_with_the_reason(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 6)
    sold(ctx, "BELT", 6)
    row = back(ctx, "BELT", 6)[0]
    looked_at(ctx, row)
    with pytest.raises(Invalid) as why:
        quality.decide(ctx, row.id, VerdictData("scrap", ONE))
    assert (why.value.field, why.value.message) == ("note", "Say why.")
    quality.decide(ctx, row.id, VerdictData("rework", Decimal(2), "New edge"))
    quality.decide(ctx, row.id, VerdictData("scrap", Decimal(4), "Torn"))
    ctx.session.refresh(row)
    assert (row.undecided, there(ctx)) == (2, {("BELT", "QUAR"): 6})
    laws(ctx)
    scrap = queries.scraps_of(ctx, row.id)[0]
    scrapping.withdraw(ctx, scrap.id, "One can be saved")
    quality.decide(ctx, row.id, VerdictData("scrap", Decimal(3), "Torn"))
    scrapping.carry_out(ctx, queries.scraps_of(ctx, row.id)[1].id)
    quality.decide(ctx, row.id, VerdictData("release", Decimal(3), "Reworked", place(ctx, "MAIN")))
    ctx.session.refresh(row)
    assert (row.state, there(ctx)) == ("decided", {("BELT", "MAIN"): 3})
    kinds = [(v.verdict, v.quantity, v.note) for v in queries.verdicts_of(ctx, row.id)]
    assert kinds == [("rework", 2, "New edge"), ("scrap", 4, "Torn"), ("scrap", 3, "Torn"), ("release", 3, "Reworked")]
    laws(ctx)


@pytest.mark.clause("STO-11")
def test_doubtful_stock_is_stopped_at_once_and_waits_for_a_decision(office):
    ctx = office.system(NOW)
    put(ctx, "OIL", "4.5")
    balance = queries.get_locked_balance(ctx, 1)
    row = quality.inspect_stock(ctx, balance.id, Decimal("1.5"), "Cloudy")
    assert there(ctx) == {("OIL", "MAIN"): 3, ("OIL", "QUAR"): Decimal("1.5")}
    assert (row.source, row.note) == ("stock", "Cloudy")
    lying = queries.free_of(ctx, (row.part_id, None, None, row.location_id))
    assert lying == Decimal("1.5")
    moved = row.move_id
    stock.reverse(ctx, [moved], Circumstances("Wrong drum"))
    ctx.session.refresh(row)
    assert (row.state, row.undecided, there(ctx)) == ("withdrawn", 0, {("OIL", "MAIN"): Decimal("4.5")})
    laws(ctx)


def test_what_was_never_issued_does_not_come_back(office):
    ctx = office.system(NOW)
    put(ctx, "FILTER", 5)
    put(ctx, "ECU", 1, serial="E1")
    order = RecordRef("base.product", 1)
    with pytest.raises(Conflict) as never:
        back(ctx, "FILTER")
    assert never.value.message == (
        "Only 0 pcs of part FILTER are out with customers by the book; 1 pcs can’t come back. If it was given out "
        "before the book began, say so."
    )
    sold(ctx, "FILTER", 2, order)
    with pytest.raises(Conflict) as too_many:
        back(ctx, "FILTER", 3, about=order)
    assert too_many.value.code == "never_issued"
    with pytest.raises(Conflict) as in_stock:
        back(ctx, "ECU", serial="E1")
    assert in_stock.value.message == "Serial number E1 is in stock already, in Main warehouse."
    with pytest.raises(Invalid) as unknown:
        back(ctx, "ECU", serial="E9")
    assert unknown.value.field == "serial"
    with pytest.raises(Invalid) as unsaid:
        back(ctx, "ECU", serial="E9", before_book=True)
    assert unsaid.value.field == "note"
    assert there(ctx) == {("FILTER", "MAIN"): 3, ("ECU", "MAIN"): 1}
    first = back(ctx, "FILTER", 2, about=order, once="k1")
    assert [row.id for row in back(ctx, "FILTER", 2, about=order, once="k1")] == [row.id for row in first]
    old = back(ctx, "ECU", serial="E9", before_book=True, note="Sold in 2024", source="field")[0]
    assert (first[0].record_kind, old.source, old.serial.number) == ("base.product", "field", "E9")
    laws(ctx)


@pytest.mark.parametrize(("approves", "state"), [(True, "scrapped"), (False, "refused")])
def test_who_approves_scrapping_by_its_value_is_said_by_the_companys_table(office, approves, state):
    boss = office.person("boss@acme.example", "manager", name="Sun Wei")
    clerk = office.person("clerk@acme.example", "storekeeper", name="Ma Fang")
    ctx = office.system(NOW)
    when = {"transition": "scrap", "amount": {"ge": 1000}}
    approval_rules.rows(ctx, SCRAP, approval_rules.step(1, "manager", when=when))
    put(ctx, "BELT", 10)
    costs.set_cost(ctx, ids(ctx)["BELT"], Decimal("250"))
    ctx = office.ctx("inventory.scrap.edit", now=NOW, user_id=clerk, name="Ma Fang")
    little = scrapping.ask_scrap(ctx, ScrapData(1, Decimal(3), "Mouldy"))
    scrapping.carry_out(ctx, little.id)
    much = scrapping.ask_scrap(ctx, ScrapData(1, Decimal(4), "Mouldy"))
    assert (little.amount, much.amount) == (750, 1000)
    with pytest.raises(Conflict) as asked:
        scrapping.carry_out(ctx, much.id)
    assert (asked.value.code, there(ctx)) == ("approval_asked", {("BELT", "MAIN"): 7})
    rights = ("inventory.inspection.view", "inventory.scrap.edit")
    chief = office.ctx(*rights, now=NOW, user_id=boss, name="Sun Wei", roles=("manager",))
    request = chief.session.scalars(sa.select(Approval)).one()
    step = chief.session.scalars(sa.select(ApprovalStep)).one()
    approvals.answer(chief, request.id, step.id, approves=approves, reason="" if approves else "Clean it")
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    assert ctx.session.get(Scrap, much.id).state == state
    assert there(ctx) == {("BELT", "MAIN"): 3 if approves else 7}
    laws(ctx)


def test_what_lies_in_quarantine_is_scrapped_by_its_inspection_alone(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2, "QUAR")
    with pytest.raises(Conflict) as there_already:
        scrapping.ask_scrap(ctx, ScrapData(1, ONE, "Mouldy"))
    assert there_already.value.code == "in_quarantine"
    row = ctx.session.scalars(sa.select(Inspection)).one()
    with pytest.raises(Conflict) as twice:
        quality.inspect_stock(ctx, 1, ONE, "Mouldy")
    assert twice.value.message == "2 pcs of it wait for a decision already."
    stock.adjust(ctx, [StockLine(ids(ctx)["BELT"], Decimal(-1), place(ctx, "QUAR"))], Circumstances("Miscounted"))
    ctx.session.refresh(row)
    assert (row.undecided, row.state) == (1, "open")
    laws(ctx)


# --- counting -------------------------------------------------------------------------------------------------------


def begun(ctx, where: str = "MAIN", **values):
    return stocktake.begin(ctx, StocktakeData(place(ctx, where), **values))


def lines_of(ctx, row) -> dict[tuple[str, str], StocktakeLine]:
    query = sa.select(StocktakeLine).where(StocktakeLine.stocktake_id == row.id)
    return {(line.part.code, line.location.code): line for line in ctx.session.scalars(query)}


def counted(ctx, line, quantity, **values) -> StocktakeLine:
    return stocktake.count(ctx, line.id, CountData(Decimal(quantity), **values))


def test_what_is_moved_during_a_count_disturbs_it_neither_before_nor_after(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    put(ctx, "OIL", "4.5")
    row = begun(ctx)
    stock.issue(ctx, [StockLine(ids(ctx)["BELT"], Decimal(2))])
    later = ctx.at(ctx.now + dt.timedelta(minutes=30))
    belts = counted(later, lines_of(later, row)["BELT", "MAIN"], 7)
    assert (belts.book, belts.difference) == (8, -1)
    hour = ctx.at(ctx.now + dt.timedelta(minutes=60))
    put(hour, "BELT", 5)
    stock.issue(hour, [StockLine(ids(ctx)["OIL"], Decimal("0.5"))])
    oil = counted(hour, lines_of(hour, row)["OIL", "MAIN"], "4.7", at=later.now)
    assert (oil.book, oil.difference) == (Decimal("4.5"), Decimal("0.2"))
    stocktake.finish(hour, row.id)
    stocktake.post_differences(hour, row.id)
    assert there(hour) == {("BELT", "MAIN"): 12, ("OIL", "MAIN"): Decimal("4.2")}
    with pytest.raises(Conflict):
        stocktake.post_differences(hour, row.id)
    assert there(hour) == {("BELT", "MAIN"): 12, ("OIL", "MAIN"): Decimal("4.2")}
    laws(hour)


def test_two_people_who_count_the_same_line_are_told(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    line = lines_of(ctx, begun(ctx))["BELT", "MAIN"]
    ma = office.ctx("inventory.stocktake.count", now=NOW, name="Ma Li")
    counted(ma, line, 3, seen=0)
    li = office.ctx("inventory.stocktake.count", now=NOW, name="Li Hai")
    with pytest.raises(Conflict) as told:
        counted(li, line, 2, seen=0)
    assert told.value.message == "Ma Li has counted this at 2026-03-02 09:00. Count it again only on purpose."
    ctx.session.rollback()
    assert (line.counted, line.counted_by, line.counts) == (3, "Ma Li", 1)
    counted(li, line, 2, again=True)
    ctx.session.rollback()
    assert (line.counted, line.counted_by, line.counts) == (2, "Li Hai", 2)


def test_counting_is_done_when_every_line_is_counted_and_large_differences_twice(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    put(ctx, "FILTER", 10)
    costs.set_cost(ctx, ids(ctx)["BELT"], Decimal(100))
    set_setting(ctx, "inventory.recount_above", Decimal(250))
    row = begun(ctx)
    found = lines_of(ctx, row)
    assert not counted(ctx, found["FILTER", "MAIN"], 10).again
    with pytest.raises(Conflict) as early:
        stocktake.finish(ctx, row.id)
    assert early.value.message == "“Counting is done” is not possible yet: 1 line is not counted."
    assert counted(ctx, found["BELT", "MAIN"], 7).again
    with pytest.raises(Conflict) as again:
        stocktake.finish(ctx, row.id)
    assert again.value.message == "“Counting is done” is not possible yet: 1 line has to be counted again."
    assert not counted(ctx, found["BELT", "MAIN"], 7, seen=1).again
    stocktake.finish(ctx, row.id)
    with pytest.raises(Conflict) as over:
        counted(ctx, found["BELT", "MAIN"], 8, again=True)
    assert over.value.message == "PD2603-0001 is not being counted: Counted, to be posted."
    stocktake.cancel(ctx, row.id, "Wrong shelf")
    assert there(ctx) == {("BELT", "MAIN"): 10, ("FILTER", "MAIN"): 10}


def test_differences_of_more_than_a_value_wait_for_approval_and_are_posted_once(office):
    boss = office.person("boss@acme.example", "manager", name="Sun Wei")
    ctx = office.system(NOW)
    when = {"transition": "post", "amount": {"ge": 200}}
    approval_rules.rows(ctx, STOCKTAKE, approval_rules.step(1, "manager", when=when))
    put(ctx, "BELT", 10)
    costs.set_cost(ctx, ids(ctx)["BELT"], Decimal(100))
    clerk = office.person("clerk@acme.example", "storekeeper", name="Ma Fang")
    rights = ("inventory.stocktake.view", "inventory.stocktake.count", "inventory.stocktake.lead")
    ctx = office.ctx(*rights, now=NOW, user_id=clerk, name="Ma Fang")
    row = begun(ctx)
    counted(ctx, lines_of(ctx, row)["BELT", "MAIN"], 8)
    stocktake.finish(ctx, row.id)
    with pytest.raises(Conflict) as asked:
        stocktake.post_differences(ctx, row.id)
    assert (asked.value.code, there(ctx)) == ("approval_asked", {("BELT", "MAIN"): 10})
    chief = office.ctx(*rights, now=NOW, user_id=boss, name="Sun Wei", roles=("manager",))
    request = chief.session.scalars(sa.select(Approval)).one()
    step = chief.session.scalars(sa.select(ApprovalStep)).one()
    approvals.answer(chief, request.id, step.id, approves=True, reason="")
    ctx.session.expire_all()
    stocktake.post_differences(ctx, row.id)
    assert (row.state, row.amount, there(ctx)) == ("posted", 200, {("BELT", "MAIN"): 8})
    laws(office.system(NOW))


def test_what_stands_on_no_list_is_counted_as_well_and_a_piece_is_found_in_one_place(office):
    ctx = office.system(NOW)
    put(ctx, "ECU", 1, serial="E1")
    put(ctx, "ECU", 1, "NORTH", serial="E2")
    put(ctx, "SEAL", 5, batch="L1")
    row = begun(ctx)
    ecu, seal = ids(ctx)["ECU"], ids(ctx)["SEAL"]
    main = place(ctx, "MAIN")
    new = stocktake.count_found(ctx, row.id, FoundData(seal, main, Decimal(2), batch="L7"))
    assert (new.found, new.book, new.counted) == (True, 0, 2)
    with pytest.raises(Conflict) as elsewhere:
        stocktake.count_found(ctx, row.id, FoundData(ecu, main, ONE, serial="E2"))
    assert elsewhere.value.message == (
        "Serial number E2 is in North store by the book: count it there first, or move it."
    )
    with pytest.raises(Invalid) as not_here:
        stocktake.count_found(ctx, row.id, FoundData(ecu, place(ctx, "NORTH"), ONE, serial="E2"))
    assert not_here.value.field == "location_id"
    with pytest.raises(Conflict) as twice:
        begun(ctx)
    assert twice.value.message == "PD2603-0001 counts there already: end it first."
    found = lines_of(ctx, row)
    counted(ctx, found["ECU", "MAIN"], 0)
    listed = ctx.session.scalars(sa.select(StocktakeLine).where(StocktakeLine.counted.is_(None))).all()
    for line in listed:
        counted(ctx, line, 5)
    stocktake.finish(ctx, row.id)
    stocktake.post_differences(ctx, row.id)
    assert there(ctx) == {("ECU", "NORTH"): 1, ("SEAL", "MAIN"): 7}
    laws(ctx)


def test_a_cycle_count_lists_what_was_not_counted_since_a_day_and_the_book_is_hidden_from_who_counts_blind(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    put(ctx, "FILTER", 4)
    row = begun(ctx)
    for line in lines_of(ctx, row).values():
        counted(ctx, line, 3 if line.part.code == "BELT" else 4)
    stocktake.finish(ctx, row.id)
    stocktake.post_differences(ctx, row.id)
    later = ctx.at(ctx.now + dt.timedelta(days=20))
    put(later, "OIL", 2)
    second = begun(later, kind="cycle", not_since=day("2026-03-01"))
    assert list(lines_of(later, second)) == [("OIL", "MAIN")]
    assert sees_book(later, second)
    counter = office.ctx("inventory.stocktake.view", "inventory.stocktake.count", now=later.now)
    assert not sees_book(counter, second)
    oil = lines_of(counter, second)["OIL", "MAIN"]
    counted(counter, oil, 1)
    assert (LineRow(oil, sees_book(counter, second)).book, line_mark(oil, False).text) == (None, "It is counted")
