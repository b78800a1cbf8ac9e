"""Fixtures for tests of the core on a plugin without any business: ``probe``."""

from __future__ import annotations

import pytest

from tests.support import probe_site


@pytest.fixture
def probe(databases, database_kind):
    """An installation of the core with the test plugin ``probe``, on a database of its own."""
    installation = probe_site.install(databases, database_kind)
    yield installation
    installation.close()
    databases.drop(installation.url)


@pytest.fixture
def acme(probe):
    """A company with ``probe`` switched on."""
    return probe_site.office(probe, "acme")


@pytest.fixture
def zenith(probe):
    """Another company with ``probe`` switched on."""
    return probe_site.office(probe, "zenith")
