"""An order filed on the wrong customer or unit: its call comes along, and who pays is decided anew."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Refilable, _, emit_if_changed
from plugins.base.contracts import CONTACT, CUSTOMER, UNIT
from plugins.service.models import Order
from plugins.service.services.entitlement import find_entitlement, settle_steps
from plugins.service.services.installation import renew

RIGHT = "base.record.refile"


def _place(ctx: Ctx, order: Any, kind: str, target: Any) -> None:
    order.site_id = None
    if kind == UNIT:
        order.product_id = target.product_id
        order.customer_id = target.customer_id if target.customer_id is not None else order.customer_id
    elif order.device_id is not None:
        device = _row(ctx, UNIT, order.device_id)
        if device is None or device.customer_id != target.id:
            order.device_id = None


def _row(ctx: Ctx, kind: str, row_id: int) -> Any:
    model: Any = ctx.registry.kinds[kind].model
    return ctx.session.scalar(sa.select(model).where(model.id == row_id))


def _settled(ctx: Ctx, order: Any) -> None:
    if not order.is_open:
        return
    ctx.session.flush()
    if order.device_id is not None and not order.work_kind_by_hand:
        order.coverage_kind, order.coverage_ref = "", None
        find_entitlement(ctx, order, _("Filed on another customer or unit"))
    settle_steps(ctx, order)
    renew(ctx, order)
    emit_if_changed(ctx, "service.judged_anew", order, number=order.number)


def filed_together(ctx: Ctx, record: Any) -> list[Any]:
    """The orders that a call became, and the call that an order came from."""
    calls: Any = ctx.registry.kinds[CONTACT].model
    if isinstance(record, calls):
        return list(ctx.session.scalars(sa.select(Order).where(Order.contact_id == record.id)))
    if isinstance(record, Order) and record.contact_id is not None:
        contact = _row(ctx, CONTACT, record.contact_id)
        return [contact] if contact is not None else []
    return []


ORDERS = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, _place, _settled)
