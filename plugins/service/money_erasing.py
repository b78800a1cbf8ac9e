"""What money holds about a person, and removing it. Accounts keep numbers, amounts and days."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.models import Charge, Invoice, Payment, Unpaid
from plugins.service.money_contracts import PAYMENT


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """What a customer paid."""
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    payments = _payments(ctx, orders)
    charges = list(ctx.session.scalars(sa.select(Charge).where(Charge.order_id.in_(orders)))) if orders else []
    if not payments and not charges:
        return []
    return [
        PersonalData(
            _("Charges and payments"),
            len(payments) + len(charges),
            _("Who paid, notes, reasons"),
            _("Numbers, amounts, days, what was charged: accounts need them"),
            tuple(RecordRef(PAYMENT, p.id) for p in payments),
            max([p.paid_at for p in payments] + [c.at for c in charges]),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove what speaks of the person; accounts keep the rest."""
    orders = [o.id for o in erasing.orders_of(ctx, ref)]
    for payment in _payments(ctx, orders):
        payment.payer_name = payment.note = payment.mode_reason = ""
        payment.once = None
    if not orders:
        return
    for charge in ctx.session.scalars(sa.select(Charge).where(Charge.order_id.in_(orders)).order_by(Charge.id)):
        charge.why = ""
    for invoice in ctx.session.scalars(sa.select(Invoice).where(Invoice.order_id.in_(orders)).order_by(Invoice.id)):
        invoice.cancel_reason = ""
    for unpaid in ctx.session.scalars(sa.select(Unpaid).where(Unpaid.order_id.in_(orders)).order_by(Unpaid.id)):
        unpaid.reason = ""


def _payments(ctx: Ctx, orders: list[int]) -> list[Payment]:
    if not orders:
        return []
    query = sa.select(Payment).where(Payment.order_id.in_(orders)).order_by(Payment.id).with_for_update()
    return list(ctx.session.scalars(query))
