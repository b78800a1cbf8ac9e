"""How much may come in on a line of a purchase order."""

from __future__ import annotations

from decimal import Decimal


def most(ordered: Decimal, over: int) -> Decimal:
    """How much of a line may come in all: what was ordered and ``over`` percent of it."""
    return ordered + ordered * over / 100


def refused(ordered: Decimal, received: Decimal, arriving: Decimal, over: int) -> Decimal | None:
    """How much may still come where more arrives than that; None where it may come in."""
    left = most(ordered, over) - received
    return max(left, Decimal(0)) if arriving > left else None
