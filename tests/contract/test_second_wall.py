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
        made.append(databases.create("postgresql", f"suite_{name}", prepare or leave_empty))
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


class TestCore(ScopeSuite):
    plugin = "core"


class TestBase(ScopeSuite):
    plugin = "base"


class TestComplaints(ScopeSuite):
    plugin = "complaints"


class TestWarranty(ScopeSuite):
    plugin = "warranty"


class TestService(ScopeSuite):
    plugin = "service"


class TestWorkforce(ScopeSuite):
    plugin = "workforce"


def test_every_plugin_stands_before_the_second_wall(registry):
    tested = {cls.plugin for cls in (TestBase, TestComplaints, TestWarranty, TestService, TestWorkforce)}
    assert set(registry.plugins) <= tested
