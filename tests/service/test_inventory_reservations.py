"""Reservations: all or partly, by the company's order of picking, never of what can't be used; what comes first."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Handler, Invalid, RecordRef, set_setting, timeline, transaction, use_locale
from core.notifications import Notification
from core.testing import counted, moment
from plugins.inventory.contracts import Circumstances, Nearness, PartData, StockLine
from plugins.inventory.models import Balance, Batch, Location, Part, Reservation
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.stock import stock_of
from plugins.inventory.services import lots, parts, reserving, stock
from tests.support.stock_site import NOW, furnish, ids, kept, moves, put, there

JOB = RecordRef("base.contact", 1)
OTHER = RecordRef("base.contact", 2)
ORDER = RecordRef("service.order", 7)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def reserve(ctx, ref, **more):
    quantities = {ids(ctx)[code]: Decimal(quantity) for code, quantity in more.pop("parts").items()}
    return reserving.reserve(ctx, ref, quantities, **more)


def test_what_is_reserved_is_neither_issued_nor_moved_nor_reserved_again(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    reserve(ctx, JOB, parts={"BELT": 4})
    belt, main = ids(ctx)["BELT"], ids(ctx, Location)["MAIN"]
    assert stock_of(ctx, [belt])[belt].free == 1
    for act in (
        lambda: stock.issue(ctx, [StockLine(belt, Decimal(2), main)]),
        lambda: stock.transfer(ctx, [StockLine(belt, Decimal(2), main)], ids(ctx, Location)["VAN"]),
        lambda: stock.adjust(ctx, [StockLine(belt, Decimal(-2), main)], Circumstances("Lost")),
    ):
        with pytest.raises(Conflict, match="1 pcs free, 2 pcs needed. 4 pcs are reserved."):
            act()
    with pytest.raises(Conflict, match="1 pcs free, 2 pcs needed"):
        reserve(ctx, OTHER, parts={"BELT": 2})
    assert kept(ctx, OTHER.id) == {}
    assert there(ctx) == {("BELT", "MAIN"): Decimal(5)}


def test_too_few_are_refused_with_what_may_be_used_instead_or_kept_as_far_as_they_go(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 1)
    put(ctx, "FILTER", 2)
    with pytest.raises(Conflict) as refused:
        reserve(ctx, JOB, parts={"BELT": 3})
    words = "Part BELT: 1 pcs free, 3 pcs needed. Instead there is: FILTER Filter (2 pcs free)."
    assert refused.value.message == words
    assert kept(ctx, JOB.id) == {}
    partly = reserve(ctx, JOB, parts={"BELT": 3}, partial=True)
    belt = ids(ctx)["BELT"]
    assert (partly.kept, partly.short) == ({belt: Decimal(1)}, {belt: Decimal(2)})


def test_what_supersedes_a_part_is_proposed_instead_down_the_whole_chain_but_not_what_is_no_longer_kept(office):
    ctx = office.system(NOW)
    pcs = ctx.session.get_one(Part, ids(ctx)["BELT"]).measure_id
    newest = parts.save_part(ctx, PartData("BELT-3", "Newest belt", pcs)).id
    newer = parts.save_part(ctx, PartData("BELT-2", "Newer belt", pcs, replaced_by_id=newest)).id
    parts.save_part(ctx, PartData("BELT", "V-belt", pcs, replaced_by_id=newer, id=ids(ctx)["BELT"]))
    for code in ("FILTER", "BELT-2", "BELT-3"):
        put(ctx, code, 2)
    parts.save_part(ctx, PartData("BELT-2", "Newer belt", pcs, replaced_by_id=newest, active=False, id=newer))
    with pytest.raises(Conflict) as refused:
        reserve(ctx, JOB, parts={"BELT": 3})
    assert refused.value.message == (
        "Part BELT: 0 pcs free, 3 pcs needed. Instead there is: FILTER Filter (2 pcs free), BELT-3 Newest belt (2 pcs "
        "free)."
    )


def test_told_again_it_goes_up_and_down_and_nought_sets_free(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    for quantity in (2, 2, 4, 1):
        reserve(ctx, JOB, parts={"BELT": quantity})
        assert kept(ctx, JOB.id) == {"BELT": Decimal(quantity)}
    reserve(ctx, JOB, parts={"BELT": 0})
    assert kept(ctx, JOB.id) == {}
    assert [e.name for e in timeline(ctx, JOB)] == [
        "inventory.released", "inventory.released", "inventory.reserved", "inventory.reserved",
    ]  # fmt: skip
    assert differences(ctx) == []


def test_what_was_issued_of_it_counts_in_the_total(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    belt = ids(ctx)["BELT"]
    reserve(ctx, JOB, parts={"BELT": 3})
    reserving.issue_reserved(ctx, JOB, {belt: Decimal(2)})
    reserve(ctx, JOB, parts={"BELT": 3})
    assert kept(ctx, JOB.id) == {"BELT": Decimal(1)}
    with pytest.raises(Conflict, match="Part BELT: 1 pcs reserved, 2 pcs needed"):
        reserving.issue_reserved(ctx, JOB, {belt: Decimal(2)})
    reserving.issue_reserved(ctx, JOB)
    assert (kept(ctx, JOB.id), there(ctx)) == ({}, {("BELT", "MAIN"): Decimal(2)})
    assert [(m.kind, m.quantity, m.record_id) for m in moves(ctx)[1:]] == [
        ("issue", Decimal(2), 1), ("issue", Decimal(1), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "taken"), [("fefo", {"SOON": 1}), ("fifo", {"FIRST": 1}), ("nearest", {"NEAR": 1})]
)
def test_the_company_says_what_is_taken_first(office, policy, taken):
    for day, batch, until, place in (
        ("2026-02-01", "FIRST", "2026-12-31", "MAIN"), ("2026-02-02", "SOON", "2026-06-30", "MAIN"),
        ("2026-02-03", "NEAR", "2026-10-31", "NORTH"),
    ):  # fmt: skip
        put(office.system(moment(f"{day} 09:00")), "SEAL", 1, place, batch=batch, until=until)
    ctx = office.system(NOW)
    set_setting(ctx, "inventory.picking", policy)
    north = ctx.session.scalar(sa.select(Location.unit_id).where(Location.code == "NORTH"))
    ctx = office.system(NOW)
    reserve(ctx, JOB, parts={"SEAL": 1}, near=Nearness(north))
    query = sa.select(Batch.number).join(Balance, Balance.batch_id == Batch.id).where(Balance.reserved > Decimal(0))
    assert dict.fromkeys(ctx.session.scalars(query), 1) == taken


def test_another_persons_van_serves_its_owner_only(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 2, "VAN")
    owner = ctx.session.scalar(sa.select(Location.assignee_id).where(Location.code == "VAN"))
    with pytest.raises(Conflict, match="0 pcs free"):
        reserve(ctx, JOB, parts={"BELT": 1}, near=Nearness(None, owner + 1))
    reserve(ctx, JOB, parts={"BELT": 1}, near=Nearness(None, owner))
    assert kept(ctx, JOB.id) == {"BELT": Decimal(1)}


@pytest.mark.parametrize("place", ["QUAR", "TRANSIT", "LOAN"])
def test_what_lies_apart_or_has_not_arrived_is_never_reserved(office, place):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5, place)
    with pytest.raises(Conflict, match="0 pcs free, 1 pcs needed"):
        reserve(ctx, JOB, parts={"BELT": 1})
    with pytest.raises(Conflict, match="0 pcs free, 1 pcs needed"):
        stock.issue(ctx, [StockLine(ids(ctx)["BELT"], Decimal(1))])
    assert there(ctx) == {("BELT", place): Decimal(5)}


def test_what_was_promised_and_is_held_or_expired_since_is_not_issued_and_is_promised_anew_elsewhere(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 2, batch="SOON", until="2026-03-02")
    put(ctx, "SEAL", 2, batch="LATE", until="2026-12-31")
    reserve(ctx, JOB, parts={"SEAL": 2})
    reserve(ctx, OTHER, parts={"SEAL": 1})
    lots.hold_batch(ctx, ids(ctx, Batch)["LATE"], "Leaks")
    assert (kept(ctx, JOB.id), kept(ctx, OTHER.id)) == ({"SEAL": Decimal(2)}, {})
    with pytest.raises(Invalid, match="nothing to post"):
        reserving.issue_reserved(ctx, OTHER)
    with pytest.raises(Conflict, match="0 set free, 1 set needed"):
        reserve(ctx, OTHER, parts={"SEAL": 1})
    lots.release_batch(ctx, ids(ctx, Batch)["LATE"], "Tested")
    reserve(ctx, OTHER, parts={"SEAL": 1})
    after = office.system(moment("2026-03-03 09:00"))
    with pytest.raises(Conflict, match="expired on 2026-03-02"):
        reserving.issue_reserved(after, JOB)
    with pytest.raises(Conflict, match="1 set free, 2 set needed"):
        reserve(after, JOB, parts={"SEAL": 2})
    reserve(after, JOB, parts={"SEAL": 1})
    reserving.issue_reserved(after, JOB)
    assert [m.batch.number for m in moves(after) if m.kind == "issue"] == ["LATE"]
    assert differences(after) == []


@pytest.mark.clause("SB-6")
def test_service_comes_first_and_whoever_loses_is_told(office):
    ctx = office.system(NOW)
    keeper = ctx.session.scalar(sa.select(sa.func.min(Location.assignee_id)))
    put(ctx, "BELT", 5)
    own = office.ctx("inventory.reservation.edit", now=NOW, user_id=keeper, name="Li Hai")
    reserve(own, JOB, parts={"BELT": 4})
    reserve(ctx, ORDER, parts={"BELT": 3})
    assert (kept(ctx, ORDER.id), kept(ctx, JOB.id)) == ({"BELT": Decimal(3)}, {"BELT": Decimal(2)})
    event = timeline(ctx, JOB)[0]
    assert (event.name, event.facts["what"]) == ("inventory.preempted", "BELT × 2 pcs")
    (told,) = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == keeper))
    assert (told.facts["what"], told.record_kind, told.record_id) == ("BELT × 2 pcs", JOB.kind, JOB.id)
    with pytest.raises(Conflict, match="Part BELT: 0 pcs free, 1 pcs needed"):
        reserve(ctx, OTHER, parts={"BELT": 1})
    with pytest.raises(Conflict, match="Part BELT: 5 pcs free, 6 pcs needed"):
        reserve(ctx, ORDER, parts={"BELT": 6})
    assert (kept(ctx, ORDER.id), kept(ctx, JOB.id)) == ({"BELT": Decimal(3)}, {"BELT": Decimal(2)})
    assert differences(ctx) == []


def test_one_reservation_is_set_free_alone(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    reserve(ctx, JOB, parts={"BELT": 4})
    row = ctx.session.scalar(sa.select(Reservation.id))
    with pytest.raises(Forbidden):
        reserving.release_one(office.ctx("inventory.stock.view", now=NOW), row)
    reserving.release_one(ctx, row)
    with pytest.raises(Conflict, match="free already"):
        reserving.release_one(ctx, row)
    assert (kept(ctx, JOB.id), differences(ctx)) == ({}, [])


def test_reserving_and_issuing_takes_ten_statements_at_most_with_its_events_and_deliveries(office, monkeypatch):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    belt = ids(ctx)["BELT"]
    told = Handler("inventory.issued", "suite", lambda _ctx, _event: None)
    monkeypatch.setitem(ctx.registry.handlers, "inventory.issued", [("inventory", told)])
    ctx = office.system(NOW)
    assert "inventory" in ctx.enabled
    assert str(ctx.today) == "2026-03-02"
    with counted(office.installation.engine) as statements, transaction(ctx):
        reserving.reserve(ctx, JOB, {belt: Decimal(2)})
        reserving.issue_reserved(ctx, JOB, {belt: Decimal(2)}, Circumstances(once="a"))
    assert there(ctx) == {("BELT", "MAIN"): Decimal(3)}
    assert len(statements) <= 10, "\n".join(statements)


# --- for service orders ---------------------------------------------------------------------------------------------


def order(unit_id=None, assignee_id=None, product_id=1):
    return SimpleNamespace(id=7, unit_id=unit_id, assignee_id=assignee_id, product_id=product_id)


@pytest.fixture
def for_order(monkeypatch):
    """The hooks of the module of orders, on an order that stands for one: what it is referred to by is given."""
    from plugins.inventory.services import for_orders

    monkeypatch.setattr(for_orders, "ref_of", lambda _ctx, _order: ORDER)
    return for_orders


def use(ref, quantity, before):
    return SimpleNamespace(ref=ref, quantity=Decimal(quantity), before=Decimal(before), visit_id=1)


def test_an_order_is_offered_the_parts_of_its_product_first_and_their_substitutes(office, for_order):
    ctx = office.system(NOW)
    put(ctx, "OIL", 3)
    put(ctx, "FILTER", 2)
    offers = for_order.parts_for_order(ctx, order())
    assert [(o.ref, o.free, o.unit) for o in offers] == [
        ("BELT", Decimal(0), "pcs"), ("FILTER", Decimal(2), "pcs"), ("OIL", Decimal(3), "litre"),
    ]  # fmt: skip
    assert for_order.parts_for_order(office.ctx("inventory.stock.view", now=NOW), order()) is None


def test_what_is_used_on_an_order_comes_from_what_is_kept_then_from_what_is_nearest_and_less_comes_back(
    office, for_order
):
    ctx = office.system(NOW)
    owner = ctx.session.scalar(sa.select(Location.assignee_id).where(Location.code == "VAN"))
    put(ctx, "BELT", 2)
    put(ctx, "BELT", 2, "VAN")
    set_setting(ctx, "inventory.picking", "nearest")
    ctx = office.system(NOW)
    job = order(assignee_id=owner)
    for_order.reserve_parts(ctx, job, {"BELT": Decimal(1)})
    assert kept(ctx, ORDER.id) == {"BELT": Decimal(1)}
    for_order.use_parts(ctx, job, [use("BELT", 3, 0)], "a")
    for_order.use_parts(ctx, job, [use("BELT", 3, 0)], "a")
    assert there(ctx) == {("BELT", "MAIN"): Decimal(1)}
    for_order.use_parts(ctx, job, [use("BELT", 1, 3)], "b")
    for_order.use_parts(ctx, job, [use("BELT", 1, 3)], "b")
    assert there(ctx) == {("BELT", "MAIN"): Decimal(2), ("BELT", "VAN"): Decimal(1)}
    with pytest.raises(Conflict, match="free, 9 pcs needed"):
        for_order.use_parts(ctx, job, [use("BELT", 10, 1)], "c")
    for_order.set_free(ctx, ORDER)
    assert (kept(ctx, ORDER.id), differences(ctx)) == ({}, [])


def test_parts_used_on_an_order_are_booked_all_at_once_or_not_at_all(office, for_order):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "FILTER", 2)
    put(ctx, "OIL", "4.5")
    for_order.reserve_parts(ctx, order(), {"BELT": Decimal(1)})
    with pytest.raises(Conflict, match="FILTER"):
        for_order.use_parts(ctx, order(), [use("BELT", 3, 0), use("FILTER", 9, 0)], "a")
    assert there(ctx) == {("BELT", "MAIN"): 5, ("FILTER", "MAIN"): 2, ("OIL", "MAIN"): Decimal("4.5")}
    assert kept(ctx, ORDER.id) == {"BELT": Decimal(1)}
    for _tap in range(2):
        for_order.use_parts(ctx, order(), [use("BELT", 3, 0), use("FILTER", 2, 0), use("OIL", "1.5", 0)], "b")
    assert there(ctx) == {("BELT", "MAIN"): 2, ("OIL", "MAIN"): 3}
    for _tap in range(2):
        for_order.use_parts(ctx, order(), [use("BELT", 4, 3), use("FILTER", 1, 2), use("BELT", 0, 1)], "c")
    assert there(ctx) == {("BELT", "MAIN"): 2, ("FILTER", "MAIN"): 1, ("OIL", "MAIN"): 3}, "belts: one more, one less"
    for_order.set_free(ctx, ORDER)
    assert (kept(ctx, ORDER.id), differences(ctx)) == ({}, [])
