"""Requests of technicians for parts: asked, approved, kept, picked, handed over; the rest stays open."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, find_clock, set_setting, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.auth.models import User
from core.notifications import Notification
from plugins.inventory.contracts import Nearness, StockLine
from plugins.inventory.models import Balance, Location, PartRequest
from plugins.inventory.part_request_contracts import PART_REQUEST, PartRequestData, Pick
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.part_requests import draft_of, get_request, lines_of, to_pick
from plugins.inventory.queries.transfers import get_transfer
from plugins.inventory.queries.transfers import lines_of as goods_of
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import part_requests, reserving, stock, transfers
from plugins.inventory.services.scanning import scan
from plugins.inventory.transfer_contracts import TransferArrival
from tests.support.approval_rules import rows, step
from tests.support.stock_site import NOW, furnish, ids, kept, put, there

TECHNICIAN = (
    "inventory.part_request.view", "inventory.part_request.ask", "inventory.transfer.view", "inventory.transfer.own",
)  # fmt: skip
KEEPER = (*TECHNICIAN, "inventory.part_request.serve", "inventory.transfer.edit", "inventory.part.view")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def user(office, name: str) -> int:
    ctx = office.system(NOW)
    found = ctx.session.scalars(sa.select(User.id).where(User.email == f"{name}@acme.example")).one()
    office.installation.close_sessions()
    return found


def li(office, now=NOW):
    return office.ctx(*TECHNICIAN, now=now, user_id=user(office, "li"), name="Li Hai", roles=("technician",))


def keeper(office):
    return office.ctx(*KEEPER, now=NOW, user_id=user(office, "keeper"), name="Ma Li", roles=("storekeeper",))


def request(ctx, *lines: tuple[str, str], **more) -> int:
    row = part_requests.draw_up(ctx, PartRequestData(**more))
    for code, quantity in lines:
        part_requests.save_line(ctx, row.id, ids(ctx)[code], Decimal(quantity))
    return row.id


def asked(office, *lines: tuple[str, str], **more) -> int:
    ctx = li(office)
    request_id = request(ctx, *lines, **more)
    part_requests.ask(ctx, request_id)
    office.installation.close_sessions()
    return request_id


def all_kept(ctx, request_id: int) -> list[Pick]:
    return [
        Pick(r.part_id, left, r.balance.location_id, r.balance.batch_id, r.balance.serial_id)
        for r, left in to_pick(ctx, request_id)
    ]


def test_what_is_asked_for_is_kept_picked_handed_over_and_accepted(office):
    put(office.system(NOW), "BELT", 10)
    request_id = asked(office, ("BELT", "4"))
    assert kept(office.system(NOW), request_id) == {"BELT": Decimal(4)}
    ctx = keeper(office)
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    assert to_pick(ctx, request_id) == []
    sent = part_requests.hand_over(ctx, request_id)
    sent_id, number = sent.id, sent.number
    assert get_request(ctx, request_id).state == "done"
    assert there(ctx) == {("BELT", "MAIN"): Decimal(6), ("BELT", "TRANSIT"): Decimal(4)}
    assert kept(ctx, request_id) == {}
    office.installation.close_sessions()
    his = li(office)
    arrivals = [TransferArrival(line.id, line.open) for line in goods_of(his, sent_id)]
    transfers.receive(his, sent_id, arrivals)
    ctx = office.system(NOW)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(6), ("BELT", "VAN"): Decimal(4)}
    assert (get_transfer(ctx, sent_id).state, number, differences(ctx)) == ("done", "DB2603-0001", [])


def test_handed_over_in_person_it_is_in_the_store_at_once(office):
    put(office.system(NOW), "BELT", 10)
    request_id = asked(office, ("BELT", "4"))
    ctx = keeper(office)
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    part_requests.hand_over(ctx, request_id, in_person=True)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(6), ("BELT", "VAN"): Decimal(4)}
    assert differences(office.system(NOW)) == []


def test_what_is_picked_in_part_leaves_the_rest_open(office):
    put(office.system(NOW), "BELT", 10)
    request_id = asked(office, ("BELT", "4"))
    ctx = keeper(office)
    main, belt = ids(ctx, Location)["MAIN"], ids(ctx)["BELT"]
    part_requests.pick(ctx, request_id, [Pick(belt, Decimal(1), main)])
    with pytest.raises(Conflict, match="Of BELT 3 pcs are still to be picked"):
        part_requests.pick(ctx, request_id, [Pick(belt, Decimal(4), main)])
    part_requests.hand_over(ctx, request_id, in_person=True)
    row = get_request(ctx, request_id)
    assert (row.state, lines_of(ctx, request_id)[0].open) == ("approved", Decimal(3))
    assert kept(ctx, request_id) == {"BELT": Decimal(3)}
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    part_requests.hand_over(ctx, request_id, in_person=True)
    assert get_request(ctx, request_id).state == "done"
    with pytest.raises(Conflict, match="can’t be served: Given out"):
        part_requests.pick(ctx, request_id, [Pick(belt, Decimal(1), main)])


def test_what_expires_first_is_proposed_and_another_lot_may_be_taken(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 2, batch="LATE", until="2026-12-31")
    put(ctx, "SEAL", 2, batch="SOON", until="2026-06-30")
    request_id = asked(office, ("SEAL", "2"))
    ctx = keeper(office)
    assert [(r.balance.batch.number, left) for r, left in to_pick(ctx, request_id)] == [("SOON", Decimal(2))]
    (proposed,) = all_kept(ctx, request_id)
    late = ctx.session.scalars(sa.select(Balance).join(Balance.batch).where(Balance.usable_until > dt.date(2026, 7, 1)))
    other = late.one()
    part_requests.pick(ctx, request_id, [Pick(other.part_id, Decimal(2), other.location_id, other.batch_id)])
    assert proposed.batch_id != other.batch_id
    part_requests.hand_over(ctx, request_id, in_person=True)
    ctx = office.system(NOW)
    left = {b.batch.number: (b.on_hand, b.reserved) for b in ctx.session.scalars(sa.select(Balance)) if
            b.location.code == "MAIN"}  # fmt: skip
    assert left == {"LATE": (Decimal(0), Decimal(0)), "SOON": (Decimal(2), Decimal(0))}
    assert differences(ctx) == []


def test_who_approves_is_said_by_the_table_and_the_request_waits(office):
    boss = office.person("boss@acme.example", "manager", name="Sun Wei")
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    urgent = {"transition": "approve", "urgency": {"in": ["urgent", "standstill"]}}
    rows(ctx, PART_REQUEST, step(1, "manager", when=urgent))
    office.installation.close_sessions()
    asked(office, ("BELT", "1"))
    his = li(office)
    request_id = request(his, ("BELT", "2"), urgency="urgent")
    with pytest.raises(Conflict) as refused:
        part_requests.ask(his, request_id)
    assert refused.value.code == "approval_asked"
    assert get_request(his, request_id).state == "asked"
    assert kept(his, request_id) == {}
    office.installation.close_sessions()
    ctx = office.ctx("inventory.part_request.view", now=NOW, user_id=boss, name="Sun Wei", roles=("manager",))
    (waiting,) = ctx.session.scalars(waiting_for_me(ctx)).all()
    current = next(s for s in steps_listed(ctx, waiting.id) if s.state == "waiting")
    answer(ctx, waiting.id, current.id, approves=True)
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    assert (get_request(ctx, request_id).state, kept(ctx, request_id)) == ("approved", {"BELT": Decimal(2)})


def test_a_refusal_has_a_reason_that_is_told_and_sets_free_what_was_kept(office):
    put(office.system(NOW), "BELT", 10)
    request_id = asked(office, ("BELT", "4"))
    ctx = keeper(office)
    with pytest.raises(Invalid, match="Give a reason"):
        part_requests.refuse(ctx, request_id, " ")
    part_requests.refuse(ctx, request_id, "Too many for a van")
    ctx = office.system(NOW)
    told = ctx.session.scalars(sa.select(Notification)).all()
    assert [(n.user_id, n.facts["reason"]) for n in told] == [(user(office, "li"), "Too many for a van")]
    ctx = office.system(NOW)
    assert (get_request(ctx, request_id).state, kept(ctx, request_id)) == ("refused", {})


def test_a_cancelled_request_keeps_nothing_and_what_is_picked_is_put_back_first(office):
    put(office.system(NOW), "BELT", 10)
    request_id = asked(office, ("BELT", "4"))
    ctx = keeper(office)
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    with pytest.raises(Conflict, match="put it back, or hand it over first"):
        part_requests.cancel(ctx, request_id, "Not needed")
    draft = draft_of(ctx, request_id)
    transfers.drop_line(ctx, goods_of(ctx, draft.id)[0].id)
    part_requests.cancel(ctx, request_id, "Not needed")
    assert (get_request(ctx, request_id).state, kept(ctx, request_id)) == ("cancelled", {})
    assert there(ctx) == {("BELT", "MAIN"): Decimal(10)}


def test_what_lacks_is_kept_when_it_comes_the_most_urgent_first(office):
    put(office.system(NOW), "BELT", 1)
    usual = asked(office, ("BELT", "3"))
    urgent = asked(office, ("BELT", "2"), urgency="standstill")
    assert kept(office.system(NOW), urgent) == {}
    put(office.system(NOW), "BELT", 3)
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    assert (kept(ctx, urgent), kept(ctx, usual)) == ({"BELT": Decimal(2)}, {"BELT": Decimal(2)})


def test_the_time_limit_runs_where_a_row_says_so_and_stops_when_all_is_handed_over(office):
    put(office.system(NOW), "BELT", 10)
    usual, urgent = asked(office, ("BELT", "1")), asked(office, ("BELT", "1"), urgency="standstill")
    ctx = keeper(office)
    assert find_clock(ctx, get_request(ctx, usual), PART_REQUEST) is None
    clock = find_clock(ctx, get_request(ctx, urgent), PART_REQUEST)
    assert clock.due_at - NOW == dt.timedelta(hours=4)
    part_requests.pick(ctx, urgent, all_kept(ctx, urgent))
    part_requests.hand_over(ctx, urgent)
    clock = find_clock(ctx, get_request(ctx, urgent), PART_REQUEST)
    assert clock.state == "met"


def test_what_was_planned_for_the_record_is_taken_over_and_used_from_the_technicians_store(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    order = RecordRef("base.product", 1)
    reserving.reserve(ctx, order, {ids(ctx)["BELT"]: Decimal(2)})
    request_id = asked_for(office, order, ("BELT", "2"))
    ctx = office.system(NOW)
    both = ctx.session.scalars(sa.select(Balance.reserved).where(Balance.on_hand > Decimal(0))).one()
    assert both == Decimal(2), "the plan gave way to the request"
    ctx = keeper(office)
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    part_requests.hand_over(ctx, request_id, in_person=True)
    ctx = office.system(NOW)
    near = Nearness(None, user(office, "li"))
    ctx = office.system(NOW)
    reserving.issue_reserved(ctx, order, {ids(ctx)["BELT"]: Decimal(1)}, further=near, own_first=True)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(1), ("BELT", "VAN"): Decimal(1)}


def asked_for(office, ref: RecordRef, *lines: tuple[str, str]) -> int:
    his = office.ctx(*TECHNICIAN, "base.product.view", now=NOW, user_id=user(office, "li"), name="Li Hai")
    request_id = request(his, *lines, about=ref)
    part_requests.ask(his, request_id)
    office.installation.close_sessions()
    return request_id


def test_what_the_technician_has_along_is_used_before_what_expires_first_elsewhere(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 2, batch="SOON", until="2026-03-31")
    put(ctx, "SEAL", 2, "VAN", batch="LATE", until="2026-12-31")
    near = Nearness(None, user(office, "li"))
    ctx = office.system(NOW)
    stock.issue(ctx, [StockLine(ids(ctx)["SEAL"], Decimal(3))], near=near, own_first=True)
    assert there(ctx) == {("SEAL", "MAIN"): Decimal(1)}


def test_what_is_asked_for_an_order_ranks_as_that_order_and_not_as_a_request(office):
    ctx = office.system(NOW)
    set_setting(ctx, "inventory.ranking", "base.product\ninventory.part_request")
    put(ctx, "BELT", 4)
    belt = ids(ctx)["BELT"]
    plain = asked(office, ("BELT", "4"))
    urgent = asked_for(office, RecordRef("base.product", 1), ("BELT", "3"))
    ctx = office.system(NOW)
    assert (kept(ctx, plain), kept(ctx, urgent)) == ({"BELT": Decimal(1)}, {"BELT": Decimal(3)})
    with pytest.raises(Conflict) as refused:
        reserving.reserve(ctx, RecordRef("base.product", 9), {belt: Decimal(2)})
    assert refused.value.message.startswith("Part BELT: 1 pcs free, 2 pcs needed."), "an order takes from no order"
    assert kept(ctx, urgent) == {"BELT": Decimal(3)}


def test_bad_input_is_refused_in_words_and_nothing_changes(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    mains = ids(ctx, Location)["MAIN"]
    wang = office.person("wang@acme.example", "technician", name="Wang Tao")
    office.installation.close_sessions()
    his = office.ctx(*TECHNICIAN, now=NOW, user_id=wang, name="Wang Tao")
    with pytest.raises(Conflict, match="No van and no store belongs to you"):
        part_requests.draw_up(his, PartRequestData())
    with pytest.raises(Forbidden, match="one’s own store"):
        part_requests.draw_up(his, PartRequestData(to_id=ids(his, Location)["VAN"]))
    with pytest.raises(Invalid, match="into a van"):
        part_requests.draw_up(his, PartRequestData(to_id=mains))
    office.installation.close_sessions()
    her = li(office)
    for data, error, said in (
        (PartRequestData(urgency="very"), Invalid, "Choose one"),
        (PartRequestData(needed_by=dt.date(2026, 3, 1)), Invalid, "has passed"),
        (PartRequestData(about=RecordRef("base.product", 999)), NotFound, "no such record"),
    ):
        with pytest.raises(error, match=said):
            part_requests.draw_up(her, data)
    request_id = request(her)
    with pytest.raises(Conflict, match="No part is wanted in it yet"):
        part_requests.ask(her, request_id)
    for quantity, said in (("0", "above 0"), ("-1", "above 0"), ("0.5", "can’t be")):
        with pytest.raises(Invalid, match=said):
            part_requests.save_line(her, request_id, ids(her)["BELT"], Decimal(quantity))
    part_requests.save_line(her, request_id, ids(her)["BELT"], Decimal(2))
    part_requests.ask(her, request_id)
    with pytest.raises(Conflict, match="asked already"):
        part_requests.save_line(her, request_id, ids(her)["OIL"], Decimal(2))
    with pytest.raises(Forbidden):
        part_requests.pick(her, request_id, [Pick(ids(her)["BELT"], Decimal(1), mains)])
    office.installation.close_sessions()
    other = office.ctx(*TECHNICIAN, now=NOW, user_id=wang, name="Wang Tao")
    with pytest.raises(Forbidden, match="Only who asked"):
        part_requests.cancel(other, request_id, "Mine")
    ctx = keeper(office)
    with pytest.raises(Conflict, match="OIL was not asked for"):
        part_requests.pick(ctx, request_id, [Pick(ids(ctx)["OIL"], Decimal(1), mains)])
    with pytest.raises(Invalid, match="Nothing is picked yet"):
        part_requests.hand_over(ctx, request_id)
    part_requests.pick(ctx, request_id, all_kept(ctx, request_id))
    with pytest.raises(Conflict, match="handed over with the request"):
        transfers.send(ctx, draft_of(ctx, request_id).id)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(5)}


def test_a_request_is_picked_by_nothing_but_scans(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 10)
    put(ctx, "ECU", 1, serial="E-1")
    request_id = asked(office, ("BELT", "3"), ("ECU", "1"))
    ctx = office.system(NOW)
    number = ctx.session.scalars(sa.select(PartRequest.number)).one()
    state, said = Scanning("pick"), []
    for n, code in enumerate((number, "*2", "BELT", "ECU", "E-1")):
        result = scan(ctx, state, code, f"s{n}")
        state = result.state
        said.append(result.said)
    assert said[2:] == ["BELT × 2 pcs picked", "ECU Control unit: scan the serial number", "ECU × 1 pcs picked"]
    with pytest.raises(Conflict, match="Of BELT 1 pcs are still to be picked"):
        scan(ctx, scan(ctx, scan(ctx, state, "MAIN", "p").state, "*2", "q").state, "BELT", "x")
    part_requests.hand_over(ctx, request_id, in_person=True)
    assert there(ctx) == {("BELT", "MAIN"): Decimal(8), ("BELT", "VAN"): Decimal(2), ("ECU", "VAN"): Decimal(1)}


def test_an_order_that_has_ended_needs_no_parts_any_more(office):
    put(office.system(NOW), "BELT", 5)
    request_id = asked_for(office, RecordRef("base.product", 1), ("BELT", "2"))
    ctx = office.system(NOW)
    part_requests.ended(ctx, RecordRef("base.product", 1))
    assert (get_request(ctx, request_id).state, kept(ctx, request_id)) == ("cancelled", {})
