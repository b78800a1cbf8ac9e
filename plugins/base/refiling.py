"""What follows when a call, a sale or a unit is filed on another customer or unit: its organisation unit, its unit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Invalid, Refilable, _
from plugins.base import queries
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.base.models import Customer, SalesRecord, Site, Unit

RIGHT = "base.record.refile"


def place_on(ctx: Ctx, record: Any, kind: str, target: Any) -> None:
    """A call or sale: on another customer a unit of somebody else's goes; on another unit its customer comes."""
    if kind == UNIT:
        if isinstance(record, SalesRecord) and record.product_id != target.product_id:
            raise Invalid("other_product", _("This unit is another product."), "into")
        if target.customer_id is not None:
            record.customer_id = target.customer_id
    elif record.device_id is not None:
        device = queries.find(ctx, Unit, record.device_id)
        if device is None or device.customer_id != target.id:
            record.device_id = None
    customer = queries.find(ctx, Customer, record.customer_id)
    record.unit_id = customer.unit_id if customer is not None else record.unit_id


def _place_unit(ctx: Ctx, record: Any, _kind: str, target: Any) -> None:
    site = queries.find(ctx, Site, record.site_id)
    if site is not None and site.customer_id != target.id:
        record.site_id = None
    record.unit_id = target.unit_id


def filed_together(ctx: Ctx, record: Any) -> list[Any]:
    """The sale of a unit, and the unit of a sale."""
    if isinstance(record, Unit):
        return list(ctx.session.scalars(sa.select(SalesRecord).where(SalesRecord.device_id == record.id)))
    if isinstance(record, SalesRecord) and record.device_id is not None:
        return [row for row in (queries.find(ctx, Unit, record.device_id),) if row is not None]
    return []


CONTACTS = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, place_on)
SALES = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, place_on)
UNITS = Refilable(RIGHT, {CUSTOMER: "customer_id"}, _place_unit)

