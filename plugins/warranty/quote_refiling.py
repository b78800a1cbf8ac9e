"""A quote filed on the wrong customer or unit, and the quotes that go along with the record that they are for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef, Refilable, ref_of
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.warranty.models import Quote
from plugins.warranty.queries import quotes

RIGHT = "base.record.refile"


def _place(ctx: Ctx, quote: Any, kind: str, target: Any) -> None:
    if kind == UNIT:
        quote.customer_id = target.customer_id if target.customer_id is not None else quote.customer_id
    elif quote.device_id is not None:
        units: Any = ctx.registry.kinds[UNIT].model
        device = ctx.session.scalar(sa.select(units).where(units.id == quote.device_id))
        if device is None or device.customer_id != target.id:
            quote.device_id = None


def filed_together(ctx: Ctx, record: Any) -> list[Any]:
    """The quotes for a record, and the record that a quote is for."""
    if isinstance(record, Quote):
        kind = ctx.registry.kinds.get(record.record_kind)
        model: Any = kind.model if kind is not None else None
        found = ctx.session.scalar(sa.select(model).where(model.id == record.record_id)) if model is not None else None
        return [found] if found is not None else []
    try:
        ref: RecordRef = ref_of(ctx, record)
    except LookupError:
        return []
    return list(quotes.of_record(ctx, ref, quotes.COUNTED))


QUOTES = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, _place)
