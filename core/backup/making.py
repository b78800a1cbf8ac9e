"""Making an archive while everybody works on: one read transaction sees one moment, on both databases."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import os
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from core import config, plugins
from core.audit import heads_file
from core.backup import archive as archives
from core.backup.archive import HEADS, MANIFEST, Manifest, Part, file_member, system_errors
from core.backup.derived import DERIVED
from core.backup.rows import Count, Table, line_of, prefixes_in, read_rows, tables_in
from core.db import make_engine
from core.errors import ConfigurationError, Conflict, Invalid
from core.files import content_kept, content_path
from core.i18n import _

NAME = "sanbao-%Y%m%d-%H%M%S.zip"
"""The name of an archive: when it was made, UTC."""
_ANY_NAME = "sanbao-[0-9]*-[0-9]*.zip"
_ABANDONED = dt.timedelta(days=1)
_TOUCH_EVERY = 60.0
_RENEW_ROWS = 20_000

Tick = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """An archive that was made, read back and found whole."""

    path: Path
    manifest: Manifest
    seal: str
    removed: list[Path]


def make_backup(target: Path, *, url: str, keep: int | None = None, tick: Tick = lambda text: None) -> Made:
    """Write an archive into the folder ``target``, or to the file ``target`` when it ends with ``.zip``.

    It bears another name until it was read back and found whole, so whatever ends this leaves no half archive. With
    ``keep`` only so many of the newest archives stay in the folder. Raises Invalid, or Conflict when the disk is full.
    """
    if keep is not None and keep < 1:
        raise Invalid("keep", _("At least one archive must be kept."), "keep")
    single = target.suffix == ".zip"
    if single and keep is not None:
        raise Invalid("keep", _("To keep a number of archives, name a folder, not a file."), "keep")
    folder = target.parent if single else target
    with system_errors(folder), _engine(url) as engine:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".sanbao-{uuid.uuid4().hex}.partial"
        try:
            with partial.open("xb") as out:
                os.chmod(partial, 0o600)
                manifest = _write(out, engine, tick)
                out.flush()
                os.fsync(out.fileno())
            seal = _read_back(partial, tick)
            final = target if single else _free_name(folder, dt.datetime.fromisoformat(manifest.made_at))
            os.replace(partial, final)
            _make_durable(folder)
        finally:
            partial.unlink(missing_ok=True)
        removed = _rotate(folder, keep, final)
    return Made(final, manifest, seal, removed)


@contextlib.contextmanager
def _engine(url: str) -> Iterator[sa.Engine]:
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise Invalid("no_database", _("There is no database at {url}.", url=address.render_as_string()))
    engine = make_engine(url, sees_all=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _read_back(path: Path, tick: Tick) -> str:
    with archives.open_archive(path) as archive:
        for text in archives.problems(archive, tick):
            raise Conflict("not_read_back", _("What was written can't be read back: {what}", what=text))
        return archive.seal


def _free_name(folder: Path, at: dt.datetime) -> Path:
    path = folder / at.strftime(NAME)
    while path.exists():
        at += dt.timedelta(seconds=1)
        path = folder / at.strftime(NAME)
    return path


def _make_durable(folder: Path) -> None:
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _rotate(folder: Path, keep: int | None, newest: Path) -> list[Path]:
    """Remove what a killed backup left long ago, and with ``keep`` the older archives."""
    for left in folder.glob(".sanbao-*.partial"):
        if time.time() - left.stat().st_mtime > _ABANDONED.total_seconds():
            left.unlink(missing_ok=True)
    if keep is None:
        return []
    old = sorted((p for p in folder.glob(_ANY_NAME) if p != newest), key=lambda p: p.name, reverse=True)[keep - 1 :]
    for path in old:
        path.unlink(missing_ok=True)
    return old


# --- what is in it --------------------------------------------------------------------------------------------------


def _write(out: IO[bytes], engine: sa.Engine, tick: Tick) -> Manifest:
    heads = heads_file().read_bytes() if heads_file().exists() else b""  # before the moment: it knows all of these
    with content_kept() as renew, engine.connect() as raw, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as into:
        connection = raw
        if engine.dialect.name == "postgresql":
            connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        migrations = prefixes_in(connection)
        made_at = dt.datetime.now(dt.UTC)
        if "core_" not in migrations:
            raise Invalid("no_database", _("The database holds no tables of Sanbao."))
        renewing = _Renewing(renew)
        tables = [t for t in tables_in(connection, migrations) if t.name not in DERIVED]
        parts = [_write_table(into, connection, table, tick, renewing) for table in tables]
        files = _write_files(into, connection, tick, renewing)
        into.writestr(_member(HEADS, made_at), heads, zipfile.ZIP_DEFLATED)
        manifest = Manifest(
            made_at=made_at.isoformat(),
            version=importlib.metadata.version("sanbao"),
            database=engine.dialect.name,
            migrations=migrations,
            plugins=_plugins(),
            tables=parts,
            files=files.n,
            file_bytes=files.size,
            lost=files.lost,
            heads_sha256=hashlib.sha256(heads).hexdigest(),
            keys=archives.fingerprints(),
        )
        into.writestr(_member(MANIFEST, made_at), manifest.text(), zipfile.ZIP_DEFLATED)
    return manifest


class _Renewing:
    """Says now and then that the backup is still at work."""

    def __init__(self, renew: Callable[[], None]):
        self.renew = renew
        self.due = time.monotonic() + _TOUCH_EVERY

    def __call__(self) -> None:
        if time.monotonic() >= self.due:
            self.renew()
            self.due = time.monotonic() + _TOUCH_EVERY


def _plugins() -> dict[str, str]:
    """Which modules are installed; a module that can't load hinders no backup."""
    try:
        return {name: plugin.manifest.version for name, plugin in plugins.load().plugins.items()}
    except ConfigurationError:
        return {}


def _member(name: str, at: dt.datetime | None = None, stored: bool = False) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (at or dt.datetime.now(dt.UTC)).timetuple()[:6])
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _write_table(into: zipfile.ZipFile, connection: sa.Connection, table: Table, tick: Tick, renew: _Renewing) -> Part:
    whole, count = hashlib.sha256(), Count()
    with into.open(_member(f"tables/{table.name}.jsonl"), "w", force_zip64=True) as member:
        for row in read_rows(connection, table):
            line = line_of(row)
            whole.update(line)
            count.add(line)
            member.write(line)
            if count.rows % _RENEW_ROWS == 0:
                tick(f"{table.name} {count.rows:,}")
                renew()
    tick(f"{table.name} {count.rows:,}")
    return Part(
        table.name,
        [list(column) for column in table.columns],
        list(table.key),
        count.rows,
        whole.hexdigest(),
        count.digest,
        _next_id(connection, table),
    )


def _next_id(connection: sa.Connection, table: Table) -> int | None:
    """The next number of a PostgreSQL sequence, so that the number of a deleted row is not given again."""
    if connection.dialect.name != "postgresql" or ("id", "int") not in table.columns:
        return None
    sequence = connection.execute(sa.text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": table.name}).scalar()
    if sequence is None:
        return None
    state = f"SELECT last_value, is_called FROM {sequence}"  # noqa: S608 - the name is the database's own
    last, called = connection.exec_driver_sql(state).one()
    return last + int(called)


@dataclass
class _Files:
    n: int
    size: int
    lost: list[str]


def _write_files(into: zipfile.ZipFile, connection: sa.Connection, tick: Tick, renew: _Renewing) -> _Files:
    """The content that rows of the moment name; one copy of each, straight from where it lies."""
    found = _Files(0, 0, [])
    query = "SELECT DISTINCT company_id, digest FROM core_file ORDER BY company_id, digest"
    streaming = connection.execution_options(stream_results=True, max_row_buffer=1000)
    with streaming.exec_driver_sql(query) as rows:
        for company_id, digest in rows:
            name, path = file_member(company_id, digest), content_path(company_id, digest)
            if not path.is_file():
                found.lost.append(name)
                continue
            with path.open("rb") as source, into.open(_member(name, stored=True), "w", force_zip64=True) as member:
                whole = hashlib.sha256()
                found.size += archives.copy(source, whole, member)
            if whole.hexdigest() != digest:
                found.lost.append(name)
            found.n += 1
            if found.n % 100 == 0:
                tick(f"files {found.n:,}")
            renew()
    return found


def default_folder() -> Path:
    """Where archives go unless somebody says so: better name another disk."""
    return config.home() / "backups"
