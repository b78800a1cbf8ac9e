"""What the policies say of customers' items: receipt, card, custody, test, inspection, hand-back, with exact times."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, NotFound, RecordRef, documents_of, find_clock, gates, use_locale
from plugins.service import life, services
from plugins.service.contracts import REPAIR
from plugins.service.models import Item
from plugins.service.queries import orders as orders
from plugins.service.queries import workshop as queries
from plugins.service.services import workshop
from plugins.service.workshop_contracts import ITEM, RECEIPT, EntryData, ItemData, ReturnData, TestData
from tests.support.workshop_site import acting, at, furnish, order, person

GOOD = {"safe": ("ok", ""), "fault_gone": ("ok", ""), "functions": ("ok", ""), "trial": ("15", ""), "clean": ("ok", "")}
LEFT = ItemData("Scratch on the lid, cable fine", accessories="base", place="Counter")
FETCHED = ReturnData("picked_up", signed_by="Ann Lee")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office()


def open_gates(ctx, order_id: int, transition: str) -> list[str]:
    found = gates(ctx, life.WORKFLOW.transition(transition), orders.get_order(ctx, order_id))
    return [g.text for g in found if g.open]


def receipts(ctx, item_id: int):
    return [d for d in documents_of(ctx, RecordRef(ITEM, item_id)) if d.kind == RECEIPT]


def test_work_after_a_passed_test_makes_it_count_no_more(office):
    order_id = order(office)
    services.start(at(office), order_id)
    item = workshop.take_in(at(office, "2026-03-02 10:00"), order_id, LEFT)
    workshop.record_test(at(office, "2026-03-02 11:00"), item.id, TestData(GOOD))
    workshop.inspect(at(office, "2026-03-02 11:30", "hana"), item.id)
    entry = workshop.add_entry(at(office, "2026-03-02 12:00"), item.id, EntryData("work", "One more screw", 5))
    ctx = at(office, "2026-03-02 12:10")
    assert open_gates(ctx, order_id, "finish")[-2:] == [
        "SX2603-0001: Worked on after the test", "SX2603-0001: not inspected by the head yet",
    ]  # fmt: skip
    workshop.strike_entry(ctx, item.id, entry.id, "Written on the wrong card")
    assert not [t for t in open_gates(ctx, order_id, "finish") if t.startswith("SX")]
    with pytest.raises(Conflict, match="struck out already"):
        workshop.strike_entry(ctx, item.id, entry.id, "again")


def test_an_item_of_a_cancelled_order_still_has_to_go_back(office):
    order_id = order(office)
    item = workshop.take_in(at(office, "2026-03-02 10:00"), order_id, LEFT)
    with pytest.raises(Conflict, match="finish the order or cancel it"):
        workshop.hand_back(at(office, "2026-03-02 11:00"), item.id, FETCHED)
    services.cancel(at(office, "2026-03-02 12:00"), order_id, "The customer wants it back")
    ctx = at(office, "2026-03-02 12:30")
    assert find_clock(ctx, orders.get_order(ctx, order_id), REPAIR).state == "cancelled"
    wanted = queries.rows_of(ctx).where(queries.tab_clause(ctx, "to_return"))
    assert [i.id for i in ctx.session.scalars(wanted)] == [item.id]
    lost = ReturnData("picked_up", signed_by="Ann Lee", receipt_back=False, receipt_reason="Lost; identity card shown")
    assert workshop.hand_back(ctx, item.id, lost).receipt == "lost"
    assert receipts(ctx, item.id)[0].cancelled_at is None
    with pytest.raises(Conflict, match="handed back already"):
        workshop.hand_back(ctx, item.id, FETCHED)


def test_a_form_that_is_sent_twice_takes_one_item_in(office):
    order_id = order(office)
    data = ItemData("Fine", once="form:abc")
    first = workshop.take_in(at(office, "2026-03-02 10:00"), order_id, data)
    again = workshop.take_in(at(office, "2026-03-02 10:01"), order_id, data)
    ctx = at(office)
    assert (first.id == again.id, ctx.session.scalar(sa.select(sa.func.count(Item.id)))) == (True, 1)


def test_an_agent_sees_no_items_of_other_units_and_taking_in_needs_a_right(office):
    order_id = order(office)
    item = workshop.take_in(at(office, "2026-03-02 10:00"), order_id, LEFT)
    rights = ("service.order.view", "service.item.take")
    agent = office.ctx(*rights, unit_ids=frozenset({999}), user_id=person(office, "tom"))
    with pytest.raises(NotFound, match="no such item"):
        queries.get_item(agent, item.id)
    assert list(agent.session.scalars(queries.rows_of(agent))) == []
    seller = office.ctx("service.order.view", user_id=person(office, "tom"))
    with pytest.raises(Forbidden):
        workshop.take_in(seller, order_id, LEFT)
    assert len(queries.items_of(at(office), order_id)) == 1


def test_whoever_leaves_hands_items_on_and_the_chain_says_so(office):
    item = workshop.take_in(at(office, "2026-03-02 10:00"), order(office), LEFT)
    ctx = at(office, "2026-03-02 11:00", "hana")
    assert workshop.hand_over_items(ctx, person(office, "tom"), person(office, "hana")) == 1
    assert [(c.from_name, c.to_name) for c in queries.custody_of(ctx, item.id)][-1] == ("Tom", "Hana")
    assert acting(office, "hana").user_id == queries.get_item(ctx, item.id).holder_id
