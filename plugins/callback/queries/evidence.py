"""What callbacks and surveys have on record of a sale: that somebody asked after it, and what the customer said."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx
from plugins.callback.models import Call, Need
from plugins.callback.models.surveys import Invitation


def tracking_of(ctx: Ctx, sale: Any) -> tuple[Call | None, Call | None]:
    """(the newest call made since a sale, the next one that is planned) to its customer.

    A sale of a unit with a number is followed by calls about that unit, or about none in particular.
    """
    query = sa.select(Call).where(Call.customer_id == sale.customer_id, Call.day >= sale.sale_date)
    if sale.device_id is not None:
        about = sa.select(Need.call_id).where(sa.or_(Need.device_id == sale.device_id, Need.device_id.is_(None)))
        query = query.where(Call.id.in_(about))
    made = query.where(Call.state == "done").order_by(Call.day.desc(), Call.id.desc()).limit(1)
    planned = query.where(Call.state.in_(("planned", "approved", "released", "calling")))
    planned = planned.order_by(Call.day, Call.id).limit(1)
    return ctx.session.scalar(made), ctx.session.scalar(planned)


def opinion_on(ctx: Ctx, sale: Any) -> tuple[Invitation | None, Invitation | None]:
    """(the newest card that the customer answered since a sale, the newest that is still open), about what was sold."""
    query = sa.select(Invitation).where(Invitation.customer_id == sale.customer_id, Invitation.day >= sale.sale_date)
    if sale.device_id is not None:
        query = query.where(sa.or_(Invitation.device_id == sale.device_id, Invitation.device_id.is_(None)))
    else:
        query = query.where(sa.or_(Invitation.product_id == sale.product_id, Invitation.product_id.is_(None)))
    query = query.order_by(Invitation.day.desc(), Invitation.id.desc()).limit(1)
    answered, waiting = query.where(Invitation.state == "answered"), query.where(Invitation.state == "open")
    return ctx.session.scalar(answered), ctx.session.scalar(waiting)
