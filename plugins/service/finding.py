"""What orders and payments are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.service.models import Order, Payment


def _orders(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Order).where(Order.id.in_(ids)).options(orm.selectinload(Order.customer))
    found = {}
    for o in ctx.session.scalars(query):
        name = o.person_name or (o.customer.name if o.customer else "")
        words = (o.phone_reversed[::-1], o.serial_told, o.address, o.text[:200])
        found[o.id] = SearchText(f"{o.number} {o.subject}", name, words, o.unit_id, o.assignee_id)
    return found


ORDERS = Searchable(_orders)


def _payments(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Payment).where(Payment.id.in_(ids)).options(orm.joinedload(Payment.order))
    return {
        p.id: SearchText(
            f"{p.number} {p.order.number}", p.payer_name, (p.note,), p.order.unit_id, p.order.assignee_id
        )
        for p in ctx.session.scalars(query)
    }


PAYMENTS = Searchable(_payments)
