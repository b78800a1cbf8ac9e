"""Pure reckoning about suppliers: which term applies to a product, and whether it still covers a fault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from plugins.warranty.rules.agreements import add_months


@dataclass(frozen=True)
class Goods:
    """What is asked about: a product and, where known, the group of the part that failed."""

    product_id: int | None
    product_group: str = ""
    maker: str = ""
    part_group: str = ""


class About(Protocol):
    """What a term or an agreement is about."""

    product_id: int | None
    product_group: str
    maker: str


Found = TypeVar("Found", bound=About)


def fits(about: About, goods: Goods) -> bool:
    """Whether a term or an agreement is about these goods. What it leaves empty is not asked for."""
    part_group = getattr(about, "part_group", "")
    if about.product_id is not None and about.product_id != goods.product_id:
        return False
    if about.product_group and about.product_group != goods.product_group:
        return False
    if about.maker and about.maker.casefold() != goods.maker.casefold():
        return False
    return not part_group or part_group == goods.part_group


def closeness(about: About) -> tuple[bool, bool, bool, bool]:
    """How narrowly it says what it is about: the part before the product, that before its group and maker."""
    part_group = getattr(about, "part_group", "")
    return bool(part_group), about.product_id is not None, bool(about.product_group), bool(about.maker)


def says_nothing(about: About) -> bool:
    """Whether it names no goods at all, and so would be about everything."""
    return not any(closeness(about))


def closest(offered: Iterable[Found], goods: Goods) -> list[Found]:
    """Those that are about the goods, the narrowest first; equals stay in their order."""
    return sorted((a for a in offered if fits(a, goods)), key=closeness, reverse=True)


def last_day(start: dt.date | None, amount: int, unit: str) -> dt.date | None:
    """The last day on which a supplier answers: the day before the same date later; None without a start."""
    if start is None:
        return None
    after = add_months(start, amount) if unit == "months" else start + dt.timedelta(days=amount)
    return after - dt.timedelta(days=1)


def within(until: dt.date | None, on: dt.date) -> str:
    """Whether a fault found on that day lies within: yes, no, or unknown while the start is not known."""
    if until is None:
        return "unknown"
    return "yes" if on <= until else "no"
