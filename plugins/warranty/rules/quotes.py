"""Sums of a quote: discounts, tax and rounding. Values in, amounts out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from plugins.warranty.rules.prices import EXACT, HUNDRED, MODES

PER_LINE, PER_TOTAL = "line", "total"


@dataclass(frozen=True)
class Rounding:
    """How sums are rounded: to multiples of ``step``, which way, and whether each line or only the end."""

    step: Decimal
    mode: str = "half_up"
    per: str = PER_LINE


@dataclass(frozen=True)
class Priced:
    """A line as it is reckoned with. ``pays`` is false where somebody else than the customer pays it."""

    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal = Decimal(0)
    minimum: Decimal | None = None
    discount: Decimal = Decimal(0)
    pays: bool = True


@dataclass(frozen=True)
class TaxGroup:
    """What is taxed at one rate (per cent), without tax, and the tax on it."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Sums:
    """What a quote comes to. ``amounts`` are those of its lines, in order; ``off`` is the discount on all of them."""

    amounts: tuple[Decimal, ...]
    subtotal: Decimal
    off: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    groups: tuple[TaxGroup, ...] = ()


def rounded(value: Decimal, rounding: Rounding) -> Decimal:
    """The nearest multiple of the step, as the mode says."""
    return (value / rounding.step).quantize(Decimal(1), MODES[rounding.mode]) * rounding.step


def kept(value: Decimal) -> Decimal:
    """As exactly as amounts are kept in the database."""
    return value.quantize(EXACT, ROUND_HALF_UP)


def line_amount(line: Priced, rounding: Rounding) -> Decimal:
    """What the customer is asked for a line: at least its minimum, less its discount; nought where another pays."""
    if not line.pays:
        return Decimal(0)
    full = max(line.quantity * line.unit_price, line.minimum or Decimal(0))
    amount = full * (HUNDRED - line.discount) / HUNDRED
    return rounded(amount, rounding) if rounding.per == PER_LINE else kept(amount)


def sum_up(lines: Sequence[Priced], discount: Decimal, tax_included: bool, rounding: Rounding) -> Sums:
    """Everything that stands below the lines of a quote.

    The discount is taken off each rate's share alike, so that the tax fits what is really paid. Net and tax always add
    up to the total; where only the end is rounded, the tax takes the difference.
    """
    step = rounded if rounding.per == PER_LINE else lambda value, _rounding: kept(value)
    amounts = tuple(line_amount(line, rounding) for line in lines)
    groups = []
    for rate in sorted({line.tax_rate for line, amount in zip(lines, amounts, strict=True) if amount}):
        share = sum((a for line, a in zip(lines, amounts, strict=True) if line.tax_rate == rate), Decimal(0))
        base = step(share * (HUNDRED - discount) / HUNDRED, rounding)
        if tax_included:
            tax = base - step(base * HUNDRED / (HUNDRED + rate), rounding)
            groups.append(TaxGroup(rate, base - tax, tax))
        else:
            groups.append(TaxGroup(rate, base, step(base * rate / HUNDRED, rounding)))
    net = sum((g.net for g in groups), Decimal(0))
    tax = sum((g.tax for g in groups), Decimal(0))
    total = net + tax
    if rounding.per == PER_TOTAL:
        net, total = rounded(net, rounding), rounded(total, rounding)
        tax = total - net
    subtotal = sum(amounts, Decimal(0))
    asked = total if tax_included else net
    return Sums(amounts, subtotal, subtotal - asked if discount else Decimal(0), net, tax, total, tuple(groups))


def has_expired(valid_until: dt.date | None, today: dt.date) -> bool:
    """Whether the last day of a sent quote is over."""
    return valid_until is not None and today > valid_until
