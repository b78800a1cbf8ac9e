"""What goes in and out of the services of money, and the words for its codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_

PAYMENT, HANDOVER = "service.payment", "service.cash_handover"
"""The kinds of record, for RecordRef."""
CASH, INVOICE = "service.cash", "service.invoice"
"""Clocks: until cash is confirmed by finance (GS-11); until what was paid is invoiced (VCH-5, VCH-8)."""
PAY_STEP = "payment"
"""The step of the table ``service.steps``: paid before it closes; its role may let it close unpaid."""

CHARGE_WORDS = {"labour": N_("Labour"), "travel": N_("Travel"), "part": N_("Part"), "other": N_("Other")}
PAYER_WORDS = {
    "customer": N_("The customer"),
    "company": N_("We"),
    "supplier": N_("The supplier"),
    "contract": N_("The contract"),
}
SOURCE_WORDS = {
    "hand": N_("Price by hand"),
    "list": N_("Price list"),
    "quote": N_("Quote"),
    "counter": N_("Counter-entry"),
}
METHOD_WORDS = {
    "cash": N_("Cash"),
    "transfer": N_("Bank transfer"),
    "card": N_("Card"),
    "wechat": N_("WeChat Pay"),
    "alipay": N_("Alipay"),
    "other": N_("Other way"),
}
MODE_WORDS = {
    "on_spot": N_("Collected on the spot, invoice after"),
    "invoice_first": N_("Invoice first"),
    "transfer": N_("By transfer on invoice"),
    "account": N_("On account"),
}
PAYMENT_WORDS = {"payment": N_("Payment"), "refund": N_("Refund"), "correction": N_("Correction")}
HANDOVER_WORDS = {
    "given": N_("Waits for finance"),
    "confirmed": N_("Confirmed by finance"),
    "refused": N_("Refused by finance"),
}


@dataclass(frozen=True)
class ChargeData:
    """Something that an order costs. ``unit_price`` None: from the price list, by a module that has one.

    ``reason`` is needed for a price by hand. ``once`` twice answers the first charge.
    """

    kind: str
    label: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    payer: str = "customer"
    code: str = ""
    reason: str = ""
    once: str = ""


@dataclass(frozen=True)
class PaymentData:
    """Money that a customer gave. ``mode`` empty: as the table ``service.collection`` says; another one needs
    ``mode_reason``. ``once`` twice answers the first payment.
    """

    amount: Decimal
    method: str
    mode: str = ""
    mode_reason: str = ""
    paid_at: dt.datetime | None = None
    payer_name: str = ""
    note: str = ""
    once: str = ""


@dataclass(frozen=True)
class Collection:
    """How the charges of an order are collected, and when they are invoiced; ``why`` names the row."""

    mode: str
    invoice: str
    why: str = ""
