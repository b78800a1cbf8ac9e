"""From whom a part is bought, and how many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plugins.inventory.rules.sourcing import Terms, best, to_order


def test_the_first_choice_is_taken_else_the_cheapest_else_the_soonest():
    dear = Terms(1, 10, days=2, price=Decimal(9), preferred=True)
    cheap = Terms(2, 11, days=9, price=Decimal(4))
    soon = Terms(3, 12, days=3, price=Decimal(4))
    unpriced = Terms(4, 13, days=0)
    assert best([cheap, dear, soon]) == dear
    assert best([cheap, soon, unpriced]) == soon
    assert best([unpriced]) == unpriced
    assert best([]) is None


@pytest.mark.parametrize(
    ("needed", "minimum", "pack", "decimals", "quantity"),
    [
        ("7", None, None, 0, "7"), ("7", "10", None, 0, "10"), ("7", None, "5", 0, "10"), ("7", "12", "5", 0, "15"),
        ("6.2", None, None, 0, "7"), ("6.2", None, None, 1, "6.2"), ("10", "10", "5", 0, "10"),
        ("1", None, "2.5", 0, "3"),
    ],
)  # fmt: skip
def test_no_less_than_the_least_quantity_is_ordered_in_whole_packs_and_whole_units(
    needed, minimum, pack, decimals, quantity
):
    terms = Terms(1, 1, minimum=Decimal(minimum) if minimum else None, pack=Decimal(pack) if pack else None)
    assert to_order(Decimal(needed), terms, decimals) == Decimal(quantity)
