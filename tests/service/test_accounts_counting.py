"""Attempts are counted exactly, also when many come at once, on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core.auth import limits, lockout
from core.auth.models import UnknownSignIn, User
from core.db import open_session
from core.testing import Installation
from tests.support.accounts import Site

pytestmark = pytest.mark.one_database

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
WINDOW = dt.timedelta(minutes=10)
POLICY = lockout.Policy(failures=8, first_lock=dt.timedelta(minutes=15))


@pytest.fixture
def site(database_url, registry):
    """A database without the web application."""
    installation = Installation(database_url, registry)
    yield Site(None, installation)
    installation.close()


def at_once(times: int, action) -> list:
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(lambda _number: action(), range(times)))


def test_of_thirty_attempts_at_once_exactly_ten_are_let_through(site):
    engine = site.installation.engine
    answers = at_once(30, lambda: limits.hit(engine, "door", "198.51.100.7", 10, WINDOW, NOW))
    assert sorted(answers, key=str) == [600] * 20 + [None] * 10


def test_doors_and_addresses_are_counted_apart_and_anew_in_the_next_window(site):
    engine = site.installation.engine
    assert limits.hit(engine, "door", "a", 1, WINDOW, NOW) is None
    assert limits.hit(engine, "door", "a", 1, WINDOW, NOW + dt.timedelta(seconds=540.5)) == 60
    assert limits.hit(engine, "gate", "a", 1, WINDOW, NOW) is None
    assert limits.hit(engine, "door", "b", 1, WINDOW, NOW) is None
    assert limits.hit(engine, "door", "a", 1, WINDOW, NOW + WINDOW) is None


@pytest.mark.parametrize(("email", "model"), [("li@acme.test", User), ("nobody@acme.test", UnknownSignIn)])
def test_eight_wrong_passwords_at_once_lock_and_further_ones_do_not_prolong(site, email, model):
    site.account("li@acme.test")
    engine = site.installation.engine
    states = at_once(12, lambda: lockout.note_failure(engine, email, POLICY, NOW))
    assert sorted(s.left for s in states) == [0] * 5 + [1, 2, 3, 4, 5, 6, 7]
    later = NOW + dt.timedelta(minutes=5)
    assert lockout.note_failure(engine, email, POLICY, later) == lockout.State(0, 600)
    with open_session(engine) as session:
        row = session.execute(sa.select(model.failed_sign_ins, model.locked_until)).one()
        assert lockout.state(session, email, POLICY, NOW + dt.timedelta(minutes=15)) == lockout.State(1)
    assert tuple(row) == (8, NOW + dt.timedelta(minutes=15))
