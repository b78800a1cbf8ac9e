"""The store as the policies want it: parts at the right time, in the right amount, of the right quality (GS-14); what
comes and goes is managed as for materials (GS-20).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, RecordRef, find_clock, use_locale
from core.auth.models import User
from plugins.inventory.contracts import Circumstances, PointData, StockLine
from plugins.inventory.models import Batch, Location, Move, ReorderProposal, StocktakeLine
from plugins.inventory.part_request_contracts import PART_REQUEST, PartRequestData, Pick
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.part_requests import get_request, to_pick
from plugins.inventory.services import lots, part_requests, reorder, reserving, stock, stocktake
from plugins.inventory.stocktake_contracts import CountData, StocktakeData
from tests.support.stock_site import NOW, furnish, ids, kept, put, send, there

JOB = RecordRef("base.product", 1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


@pytest.mark.clause("GS-20")
def test_receipts_issues_returns_stocktake_and_adjustment_stand_in_one_ledger_each_with_its_reason(office):
    ctx = office.system(NOW)
    belt, places = ids(ctx)["BELT"], ids(ctx, Location)
    put(ctx, "BELT", 20)
    stock.issue(ctx, [StockLine(belt, Decimal(5))], Circumstances(reference=JOB))
    stock.give_back(ctx, belt, Decimal(2), Circumstances(reference=JOB))
    send(ctx, "BELT", 4, "NORTH")
    with pytest.raises(Invalid, match="Give a reason"):
        stock.adjust(ctx, [StockLine(belt, Decimal(-1), places["MAIN"])], Circumstances())
    stock.adjust(ctx, [StockLine(belt, Decimal(-1), places["MAIN"])], Circumstances("Bent when it was unpacked"))
    count = stocktake.begin(ctx, StocktakeData(places["MAIN"]))
    (line,) = ctx.session.scalars(sa.select(StocktakeLine.id).where(StocktakeLine.stocktake_id == count.id)).all()
    stocktake.count(ctx, line, CountData(Decimal(11)))
    stocktake.finish(ctx, count.id)
    stocktake.post_differences(ctx, count.id)

    moves = list(ctx.session.scalars(sa.select(Move).order_by(Move.id)))
    book = [(m.kind, m.quantity, m.reason, m.posted_by != "") for m in moves]
    assert book == [
        ("receipt", Decimal(20), "", True), ("issue", Decimal(5), "", True), ("return", Decimal(2), "", True),
        ("transfer", Decimal(4), "", True), ("adjustment", Decimal(1), "Bent when it was unpacked", True),
        ("adjustment", Decimal(1), f"Stocktake {count.number}", True),
    ]  # fmt: skip
    assert there(ctx) == {("BELT", "MAIN"): Decimal(11), ("BELT", "TRANSIT"): Decimal(4)}
    assert differences(ctx) == [], "balances are what the ledger says"
    move = ctx.session.scalars(sa.select(Move).order_by(Move.id)).first()
    assert move is not None
    move.quantity = Decimal(2)
    with pytest.raises(RuntimeError, match="reverse it instead of changing it"):
        ctx.session.flush()
    ctx.session.rollback()


@pytest.mark.clause("GS-14")
def test_right_amount_below_its_minimum_a_part_is_proposed_up_to_its_maximum_once(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    reorder.save_point(ctx, PointData(ids(ctx)["BELT"], Decimal(8), Decimal(20)))
    assert reorder.propose(ctx).made == 0, "enough is there"
    stock.issue(ctx, [StockLine(ids(ctx)["BELT"], Decimal(4))])
    assert reorder.propose(ctx).made == 1
    assert reorder.propose(ctx).made == 0, "running it twice proposes nothing new"
    assert [p.quantity for p in ctx.session.scalars(sa.select(ReorderProposal))] == [Decimal(14)]


@pytest.mark.clause("GS-14")
def test_right_quality_what_has_expired_is_held_in_quarantine_or_on_its_way_is_given_to_nobody(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 1, batch="OLD", until="2026-03-01")
    put(ctx, "SEAL", 1, batch="HELD")
    put(ctx, "SEAL", 1, "QUAR", batch="QUAR")
    put(ctx, "SEAL", 2, batch="GOOD", until="2026-03-02")
    send(ctx, "SEAL", 1, "NORTH", batch="GOOD")
    lots.hold_batch(ctx, ids(ctx, Batch)["HELD"], "Leaks")
    seal = ids(ctx)["SEAL"]
    with pytest.raises(Conflict, match="1 set free, 2 set needed"):
        reserving.reserve(ctx, JOB, {seal: Decimal(2)})
    with pytest.raises(Conflict, match="1 set free, 2 set needed"):
        stock.issue(ctx, [StockLine(seal, Decimal(2))])
    reserving.reserve(ctx, JOB, {seal: Decimal(1)})
    assert kept(ctx, JOB.id) == {"SEAL": Decimal(1)}, "usable through its last day"


@pytest.mark.clause("GS-14")
def test_right_time_what_a_technician_needs_is_kept_at_once_and_handed_over_within_its_limit(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2)
    li = ctx.session.scalars(sa.select(User.id).where(User.email == "li@acme.example")).one()
    office.installation.close_sessions()
    rights = ("inventory.part_request.view", "inventory.part_request.ask", "inventory.transfer.own")
    technician = office.ctx(*rights, now=NOW, user_id=li, name="Li Hai", roles=("technician",))
    asked = part_requests.draw_up(technician, PartRequestData(urgency="standstill"))
    part_requests.save_line(technician, asked.id, ids(technician)["BELT"], Decimal(2))
    request_id = part_requests.ask(technician, asked.id).id
    office.installation.close_sessions()

    store = office.system(NOW + dt.timedelta(hours=2))
    with pytest.raises(Conflict, match="0 pcs free"):
        reserving.reserve(store, JOB, {ids(store)["BELT"]: Decimal(1)})
    for kept_row, left in to_pick(store, request_id):
        part_requests.pick(store, request_id, [Pick(kept_row.part_id, left, kept_row.balance.location_id)])
    part_requests.hand_over(store, request_id, in_person=True)
    clock = find_clock(store, get_request(store, request_id), PART_REQUEST)
    assert (clock.state, clock.due_at) == ("met", NOW + dt.timedelta(hours=4))
    assert there(store) == {("BELT", "VAN"): Decimal(2)}
