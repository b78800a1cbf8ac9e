"""Fixtures of the suite, for strangers: ``pytest_plugins = ["core.testing_suite.fixtures"]`` in ``conftest.py``.

Databases are SQLite files; with ``SANBAO_TEST_SERVER`` (the address of a PostgreSQL database whose role may create
others) the same tests run there instead. ``SANBAO_WITHOUT`` names installed plugins that yours does not need, separated
by commas: the houses are filled sooner without them. Override ``suite_databases`` to bring your own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from core.testing_suite.house import House, build

Databases = Callable[[str, Callable[[str], None] | None], str]


@pytest.fixture(scope="session")
def registry():
    """What the core and all installed plugins declare, loaded once; minus those that ``SANBAO_WITHOUT`` names."""
    from core import garbage, plugins

    garbage.seldom()
    loaded = plugins.load()
    garbage.all_is_loaded()
    return loaded


@pytest.fixture(scope="session", autouse=True)
def suite_home(tmp_path_factory) -> Iterator[None]:
    """Stored files go into a folder of this test run."""
    with pytest.MonkeyPatch.context() as patch:
        if "SANBAO_HOME" not in os.environ:
            patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def suite_databases(tmp_path_factory) -> Iterator[Databases]:
    """``new(name, prepare)`` → the address of a new database: a copy of one that ``prepare(url)`` filled once."""
    server = os.environ.get("SANBAO_TEST_SERVER")
    if server:
        yield from _on_server(server)
        return
    folder = tmp_path_factory.mktemp("suite")

    def new(name: str, prepare: Callable[[str], None] | None) -> str:
        target = folder / f"{name}-{uuid.uuid4().hex[:8]}.sqlite"
        if prepare is None:
            return f"sqlite:///{target}"
        source = folder / f"{name}.sqlite"
        if not source.exists():
            prepare(f"sqlite:///{source}")
            with sqlite3.connect(source) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        shutil.copyfile(source, target)
        return f"sqlite:///{target}"

    yield new  # noqa: PT022 - the other way out has something to give back


def _on_server(server: str) -> Iterator[Databases]:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    made: list[str] = []

    def create(name: str, template: str) -> str:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        made.append(name)
        return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

    def new(name: str, prepare: Callable[[str], None] | None) -> str:
        unique = f"suite_{name}_{uuid.uuid4().hex[:8]}"
        if prepare is None:
            return create(unique, "template0")
        source = f"suite_{name}_{os.getpid()}"
        if source not in made:
            prepare(create(source, "template0"))
        return create(unique, source)

    yield new
    with admin.connect() as connection:
        for name in made:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    admin.dispose()


@pytest.fixture(scope="class")
def house(suite_databases: Databases, registry) -> Iterator[House]:
    """Two filled companies and the application on them, for one class of tests."""
    made = House(suite_databases("house", lambda url: build(url, registry)), registry)
    with made.counting_once():
        yield made
    made.close()


@pytest.fixture
def empty_url(suite_databases: Databases) -> str:
    """The address of a database without a table."""
    return suite_databases("empty", None)
