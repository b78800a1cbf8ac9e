"""The rules of the stock ledger: what is taken first, where a move may lead, which day it may count for, exactness."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.inventory.rules.moving import day_refused, expiry, may_lead
from plugins.inventory.rules.picking import (
    ELSEWHERE,
    OWN,
    SAME_UNIT,
    Candidate,
    in_order,
    nearness,
    pick,
    rank_of,
    usable,
)
from plugins.inventory.rules.quantities import fits, sensible

MARCH = dt.date(2026, 3, 1)
NEAR_AND_LATE = Candidate(1, Decimal(5), OWN, dt.date(2026, 12, 31), dt.date(2026, 2, 1))
FAR_AND_SOON = Candidate(2, Decimal(5), ELSEWHERE, dt.date(2026, 3, 31), dt.date(2026, 1, 15))
WITHOUT_END = Candidate(3, Decimal(5), SAME_UNIT, None, dt.date(2026, 1, 1))
ALL = [NEAR_AND_LATE, FAR_AND_SOON, WITHOUT_END]


@pytest.mark.parametrize(
    ("policy", "order"), [("fefo", [2, 1, 3]), ("fifo", [3, 2, 1]), ("nearest", [1, 3, 2])]
)
def test_what_expires_first_came_first_or_is_nearest_goes_first(policy, order):
    assert [c.balance_id for c in in_order(ALL, policy)] == order
    assert pick(ALL, Decimal(7), policy) == ([(order[0], Decimal(5)), (order[1], Decimal(2))], Decimal(0))
    assert pick(ALL, Decimal(16), policy)[1] == Decimal(1)


days = st.none() | st.integers(0, 9).map(lambda n: MARCH + dt.timedelta(n))
candidates = st.lists(
    st.builds(
        Candidate, st.integers(1, 999), st.integers(0, 50).map(Decimal), st.sampled_from([OWN, SAME_UNIT, ELSEWHERE]),
        days, days,
    ),
    unique_by=lambda c: c.balance_id, max_size=8,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(candidates, st.integers(0, 200).map(Decimal), st.sampled_from(["fefo", "fifo", "nearest"]))
def test_no_more_is_picked_than_is_free_and_what_lacks_is_told(found, wanted, policy):
    taken, lacking = pick(found, wanted, policy)
    free = {c.balance_id: c.free for c in found}
    assert all(0 < quantity <= free[balance] for balance, quantity in taken)
    assert sum((q for _b, q in taken), Decimal(0)) + lacking == wanted
    assert lacking == max(wanted - sum(free.values(), Decimal(0)), Decimal(0))
    order = [c.balance_id for c in in_order(found, policy) if c.free]
    assert [balance for balance, _q in taken] == order[: len(taken)]
    assert all(quantity == free[balance] for balance, quantity in taken[:-1])


def test_stock_may_be_used_through_its_last_day_unless_it_is_held():
    assert [usable(False, MARCH, MARCH + dt.timedelta(days)) for days in (-1, 0, 1)] == [True, True, False]
    assert (usable(False, None, MARCH), usable(True, None, MARCH)) == (True, False)


@pytest.mark.parametrize(
    ("of_unit", "of_user", "near"),
    [(None, 7, OWN), (None, 8, None), (3, None, SAME_UNIT), (4, None, ELSEWHERE), (None, None, ELSEWHERE)],
)
def test_anothers_own_store_is_out_of_reach(of_unit, of_user, near):
    assert nearness(3, 7, of_unit, of_user) == near


def test_kinds_of_demand_named_first_outrank_those_not_named():
    order = ("service.order", "sale")
    assert [rank_of(kind, order) for kind in ("service.order", "sale", "other")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("kind", "source", "target", "may"),
    [
        ("receipt", "supplier", "warehouse", True), ("receipt", "warehouse", "shelf", False),
        ("issue", "van", "customer", True), ("issue", "quarantine", "customer", False),
        ("return", "customer", "quarantine", True), ("return", "supplier", "warehouse", False),
        ("adjustment", "adjustment", "warehouse", True), ("adjustment", "warehouse", "adjustment", True),
        ("transfer", "warehouse", "quarantine", True), ("transfer", "quarantine", "warehouse", False),
        ("release", "quarantine", "shelf", True), ("release", "warehouse", "shelf", False),
        ("scrap", "quarantine", "scrap", True), ("supplier", "quarantine", "supplier", True),
        ("supplier", "warehouse", "supplier", False),
        ("adjustment", "warehouse", "shelf", False), ("reversal", "customer", "warehouse", True),
    ],
)  # fmt: skip
def test_each_sort_of_move_leads_only_where_it_should(kind, source, target, may):
    assert may_lead(kind, source, target) is may


@pytest.mark.parametrize(
    ("days", "closed", "backdate", "why"),
    [(1, None, True, "future"), (0, None, False, ""), (-1, None, False, "backdated"), (-1, None, True, ""),
     (-1, -1, True, "closed"), (0, -1, False, "")],
)  # fmt: skip
def test_no_move_for_a_day_to_come_or_closed_and_for_one_passed_by_right_only(days, closed, backdate, why):
    closed_until = MARCH + dt.timedelta(closed) if closed is not None else None
    assert day_refused(MARCH + dt.timedelta(days), MARCH, closed_until, backdate) == why


def test_a_batch_without_a_date_expires_by_the_shelf_life_of_its_part():
    assert (expiry(MARCH, 30), expiry(None, 30), expiry(MARCH, None)) == (dt.date(2026, 3, 31), None, None)


def test_only_numbers_above_nothing_that_fit_their_unit_are_quantities():
    assert [sensible(Decimal(q)) for q in ("0.000001", "0", "-1", "NaN", "Infinity", "1e9")] == [True] + [False] * 5
    assert [fits(Decimal(q), decimals) for q, decimals in (("1.5", 1), ("1.50", 1), ("1.55", 1), ("2", 0))] == [
        True, True, False, True,
    ]  # fmt: skip
