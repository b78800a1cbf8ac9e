"""Which row of a price list counts, which versions clash, and what a quote comes to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.warranty.rules.prices import (
    PriceRow,
    Span,
    change_in_percent,
    clash,
    find_row,
    gives_way,
    in_force,
    largest_change,
    of_percent,
)
from plugins.warranty.rules.quotes import PER_TOTAL, Priced, Rounding, has_expired, line_amount, rounded, sum_up

D = Decimal
CENTS = Rounding(D("0.01"))


def row(row_id: int, kind: str = "part", **values) -> PriceRow:
    return PriceRow(row_id, kind, "piece", **{"price": D(1), **values})


ROWS = (
    row(1), row(2, group="pumps"), row(3, code="P-12"), row(4, code="P-12", from_quantity=D(10)),
    row(5, "labour"), row(6, code="P-99", from_quantity=D(5)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("part", "P-12", "pumps", D(1)), 3),
        (("part", " p-12 ", "", D(1)), 3),
        (("part", "P-12", "", D(10)), 4),
        (("part", "P-12", "", D("9.999")), 3),
        (("part", "P-13", "Pumps", D(1)), 2),
        (("part", "P-13", "", D(1)), 1),
        (("part", "P-99", "", D(4)), 1),
        (("labour", "", "", D(1)), 5),
    ],
)
def test_the_closest_row_counts_and_of_its_tiers_the_highest_that_is_reached(asked, found):
    assert find_row(ROWS, *asked).id == found


def test_without_a_row_that_fits_there_is_no_price():
    assert find_row(ROWS, "travel", "", "", D(1)) is None


def test_a_percentage_is_reckoned_exactly():
    assert of_percent(D("99.99"), D("80")) == D("79.9920")
    assert of_percent(D("0.01"), D("33.3333")) == D("0.0033")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


OLD = Span(1, day("01-01"), day("06-30"))
NOW = Span(2, day("07-01"))


def test_a_version_until_further_notice_gives_way_to_a_later_one():
    later = Span(3, day("10-01"))
    assert clash(later, [OLD, NOW]) is None
    assert gives_way(later, [OLD, NOW]) == NOW


@pytest.mark.parametrize(
    ("span", "hindrance"),
    [
        (Span(3, day("06-30"), day("06-30")), OLD),
        (Span(3, day("07-01")), NOW),
        (Span(3, day("06-01")), OLD),
        (Span(3, day("02-01"), day("02-10")), OLD),
    ],
)
def test_days_that_overlap_are_a_clash_to_the_day(span, hindrance):
    assert clash(span, [OLD, NOW]) == hindrance


def test_the_version_in_force_is_told_to_the_day():
    assert [in_force([OLD, NOW], day(d)) for d in ("06-30", "07-01")] == [OLD, NOW]
    assert in_force([OLD], day("07-01")) is None


def test_how_much_prices_change():
    assert change_in_percent(D(100), D(115)) == D("15.00")
    assert change_in_percent(D(0), D(1)) == D(100)
    assert largest_change([row(1, price=D(100))], [row(9, price=D(90))]) == D("10.00")
    assert largest_change([row(1)], [row(9), row(8, code="NEW")]) == D(100)
    assert largest_change([row(1)], [row(9, price=None, percent=D(1))]) == D(100)
    assert largest_change([row(1)], [row(9)]) == D(0)


def test_a_line_costs_at_least_its_minimum_less_its_discount():
    assert line_amount(Priced(D("0.5"), D(120), minimum=D(100)), CENTS) == D("100.00")
    assert line_amount(Priced(D(2), D(120), minimum=D(100), discount=D(10)), CENTS) == D("216.00")


def test_what_somebody_else_pays_stands_at_nought():
    assert line_amount(Priced(D(2), D(120), minimum=D(100), pays=False), CENTS) == D(0)


def test_prices_with_tax_are_taken_apart_and_without_it_are_added_to():
    lines = [Priced(D(2), D("113.00"), D(13)), Priced(D(1), D("106.00"), D(6))]
    with_tax = sum_up(lines, D(0), True, CENTS)
    assert (with_tax.net, with_tax.tax, with_tax.total) == (D("300.00"), D("32.00"), D("332.00"))
    assert [(g.rate, g.net, g.tax) for g in with_tax.groups] == [
        (D(6), D("100.00"), D("6.00")), (D(13), D("200.00"), D("26.00")),
    ]  # fmt: skip
    without = sum_up([Priced(D(1), D("100.00"), D(13))], D(0), False, CENTS)
    assert (without.net, without.tax, without.total) == (D("100.00"), D("13.00"), D("113.00"))


def test_the_discount_on_everything_lessens_the_tax_as_well():
    sums = sum_up([Priced(D(1), D("100.00"), D(13))], D(10), False, CENTS)
    assert (sums.subtotal, sums.off, sums.net, sums.tax, sums.total) == (
        D("100.00"), D("10.00"), D("90.00"), D("11.70"), D("101.70"),
    )  # fmt: skip


def test_rounding_is_the_tables_step_and_way():
    assert rounded(D("1.005"), CENTS) == D("1.01")
    assert rounded(D("1.005"), Rounding(D("0.01"), "half_even")) == D("1.00")
    assert rounded(D("1.001"), Rounding(D("0.01"), "up")) == D("1.01")
    assert rounded(D("1.009"), Rounding(D("0.01"), "down")) == D("1.00")
    assert rounded(D("12.40"), Rounding(D("0.05"))) == D("12.40")
    assert rounded(D("1280.5"), Rounding(D(1))) == D(1281)


def test_rounding_only_the_end_differs_from_rounding_each_line():
    lines = [Priced(D(1), D("0.125")) for _ in range(4)]
    assert sum_up(lines, D(0), False, CENTS).total == D("0.52")
    assert sum_up(lines, D(0), False, Rounding(D("0.01"), "half_up", PER_TOTAL)).total == D("0.50")


figures = st.decimals(min_value=0, max_value=10_000, places=4)
lines = st.lists(
    st.builds(Priced, quantity=figures, unit_price=figures, tax_rate=st.sampled_from([D(0), D(6), D(13)]),
              discount=st.decimals(0, 100, places=2), pays=st.booleans()), max_size=6,
)  # fmt: skip


@given(lines, st.decimals(0, 100, places=2), st.booleans(), st.sampled_from(["line", "total"]))
def test_net_and_tax_add_up_to_the_total_and_nothing_is_negative(made, discount, tax_included, per):
    sums = sum_up(made, discount, tax_included, Rounding(D("0.01"), "half_up", per))
    assert sums.net + sums.tax == sums.total
    assert min(sums.net, sums.tax, sums.total, *sums.amounts, D(0)) == 0
    assert sums.total == rounded(sums.total, CENTS)


def test_a_quote_is_valid_on_its_last_day():
    assert has_expired(day("12-10"), day("12-10")) is False
    assert has_expired(day("12-10"), day("12-11")) is True
    assert has_expired(None, day("12-11")) is False
