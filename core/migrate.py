"""Migrations: one directory and one version table per plugin; the core's first, then by what requires what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from core.db import Base, make_engine, protect_rows
from core.errors import ConfigurationError
from core.registry import Registry

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Branch:
    """One package's migrations."""

    name: str
    folder: Path
    prefix: str

    @property
    def version_table(self) -> str:
        return f"{self.prefix}migration"


def branches(registry: Registry) -> list[Branch]:
    """The core and every plugin that has migrations, in the order in which they are run."""
    found = [Branch("core", HERE / "migrations", "core_")]
    for plugin in registry.plugins.values():
        folder = plugin.folder / "migrations"
        if folder.is_dir():
            found.append(Branch(plugin.name, folder, plugin.manifest.prefix))
    return found


def _alembic(branch: Branch, connection=None):
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("version_locations", str(branch.folder / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, branch=branch)
    return config


def upgrade(database_url: str, registry: Registry, *, until: str | None = None) -> list[str]:
    """Run what is missing; answers the branches that were moved. Safe to call at every start. ``until`` names the last
    branch that is run: its tables may point to those of the branches before it.

    On SQLite foreign keys are off during a migration (rebuilding a parent table would delete its children), and
    ``foreign_key_check`` must find nothing afterwards.
    """
    from alembic import command

    moved = []
    engine = make_engine(database_url, sees_all=True)
    try:
        _refuse_what_is_newer(engine, registry)
        for branch in _until(branches(registry), until):
            if not _pending_of(engine, branch):
                continue
            with engine.connect() as connection:
                _foreign_keys(connection, False)
                with connection.begin():
                    _room_for_revisions(connection, branch)
                    command.upgrade(_alembic(branch, connection), "heads")
                    _check_foreign_keys(connection)
                _foreign_keys(connection, True)
            moved.append(branch.name)
        with engine.begin() as connection:
            protect_rows(connection, sa.inspect(connection).get_table_names())
    finally:
        engine.dispose()
    return moved


def _until(found: Sequence[Branch], last: str | None) -> Sequence[Branch]:
    names = [branch.name for branch in found]
    return found[: names.index(last) + 1] if last else found


def _refuse_what_is_newer(engine: sa.Engine, registry: Registry) -> None:
    """Raise ConfigurationError for a database that a later version has migrated already; nothing is changed then."""
    for branch in branches(registry):
        unknown = _revisions_of(engine, branch) - _known_revisions(branch)
        if unknown:
            raise ConfigurationError(
                f"the database is newer than this program: its tables of {branch.name!r} are at "
                f"{', '.join(sorted(unknown))}, which is not known here. Install the version that migrated it, or "
                "restore a backup from before"
            )


def _known_revisions(branch: Branch) -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_alembic(branch)).walk_revisions()}


_LONGEST_REVISION = 100


def _room_for_revisions(connection: sa.Connection, branch: Branch) -> None:
    """Alembic's own version table takes 32 characters, which PostgreSQL enforces; names of revisions may be longer."""
    column = sa.Column("version_num", sa.String(_LONGEST_REVISION), nullable=False)
    key = sa.PrimaryKeyConstraint("version_num", name=f"{branch.version_table}_pkc")
    sa.Table(branch.version_table, sa.MetaData(), column, key).create(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":
        change = f"ALTER TABLE {branch.version_table} ALTER COLUMN version_num TYPE VARCHAR({_LONGEST_REVISION})"
        connection.exec_driver_sql(change)


def upgrade_to(connection: sa.Connection, branch: Branch, heads: Sequence[str]) -> None:
    """Bring one branch to these revisions, older ones perhaps, within the open transaction of ``connection``.

    Raises KeyError for a revision that this version does not know. On SQLite the caller has foreign keys off.
    """
    from alembic import command

    known = _known_revisions(branch)
    for revision in heads:
        if revision not in known:
            raise KeyError(revision)
        _room_for_revisions(connection, branch)
        command.upgrade(_alembic(branch, connection), revision)


def _foreign_keys(connection: sa.Connection, on: bool) -> None:
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")  # type: ignore[union-attr]


@contextmanager
def without_foreign_keys(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction in which SQLite checks no foreign key: tables may go in any order."""
    with engine.connect() as connection:
        _foreign_keys(connection, False)
        with connection.begin():
            yield connection
        _foreign_keys(connection, True)


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration left rows that point to nothing: {broken[:5]}")


def downgrade(database_url: str, registry: Registry, name: str, revision: str = "base") -> None:
    """Take a branch back to ``revision`` (``base``: before its first migration). For tests and emergencies."""
    from alembic import command

    branch = next(b for b in branches(registry) if b.name == name)
    engine = make_engine(database_url, sees_all=True)
    try:
        with without_foreign_keys(engine) as connection:
            command.downgrade(_alembic(branch, connection), revision)
    finally:
        engine.dispose()


def _heads(branch: Branch) -> set[str]:
    from alembic.script import ScriptDirectory

    return set(ScriptDirectory.from_config(_alembic(branch)).get_heads())


def _pending_of(engine: sa.Engine, branch: Branch) -> bool:
    return _revisions_of(engine, branch) != _heads(branch)


def _revisions_of(engine: sa.Engine, branch: Branch) -> set[str]:
    """At which revisions the branch's tables stand; none where it was never migrated."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(branch.version_table):
            return set()
        versions: sa.Select = sa.select(sa.column("version_num")).select_from(sa.table(branch.version_table))
        return set(connection.execute(versions).scalars())


def pending(engine: sa.Engine, registry: Registry) -> list[str]:
    """The branches that are not at their newest migration."""
    return [b.name for b in branches(registry) if _pending_of(engine, b)]


def write_migration(registry: Registry, name: str, message: str, *, initial: bool = False) -> Path:
    """Write a migration of one branch from the difference between its tables' models and its migrations (developers).

    ``initial`` writes ``0001_initial.py`` anew from nothing; only before the first release.
    """
    import tempfile

    from alembic import command

    branch = next((b for b in branches(registry) if b.name == name), None)
    if branch is None:
        plugin = registry.plugins[name]
        (plugin.folder / "migrations" / "versions").mkdir(parents=True)
        branch = next(b for b in branches(registry) if b.name == name)
    versions = branch.folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    if initial:
        for old in versions.glob("0001_*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scratch.db"
        if not initial:
            upgrade(url, registry, until=name)
        engine = make_engine(url)
        number = len(list(versions.glob("0*.py"))) + 1
        with engine.connect() as connection:
            revision = f"{name}_{number:04d}"
            command.revision(
                _alembic(branch, connection),
                message=message,
                autogenerate=True,
                rev_id=revision,
                version_path=str(versions),
                head="base" if initial else "head",
                splice=initial,
            )
        engine.dispose()
    written = next(versions.glob(f"{revision}_*.py"))
    target = versions / f"{number:04d}_{message.replace(' ', '_')}.py"
    written.rename(target)
    return target


def differences(engine: sa.Engine, registry: Registry) -> list:
    """What autogenerate would still write for any branch: empty when migrations and models agree (a test)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    versions = [b.version_table for b in branches(registry)]
    prefixes = ("core_", *(p.manifest.prefix for p in registry.plugins.values()))

    def ours(_object, name, kind, _reflected, _compare_to) -> bool:
        return kind != "table" or (name.startswith(prefixes) and name not in versions)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
        return list(compare_metadata(context, Base.metadata))
