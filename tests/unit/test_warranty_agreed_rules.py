"""Periods of quotas, instalments, clashes of contracts, the expiry ladder, suppliers' terms: pure, at their edges."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from plugins.warranty.rules.agreements import (
    Extent,
    Scope,
    add_months,
    clashes,
    next_days,
    plan_instalments,
    quota_period,
    share_of_quota,
)
from plugins.warranty.rules.claims import Goods, closest, last_day, says_nothing, within
from plugins.warranty.rules.ladder import Rung, reached, rung_of


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_a_month_from_the_31st_ends_with_the_shorter_month():
    assert add_months(day("2026-01-31"), 1) == day("2026-02-28")
    assert add_months(day("2026-03-31"), -1) == day("2026-02-28")
    assert add_months(day("2025-12-26"), 12) == day("2026-12-26")


@pytest.mark.parametrize(
    ("period", "on", "begins", "ends"),
    [
        ("contract", "2026-08-01", "2026-03-15", "2028-03-14"),
        ("year", "2026-03-15", "2026-03-15", "2027-03-14"),
        ("year", "2027-03-14", "2026-03-15", "2027-03-14"),
        ("year", "2027-03-15", "2027-03-15", "2028-03-14"),
        ("quarter", "2026-06-15", "2026-06-15", "2026-09-14"),
        ("month", "2028-03-01", "2028-02-15", "2028-03-14"),
        ("year", "2028-06-01", "2027-03-15", "2028-03-14"),
        ("year", "2026-01-01", "2026-03-15", "2027-03-14"),
    ],
)
def test_periods_of_quotas_are_counted_from_the_first_day_of_the_contract(period, on, begins, ends):
    found = quota_period(day("2026-03-15"), day("2028-03-14"), period, day(on))
    assert found == (day(begins), day(ends))


@pytest.mark.parametrize(
    ("quantity", "left", "beyond"), [("1", "1", "0"), ("3", "1", "2"), ("1", "0", "1"), ("2", "-1", "2")]
)
def test_what_a_quota_no_longer_includes_is_beyond_it(quantity, left, beyond):
    assert share_of_quota(Decimal(quantity), Decimal(left)) == Decimal(beyond)


def test_instalments_add_up_to_the_price_to_the_cent():
    parts = plan_instalments(Decimal("1000.00"), 3, day("2026-01-01"), day("2026-12-31"))
    assert parts == [
        (day("2026-01-01"), Decimal("333.34")),
        (day("2026-05-01"), Decimal("333.33")),
        (day("2026-09-01"), Decimal("333.33")),
    ]
    assert plan_instalments(Decimal(0), 4, day("2026-01-01"), day("2026-12-31")) == []


def test_instalments_of_a_contract_of_days_are_spread_over_the_days():
    parts = plan_instalments(Decimal("90"), 2, day("2026-01-01"), day("2026-01-10"))
    assert [due for due, _amount in parts] == [day("2026-01-01"), day("2026-01-06")]


def test_the_contract_that_follows_lasts_as_long():
    assert next_days(day("2026-01-01"), day("2026-12-31")) == (day("2027-01-01"), day("2027-12-31"))
    assert next_days(day("2026-03-15"), day("2026-09-14")) == (day("2026-09-15"), day("2027-03-14"))
    assert next_days(day("2026-01-01"), day("2026-01-10")) == (day("2026-01-11"), day("2026-01-20"))


UNIT, SITE = Scope("unit", 7), Scope("site", 7)


def extent(number: str, scopes: set[Scope], covers: str = "parts labour", begins="2026-01-01", ends="2026-12-31"):
    return Extent(number, day(begins), day(ends), frozenset(covers.split()), frozenset(scopes))


def test_two_contracts_clash_where_they_cover_the_same_costs_of_the_same_unit_on_the_same_days():
    mine = extent("A", {UNIT}, begins="2026-12-31", ends="2027-12-30")
    (found,) = clashes(mine, [extent("B", {UNIT, SITE}, "labour travel")])
    assert (found.number, found.scope, found.covers) == ("B", UNIT, ("labour",))
    assert (found.begins, found.ends) == (day("2026-12-31"), day("2026-12-31"))


@pytest.mark.parametrize(
    "other",
    [
        extent("B", {UNIT}, "travel"),
        extent("B", {SITE}),
        extent("B", {Scope("unit", 8)}),
        extent("B", {UNIT}, begins="2027-01-01", ends="2027-12-31"),
    ],
    ids=["other costs", "its site: the narrower goes first", "another unit", "the day after"],
)
def test_nothing_else_clashes(other):
    assert clashes(extent("A", {UNIT}), [other]) == []


MONTH = Rung("notice", "notice", 1, "months")
QUARTER = Rung("report", "report", 3, "months")
WEEK = Rung("task", "task", 7, "days")


@pytest.mark.parametrize(
    ("today", "due"),
    [
        ("2026-09-25", []),
        ("2026-09-26", [("report", False)]),
        ("2026-11-25", [("report", True)]),
        ("2026-11-26", [("report", True), ("notice", False)]),
        ("2026-12-26", [("report", True), ("notice", True), ("task", True)]),
        ("2026-12-27", []),
    ],
)
def test_steps_are_due_from_their_day_to_the_end_and_late_after_their_day(today, due):
    found = reached([MONTH, QUARTER, WEEK], day("2026-12-26"), day(today))
    assert [(d.rung.key, d.late) for d in found] == due


def test_a_rung_is_read_from_the_row_of_the_table():
    row = {"lead": Decimal(3), "unit": "months", "action": "report", "role": "manager", "then_role": "sales",
           "within": Decimal(10), "template": None, "task": None}  # fmt: skip
    assert rung_of("swm", row) == Rung("swm", "report", 3, "months", "manager", "sales", "", "", 10)


class About:
    def __init__(self, product_id=None, product_group="", maker="", part_group=""):
        self.product_id, self.product_group, self.maker, self.part_group = product_id, product_group, maker, part_group


def test_the_narrowest_term_goes_first():
    group, maker, product = About(product_group="pumps"), About(maker="Huaxin"), About(product_id=4)
    bearing, other = About(product_group="pumps", part_group="bearings"), About(product_id=5)
    goods = Goods(4, "pumps", "HUAXIN", "bearings")
    assert closest([maker, group, other, product, bearing], goods) == [bearing, product, group, maker]
    assert closest([bearing], Goods(4, "pumps", "Huaxin")) == []
    assert says_nothing(About())
    assert not says_nothing(maker)


@pytest.mark.parametrize(
    ("on", "verdict"), [("2027-03-01", "yes"), ("2027-03-14", "yes"), ("2027-03-15", "no")]
)
def test_a_supplier_answers_to_the_day_before_the_same_date(on, verdict):
    until = last_day(day("2026-03-15"), 12, "months")
    assert until == day("2027-03-14")
    assert within(until, day(on)) == verdict


def test_without_a_start_nobody_knows_whether_a_supplier_still_answers():
    assert within(last_day(None, 12, "months"), day("2026-01-01")) == "unknown"
    assert last_day(day("2026-03-01"), 30, "days") == day("2026-03-30")
