"""A stock for tests: one bearing lies in it, and one machine to lend. What is booked is kept in ``BOOKED``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import Invalid, Manifest, hookimpl
from plugins.service.visit_contracts import Loaner, PartOffer

BOOKED: list[tuple[str, Any]] = []
FREE = Decimal(1)

MANIFEST = Manifest(
    name="stub_stock",
    label={"en": "Stock", "zh": "库存"},
    summary={"en": "A stock for tests", "zh": "测试用库存"},
    version="0.1.0",
    requires=("base", "service"),
    provides=("parts_for_order", "reserve_parts", "use_parts", "loaner"),
)


@hookimpl
def parts_for_order(ctx, order):
    return [PartOffer("P-12", "Bearing", "6204", "pcs", FREE)]


@hookimpl
def reserve_parts(ctx, order, parts):
    for ref, quantity in parts.items():
        if quantity > FREE:
            raise Invalid("too_few", f"Part {ref}: {FREE:f} free, {quantity:f} needed.", "quantity")
    BOOKED.append(("reserve", dict(parts)))


@hookimpl
def use_parts(ctx, order, uses, once):
    for use in uses:
        if use.quantity - use.before > FREE:
            raise Invalid("too_few", f"Part {use.ref}: {FREE:f} free, {use.quantity:f} needed.", "quantity")
    BOOKED.append(("use", [(use.ref, use.quantity, use.before) for use in uses], once))


@hookimpl
def loaner(ctx, order):
    return Loaner("Mower M-3 is on loan", "", True)
