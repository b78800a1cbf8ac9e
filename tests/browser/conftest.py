"""In a browser every test runs on SQLite: what pages say and do on either database is shown without one, and sooner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def database_url(databases) -> Iterator[str]:
    """The address of a migrated database that only this test sees."""
    url = databases.create("sqlite")
    yield url
    databases.drop(url)
