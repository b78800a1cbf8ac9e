"""Vouchers of the demonstration: drawn on orders of the last days, most of them signed and filed; closed days."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, DomainError, issue_document, read_data_file, transaction, use_locale
from plugins.service.daybook_contracts import VOUCHER, FilingData
from plugins.service.demo.orders import people_with
from plugins.service.models import Order
from plugins.service.queries import daybook as queries
from plugins.service.services import daybook

CASES = Path(__file__).parents[1] / "data" / "demo" / "daybook.yaml"
CLOSED = 3
"""So many days before today are closed."""


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Vouchers on orders that are done or under way; what can't be filed stays as it is."""
    words = read_data_file(CASES)[ctx.company.locale]
    with transaction(ctx), use_locale(ctx.company.locale):
        clerks, heads = people_with(ctx, daybook.FILE), people_with(ctx, daybook.CLOSE_DAY)
        query = sa.select(Order).where(Order.state.in_((*queries.BACK, "dispatched")), Order.kind != "inquiry")
        for n, order in enumerate(ctx.session.scalars(query.order_by(Order.id.desc()).limit(6)).all()):
            moment = order.dispatched_at or order.accepted_at or order.received_at
            drawn = issue_document(ctx.at(moment).as_actor(clerks[0]), VOUCHER, order)
            if order.state in queries.BACK and n % 3 != 2:
                data = FilingData(words["place"].format(n=order.received_at.month), ctx.today, words["note"])
                daybook.file_voucher(ctx.as_actor(clerks[-1]), order.id, drawn.id, data)
        newest = sa.select(Order.unit_id).where(Order.unit_id.is_not(None)).order_by(Order.id.desc()).limit(1)
        served = ctx.session.scalar(newest)
        unit = queries.unit_of_book(ctx, served)
        if unit is None:
            return
        for back in range(CLOSED, 0, -1):
            day = ctx.today - dt.timedelta(days=back)
            evening = ctx.at(dt.datetime.combine(day, dt.time(18, 5), ctx.tz).astimezone(dt.UTC)).as_actor(heads[0])
            try:
                daybook.close_day(evening, unit.id, day, words["closed"])
            except DomainError:
                continue
