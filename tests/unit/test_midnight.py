"""A whole run waits where midnight in Shanghai is near."""

import datetime as dt

import pytest

from core.testing import moment
from tests.support.midnight import wait_for


@pytest.mark.parametrize(
    ("begins", "minutes"),
    [("23:29", 0), ("23:31", 29), ("23:59", 1), ("00:00", 0), ("12:00", 0)],
)
def test_a_run_of_everything_begins_after_midnight_where_it_would_cross_it(begins, minutes):
    held = wait_for(moment(f"2026-12-31 {begins}"))
    assert held == (dt.timedelta(minutes=minutes, seconds=5) if minutes else dt.timedelta())
