"""A company in which the broken plugins are switched on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core import hooks, plugins
from core import registry as registry_module
from core.testing import Installation
from core.testing_suite.house import House
from tests.support.application import Application

RUNNING = Path(__file__).parent / "running"


@pytest.fixture(scope="session")
def broken_registry():
    """The installed plugins and those that break while they run."""
    before = list(sys.path)
    registry = plugins.load(path=str(RUNNING))
    yield registry
    sys.path[:] = before


@pytest.fixture(scope="session")
def broken_application(broken_registry):
    """The application with the broken plugins, put together once."""
    return Application(broken_registry)


def _furnish(url: str, broken_registry) -> None:
    installation = Installation(url, broken_registry)
    modules = [p.name for p in broken_registry.plugins.values() if not p.manifest.always_on]
    office = installation.company("north", modules=modules)
    ctx = office.system()
    from core.companies.models import Role
    from core.db import transaction
    from core.events import emit

    with transaction(ctx):
        ctx.session.add(Role(code="everything", name={"en": "All"}, permissions=sorted(broken_registry.permissions)))
        emit(ctx, "core.role_saved", name="All", code="everything")
    office.person("boss@north.example", "everything", "administrator", name="Boss")
    installation.close()


@pytest.fixture
def site(databases, database_kind, broken_registry, broken_application, registry):
    """``north`` with one administrator, ``boss@north``, who holds every right; every module is switched on."""
    url = databases.create(database_kind, "broken_plugins", lambda url: _furnish(url, broken_registry), rows_alone=True)
    with broken_application.on(url) as app:
        house = House(url, broken_registry, app)
        yield house
        house.close()
    databases.drop(url)
    registry_module.set_current(registry)


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    """Nothing rests at the beginning of a test."""
    monkeypatch.setattr(hooks, "rest", hooks._Rest())
