"""Fresh databases for tests, on SQLite and on PostgreSQL: migrate once into a template, copy for each test.

All processes of one test run share a folder (``Databases(folder)``); a lock file keeps two workers from preparing the
same template or starting the same server at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from core.testing import Installation
from tests.support import carrying, postgres

KINDS = ("sqlite", "postgresql")
Prepare = Callable[[str], object]
Fill = Callable[["Installation"], object]


@functools.cache
def installed():
    """The registry of the core and the installed plugins, put together once per process; minus ``SANBAO_WITHOUT``."""
    from core import plugins

    return plugins.load()


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest version of every installed package."""
    from core.migrate import upgrade

    upgrade(url, installed())


def leave_empty(url: str) -> None:
    """Prepare nothing: a database without a table."""


@dataclass(frozen=True)
class Filled:
    """What filling the demonstration printed, and how long it took."""

    told: str
    seconds: float


class Databases:
    """Makes and drops the databases of one test run."""

    def __init__(self, folder: Path, owner_pid: int, *, durable: bool = False, carry: bool = False):
        self.folder = folder
        self.owner_pid = owner_pid
        self.durable = durable
        self.carry = carry
        self._server: postgres.Server | None = None
        self._admin: psycopg.Connection | None = None

    @staticmethod
    def why_not(kind: str) -> str | None:
        """The reason why ``kind`` can't be tested on this machine, or None."""
        return postgres.why_not() if kind == "postgresql" else None

    def create(
        self, kind: str, template: str = "migrated", prepare: Prepare = migrate, *, rows_alone: bool = False
    ) -> str:
        """The address of a new database of ``kind``, a copy of the named template.

        ``prepare(url)`` fills the template the first time that its name is asked for in this run. With ``rows_alone``
        it finds the tables migrated and adds rows to them; where this run carries, it is called for SQLite only and
        PostgreSQL gets the same rows.
        """
        name = f"t_{uuid.uuid4().hex[:12]}"
        if kind == "sqlite":
            source = self._sqlite_template(template, prepare, rows_alone)
            target = self.folder / f"{name}.sqlite"
            shutil.copyfile(source, target)
            return f"sqlite:///{target}"
        return self.server().create(name, self._postgres_template(template, prepare, rows_alone), self._as_admin())

    @contextlib.contextmanager
    def furnished(self, kind: str, fill: Fill) -> Iterator[Installation]:
        """An installation on a database of its own, a copy of what ``fill(installation)`` makes once in this run."""

        def prepare(url: str) -> None:
            installation = Installation(url, installed())
            try:
                fill(installation)
            finally:
                installation.close()

        name = f"{fill.__module__}_{fill.__name__}".replace(".", "_").removeprefix("tests_")
        url = self.create(kind, name, prepare, rows_alone=True)
        installation = Installation(url, installed())
        try:
            yield installation
        finally:
            installation.close()
            self.drop(url)

    def demonstration(self, target: Path) -> Filled:
        """Fill a folder as `sanbao demo --fill-only` does in the product: it is run once, and copied."""
        source, told = self.folder / "demonstration", self.folder / "demonstration.json"
        with self._lock("demonstration"):
            if not told.exists():
                begun = time.monotonic()
                said = _fill_demonstration(source)
                _write(told, json.dumps({"told": said, "seconds": time.monotonic() - begun}))
        shutil.copytree(source, target, dirs_exist_ok=True)
        return Filled(**json.loads(told.read_text()))

    def drop(self, url: str) -> None:
        """Remove a database made by ``create``."""
        address = sa.make_url(url)
        if address.get_backend_name() == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                Path(f"{address.database}{suffix}").unlink(missing_ok=True)
        else:
            self.server().drop(str(address.database), self._as_admin())

    def server(self) -> postgres.Server:
        """The PostgreSQL server of this run, started when first asked for."""
        if self._server is None:
            state = self.folder / "postgres.json"
            with self._lock("postgres"):
                if not state.exists():
                    _write(state, json.dumps(vars(postgres.start(self.owner_pid, durable=self.durable))))
                self._server = postgres.Server(**json.loads(state.read_text()))
        return self._server

    def leave(self) -> None:
        """Give back what this process holds of the run."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def close(self) -> None:
        """End the run: stop the server, if one was started, and remove all files."""
        self.leave()
        state = self.folder / "postgres.json"
        if state.exists():
            postgres.Server(**json.loads(state.read_text())).stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_admin(self) -> psycopg.Connection:
        """One connection for all databases that this process makes and drops."""
        if self._admin is None:
            self._admin = self.server().admin()
        return self._admin

    def _sqlite_template(self, template: str, prepare: Prepare, rows_alone: bool = False) -> Path:
        path = self.folder / f"template_{template}.sqlite"
        with self._lock(f"sqlite_{template}"):
            if not path.exists():
                draft = path.with_suffix(".draft")
                if rows_alone:
                    shutil.copyfile(self._sqlite_template("migrated", migrate), draft)
                else:
                    draft.touch()
                prepare(f"sqlite:///{draft}")
                _fold_journal(draft)
                draft.rename(path)
        return path

    def _postgres_template(self, template: str, prepare: Prepare, rows_alone: bool = False) -> str:
        name = f"template_{template}"
        ready = self.folder / f"{name}.ready"
        with self._lock(f"postgres_{template}"):
            if not ready.exists():
                server, admin = self.server(), self._as_admin()
                server.drop(name, admin)
                begun = self._postgres_template("migrated", migrate) if rows_alone else "template0"
                url = server.create(name, begun, admin)
                if rows_alone and self.carry:
                    source = self._sqlite_template(template, prepare, rows_alone)
                    with server.admin(name) as connection:
                        carrying.carry(source, connection)
                else:
                    prepare(url)
                ready.touch()
        return name

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with (self.folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _fold_journal(path: Path) -> None:
    """Bring the write-ahead log into the file itself, so that copying the file copies everything."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _fill_demonstration(folder: Path) -> str:
    """What the command printed, both streams; it must end well."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PORT")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sanbao")), "demo", "--fill-only"], cwd=Path(__file__).parents[2],
        env={**environment, "SANBAO_HOME": str(folder)}, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"sanbao demo failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(text)
    draft.rename(path)
