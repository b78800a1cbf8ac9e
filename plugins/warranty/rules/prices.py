"""Which row of a price list counts, and what follows from it. Values in, verdict out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
EXACT = Decimal("0.0001")
"""Amounts are kept to this fraction of a currency's main unit."""
MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}


@dataclass(frozen=True)
class PriceRow:
    """A row of a version of a list: a price per unit, or a percentage of another list's price."""

    id: int
    kind: str
    unit: str
    code: str = ""
    group: str = ""
    label: str = ""
    price: Decimal | None = None
    percent: Decimal | None = None
    from_quantity: Decimal = Decimal(0)
    minimum: Decimal | None = None


@dataclass(frozen=True)
class Span:
    """The days of a version: from one to another, both included; no last day: until further notice."""

    number: int
    first: dt.date
    last: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the version counts on that day."""
        return self.first <= day and (self.last is None or day <= self.last)


def code_key(code: str) -> str:
    """The code of a part or of work as it is kept and compared: without space around it, in capitals."""
    return code.strip().upper()


def closeness(row: PriceRow, kind: str, code: str, group: str) -> int:
    """How closely a row fits: 3 the very code, 2 the group, 1 every item of its kind, 0 not at all."""
    if row.kind != kind:
        return 0
    if row.code:
        return 3 if code and code_key(row.code) == code_key(code) else 0
    if row.group:
        return 2 if group and row.group.casefold() == group.casefold() else 0
    return 1


def find_row(rows: Iterable[PriceRow], kind: str, code: str, group: str, quantity: Decimal) -> PriceRow | None:
    """The row that fits most closely; of its tiers the highest one that the quantity reaches.

    A closer row whose tiers all begin above the quantity gives way to a wider one.
    """
    fitting = [
        (closeness(row, kind, code, group), row.from_quantity, row) for row in rows if row.from_quantity <= quantity
    ]
    best = max((f for f in fitting if f[0]), key=lambda f: (f[0], f[1]), default=None)
    return best[2] if best else None


def of_percent(price: Decimal, percent: Decimal) -> Decimal:
    """A percentage of a price, kept as exactly as prices are."""
    return (price * percent / HUNDRED).quantize(EXACT, ROUND_HALF_UP)


def clash(span: Span, others: Sequence[Span]) -> Span | None:
    """The published version that a new one would overlap; None when it fits in.

    One that counts until further notice and begins earlier is no hindrance: it ends the day before.
    """
    for other in others:
        if other.last is None and other.first < span.first:
            continue
        starts_in_time = span.last is None or other.first <= span.last
        ends_in_time = other.last is None or span.first <= other.last
        if starts_in_time and ends_in_time:
            return other
    return None


def gives_way(span: Span, others: Sequence[Span]) -> Span | None:
    """The version until further notice that ends the day before the new one begins."""
    earlier = [other for other in others if other.last is None and other.first < span.first]
    return max(earlier, key=lambda other: other.first, default=None)


def in_force(spans: Iterable[Span], day: dt.date) -> Span | None:
    """The version that counts on a day."""
    return max((s for s in spans if s.holds(day)), key=lambda s: s.first, default=None)


def change_in_percent(before: Decimal, after: Decimal) -> Decimal:
    """By how many per cent a price changes, without a sign; from nought to something is 100."""
    if before == after:
        return Decimal(0)
    if not before:
        return HUNDRED
    return (abs(after - before) * HUNDRED / before).quantize(Decimal("0.01"), ROUND_HALF_UP)


def row_key(kind: str, code: str, group: str, from_quantity: Decimal) -> tuple[str, str, str, Decimal]:
    """What tells the rows of a version apart."""
    return kind, code_key(code), group.casefold(), from_quantity


def largest_change(before: Iterable[PriceRow], after: Iterable[PriceRow]) -> Decimal:
    """The largest change of a price or percentage between two versions; a row that is new or gone counts as 100."""
    old = {row_key(r.kind, r.code, r.group, r.from_quantity): r for r in before}
    new = {row_key(r.kind, r.code, r.group, r.from_quantity): r for r in after}
    changes = [Decimal(0)]
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was is None or now is None or (was.price is None) != (now.price is None):
            changes.append(HUNDRED)
        else:
            first = was.price if was.price is not None else was.percent
            second = now.price if now.price is not None else now.percent
            changes.append(change_in_percent(first or Decimal(0), second or Decimal(0)))
    return max(changes)
