"""How long which number of wrong passwords locks; who an address belongs to."""

from __future__ import annotations

import datetime as dt

import pytest

from core.auth.limits import network_of
from core.auth.lockout import Policy
from core.auth.services import normalize_email
from core.errors import Invalid
from core.i18n import use_locale

POLICY = Policy(failures=8, first_lock=dt.timedelta(minutes=15))


@pytest.mark.parametrize(
    ("failed", "minutes"),
    [(1, None), (7, None), (8, 15), (9, 30), (10, 60), (13, 480), (14, 960), (15, 1440), (16, 1440), (4000, 1440)],
)
def test_each_further_wrong_password_locks_twice_as_long_up_to_a_day(failed, minutes):
    assert POLICY.lock_for(failed) == (None if minutes is None else dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        (None, "unknown"),
        ("odd", "odd"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize("typed", ["  Li.Min@Example.COM ", "li.min@ＥＸＡＭＰＬＥ.com", "li.min@example.com"])
def test_every_spelling_of_an_address_is_the_same_account(typed):
    assert normalize_email(typed) == "li.min@example.com"


def test_an_address_of_the_inner_network_will_do():
    assert normalize_email("li@hefeng.local") == "li@hefeng.local"


@pytest.mark.parametrize("typed", ["", "li", "li@", "@example.com", "li@exa mple.com", "li@@example.com"])
def test_what_is_no_address_is_refused(typed):
    with use_locale("en"), pytest.raises(Invalid) as error:
        normalize_email(typed)
    assert (error.value.code, error.value.field) == ("bad_email", "email")
    assert error.value.message == f"“{typed}” is no e-mail address. Write it like li@example.com."
