"""How a paid order of the demonstration is settled before it closes: one charge, paid by card, invoiced."""

from __future__ import annotations

from decimal import Decimal

from core.api import Ctx
from plugins.service.models import Order
from plugins.service.money_contracts import ChargeData, PaymentData
from plugins.service.services import money


def settle(ctx: Ctx, order: Order, price: int) -> None:
    """Charge ``price`` as agreed, collect and invoice it."""
    amount = Decimal(price)
    agreed = order.consent_note or order.subject
    money.add_charge(ctx, order.id, ChargeData("labour", order.subject, Decimal(1), amount, reason=agreed))
    money.record_invoice(ctx, order.id, f"FP{order.id:06d}", ctx.today, amount)
    money.collect(ctx, order.id, PaymentData(amount, "card"))
