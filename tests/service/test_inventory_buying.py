"""Reorder points, proposals, purchase requests: what is short is bought once, at once where it is a guarantee part."""

from __future__ import annotations

import contextlib
import random
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, use_locale
from core.testing import moment
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import PartData, PointData, RequestLineData, Run, SourceData, StockLine
from plugins.inventory.lists.reorder import why_words
from plugins.inventory.models import Location, Part, PurchaseRequest, ReorderProposal
from plugins.inventory.queries import purchasing as requests
from plugins.inventory.services import lots, parts, purchasing, reorder, stock, suppliers
from tests.support.stock_site import NOW, furnish, ids, put


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def point(ctx, code, low, high, place=None, rule="levels", row_id=None):
    where = ids(ctx, Location)[place] if place else None
    data = PointData(ids(ctx)[code], Decimal(low), Decimal(high), rule, where, id=row_id)
    return reorder.save_point(ctx, data)


def proposed(ctx, state="open") -> dict[tuple[str, str], Decimal]:
    ctx.session.expire_all()
    query = sa.select(ReorderProposal).where(ReorderProposal.state == state).order_by(ReorderProposal.id)
    rows = ctx.session.scalars(query).all()
    return {(r.part.code, r.location.code if r.location else ""): r.quantity for r in rows}


def sold(ctx, code, price="12.5", **terms) -> int:
    row = save_supplier(ctx, SupplierData(f"Seller of {code}", f"S-{code}", lead_days=7))
    suppliers.save_source(ctx, SourceData(ids(ctx)[code], row.id, price=Decimal(price), **terms))
    return row.id


def test_what_fell_below_its_minimum_is_proposed_with_the_figures_that_led_to_it_and_once_only(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    point(ctx, "BELT", 5, 10)
    put(ctx, "FILTER", 5)
    point(ctx, "FILTER", 5, 10)
    assert reorder.propose(ctx) == Run(made=1)
    assert proposed(ctx) == {("BELT", ""): Decimal(7)}
    row = ctx.session.scalars(sa.select(ReorderProposal)).one()
    assert why_words(row) == "3 free, minimum 5, coming 0: 7 to reach 10"
    assert reorder.propose(ctx) == Run()
    put(ctx, "BELT", 1)
    assert reorder.propose(ctx) == Run(changed=1)
    assert proposed(ctx) == {("BELT", ""): Decimal(6)}
    put(ctx, "BELT", 1)
    assert reorder.propose(ctx) == Run(gone=1)
    assert proposed(ctx) == {}


def supersede(ctx, code, by, **values) -> None:
    row = ctx.session.get_one(Part, ids(ctx)[code])
    data = PartData(row.code, row.name, row.measure_id, row.tracking, replaced_by_id=ids(ctx)[by], id=row.id, **values)
    parts.save_part(ctx, data)


def test_of_a_part_that_is_superseded_the_newer_one_is_bought_once_what_is_left_of_both_is_short(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    point(ctx, "BELT", 5, 10)
    assert reorder.propose(ctx) == Run(made=1)
    newer = parts.save_part(ctx, PartData("BELT-2", "V-belt, newer", ctx.session.get_one(Part, 1).measure_id)).id
    supersede(ctx, "BELT", "BELT-2")
    assert reorder.propose(ctx) == Run(changed=1)
    assert proposed(ctx) == {("BELT-2", ""): Decimal(7)}, "the three old ones count"
    assert reorder.propose(ctx, [newer]) == Run()
    put(ctx, "BELT-2", 1)
    assert reorder.propose(ctx) == Run(changed=1)
    assert proposed(ctx) == {("BELT-2", ""): Decimal(6)}
    point(ctx, "BELT-2", 2, 4)
    assert reorder.propose(ctx) == Run(made=1, gone=1), "its own point counts from then on, with what there is of it"
    assert proposed(ctx) == {("BELT-2", ""): Decimal(3)}
    with pytest.raises(Invalid, match="In the end it would supersede itself"):
        supersede(ctx, "BELT-2", "BELT")


def test_a_guarantee_part_that_is_superseded_is_replenished_by_the_newer_one_at_once(office):
    ctx = office.system(NOW)
    parts.save_part(ctx, PartData("BELT-2", "V-belt, newer", ctx.session.get_one(Part, 1).measure_id))
    supersede(ctx, "BELT", "BELT-2", guarantee=True)
    put(ctx, "BELT-2", 6)
    point(ctx, "BELT", 5, 10)
    stock.issue(ctx, [StockLine(ids(ctx)["BELT-2"], Decimal(2))])
    request = reorder.replenish(ctx, {ids(ctx)["BELT-2"]})
    assert request is not None
    assert (request.urgent, proposed(ctx, "requested")) == (True, {("BELT-2", ""): Decimal(6)})


def test_what_is_sold_in_packs_is_rounded_up_and_taken_from_the_supplier_that_is_cheapest(office):
    ctx = office.system(NOW)
    sold(ctx, "OIL", "3")
    row = save_supplier(ctx, SupplierData("Cheaper", "S-2"))
    terms = SourceData(ids(ctx)["OIL"], row.id, minimum=Decimal(20), pack=Decimal(15), price=Decimal(2))
    suppliers.save_source(ctx, terms)
    point(ctx, "OIL", "5.5", "10.5")
    reorder.propose(ctx)
    found = ctx.session.scalars(sa.select(ReorderProposal)).one()
    assert (found.quantity, found.supplier_id) == (Decimal(30), row.id)
    assert why_words(found) == "0 free, minimum 5.5, coming 0: 30 to reach 10.5, rounded up to what is sold"


def test_days_of_cover_follow_what_was_issued_less_what_was_reversed(office):
    early = office.system(moment("2026-02-01 09:00"))
    put(early, "BELT", 200)
    belt = ids(early)["BELT"]
    gone = stock.issue(early, [StockLine(belt, Decimal(90), ids(early, Location)["MAIN"])])
    wrong = stock.issue(early, [StockLine(belt, Decimal(50), ids(early, Location)["MAIN"])])
    stock.reverse(early, wrong.moves, purchasing_reason())
    assert len(gone.moves) == 1
    ctx = office.system(NOW)
    point(ctx, "BELT", 120, 150, rule="cover")
    reorder.propose(ctx)
    row = ctx.session.scalars(sa.select(ReorderProposal)).one()
    assert (row.free, row.minimum, row.target, row.quantity) == tuple(Decimal(n) for n in (110, 120, 150, 40))
    late = office.system(moment("2026-06-01 09:00"))
    assert reorder.propose(late) == Run(gone=1), "nothing was issued in the last 90 days"


def purchasing_reason():
    from plugins.inventory.contracts import Circumstances

    return Circumstances("Wrong part")


def test_a_point_of_a_location_counts_what_is_there_and_the_company_s_counts_what_comes_for_it(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    put(ctx, "BELT", 1, "NORTH")
    point(ctx, "BELT", 6, 8, "NORTH")
    point(ctx, "BELT", 10, 20)
    reorder.propose(ctx)
    assert proposed(ctx) == {("BELT", "NORTH"): Decimal(7)}, "4 there and 7 coming are not below 10"
    assert reorder.propose(ctx) == Run()


def test_what_was_dismissed_stays_away_for_the_days_that_the_company_says(office):
    ctx = office.system(NOW)
    point(ctx, "BELT", 5, 10)
    reorder.propose(ctx)
    row = ctx.session.scalars(sa.select(ReorderProposal)).one()
    reorder.dismiss(ctx, row.id)
    assert reorder.propose(office.system(moment("2026-03-09 23:00"))) == Run()
    with pytest.raises(Conflict, match="dealt with already"):
        reorder.dismiss(ctx, row.id)
    assert reorder.propose(office.system(moment("2026-03-10 08:00"))) == Run(made=1)


def test_what_is_asked_for_is_coming_and_what_is_withdrawn_is_proposed_again(office):
    ctx = office.system(NOW)
    sold(ctx, "BELT")
    point(ctx, "BELT", 5, 10)
    reorder.propose(ctx)
    request = reorder.request_proposals(ctx, [r.id for r in ctx.session.scalars(sa.select(ReorderProposal))])
    assert (request.number, request.state, request.amount) == ("QG2603-0001", "draft", Decimal("125.00"))
    assert reorder.propose(ctx) == Run()
    assert proposed(ctx, "requested") == {("BELT", ""): Decimal(10)}
    with pytest.raises(Conflict, match="Look at the list again"):
        reorder.request_proposals(ctx, [r.id for r in ctx.session.scalars(sa.select(ReorderProposal))])
    purchasing.withdraw(ctx, request.id, "Not this year")
    assert reorder.propose(ctx) == Run(made=1)


def test_what_was_refused_is_not_proposed_the_next_night(office):
    ctx = office.system(NOW)
    point(ctx, "BELT", 5, 10)
    reorder.propose(ctx)
    request = reorder.request_proposals(ctx, [ctx.session.scalars(sa.select(ReorderProposal)).one().id])
    purchasing.refuse(ctx, request.id, "Too dear")
    assert reorder.propose(ctx) == Run()
    assert proposed(ctx, "dismissed") == {("BELT", ""): Decimal(10)}


def test_a_request_is_approved_once_every_line_has_a_supplier_and_a_price(office):
    ctx = office.system(NOW)
    request = purchasing.draw_up(ctx, "Season")
    with pytest.raises(Conflict, match="It asks for nothing yet"):
        purchasing.approve(ctx, request.id)
    line = purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)["BELT"], Decimal(4)))
    with pytest.raises(Conflict, match="1 line without supplier or price"):
        purchasing.approve(ctx, request.id)
    seller = sold(ctx, "BELT")
    data = RequestLineData(ids(ctx)["BELT"], Decimal(4), seller, Decimal("2.255"))
    purchasing.save_line(ctx, request.id, data, line.id)
    assert request.amount == Decimal("9.02")
    purchasing.approve(ctx, request.id)
    assert request.state == "approved"
    with pytest.raises(Conflict, match="its lines stay as they are"):
        purchasing.drop_line(ctx, line.id)


def test_a_line_of_a_part_that_has_a_source_takes_its_supplier_and_price(office):
    ctx = office.system(NOW)
    seller = sold(ctx, "BELT", "8")
    request = purchasing.draw_up(ctx, "Season")
    purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)["BELT"], Decimal(3)))
    line = requests.lines_of(ctx, request.id)[0]
    assert (line.supplier_id, line.price, request.amount) == (seller, Decimal(8), Decimal(24))
    with pytest.raises(Invalid, match="counted with 0 decimals"):
        purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)["BELT"], Decimal("1.5")))


@pytest.mark.parametrize("how", ["issue", "reserve", "hold"])
def test_a_guarantee_part_is_requested_at_once_whatever_made_it_short(office, how):
    ctx = office.system(NOW)
    code = "SEAL" if how == "hold" else "BELT"
    row = ctx.session.get_one(Part, ids(ctx)[code])
    parts.save_part(
        ctx, PartData(code, row.name, row.measure_id, row.tracking, guarantee=True, id=row.id)
    )
    put(ctx, code, 6, batch="B1" if how == "hold" else "")
    point(ctx, code, 5, 12)
    office.installation.worker(NOW).run_until_idle()
    assert ctx.session.scalars(sa.select(PurchaseRequest)).all() == []
    if how == "issue":
        stock.issue(ctx, [StockLine(row.id, Decimal(2), ids(ctx, Location)["MAIN"])])
    elif how == "reserve":
        from core.api import RecordRef
        from plugins.inventory.services import reserving

        reserving.reserve(ctx, RecordRef("base.product", 1), {row.id: Decimal(2)})
    else:
        from plugins.inventory.models import Batch

        lots.hold_batch(ctx, ids(ctx, Batch)["B1"], "Leaks")
    office.installation.worker(NOW).run_until_idle()
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    request = ctx.session.scalars(sa.select(PurchaseRequest)).one()
    (line,) = requests.lines_of(ctx, request.id)
    assert (request.urgent, line.part.code, line.quantity) == (True, code, Decimal(12 if how == "hold" else 8))


def test_a_reorder_point_that_makes_no_sense_or_is_there_already_is_refused(office):
    ctx = office.system(NOW)
    with pytest.raises(Invalid, match="The maximum is not below the minimum"):
        point(ctx, "BELT", 5, 4)
    with pytest.raises(Invalid, match="A number above 0"):
        point(ctx, "BELT", 0, 4)
    with pytest.raises(Invalid, match="inside the company"):
        point(ctx, "BELT", 1, 4, "CUSTOMER")
    point(ctx, "BELT", 1, 4)
    with pytest.raises(Invalid, match="BELT has a reorder point for this already"):
        point(ctx, "BELT", 2, 4)
    office.installation.close_sessions()
    with pytest.raises(Forbidden):
        reorder.propose(office.ctx("inventory.reorder.view", now=NOW))


def test_whatever_happens_running_it_twice_proposes_nothing_new(office):
    ctx = office.system(NOW)
    rng = random.Random(61)
    sold(ctx, "BELT", pack=Decimal(7))
    sold(ctx, "FILTER", minimum=Decimal(9))
    for code, place in (("BELT", None), ("BELT", "NORTH"), ("BELT", "MAIN"), ("FILTER", None), ("FILTER", "NORTH")):
        low = rng.randrange(2, 12)
        point(ctx, code, low, low + rng.randrange(0, 9), place)
    for _step in range(25):
        code, place = rng.choice(["BELT", "FILTER"]), rng.choice(["MAIN", "NORTH"])
        act = rng.randrange(4)
        if act == 0:
            put(ctx, code, rng.randrange(1, 6), place)
        elif act == 1:
            try:
                stock.issue(ctx, [StockLine(ids(ctx)[code], Decimal(rng.randrange(1, 5)), ids(ctx, Location)[place])])
            except Conflict:
                continue
        else:
            query = sa.select(ReorderProposal.id).where(ReorderProposal.state == "open")
            waiting = list(ctx.session.scalars(query))
            if waiting and act == 2:
                reorder.request_proposals(ctx, rng.sample(waiting, rng.randrange(1, len(waiting) + 1)))
            elif waiting:
                reorder.dismiss(ctx, rng.choice(waiting))
        reorder.propose(ctx)
        before = proposed(ctx)
        assert reorder.propose(ctx) == Run()
        assert proposed(ctx) == before


def test_proposals_that_are_requested_twice_at_once_are_bought_once(office, monkeypatch):
    ctx = office.system(NOW)
    point(ctx, "BELT", 5, 10)
    reorder.propose(ctx)
    wanted = [ctx.session.scalars(sa.select(ReorderProposal)).one().id]
    office.installation.close_sessions()
    both, told, read = threading.Barrier(2), [], reorder._open

    def after_reading(ctx, ids):
        rows = read(ctx, ids)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        return rows

    monkeypatch.setattr(reorder, "_open", after_reading)

    def request() -> None:
        mine = office.system(NOW)
        try:
            with use_locale("en"):
                reorder.request_proposals(mine, wanted)
            told.append("")
        except Conflict as error:
            told.append(error.code)
        finally:
            mine.session.close()

    people = [threading.Thread(target=request) for _n in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(told) == ["", "not_open"]
    assert office.system(NOW).session.scalar(sa.select(sa.func.count()).select_from(PurchaseRequest)) == 1
