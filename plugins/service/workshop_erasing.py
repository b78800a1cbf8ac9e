"""What the workshop holds about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.models import Application, BenchEntry, BenchTest, Custody, Item
from plugins.service.queries import workshop as queries
from plugins.service.workshop_contracts import ITEM


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """What a customer left with us."""
    items = _items(ctx, ref)
    if not items:
        return []
    return [
        PersonalData(
            _("Customers' items"),
            len(items),
            _("What it was, how it looked, accessories, who brought and fetched it, tracking number, remarks of tests"),
            _("The number, dates, work and parts, results of tests and who did it: statistics need them"),
            tuple(RecordRef(ITEM, i.id) for i in items),
            max(i.returned_at or i.taken_at for i in items),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. An item is called by its number from now on."""
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    items = queries.items_of_orders(ctx, orders) if orders else []
    ids = [i.id for i in items]
    for item in items:
        item.name = item.number
        item.serial = item.condition = item.accessories = item.from_name = item.returned_to = item.tracking = ""
        item.signed_by = item.unsigned_reason = item.inspection = item.receipt_reason = item.place = ""
        item.once = None
    rows = list(ctx.session.scalars(sa.select(Custody).where(Custody.item_id.in_(ids)).order_by(Custody.id)))
    for row in rows:
        row.note = row.place = ""
        if row.what == "taken_in":
            row.from_name = ""
        elif row.what == "returned":
            row.to_name = ""
    lines = sa.select(BenchEntry).where(BenchEntry.item_id.in_(ids)).order_by(BenchEntry.id)
    for line in ctx.session.scalars(lines):
        line.struck_reason = ""
    for test in ctx.session.scalars(sa.select(BenchTest).where(BenchTest.item_id.in_(ids)).order_by(BenchTest.id)):
        test.note = ""
        test.points = [{**point, "remark": ""} for point in test.points]
    reviews = sa.select(Application).where(Application.order_id.in_(orders)).order_by(Application.id)
    for review in ctx.session.scalars(reviews):
        review.note = ""


def _items(ctx: Ctx, ref: RecordRef) -> list[Item]:
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    return queries.items_of_orders(ctx, orders) if orders else []
