"""The suite's fixtures on this project's databases: a house is filled once per kind of database and copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.testing_suite.fixtures import empty_url, house  # noqa: F401 - fixtures
from tests.support.databases import leave_empty


@pytest.fixture(scope="session")
def suite_databases(databases, database_kind) -> Iterator:
    """``new(name, prepare)`` → the address of a new database."""
    made: list[str] = []

    def new(name, prepare):
        made.append(databases.create(database_kind, f"suite_{name}", prepare or leave_empty))
        return made[-1]

    yield new
    for url in made:
        databases.drop(url)
