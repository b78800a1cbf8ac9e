"""Filling a database from an archive: all of it or nothing, of the kind it came from or of the other one.

The tables are made as they were when the archive was made, filled, and only then brought up to date: so the migrations
that came since do with the rows what they would have done in place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import config, migrate
from core.audit import Verification, heads_file, read_heads
from core.backup.archive import HEADS, Archive, Part, copy, missing_keys, problems, system_errors
from core.backup.derived import make_anew
from core.backup.rows import VERSION_TABLE, Table, prefixes_in, tables_in, write_rows
from core.companies.models import Company
from core.db import POLICY, make_engine, open_session, protect_rows
from core.errors import Conflict, Invalid
from core.files import content_path
from core.i18n import _
from core.registry import Registry
from core.worker import company_ctx, utcnow

_AT_WORK = dt.timedelta(minutes=1)
"""A worker that was seen later than so long ago is taken to be running."""
_LOCKED = "55P03"
"""PostgreSQL's code for a lock that could not be had in time."""
Tick = Callable[[str], None]


@dataclass
class Restored:
    """What was put where."""

    rows: int = 0
    files: int = 0
    upgraded: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    """What verifying the audit trail found to say; empty when every chain is whole."""
    other_keys: list[str] = field(default_factory=list)
    heads: Path | None = None


def restore(
    archive: Archive,
    registry: Registry,
    *,
    url: str,
    replace: bool = False,
    leave_out: Collection[str] = (),
    tick: Tick = lambda text: None,
) -> Restored:
    """Fill the database at ``url`` and the folder of stored files; the archive is read through and checked first.

    Raises Conflict for a damaged archive, for a database that holds companies or accounts (unless ``replace``), and
    for one that a worker uses; Invalid when the archive is of a newer version or of a module that is not installed.
    ``leave_out`` names modules whose tables are not wanted.
    """
    told = Restored(other_keys=missing_keys(archive.manifest))
    branches = _branches(archive, registry, leave_out)
    _look_at(url, replace)
    for text in problems(archive, tick):
        raise Conflict("damaged", _("{path} was not restored. {what}", path=archive.path, what=text))
    with system_errors(url.partition("://")[0]):
        told.files = _write_files(archive, tick)
        told.heads = _write_heads(archive)
    backend = sa.make_url(url).get_backend_name()
    way = _into_sqlite if backend == "sqlite" else _into_postgres
    way(archive, registry, branches, url, replace, told, tick)
    return told


def _branches(archive: Archive, registry: Registry, leave_out: Collection[str]) -> list[migrate.Branch]:
    """The packages whose tables are filled, in the order of their migrations."""
    known = migrate.branches(registry)
    unknown = set(leave_out) - {b.name for b in known} - {p.rstrip("_") for p in archive.manifest.migrations}
    if unknown or "core" in leave_out:
        name = min(unknown or {"core"})
        raise Invalid("leave_out", _("“{name}” can't be left out: there is no such module here.", name=name))
    wanted = [b for b in known if b.prefix in archive.manifest.migrations and b.name not in leave_out]
    for prefix in archive.manifest.migrations.keys() - {b.prefix for b in known}:
        if prefix.rstrip("_") not in leave_out:
            text = _(
                "The archive holds tables of the module “{name}”, which is not installed here. Install it, or leave "
                "its data out: --leave-out {name}",
                name=prefix.rstrip("_"),
            )
            raise Invalid("not_installed", text)
    return wanted


def _look_at(url: str, replace: bool) -> None:
    """Refuse a database that is not there to be filled, before anything is written."""
    address = sa.make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and (address.database or ":memory:") == ":memory:":
        raise Invalid("no_file", _("A database in memory can't be restored into."))
    if sqlite and not Path(str(address.database)).exists():
        return
    engine = make_engine(url, sees_all=True)
    try:
        with engine.connect() as connection:
            _refuse_others(connection, replace)
    except sa.exc.DatabaseError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def _refused(error: sa.exc.DBAPIError) -> Conflict:
    if getattr(error.orig, "sqlstate", "") == _LOCKED:
        return Conflict("in_use", _("Another process uses this database. Stop Sanbao, then restore."))
    why = str(error.orig).strip().partition("\n")[0]
    return Conflict("database_refused", _("The database refused: {why}", why=why))


# --- both databases -------------------------------------------------------------------------------------------------


def _fill(
    connection: sa.Connection, archive: Archive, branches: list[migrate.Branch], told: Restored, tick: Tick
) -> dict[str, Part]:
    """Make the tables as they were then, and put the rows in; answers them by name. Foreign keys must not bind."""
    prefixes = [b.prefix for b in branches]
    for branch in branches:
        tick(f"{branch.name} …")
        try:
            migrate.upgrade_to(connection, branch, archive.manifest.migrations[branch.prefix])
        except KeyError as error:
            text = _("The archive is of a newer version of “{name}” ({revision}). Update first.",
                     name=branch.name, revision=error.args[0])  # fmt: skip
            raise Invalid("newer_archive", text) from None
    parts = {p.name: p for p in archive.manifest.tables if p.name.startswith(tuple(prefixes))}
    tables = {t.name: t for t in tables_in(connection, prefixes)}
    _fits(parts, tables)
    unbound = _unbound(connection, tables)
    with unbound:
        for name, part in parts.items():
            tick(f"{name} {part.rows:,}")
            connection.execute(sa.delete(sa.table(name)))
            write_rows(connection, tables[name], part.table.names, archive.rows(part))
            told.rows += part.rows
        told.rows += make_anew(connection, tables, parts, tick)
    return parts


def _fits(parts: dict[str, Part], tables: dict[str, Table]) -> None:
    for name, part in parts.items():
        if name not in tables or set(tables[name].names) != set(part.table.names):
            text = _("The table {table} of the archive does not fit this version of Sanbao.", table=name)
            raise Conflict("does_not_fit", text)


def _unbound(connection: sa.Connection, tables: Collection[str]) -> Any:
    return _without_keys(connection, tables) if connection.dialect.name == "postgresql" else _nothing()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _refuse_others(connection: sa.Connection, replace: bool) -> list[str]:
    """The prefixes of packages that have tables here; refuses a database that is in use, or is somebody's."""
    prefixes = prefixes_in(connection)
    if "core_" not in prefixes:
        return list(prefixes)
    latest: sa.Select = sa.select(sa.func.max(sa.column("beat_at"))).select_from(sa.table("core_worker_beat"))
    seen: Any = connection.execute(latest).scalar()
    if seen is not None:
        at = dt.datetime.fromisoformat(seen) if isinstance(seen, str) else seen
        at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at
        ago = utcnow() - at
        if ago < _AT_WORK:
            text = _(
                "A worker used this database {n} seconds ago. Stop Sanbao, wait a minute, then restore.",
                n=max(0, int(ago.total_seconds())),
            )
            raise Conflict("in_use", text)
    for name in () if replace else ("core_company", "core_user"):
        if connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar():
            text = _(
                "This database holds companies or accounts. Name an empty one, or replace what is there: --replace"
            )
            raise Conflict("not_empty", text)
    return list(prefixes)


def _verify_trail(engine: sa.Engine, archive: Archive, registry: Registry, told: Restored, tick: Tick) -> None:
    """Every company's chain, against the heads of the archive. Nothing is written: the rows stay as they were."""
    lines = archive.heads().decode().splitlines()
    with open_session(engine) as session:
        companies = session.execute(sa.select(Company.id, Company.code).order_by(Company.code)).all()
    for company_id, code in companies:
        tick(f"{code} …")
        with open_session(engine) as session:
            ctx = company_ctx(session, company_id, registry)
            for text in Verification(ctx, read_heads(lines, code)).problems():
                told.audit.append(f"{code}: {text}")


# --- SQLite: a new file beside, then one rename ---------------------------------------------------------------------


def _into_sqlite(
    archive: Archive, registry: Registry, branches: list, url: str, _replace: bool, told: Restored, tick: Tick
) -> None:
    target = Path(str(sa.make_url(url).database))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.restoring")
    fresh = sa.make_url(url).set(database=str(beside)).render_as_string(hide_password=False)
    try:
        with system_errors(target):
            _fill_sqlite(fresh, archive, registry, branches, told, tick)
            for left in ("-wal", "-shm"):
                Path(f"{target}{left}").unlink(missing_ok=True)
            os.replace(beside, target)
    finally:
        for left in ("", "-wal", "-shm"):
            Path(f"{beside}{left}").unlink(missing_ok=True)


def _fill_sqlite(url: str, archive: Archive, registry: Registry, branches: list, told: Restored, tick: Tick) -> None:
    engine = make_engine(url, synchronous="OFF")
    try:
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                _fill(connection, archive, branches, told, tick)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise _points_to_nothing(broken[0][0])
        told.upgraded = migrate.upgrade(url, registry)
        _verify_trail(engine, archive, registry, told, tick)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sa.exc.OperationalError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()
    with Path(str(sa.make_url(url).database)).open("rb+") as written:
        os.fsync(written.fileno())


def _points_to_nothing(table: str) -> Conflict:
    return Conflict("points_to_nothing", _("Rows of {table} point to rows that are not in the archive.", table=table))


# --- PostgreSQL: one transaction ------------------------------------------------------------------------------------


def _into_postgres(
    archive: Archive, registry: Registry, branches: list, url: str, replace: bool, told: Restored, tick: Tick
) -> None:
    engine = make_engine(url, sees_all=True)
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            _drop_all(connection, _refuse_others(connection, replace))
            parts = _fill(connection, archive, branches, told, tick)
            _set_sequences(connection, parts)
            protect_rows(connection, parts)
        told.upgraded = migrate.upgrade(url, registry)
        _verify_trail(engine, archive, registry, told, tick)
    except sa.exc.IntegrityError as error:
        diagnosis = getattr(error.orig, "diag", None)
        raise _points_to_nothing(getattr(diagnosis, "table_name", None) or "?") from error
    except sa.exc.DBAPIError as error:
        raise _refused(error) from error
    finally:
        engine.dispose()


def _drop_all(connection: sa.Connection, prefixes: list[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = [t.name for t in tables_in(connection, prefixes)] + [f"{prefix}{VERSION_TABLE}" for prefix in prefixes]
    if names:
        connection.exec_driver_sql(f"DROP TABLE {', '.join(map(quote, names))} CASCADE")


@contextmanager
def _without_keys(connection: sa.Connection, tables: Collection[str]) -> Iterator[None]:
    """Within the block no foreign key binds, and no policy: rows may come in any order, by COPY."""
    quote = connection.dialect.identifier_preparer.quote
    found = connection.exec_driver_sql(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'f' "
        "AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, k.conname"
    ).all()
    keys = [(quote(table), quote(name), text) for table, name, text in found if table in tables]
    for table, name, _text in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in map(quote, tables):
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
    yield
    for table, name, text in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}")


def _set_sequences(connection: sa.Connection, parts: dict[str, Part]) -> None:
    """The next number is one that no row has, nor had as far as the archive knows."""
    for name, part in parts.items():
        if ["id", "int"] not in part.columns:
            continue
        sequence = connection.execute(sa.text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": name}).scalar()
        if sequence is not None:
            highest = connection.execute(sa.select(sa.func.max(sa.column("id"))).select_from(sa.table(name))).scalar()
            values = {"s": sequence, "next": max((highest or 0) + 1, part.next_id or 1)}
            connection.execute(sa.text("SELECT setval(:s, :next, false)"), values)


# --- stored files and heads -----------------------------------------------------------------------------------------


def _write_files(archive: Archive, tick: Tick) -> int:
    """Put stored files where they belong. Each is whole or not there; what no row names is swept away after a day."""
    n = 0
    for company_id, digest, member in archive.files():
        target = content_path(company_id, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting = target.with_name(f"{digest}.{uuid.uuid4().hex}.restoring")
        whole = hashlib.sha256()
        try:
            with archive.zip.open(member) as source, waiting.open("wb") as out:
                copy(source, whole, out)
                out.flush()
                os.fsync(out.fileno())
            if whole.hexdigest() != digest and member not in archive.manifest.lost:
                raise Conflict("damaged", _("The stored file {name} is damaged or was changed.", name=member))
            os.replace(waiting, target)
        finally:
            waiting.unlink(missing_ok=True)
        n += 1
        if n % 100 == 0:
            tick(f"files {n:,}")
    return n


def _write_heads(archive: Archive) -> Path | None:
    """The heads of the archive as this installation's, or beside those that it has: they may know of a later end."""
    lines = archive.heads()
    target = heads_file()
    if not lines or (target.exists() and target.read_bytes() == lines):
        return None
    if target.exists():
        target = config.home() / f"{Path(HEADS).stem}-{archive.path.stem}.tsv"
    target.write_bytes(lines)
    return target
