"""Buying as the policies want it: planned, priced, checked by finance, approved by the head; guarantee parts."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.auth.models import User
from core.notifications import Notification
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import (
    REQUEST,
    Arrival,
    PartData,
    PointData,
    RequestLineData,
    SourceData,
    StockLine,
)
from plugins.inventory.models import Location, Part, PurchaseRequest, ReorderProposal
from plugins.inventory.queries import ordering as orders
from plugins.inventory.queries import purchasing as requests
from plugins.inventory.services import ordering, parts, purchasing, reorder, stock, suppliers
from tests.support.approval_rules import rows, step
from tests.support.stock_site import NOW, furnish, ids, put, there


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases):
    with databases.furnished("sqlite", furnish) as installation:
        yield installation.office("acme")


def sold(ctx, code: str, price: str) -> int:
    row = save_supplier(ctx, SupplierData(f"Seller of {code}", f"S-{code}", lead_days=7))
    suppliers.save_source(ctx, SourceData(ids(ctx)[code], row.id, price=Decimal(price)))
    return row.id


def answered(office, user_id: int, role: str, name: str, *, approves: bool, reason: str = "") -> None:
    office.installation.close_sessions()
    ctx = office.ctx("inventory.purchase.view", now=NOW, user_id=user_id, name=name, roles=(role,))
    (waiting,) = ctx.session.scalars(waiting_for_me(ctx)).all()
    current = next(s for s in steps_listed(ctx, waiting.id) if s.state == "waiting")
    answer(ctx, waiting.id, current.id, approves=approves, reason=reason)


@pytest.mark.clause("GS-19")
def test_what_is_to_be_bought_is_inquired_priced_checked_by_finance_approved_by_the_head_then_bought(office):
    accounts = office.person("accounts@acme.example", "finance", name="Qian Fen")
    head = office.person("head@acme.example", "general_manager", name="Sun Wei")
    ctx = office.system(NOW)
    large = {"transition": "approve", "amount": {"ge": 1000}}
    rows(ctx, REQUEST, step(1, "finance", when={"transition": "approve"}), step(2, "general_manager", when=large))
    keeper = ctx.session.scalars(sa.select(User.id).where(User.email == "keeper@acme.example")).one()
    office.installation.close_sessions()
    service = office.ctx(
        "inventory.purchase.view", "inventory.purchase.ask", "inventory.supplier.view", now=NOW, user_id=keeper,
        name="Ma Li", roles=("storekeeper",),
    )  # fmt: skip

    request = purchasing.draw_up(service, "Belts for the season")
    line = purchasing.save_line(service, request.id, RequestLineData(ids(service)["BELT"], Decimal(80)))
    with pytest.raises(Conflict, match="1 line without supplier or price"):
        purchasing.approve(service, request.id)
    request_id, line_id = request.id, line.id
    office.installation.close_sessions()
    seller = sold(office.system(NOW), "BELT", "15")
    purchasing.save_line(
        service, request_id, RequestLineData(ids(service)["BELT"], Decimal(80), seller, Decimal(15)), line_id
    )
    assert requests.get_request(service, request_id).amount == Decimal(1200)

    with pytest.raises(Conflict) as asked:
        purchasing.approve(service, request_id)
    assert asked.value.code == "approval_asked"
    answered(office, accounts, "finance", "Qian Fen", approves=True)
    office.installation.worker(NOW).run_until_idle()
    assert requests.get_request(office.system(NOW), request_id).state == "draft", "the head has not approved yet"
    answered(office, head, "general_manager", "Sun Wei", approves=True)
    office.installation.worker(NOW).run_until_idle()

    ctx = office.system(NOW)
    assert requests.get_request(ctx, request_id).state == "approved"
    (order,) = ordering.order_request(ctx, request_id)
    ordering.send_order(ctx, order.id)
    (ordered,) = orders.lines_of(ctx, order.id)
    ordering.receive_order(ctx, order.id, [Arrival(ordered.id, Decimal(80))], ids(ctx, Location)["MAIN"])
    assert there(ctx) == {("BELT", "MAIN"): Decimal(80)}


@pytest.mark.clause("GS-19")
def test_a_small_purchase_needs_finance_only_and_what_finance_refuses_is_not_bought(office):
    accounts = office.person("accounts@acme.example", "finance", name="Qian Fen")
    ctx = office.system(NOW)
    large = {"transition": "approve", "amount": {"ge": 1000}}
    rows(ctx, REQUEST, step(1, "finance", when={"transition": "approve"}), step(2, "general_manager", when=large))
    sold(ctx, "BELT", "15")
    request = purchasing.draw_up(ctx, "A few belts")
    purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)["BELT"], Decimal(2)))
    request_id = request.id
    with pytest.raises(Conflict):
        purchasing.approve(ctx, request_id)
    answered(office, accounts, "finance", "Qian Fen", approves=False, reason="12 elsewhere")
    office.installation.worker(NOW).run_until_idle()
    row = requests.get_request(office.system(NOW), request_id)
    assert (row.state, row.ended_reason) == ("refused", "12 elsewhere")


@pytest.mark.clause("SB-4")
def test_guarantee_parts_are_always_complete_what_lacks_is_replenished_at_once(office):
    ctx = office.system(NOW)
    for code in ("BELT", "FILTER"):
        row = ctx.session.get_one(Part, ids(ctx)[code])
        parts.save_part(ctx, PartData(code, row.name, row.measure_id, guarantee=code == "BELT", id=row.id))
        sold(ctx, code, "15")
        put(ctx, code, 6)
        reorder.save_point(ctx, PointData(row.id, Decimal(5), Decimal(12)))
    main = ids(ctx, Location)["MAIN"]

    stock.issue(ctx, [StockLine(ids(ctx)["BELT"], Decimal(2), main), StockLine(ids(ctx)["FILTER"], Decimal(2), main)])
    office.installation.worker(NOW).run_until_idle()

    ctx = office.system(NOW)
    request = ctx.session.scalars(sa.select(PurchaseRequest)).one()
    (line,) = requests.lines_of(ctx, request.id)
    assert (line.part.code, line.quantity, request.urgent) == ("BELT", Decimal(8), True)
    told = ctx.session.scalars(sa.select(Notification).where(Notification.record_kind == REQUEST)).all()
    assert [n.facts["what"] for n in told] == ["BELT"]

    reorder.nightly(ctx)
    assert len(ctx.session.scalars(sa.select(PurchaseRequest)).all()) == 1, "it is asked for once"
    waiting = ctx.session.scalars(sa.select(ReorderProposal).where(ReorderProposal.state == "open")).one()
    assert waiting.part.code == "FILTER", "what is no guarantee part waits for the night and for a person"


@pytest.mark.clause("STO-8")
def test_the_purchase_plan_comes_from_what_is_demanded_and_names_the_supplier_of_the_base(office):
    ctx = office.system(NOW)
    seller = sold(ctx, "BELT", "15")
    put(ctx, "BELT", 100)
    stock.issue(ctx, [StockLine(ids(ctx)["BELT"], Decimal(90), ids(ctx, Location)["MAIN"])])
    reorder.save_point(ctx, PointData(ids(ctx)["BELT"], Decimal(14), Decimal(30), "cover"))
    reorder.nightly(ctx)
    row = ctx.session.scalars(sa.select(ReorderProposal)).one()
    assert (row.free, row.minimum, row.target, row.quantity) == tuple(Decimal(n) for n in (10, 14, 30, 20))
    assert row.supplier_id == seller
