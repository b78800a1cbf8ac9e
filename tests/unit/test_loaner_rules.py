"""Decisions about loaners: whether one is free, what became worse, how it stands, how it was used."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from plugins.inventory.loaner_contracts import UseFigures
from plugins.inventory.rules.loaners import Stay, Taken, clash, figures, status, taken_until, worse


def day(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + dt.timedelta(days=number)


HELD = Taken(7, "JC-7", day(5), day(9))


@pytest.mark.parametrize(
    ("since", "until", "spare", "against"),
    [(0, 4, 0, False), (0, 5, 0, True), (9, 12, 0, True), (10, 12, 0, False), (10, 12, 1, True), (11, 12, 1, False),
     (0, 4, 1, True), (0, 3, 1, False)],
)  # fmt: skip
def test_between_two_loans_lie_the_days_that_making_ready_takes(since, until, spare, against):
    assert (clash([HELD], day(since), day(until), spare) is HELD) is against


def test_what_is_overdue_or_not_ready_again_stands_against_every_later_day_but_not_against_itself():
    assert taken_until("out", day(3), day(3)) == day(3)
    assert taken_until("out", day(3), day(4)) is None
    assert taken_until("back", day(30), day(4)) is None
    late = Taken(7, "JC-7", day(0), None)
    assert clash([late], day(300), day(301), 0) is late
    assert clash([late], day(300), day(301), 0, besides=7) is None


def test_a_point_is_worse_when_its_grade_is_and_what_was_not_looked_at_was_as_new():
    before = {"housing": "worn", "display": "good", "function": "damaged"}
    after = {"housing": "worn", "display": "worn", "function": "good", "seal": "absent"}
    assert worse(before, after) == ["display", "seal"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((False, "out", True, "loan", False, True), "retired"),
        ((True, "out", True, "loan", False, True), "overdue"),
        ((True, "out", False, "loan", False, False), "out"),
        ((True, "back", False, "quarantine", False, False), "inspection"),
        ((True, "back", False, "loan", True, False), "back"),
        ((True, "", False, "warehouse", False, True), "elsewhere"),
        ((True, "", False, "loan", True, True), "reserved"),
        ((True, "", False, "loan", True, False), "free"),
    ],
)
def test_a_loaner_stands_by_its_loan_and_by_where_the_piece_is(arguments, told):
    assert status(*arguments) == told


def test_use_counts_each_day_once_within_the_period_and_what_is_still_out_through_today():
    stays = [
        Stay(day(-10), day(2), day(1)), Stay(day(2), day(3), day(5)), Stay(day(8), None, day(9)),
        Stay(day(-30), day(-20), day(-25)),
    ]  # fmt: skip
    made = figures(stays, day(-60), None, day(0), day(9))
    assert made == UseFigures(days=10, out=6, loans=3, late=1, average=Decimal("5.7"))
    assert made.share == 60
    assert figures([], day(20), None, day(0), day(9)) == UseFigures(0, 0, 0, 0)
