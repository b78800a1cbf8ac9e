"""Quantities are exact: what can't be said exactly in a unit is refused, never rounded."""

from __future__ import annotations

from decimal import Decimal

MOST = Decimal(10) ** 9
"""No quantity of a single move is as large; sums of a million moves still fit the database."""


def fits(quantity: Decimal, decimals: int) -> bool:
    """Whether a quantity has no more than ``decimals`` decimals."""
    return quantity == quantity.quantize(Decimal(1).scaleb(-decimals))


def sensible(quantity: Decimal) -> bool:
    """Whether it is a number above 0 that a ledger can hold."""
    return quantity.is_finite() and 0 < quantity < MOST


def converted(quantity: Decimal, factor: Decimal) -> Decimal:
    """A quantity of a pack in the part's own unit: 2 boxes of 12 are 24."""
    return quantity * factor
