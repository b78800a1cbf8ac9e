"""Migrations: from nothing to the newest, nothing more to do, back to nothing, and again."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from core import migrate
from core.db import make_engine
from core.plugins import dependents
from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing


class MigrationSuite(SuiteBase):
    """A package's tables come and go by its migrations, and agree with its models."""

    def test_migrations_lead_from_nothing_to_the_models_and_back(
        self, empty_url: str, suite_databases: Callable, registry: Registry
    ):
        """All at once from an empty database for the core; a plugin's own from a database without them."""
        branches = [b.name for b in migrate.branches(registry)]
        if self.plugin == "core":
            url = empty_url
            assert migrate.upgrade(url, registry) == branches
            nothing(_differences(url, registry))
        else:
            url = suite_databases("migrated", lambda new: migrate.upgrade(new, registry))
        nothing(migrate.upgrade(url, registry))
        going = self._going(registry, branches)
        for name in reversed(going):
            migrate.downgrade(url, registry, name)
        nothing(self._tables_left(url, registry))
        assert migrate.upgrade(url, registry) == going
        nothing(_differences(url, registry))

    def _going(self, registry: Registry, branches: list[str]) -> list[str]:
        """This package's branch and those that stand on it, in the order in which they are run."""
        if self.plugin == "core":
            return branches
        names = {self.plugin, *dependents(registry, self.plugin)}
        return [b for b in branches if b in names]

    def _tables_left(self, url: str, registry: Registry) -> list[str]:
        prefix = "core_" if self.plugin == "core" else registry.plugins[self.plugin].manifest.prefix
        version_tables = {b.version_table for b in migrate.branches(registry)}
        engine = make_engine(url)
        names = sa.inspect(engine).get_table_names()
        engine.dispose()
        return sorted(n for n in names if n.startswith(prefix) and n not in version_tables)


def _differences(url: str, registry: Registry) -> list:
    engine = make_engine(url)
    try:
        return migrate.differences(engine, registry)
    finally:
        engine.dispose()
