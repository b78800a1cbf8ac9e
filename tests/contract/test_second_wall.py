"""The leak tests once more on PostgreSQL with the first wall off: row-level security alone keeps companies apart."""

from __future__ import annotations

import pytest

from core import db
from core.testing_suite.scoping import ScopeSuite
from tests.support import requirements
from tests.support.databases import leave_empty


@pytest.fixture(scope="module")
def suite_databases(databases):
    reason = databases.why_not("postgresql")
    if reason:
        requirements.lacking(reason)
    made: list[str] = []

    def new(name, prepare):
        bare = prepare is None
        made.append(databases.create("postgresql", f"suite_{name}", prepare or leave_empty, rows_alone=not bare))
        return made[-1]

    yield new
    for url in made:
        databases.drop(url)


@pytest.fixture(scope="class", autouse=True)
def first_wall_off(house):
    """Sessions add no company to what they read and refuse no statement; they still say whose they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_scope_options", lambda *_args: ())
        patch.setattr(db, "_refuse_unreachable", lambda *_args: set())
        yield


class WallSuite(ScopeSuite):
    """Only what could leak: that the house is full and its marks show is seen with the first wall up."""

    test_the_demonstration_fills_every_table = None
    test_records_of_the_own_company_open = None
    test_the_mark_would_be_seen = None


class TestCore(WallSuite):
    plugin = "core"


class TestBase(WallSuite):
    plugin = "base"


class TestComplaints(WallSuite):
    plugin = "complaints"


class TestWarranty(WallSuite):
    plugin = "warranty"


class TestService(WallSuite):
    plugin = "service"


class TestWorkforce(WallSuite):
    plugin = "workforce"


class TestInventory(WallSuite):
    plugin = "inventory"


class TestCallback(WallSuite):
    plugin = "callback"


class TestVigilance(WallSuite):
    plugin = "vigilance"


def test_every_plugin_stands_before_the_second_wall(registry):
    suites = (
        TestBase, TestCallback, TestComplaints, TestWarranty, TestService, TestWorkforce, TestInventory, TestVigilance,
    )  # fmt: skip
    tested = {cls.plugin for cls in suites}
    assert set(registry.plugins) <= tested
