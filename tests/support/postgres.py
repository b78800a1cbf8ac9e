"""A throw-away PostgreSQL server from the machine's own binaries.

``initdb`` refuses root, so as root everything runs as the user ``postgres``, whose data directory must be below folders
that it may enter. Superusers and table owners with BYPASSRLS walk past row-level security, so tests use the ordinary
role ``sanbao_app``, which owns the databases and may do nothing else.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import quick

SUPERUSER = "postgres"
APP_ROLE = "sanbao_app"
_AS_DELIVERED = ("max_connections=60", "max_locks_per_transaction=256")
_SPEED = (*_AS_DELIVERED, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
_WATCH = 'while kill -0 "$1" 2>/dev/null; do sleep 2; done; kill -INT "$2" 2>/dev/null; sleep 2; rm -rf "$3"'
_children: list[subprocess.Popen] = []  # kept, because Python warns when a running child's object is collected


def binaries() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: of the newest version that Debian keeps, else beside ``initdb``."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def why_not() -> str | None:
    """The reason why no server can be started here, or None."""
    if binaries() is None:
        return "no PostgreSQL server binaries (apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root and there is no runuser to change the user"
    return None


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, its process and its folder."""

    port: int
    pid: int
    folder: str

    def url(self, database: str, user: str = APP_ROLE) -> str:
        """The address of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that may do everything, and create and drop databases."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=10
        )

    def create(self, database: str, template: str, admin: psycopg.Connection) -> str:
        """A new database, owned by the ordinary role, as a copy of ``template``."""
        # file by file, as before 15: a third less work than through the log, for templates that nobody writes to
        strategy = "STRATEGY file_copy" if admin.info.server_version >= 150_000 else ""
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} " + strategy).format(
                sql.Identifier(database), sql.Identifier(APP_ROLE), sql.Identifier(template)
            )
        )
        return self.url(database)

    def drop(self, database: str, admin: psycopg.Connection) -> None:
        """Remove a database, whoever is still connected to it."""
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        """Stop the server (SIGINT is its fast shutdown) and remove its files."""
        _signal(self.pid, "INT")
        for _attempt in range(100):
            if not _alive(self.pid):
                break
            time.sleep(0.1)
        else:
            _signal(self.pid, "QUIT")
        shutil.rmtree(self.folder, ignore_errors=True)


def start(owner_pid: int, *, durable: bool = False) -> Server:
    """Start a server that ends, at the latest, soon after the process ``owner_pid`` has ended.

    ``durable`` is for benchmarks: its commits reach the disk, as they do where the product is used.
    """
    reason = why_not()
    if reason:
        raise RuntimeError(reason)
    folder = Path(tempfile.mkdtemp(prefix="sanbao-postgres-", dir=None if durable else quick.folder_in_memory()))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    _run("initdb", "-D", data, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    port = _free_port()
    speed = _AS_DELIVERED if durable else _SPEED
    options = [f"-c{each}" for each in (*speed, "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")]
    with (folder / "log").open("wb") as log:
        command = _as_postgres("postgres", "-D", data, "-p", port, *options)
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        _children.append(subprocess.Popen(command, cwd="/", start_new_session=True, **streams))
    server = Server(port, _wait(data, port, folder / "log"), str(folder))
    watch = ["/bin/sh", "-c", _WATCH, "watch", str(owner_pid), str(server.pid), server.folder]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    _children.append(subprocess.Popen(watch, **quiet, start_new_session=True))
    with server.admin() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(APP_ROLE)))
    return server


def _wait(data: Path, port: int, log: Path) -> int:
    """The server's process id, once it accepts connections."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            probe = psycopg.connect(host="127.0.0.1", port=port, user=SUPERUSER, dbname="postgres", connect_timeout=2)
        except psycopg.OperationalError:
            time.sleep(0.05)
            continue
        probe.close()
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _as_postgres(program: str, *args) -> list[str]:
    folder = binaries()
    assert folder is not None
    change_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*change_user, str(folder / program), *map(str, args)]


def _run(program: str, *args) -> None:
    done = subprocess.run(_as_postgres(program, *args), capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] if sys.platform == "linux" else "S"
        os.kill(pid, 0)
    except (OSError, IndexError):
        return False
    return state != "Z"


def _signal(pid: int, name: str) -> None:
    subprocess.run(["/bin/sh", "-c", f"kill -{name} {pid}"], stderr=subprocess.DEVNULL, check=False)
