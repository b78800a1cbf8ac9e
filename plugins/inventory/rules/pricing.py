"""By how much a price changes."""

from __future__ import annotations

from decimal import Decimal


def percent(before: Decimal | None, after: Decimal) -> Decimal:
    """The change in per cent of what it was, without sign; 100 where there was no price, or nothing to pay."""
    if not before:
        return Decimal(0) if before is not None and not after else Decimal(100)
    return (abs(after - before) / before * 100).quantize(Decimal("0.01"))
