"""Stopping a batch and tracing it, as the policies say it: ISO-5.2.4, STO-10, DST-4.5."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Clock, Conflict, Invalid, RecordRef, sweep, transaction, use_locale
from core.notifications import Notification
from core.testing import counted, moment
from plugins.base.contracts import CustomerData, ProductData, SaleData, UnitData
from plugins.base.services import record_sale, save_customer, save_product, save_unit_record
from plugins.inventory.contracts import Circumstances, StockLine
from plugins.inventory.models import Balance, Batch, Hold, HoldTask, Location
from plugins.inventory.queries import expiry as expiry_queries
from plugins.inventory.queries import trace
from plugins.inventory.services import expiry, holding, lots, reserving, stock, upkeep
from tests.support.stock_site import NOW, furnish, ids, put, send, there

CUSTOMER, UNIT = "base.customer", "base.unit"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def batch_of(ctx, number: str) -> Batch:
    return ctx.session.scalar(sa.select(Batch).where(Batch.number == number))


def issue(ctx, ref: RecordRef, quantity: int, number: str = "B-1") -> None:
    line = StockLine(ids(ctx)["SEAL"], Decimal(quantity), batch_id=batch_of(ctx, number).id)
    stock.issue(ctx, [line], Circumstances(reference=ref))


def spread(office):
    """A batch of 20 seal kits from the supplier: in two stores, on its way, with a unit, two customers, reserved."""
    ctx = office.system(NOW)
    put(ctx, "SEAL", 20, batch="B-1")
    put(ctx, "SEAL", 5, batch="B-2")
    places, seal, batch = ids(ctx, Location), ids(ctx)["SEAL"], batch_of(ctx, "B-1")
    for quantity, place in ((4, "NORTH"), (1, "QUAR")):
        line = StockLine(seal, Decimal(quantity), places["MAIN"], batch.id)
        stock.transfer(ctx, [line], places[place])
    send(ctx, "SEAL", 3, "NORTH", batch="B-1")
    customers = [save_customer(ctx, CustomerData(name)) for name in ("Sun Farm", "Zhao Farm", "Liu Farm")]
    device = save_unit_record(ctx, UnitData(1, "T-1", customer_id=customers[0].id))
    issue(ctx, RecordRef(UNIT, device.id), 2)
    issue(ctx, RecordRef(CUSTOMER, customers[1].id), 1)
    issue(ctx, RecordRef(CUSTOMER, customers[1].id), 2)
    issue(ctx, RecordRef(CUSTOMER, customers[2].id), 1)
    stock.give_back(ctx, seal, Decimal(1), Circumstances(reference=RecordRef(CUSTOMER, customers[2].id)))
    product = save_product(ctx, ProductData("SEAL", "Seal kit"))
    record_sale(ctx, SaleData(product.id, customers[2].id, dt.date(2026, 2, 1), Decimal(6), batch="B-1"))
    keeper = office.person("keeper2@acme.example", "storekeeper", name="Qian Yu")
    return customers, device, keeper


def todo(ctx) -> set[tuple[str, str, str]]:
    """(kind, where or who, quantity) of the tasks to do."""
    places = {number: code for code, number in ids(ctx, Location).items()}
    found = set()
    for t in ctx.session.scalars(sa.select(HoldTask).where(HoldTask.state == "open")):
        who = f"unit {t.device_id}" if t.device_id else f"customer {t.customer_id}" if t.customer_id else ""
        found.add((t.kind, places.get(t.location_id) or who, str(t.quantity.normalize())))
    return found


@pytest.mark.clause("ISO-5.2.4")
def test_one_act_stops_the_batch_everywhere_and_opens_the_task_of_each_place_and_customer(office):
    customers, device, keeper = spread(office)
    sun, zhao, liu = (c.id for c in customers)
    mine = office.ctx("inventory.reservation.edit", "inventory.stock.view", user_id=keeper, now=NOW)
    seal = ids(mine)["SEAL"]
    ref = RecordRef(CUSTOMER, sun)
    reserving.reserve(mine, ref, {seal: Decimal(8)})
    ctx = office.system(NOW)
    hold = lots.hold_batch(ctx, batch_of(ctx, "B-1").id, "Leaks") and ctx.session.scalar(sa.select(Hold))

    of_it = list(ctx.session.scalars(sa.select(Balance).where(Balance.batch_id == hold.batch_id)))
    assert {balance.held for balance in of_it} == {True}
    assert {place.code for b in of_it if b.on_hand for place in [b.location]} == {"MAIN", "NORTH", "TRANSIT", "QUAR"}
    assert sum(balance.reserved for balance in of_it) == 0
    assert hold.freed == 7, "the eighth is of the good batch and stays reserved"
    told = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == keeper))
    assert [(n.facts["number"], n.facts["what"]) for n in told] == [("B-1", "SEAL × 7 set")]

    assert todo(ctx) == {
        ("isolate", "MAIN", "7"), ("isolate", "NORTH", "4"), ("transit", "TRANSIT", "3"),
        ("recall", f"unit {device.id}", "2"), ("recall", f"customer {zhao}", "3"), ("recall", f"customer {liu}", "6"),
    }  # fmt: skip
    assert upkeep.check(ctx) == []

    kept = reserving.reserve(ctx, ref, {seal: Decimal(5)})
    assert kept.kept == {seal: Decimal(5)}, "of the good batch"
    with pytest.raises(Conflict) as refused:
        reserving.reserve(ctx, ref, {seal: Decimal(6)})
    assert refused.value.code == "too_few"
    line = StockLine(seal, Decimal(1), ids(ctx, Location)["MAIN"], hold.batch_id)
    with pytest.raises(Conflict) as held:
        stock.issue(ctx, [line])
    assert held.value.code == "held"


@pytest.mark.clause("ISO-5.2.4")
def test_what_is_reserved_at_the_same_moment_is_set_free_or_refused(office):
    ctx = office.system(NOW)
    put(ctx, "SEAL", 20, batch="B-1")
    batch, seal = batch_of(ctx, "B-1").id, ids(ctx)["SEAL"]
    begun, held = threading.Event(), []

    def hold() -> None:
        other = office.system(NOW)
        begun.set()
        with use_locale("en"):
            held.append(lots.hold_batch(other, batch, "Leaks").state)
        other.session.close()

    thread = threading.Thread(target=hold)
    with transaction(ctx):
        reserving.reserve(ctx, RecordRef(CUSTOMER, 1), {seal: Decimal(9)})
        thread.start()
        begun.wait(10)
    thread.join(30)
    assert held == ["held"]
    after = office.system(NOW)
    freed, reserved = after.session.scalar(sa.select(Hold.freed)), after.session.scalars(sa.select(Balance.reserved))
    assert (freed, list(reserved)) == (9, [0])
    with pytest.raises(Conflict):
        reserving.reserve(after, RecordRef(CUSTOMER, 1), {seal: Decimal(1)})
    assert upkeep.check(after) == []


@pytest.mark.clause("ISO-5.2.4")
def test_progress_is_reported_late_tasks_are_told_of_and_a_decision_ends_the_hold(office):
    spread(office)
    ctx = office.system(NOW)
    boss = office.person("boss@acme.example", "manager", name="Wang Fang")
    batch = lots.hold_batch(ctx, batch_of(ctx, "B-1").id, "Leaks")
    first, *others = ctx.session.scalars(sa.select(HoldTask).order_by(HoldTask.id))
    with pytest.raises(Invalid):
        holding.finish_task(ctx, first.id, " ")
    holding.finish_task(ctx, first.id, "Moved to quarantine", version=first.version)
    with pytest.raises(Conflict):
        holding.finish_task(ctx, first.id, "Again")
    clocks = dict(ctx.session.execute(sa.select(Clock.record_id, Clock.state)).all())
    assert clocks == {first.id: "met"} | {task.id: "running" for task in others}

    late = office.system(moment("2026-03-05 09:00"))
    sweep(late)
    told = late.session.scalars(sa.select(Notification).where(Notification.user_id == boss))
    assert len(list(told)) == len(others)

    with pytest.raises(Invalid):
        lots.release_batch(late, batch.id, "")
    with pytest.raises(Invalid):
        lots.release_batch(late, batch.id, "Tested", decision="maybe")
    assert batch_of(late, "B-1").state == "held"
    lots.release_batch(late, batch.id, "Ten pieces tested, all tight", decision="sorted")
    hold = late.session.scalar(sa.select(Hold))
    assert (hold.state, hold.decision, hold.decision_reason) == ("ended", "sorted", "Ten pieces tested, all tight")
    states = [task.state for task in late.session.scalars(sa.select(HoldTask).order_by(HoldTask.id))]
    assert states == ["done"] + ["dropped"] * len(others)
    assert set(late.session.scalars(sa.select(Clock.state).where(Clock.record_id != first.id))) <= {
        "cancelled", "missed"
    }  # fmt: skip
    seal = ids(late)["SEAL"]
    assert reserving.reserve(late, RecordRef(CUSTOMER, 1), {seal: Decimal(16)}).kept == {seal: Decimal(16)}


def sold_and_held(office, product_id: int, number: str, customers: int) -> tuple[int, int]:
    """(statements that holding and releasing a batch takes that so many customers have, its tasks)"""
    ctx = office.system(NOW)
    put(ctx, "SEAL", 1, batch=number)
    for n in range(customers):
        who = save_customer(ctx, CustomerData(f"{number} {n}")).id
        record_sale(ctx, SaleData(product_id, who, dt.date(2026, 2, 1), Decimal(1), batch=number))
    batch = batch_of(ctx, number)
    with counted(office.installation.engine) as made:
        lots.hold_batch(ctx, batch.id, "Leaks")
        tasks = ctx.session.scalar(sa.select(sa.func.count(HoldTask.id)).where(HoldTask.state == "open"))
        lots.release_batch(ctx, batch.id, "Harmless")
    return len(made), tasks


def test_holding_a_batch_takes_no_more_statements_for_a_hundred_customers_than_for_twenty(office):
    product = save_product(office.system(NOW), ProductData("SEAL", "Seal kit")).id
    few, twenty = sold_and_held(office, product, "B-20", 20)
    many, hundred = sold_and_held(office, product, "B-100", 100)
    assert (twenty, hundred) == (21, 101), "a customer each, and the store"
    assert many == few


@pytest.mark.clause("DST-4.5")
@pytest.mark.clause("STO-10")
def test_a_batch_is_traced_to_all_customers_and_back_to_its_receipt(office):
    customers, device, _keeper = spread(office)
    sun, zhao, liu = (c.id for c in customers)
    ctx = office.system(NOW)
    batch = batch_of(ctx, "B-1")
    gone = {(d.ref.kind, d.customer_id, d.device_id, int(d.quantity)) for d in trace.deliveries(ctx, batch.id)}
    assert gone == {(UNIT, sun, device.id, 2), (CUSTOMER, zhao, None, 3)}
    assert [(d.ref.kind, d.customer_id, int(d.quantity)) for d in trace.sold(ctx, batch)] == [("base.sale", liu, 6)]
    back = trace.lots_of_record(ctx, RecordRef(UNIT, device.id), 10)
    assert back == [(batch.id, None)]
    origin = trace.origins(ctx, back, 10)
    assert [(m.kind, int(m.quantity), m.source.code, m.target.code) for m in origin] == [
        ("receipt", 20, "SUPPLIER", "MAIN")
    ]  # fmt: skip
    assert there(ctx)[("SEAL", "MAIN")] == 12


@pytest.mark.clause("STO-15")
def test_what_expires_is_told_of_once_per_step_goes_out_first_and_never_after_its_day(office):
    keeper = office.person("keeper3@acme.example", "storekeeper", name="Qian Yu")
    ctx = office.system(NOW)
    put(ctx, "SEAL", 4, batch="LATE", until="2026-12-31")
    put(ctx, "SEAL", 3, batch="SOON", until="2026-03-12")
    put(ctx, "SEAL", 2, batch="GONE", until="2026-03-02")
    seal = ids(ctx)["SEAL"]

    def told(day: str) -> list[tuple[str, str]]:
        now = office.system(moment(f"{day} 09:00"))
        expiry.warn_of_expiry(now)
        expiry.warn_of_expiry(now)
        rows = now.session.scalars(sa.select(Notification).where(Notification.user_id == keeper))
        return sorted((n.facts["number"], n.once.rpartition(" ")[2]) for n in rows)

    first = [("GONE", "7"), ("SOON", "30")]
    assert told("2026-03-02") == first, "through its last day it may be used"
    assert told("2026-03-03") == sorted([*first, ("GONE", "-1")])
    assert told("2026-03-05") == sorted([*first, ("GONE", "-1"), ("SOON", "7")])

    stock.issue(office.system(NOW), [StockLine(seal, Decimal(3))])
    rows = office.system(NOW).session.scalars(sa.select(Balance).where(Balance.on_hand > Decimal(0)))
    left = {row.batch.number: int(row.on_hand) for row in rows}
    assert left == {"SOON": 2, "LATE": 4}, "what expires first went first"
    late = office.system(moment("2026-03-13 09:00"))
    with pytest.raises(Conflict) as refused:
        stock.issue(late, [StockLine(seal, Decimal(5))])
    assert refused.value.code == "not_enough"
    line = StockLine(seal, Decimal(1), ids(late, Location)["MAIN"], batch_of(late, "SOON").id)
    with pytest.raises(Conflict) as expired:
        stock.issue(late, [line])
    assert expired.value.code == "expired"
    assert expiry_queries.count_soon(late) == 0
    soon = office.system(moment("2026-10-10 09:00"))
    assert [(e.batch.number, int(e.quantity)) for e in expiry_queries.ending(soon, 10)] == [("SOON", 2), ("LATE", 4)]
