"""Sums of an order's money, and what they mean. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOUGHT = Decimal(0)
WITHOUT_CHARGE = ("refused", "answered", "solved_by_phone")
"""Outcomes of paid orders for which there may be nothing to pay."""


@dataclass(frozen=True)
class Balance:
    """The money of one order: what each pays, what came in, what is still open (negative: too much was paid)."""

    by_payer: Mapping[str, Decimal]
    paid: Decimal
    invoiced: Decimal
    cash_open: Decimal
    """Cash that was collected and that finance has not confirmed."""

    @property
    def charged(self) -> Decimal:
        """What the customer has to pay."""
        return self.by_payer.get("customer", NOUGHT)

    @property
    def open(self) -> Decimal:
        """What the customer still has to pay."""
        return self.charged - self.paid

    @property
    def to_invoice(self) -> Decimal:
        """What was paid and not invoiced yet; never negative."""
        return max(NOUGHT, self.paid - self.invoiced)


def balance(charges: Iterable[Any], payments: Iterable[Any], invoices: Iterable[Any]) -> Balance:
    """The balance of an order from its rows; counter-entries are rows like all others."""
    by_payer: dict[str, Decimal] = {}
    for charge in charges:
        by_payer[charge.payer] = by_payer.get(charge.payer, NOUGHT) + charge.amount
    payments = list(payments)
    return Balance(
        by_payer,
        sum((p.amount for p in payments), NOUGHT),
        sum((i.amount for i in invoices if i.cancelled_at is None), NOUGHT),
        sum((p.amount for p in payments if p.hand_over), NOUGHT),
    )


def amount_of(quantity: Decimal, unit_price: Decimal, step: Decimal = Decimal("0.01")) -> Decimal:
    """Quantity times price, rounded half up to the smallest coin."""
    return (quantity * unit_price).quantize(step, ROUND_HALF_UP)


def fits(value: Decimal, places: int) -> bool:
    """Whether a number has no more than so many decimals, and no more than 12 digits before the point."""
    return value == round(value, places) and abs(value) < Decimal(10) ** 12
