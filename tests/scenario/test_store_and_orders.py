"""The store and service orders: service comes first (SB-6); with the store off, orders take parts by hand (GS-14)."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, RecordRef, use_locale
from core.companies.switch import switch_off, switch_on
from core.notifications import Notification
from plugins.inventory.contracts import PartData as StockPart
from plugins.inventory.contracts import ReceiptLine
from plugins.inventory.models import Balance, Measure, Part, Reservation
from plugins.inventory.queries.check import differences
from plugins.inventory.services import parts, reserving, stock
from plugins.service import services
from plugins.service.models import PartLine
from plugins.service.visit_contracts import PartData
from tests.support.loaner_site import NOW, ORDER, furnish, order, place

OTHER = RecordRef("base.product", 1)
"""Something else than service that wants parts."""


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        office = installation.office("acme")
        ctx = office.system(NOW)
        pcs = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
        belt = parts.save_part(ctx, StockPart("BELT", "V-belt", pcs)).id
        stock.receive(ctx, [ReceiptLine(belt, Decimal(5))], place(ctx, "MAIN"))
        yield office


def kept(ctx) -> dict[str, int]:
    """Kind of record → how many belts are kept for it."""
    query = sa.select(Reservation.record_kind, sa.func.sum(Reservation.quantity)).group_by(Reservation.record_kind)
    return {kind: int(quantity) for kind, quantity in ctx.session.execute(query) if quantity}


@pytest.mark.clause("SB-6")
def test_service_comes_first_what_was_kept_for_other_uses_goes_to_the_order_and_who_loses_it_is_told(office):
    ctx = office.system(NOW)
    belt = ctx.session.scalar(sa.select(Part.id).where(Part.code == "BELT"))
    seller = office.person("sales@acme.example", "dispatcher", name="Wang Fang")
    order_id = order(office)
    selling = office.ctx("inventory.reservation.edit", now=NOW, user_id=seller, name="Wang Fang")
    reserving.reserve(selling, OTHER, {belt: Decimal(4)})
    office.installation.close_sessions()

    ctx = office.system(NOW)
    services.plan_part(ctx, order_id, PartData(ref="BELT", quantity=Decimal(3)))
    assert kept(ctx) == {ORDER: 3, OTHER.kind: 2}, "one was free, two came from the other use"
    (told,) = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == seller))
    assert (told.facts["what"], told.record_kind, told.record_id) == ("BELT × 2 pcs", OTHER.kind, OTHER.id)
    with pytest.raises(Conflict, match="Part BELT: 2 pcs free, 3 pcs needed"):
        reserving.reserve(ctx, OTHER, {belt: Decimal(3)})
    assert kept(ctx) == {ORDER: 3, OTHER.kind: 2}, "no other use takes from an order"
    assert differences(ctx) == []


@pytest.mark.clause("GS-14")
def test_with_the_store_off_an_order_takes_its_parts_by_hand_and_what_was_kept_is_there_afterwards(office):
    ctx = office.system(NOW)
    order_id = order(office)
    services.plan_part(ctx, order_id, PartData(ref="BELT", quantity=Decimal(2)))
    switch_off(ctx, "inventory")
    office.installation.close_sessions()

    ctx = office.system(NOW)
    services.plan_part(ctx, order_id, PartData("Seal kit", "S-7", Decimal(1)))
    lines = ctx.session.execute(sa.select(PartLine.name, PartLine.source, PartLine.planned).order_by(PartLine.id)).all()
    assert [tuple(line) for line in lines] == [("V-belt", "stock", Decimal(2)), ("Seal kit", "hand", Decimal(1))]
    switch_on(ctx, "inventory")
    office.installation.close_sessions()

    ctx = office.system(NOW)
    services.plan_part(ctx, order_id, PartData(ref="BELT", quantity=Decimal(1)))
    assert kept(ctx) == {ORDER: 3}
    on_hand = ctx.session.scalar(sa.select(Balance.on_hand).join(Part, Part.id == Balance.part_id).where(
        Part.code == "BELT"
    ))  # fmt: skip
    assert (on_hand, differences(ctx)) == (Decimal(5), [])
