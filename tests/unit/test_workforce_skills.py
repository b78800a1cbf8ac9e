"""Whose skills are enough: the tree, the dates, what is told."""

import datetime as dt

import pytest

from plugins.workforce.contracts import Wanted
from plugins.workforce.rules.skills import (
    Kept,
    Known,
    due_warning,
    judge,
    ladder_of,
    months_later,
    state_of,
)

TREE = {
    1: Known(1, "mechanics", "Mechanics", "skill"),
    2: Known(2, "harvesters", "Harvesters", "skill", 1),
    3: Known(3, "permit", "Permit", "certificate", 1),
}
TODAY = dt.date(2026, 3, 2)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def keys(judged):
    return [reason.key for reason in judged.reasons]


def test_a_skill_counts_for_everything_below_it_and_not_for_what_is_above():
    general, special = [Kept(1, TODAY)], [Kept(2, TODAY)]
    assert judge([Wanted("harvesters")], TREE, general, TODAY).enough
    lacking = judge([Wanted("mechanics")], TREE, special, TODAY)
    assert (lacking.enough, lacking.lacking, keys(lacking)) == (False, ("Mechanics",), ["lacks"])


def test_a_certificate_is_not_replaced_by_what_stands_above_it():
    assert not judge([Wanted("permit")], TREE, [Kept(1, TODAY)], TODAY).enough


@pytest.mark.parametrize(
    ("begins", "ends", "key"),
    [
        ("2026-03-02", "2026-03-02", "holds_until"),
        ("2025-01-01", "2026-03-01", "expired"),
        ("2026-03-03", "2027-01-01", "coming"),
        ("2025-01-01", None, "holds"),
    ],
)
def test_the_first_and_the_last_day_count(begins, ends, key):
    kept = [Kept(3, day(begins), day(ends) if ends else None)]
    assert keys(judge([Wanted("permit")], TREE, kept, TODAY)) == [key]


def test_a_withdrawn_one_is_told_as_withdrawn_and_a_wish_forbids_nothing():
    revoked = [Kept(3, day("2025-01-01"), day("2027-01-01"), revoked=True)]
    assert keys(judge([Wanted("permit")], TREE, revoked, TODAY)) == ["revoked"]
    wished = judge([Wanted("permit", must=False)], TREE, [], TODAY)
    assert (wished.enough, keys(wished)) == (True, ["wished"])


def test_what_the_list_does_not_have_forbids_and_a_must_beats_a_wish():
    assert keys(judge([Wanted("pilot")], TREE, [], TODAY)) == ["unknown"]
    both = judge([Wanted("permit", must=False), Wanted("permit")], TREE, [], TODAY)
    assert (both.enough, keys(both)) == (False, ["lacks"])


def test_the_earliest_end_of_what_is_needed_is_told():
    kept = [Kept(3, TODAY, day("2026-08-01")), Kept(3, TODAY, day("2026-09-01")), Kept(2, TODAY, day("2026-10-01"))]
    assert judge([Wanted("permit"), Wanted("harvesters")], TREE, kept, TODAY).valid_until == day("2026-09-01")


@pytest.mark.parametrize(
    ("begins", "ends", "renewed", "state"),
    [
        ("2025-01-01", "2026-03-01", False, "expired"),
        ("2025-01-01", "2026-03-01", True, "renewed"),
        ("2025-01-01", "2026-03-31", False, "expiring"),
        ("2025-01-01", "2026-04-01", False, "valid"),
        ("2025-01-01", "2026-04-01", True, "valid"),
        ("2026-03-03", "2026-04-01", False, "coming"),
        ("2025-01-01", None, False, "valid"),
    ],
)
def test_how_a_certificate_stands_thirty_days_ahead(begins, ends, renewed, state):
    kept = Kept(3, day(begins), day(ends) if ends else None)
    assert state_of(kept, TODAY, 30, renewed=renewed) == state


def test_each_step_of_warnings_is_due_once_and_a_missed_one_is_skipped():
    ladder = [60, 30, 7, -1]
    assert ladder_of("60, 30，7、x") == [60, 30, 7]
    assert [due_warning(left, ladder, told) for left, told in ((61, None), (60, None), (59, 60), (5, 60), (5, 7))] == [
        None, 60, None, 7, None,
    ]  # fmt: skip
    assert due_warning(-1, ladder, 7) == -1
    assert due_warning(0, ladder, 7) is None


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [("2026-01-01", 12, "2026-12-31"), ("2026-01-31", 1, "2026-02-28"), ("2024-02-29", 12, "2025-02-28")],
)
def test_months_end_on_the_day_before(begins, months, ends):
    assert months_later(day(begins), months) == day(ends)
