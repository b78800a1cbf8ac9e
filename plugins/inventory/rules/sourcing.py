"""From whom a part is bought, and how many when so many are needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Terms:
    """On what terms a supplier has a part."""

    source_id: int
    supplier_id: int
    days: int = 0
    price: Decimal | None = None
    minimum: Decimal | None = None
    pack: Decimal | None = None
    preferred: bool = False


def best(offers: Iterable[Terms]) -> Terms | None:
    """The offer to take: the preferred one, else the cheapest, else the soonest; what has no price comes last."""

    def key(terms: Terms) -> tuple:
        price = (terms.price is None, terms.price or Decimal(0))
        return (not terms.preferred, *price, terms.days, terms.source_id)

    return min(offers, key=key, default=None)


def to_order(needed: Decimal, terms: Terms | None, decimals: int = 0) -> Decimal:
    """How many to order for ``needed``: no fewer than the least quantity, whole packs, whole units of the part."""
    step = Decimal(1).scaleb(-decimals)
    quantity = needed
    if terms is not None and terms.minimum is not None:
        quantity = max(quantity, terms.minimum)
    if terms is not None and terms.pack:
        quantity = (quantity / terms.pack).to_integral_value(ROUND_CEILING) * terms.pack
    return (quantity / step).to_integral_value(ROUND_CEILING) * step


def cost(price: Decimal | None, quantity: Decimal) -> Decimal:
    """What a line costs, rounded once to a hundredth; nothing while the price is not known."""
    return ((price or Decimal(0)) * quantity).quantize(CENT, ROUND_HALF_UP)
