"""When a part is bought again, how many, and that running it twice says the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.inventory.rules.ordering import refused
from plugins.inventory.rules.reorder import Point, Position, levels, plan, short
from plugins.inventory.rules.sourcing import Terms

PARENTS = {2: 1, 3: 2, 4: 1}
"""Location → the one above it."""


def within(inner, outer) -> bool:
    if outer is None:
        return True
    while inner is not None and inner != outer:
        inner = PARENTS.get(inner)
    return inner == outer


def d(value) -> Decimal:
    return Decimal(str(value))


@pytest.mark.parametrize(
    ("free", "coming", "minimum", "target", "missing"),
    [(3, 0, 5, 10, 7), (3, 2, 5, 10, 0), (5, 0, 5, 10, 0), (0, 0, 5, 10, 10), (3, 1, 5, 10, 6), (20, 0, 5, 10, 0)],
)
def test_only_what_is_below_its_minimum_is_filled_up_and_what_is_coming_counts(free, coming, minimum, target, missing):
    assert short(d(free), d(coming), d(minimum), d(target)) == d(missing)


def test_days_of_cover_are_reckoned_from_what_goes_out_in_a_day():
    point = Point(1, 1, None, "cover", d(30), d(90))
    assert levels(point, Decimal(2) / 3) == (d(20), d(60))
    assert plan([point], {1: Position(free=d(19), daily=Decimal(2) / 3)}, {}, within)[0].quantity == d(41)
    assert plan([point], {1: Position()}, {}, within) == [], "what is never issued is never bought"


def test_wider_points_count_what_is_proposed_for_narrower_ones():
    north, company = Point(1, 1, 2, "levels", d(6), d(8), 2), Point(2, 1, None, "levels", d(10), d(20))
    positions = {1: Position(free=d(0)), 2: Position(free=d(1))}
    found = plan([company, north], positions, {}, within)
    assert [(w.point.id, w.quantity, w.coming) for w in found] == [(1, d(8), d(0)), (2, d(11), d(8))]
    elsewhere = Point(3, 1, 4, "levels", d(1), d(1), 2)
    assert [w.point.id for w in plan([elsewhere, north], {3: Position(d(5)), 1: Position()}, {}, within)] == [1]


_points = st.lists(
    st.tuples(
        st.integers(1, 3), st.sampled_from([None, 1, 2, 3, 4]), st.integers(1, 9), st.integers(0, 9),
        st.sampled_from(["levels", "cover"]),
    ),
    min_size=1, max_size=6, unique_by=lambda row: row[:2],
)  # fmt: skip
_stands = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 30)), min_size=6, max_size=6)
_terms = st.tuples(st.one_of(st.none(), st.integers(1, 9)), st.one_of(st.none(), st.integers(1, 9)))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_points, _stands, _terms)
def test_once_all_that_was_proposed_is_coming_nothing_more_is_proposed(rows, stands, terms):
    depth = {None: 0, 1: 1, 2: 2, 4: 2, 3: 3}
    points = [
        Point(n, part, place, rule, d(low), d(low + more), depth[place])
        for n, (part, place, low, more, rule) in enumerate(rows)
    ]
    positions = {
        p.id: Position(d(free), d(coming), Decimal(used) / 7)
        for p, (free, coming, used) in zip(points, stands, strict=False)
    }
    minimum, pack = terms
    one = Terms(1, 1, minimum=d(minimum) if minimum else None, pack=d(pack) if pack else None)
    offers = {part: [one] for part in (1, 2, 3)}
    first = plan(points, positions, offers, within)
    assert plan(list(reversed(points)), positions, offers, within) == first

    def coming(p: Point) -> Decimal:
        own = (w for w in first if w.point.part_id == p.part_id)
        return sum((w.quantity for w in own if within(w.point.location_id, p.location_id)), positions[p.id].coming)

    after = {p.id: Position(positions[p.id].free, coming(p), positions[p.id].daily) for p in points}
    assert plan(points, after, offers, within) == []
    for wanted in first:
        assert wanted.free + wanted.coming + wanted.quantity >= wanted.target


def test_no_more_is_taken_in_than_was_ordered_but_for_the_share_that_is_allowed():
    assert refused(d(10), d(0), d(10), 0) is None
    assert refused(d(10), d(4), d(7), 0) == d(6)
    assert refused(d(10), d(10), d(1), 10) is None
    assert refused(d(10), d(10), d(2), 10) == d(1)
    assert refused(d(10), d(12), d(1), 0) == d(0)
