"""What the policies say of service orders, in companies set up by their industry's profile and nothing else.

Policies that have a walk of their own: test_policy_*.py.
"""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import use_locale
from plugins.service.contracts import ARRIVAL, RESPONSE
from tests.support import policy_site as site
from tests.support.policy_site import MONDAY, due, opened

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("medical-dealer")


def furnish(installation):
    site.furnish(installation, "medical_dealer", {})


@pytest.mark.clause("INS-2a", "INS-2b")
def test_an_instrument_dealer_is_there_within_48_hours_in_town_and_within_a_week_elsewhere(office):
    near, far = opened(office, zone="city"), opened(office, zone="suburb")
    assert due(office, near, ARRIVAL) == MONDAY + 48 * HOUR
    assert (due(office, far, RESPONSE), due(office, far, ARRIVAL)) == (MONDAY + 48 * HOUR, site.at("03-10 00:00"))
