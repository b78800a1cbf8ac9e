"""When a part is bought again, and how many: pure, so that running it twice says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from plugins.inventory.rules.sourcing import Terms, best, to_order

NONE = Decimal(0)
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True)
class Point:
    """A reorder point; ``location_id`` None: the whole company. ``depth``: how far down the tree of locations.

    ``older``: the superseded part for which it was set; what is left of that counts as well, ``part_id`` is bought.
    """

    id: int
    part_id: int
    location_id: int | None
    rule: str
    minimum: Decimal
    maximum: Decimal
    depth: int = 0
    decimals: int = 0
    older: int | None = None


@dataclass(frozen=True)
class Position:
    """How a part stands where a point counts: what is free, what is asked for or ordered, what goes out in a day."""

    free: Decimal = NONE
    coming: Decimal = NONE
    daily: Decimal = NONE
    silent: bool = False
    """A proposal was dismissed, and its time is not over."""


@dataclass(frozen=True)
class Wanted:
    """What to buy, and why: the figures behind it."""

    point: Point
    quantity: Decimal
    free: Decimal
    coming: Decimal
    minimum: Decimal
    target: Decimal
    terms: Terms | None = None


def levels(point: Point, daily: Decimal) -> tuple[Decimal, Decimal]:
    """The level below which a part is bought and that to which it is filled up, in its own unit."""
    if point.rule == "cover":
        return (point.minimum * daily).quantize(MILLIONTH), (point.maximum * daily).quantize(MILLIONTH)
    return point.minimum, point.maximum


def short(free: Decimal, coming: Decimal, minimum: Decimal, target: Decimal) -> Decimal:
    """What is missing to the target, once what is there and what is coming is less than the minimum; else nothing."""
    there = free + coming
    return target - there if there < minimum else NONE


def _inside(wanted: Sequence[Wanted], point: Point, within: Callable[[int | None, int | None], bool]) -> Decimal:
    """What is wanted already for narrower points of the same part."""
    those = (w for w in wanted if w.point.part_id == point.part_id)
    return sum((w.quantity for w in those if within(w.point.location_id, point.location_id)), NONE)


def plan(
    points: Sequence[Point],
    positions: Mapping[int, Position],
    offers: Mapping[int, Sequence[Terms]],
    within: Callable[[int | None, int | None], bool],
) -> list[Wanted]:
    """What to buy for all points: the narrow ones first, so that wider ones count what is coming for them.

    ``within(inner, outer)``: whether a location lies in another. What was proposed before is not asked: the same stock
    gives the same plan.
    """
    wanted: list[Wanted] = []
    for point in sorted(points, key=lambda p: (p.location_id is None, -p.depth, p.id)):
        position = positions.get(point.id, Position())
        if position.silent:
            continue
        minimum, target = levels(point, position.daily)
        coming = position.coming + _inside(wanted, point, within)
        missing = short(position.free, coming, minimum, target)
        if missing <= 0:
            continue
        terms = best(offers.get(point.part_id, ()))
        quantity = to_order(missing, terms, point.decimals)
        wanted.append(Wanted(point, quantity, position.free, coming, minimum, target, terms))
    return wanted
