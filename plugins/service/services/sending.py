"""What comes from phones: a repeated tap, or a retry after a dropped connection, is done once."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Invalid, RecordRef, _
from plugins.service.contracts import ORDER
from plugins.service.models import Order, Sent, Visit
from plugins.service.queries import orders
from plugins.service.queries import visits as queries
from plugins.service.services.common import require_not_archived


def order_ref(order: Order) -> RecordRef:
    """The order, for the timelines on which a visit's events appear too."""
    return RecordRef(ORDER, order.id)


def locked(ctx: Ctx, order_id: int) -> Order:
    """The order, with its row locked: of two sends with one key the second waits for the first. Not an archived one."""
    order = orders.get_order(ctx, order_id)
    require_not_archived(order)
    ctx.session.execute(sa.select(Order.id).where(Order.id == order.id).with_for_update())
    return order


def to_work_on(ctx: Ctx, visit_id: int) -> Visit:
    """The visit, with the row of its order locked."""
    visit = queries.get_visit(ctx, visit_id)
    locked(ctx, visit.order_id)
    ctx.session.refresh(visit)
    return visit


def known(ctx: Ctx, once: str) -> Visit | None:
    """The visit to which this was sent before."""
    sent = queries.sent_before(ctx, once)
    return queries.find_visit(ctx, sent.visit_id) if sent is not None else None


def remember(ctx: Ctx, once: str, what: str, visit: Visit) -> None:
    """Keep the key of what was sent; Invalid for a page that has none."""
    remember_on(ctx, once, what, visit.order, visit)


def remember_on(ctx: Ctx, once: str, what: str, order: Order, visit: Visit | None = None) -> None:
    """The same for what is sent about an order, outside a visit, too."""
    if not once or len(once) > 60:
        raise Invalid("no_key", _("This page is too old. Open it again; what you typed is kept."))
    ctx.session.add(Sent(once=once, what=what, order_id=order.id, visit_id=visit.id if visit else None, at=ctx.now))
