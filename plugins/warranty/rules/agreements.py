"""Pure reckoning about service contracts: periods of quotas, instalments, who goes first where contracts overlap."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")
SCOPES = ("unit", "site", "product")
"""The narrower goes first: a contract about one unit before one about its site, that before one about its product."""
_MONTHS = {"year": 12, "quarter": 3, "month": 1}


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months later (earlier: negative), or the last of that month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def quota_period(starts_on: dt.date, last_day: dt.date, period: str, on: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the period of a quota that ``on`` lies in, counted from the contract's first day.

    A day before the contract counts to its first period, one after it to its last.
    """
    on = max(starts_on, min(on, last_day))
    if period == "contract":
        return starts_on, last_day
    step, number = _MONTHS[period], 0
    while add_months(starts_on, (number + 1) * step) <= on:
        number += 1
    begins = add_months(starts_on, number * step)
    return begins, min(add_months(starts_on, (number + 1) * step) - dt.timedelta(days=1), last_day)


def share_of_quota(quantity: Decimal, left: Decimal) -> Decimal:
    """How much of ``quantity`` a quota with ``left`` no longer includes."""
    return max(quantity - max(left, Decimal(0)), Decimal(0))


def plan_instalments(
    price: Decimal, count: int, starts_on: dt.date, ends_on: dt.date
) -> list[tuple[dt.date, Decimal]]:
    """(due on, amount): equal parts to the cent, the first takes what is left over; spread from the first day on."""
    if price <= 0:
        return []
    part = (price / count).quantize(CENT, ROUND_DOWN)
    span = (ends_on - starts_on).days + 1
    amounts = [price - part * (count - 1), *[part] * (count - 1)]
    months = _whole_months(starts_on, ends_on)
    if months and months % count == 0:
        days = [add_months(starts_on, number * months // count) for number in range(count)]
    else:
        days = [starts_on + dt.timedelta(days=span * number // count) for number in range(count)]
    return list(zip(days, amounts, strict=True))


def _whole_months(starts_on: dt.date, ends_on: dt.date) -> int:
    """How many whole months a contract lasts; 0 when it is not a number of whole months."""
    after = ends_on + dt.timedelta(days=1)
    months = (after.year - starts_on.year) * 12 + after.month - starts_on.month
    return months if months > 0 and add_months(starts_on, months) == after else 0


def next_days(starts_on: dt.date, ends_on: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of a contract that follows and lasts as long: in whole months where the first one does."""
    begins = ends_on + dt.timedelta(days=1)
    months = _whole_months(starts_on, ends_on)
    if months:
        return begins, add_months(begins, months) - dt.timedelta(days=1)
    return begins, begins + (ends_on - starts_on)


@dataclass(frozen=True)
class Scope:
    """One thing that a contract is about: ``sort`` is one of SCOPES, ``id`` the unit, site or product."""

    sort: str
    id: int


@dataclass(frozen=True)
class Extent:
    """What a contract covers and when, for comparing it with others of the same customer."""

    number: str
    starts_on: dt.date
    last_day: dt.date
    covers: frozenset[str]
    scopes: frozenset[Scope]


@dataclass(frozen=True)
class Clash:
    """Two contracts that claim the same: which other one, for what, which costs, in which days."""

    number: str
    scope: Scope
    covers: tuple[str, ...]
    begins: dt.date
    ends: dt.date


def clashes(mine: Extent, others: Iterable[Extent]) -> list[Clash]:
    """Where ``mine`` and others cover the same kind of cost for the same thing on the same days.

    The same thing means the same unit, the same site, or the same product. Where one names the unit and another its
    site or product, nothing clashes: the narrower goes first.
    """
    found = []
    for other in others:
        begins, ends = max(mine.starts_on, other.starts_on), min(mine.last_day, other.last_day)
        covers = tuple(sorted(mine.covers & other.covers))
        if begins > ends or not covers:
            continue
        shared = sorted(mine.scopes & other.scopes, key=lambda s: (SCOPES.index(s.sort), s.id))
        found += [Clash(other.number, scope, covers, begins, ends) for scope in shared]
    return found
