"""The archive: a ZIP file with a table per member (JSON lines), the stored files under their digests, and a manifest.

``manifest.json`` is written last. It says of what version and moment the archive is, and holds every table's digest; a
stored file's digest is its name. Keys are never in it, only a fingerprint by which one can be recognised.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from core import config
from core.backup.rows import Count, Table
from core.errors import Conflict, Invalid
from core.i18n import _

FORMAT = "sanbao-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
HEADS = "audit-heads.tsv"
FILES = "core_file"
"""The table whose rows name stored files."""
KEYS = ("SECOND_FACTOR_KEY", "SECURITY_PASSWORD_SALT", "SECRET_KEY")
CHUNK = 256 * 1024
_MOST_TOLD = 20
_FILE = re.compile(r"files/(\d+)/([0-9a-f]{2})/(\2[0-9a-f]{62})")


@dataclass(frozen=True)
class Part:
    """What the manifest says of a table."""

    name: str
    columns: list[list[str]]
    """Name and kind of each, in the order of the values in a line."""
    key: list[str]
    rows: int
    sha256: str
    """Of the member's bytes."""
    digest: str
    """Of the rows, whatever their order: the same in every database that holds the same."""
    next_id: int | None = None
    """The number that the database would have given to the next row, where it keeps one."""

    @property
    def table(self) -> Table:
        """The same as rows are read and written by."""
        return Table(self.name, tuple((name, kind) for name, kind in self.columns), tuple(self.key))

    @property
    def member(self) -> str:
        """Where its rows are."""
        return f"tables/{self.name}.jsonl"


@dataclass(frozen=True)
class Manifest:
    """What an archive says about itself."""

    made_at: str
    """The moment as of which everything is: UTC, ISO 8601."""
    version: str
    database: str
    migrations: dict[str, list[str]]
    plugins: dict[str, str]
    tables: list[Part]
    files: int
    file_bytes: int
    lost: list[str]
    """Content that rows named and that was not on the disk, or not what it was when it was stored."""
    heads_sha256: str
    keys: dict[str, str]
    format: str = FORMAT
    format_version: int = FORMAT_VERSION

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(part.rows for part in self.tables)

    def part(self, name: str) -> Part | None:
        """A table by its name."""
        return next((part for part in self.tables if part.name == name), None)

    def text(self) -> bytes:
        """As it is written."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def file_member(company_id: int, digest: str) -> str:
    """Where a stored file's content is in the archive."""
    return f"files/{company_id}/{digest[:2]}/{digest}"


# --- keys, by their fingerprints ------------------------------------------------------------------------------------


def fingerprints() -> dict[str, str]:
    """The keys of this installation, not to be guessed from what is kept; those that are not set are left out."""
    return {name: _fingerprint(key, secrets.token_hex(8)) for name in KEYS for key in _keys(name)[:1]}


def missing_keys(manifest: Manifest) -> list[str]:
    """The keys that this installation lacks, or holds another one of than that from which the archive came."""
    return [
        name
        for name, mark in manifest.keys.items()
        if not any(_fingerprint(key, mark.partition(":")[0]) == mark for key in _keys(name))
    ]


def _keys(name: str) -> list[str]:
    return [key.strip() for key in (config.known_key(name) or "").split(",") if key.strip()]


def _fingerprint(key: str, salt: str) -> str:
    return f"{salt}:{hashlib.scrypt(key.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16).hex()}"


# --- reading --------------------------------------------------------------------------------------------------------


@contextmanager
def system_errors(path: Path | str) -> Iterator[None]:
    """Turn what the operating system refuses (no space, no right, no such file) into words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = _("{path}: no space is left on the disk. Make room, then begin again.", path=path)
            raise Conflict("disk_full", text) from error
        raise Conflict("refused_by_system", _("{path}: {why}", path=path, why=error.strerror or str(error))) from error


@dataclass
class Archive:
    """An archive that is open for reading."""

    path: Path
    zip: zipfile.ZipFile
    manifest: Manifest
    seal: str
    """SHA-256 of the manifest: kept elsewhere, it tells this archive from any other."""
    names: frozenset[str] = field(default_factory=frozenset)

    def lines(self, part: Part) -> Iterator[bytes]:
        """The lines of a table, each with its end."""
        with self.zip.open(part.member) as member, io.BufferedReader(member, CHUNK) as lines:  # type: ignore[type-var]
            yield from lines

    def rows(self, part: Part) -> Iterator[list]:
        """The rows of a table by the order of its key."""
        return (json.loads(line) for line in self.lines(part))

    def heads(self) -> bytes:
        """The lines of the file of audit heads as it was."""
        return self.zip.read(HEADS)

    def files(self) -> Iterator[tuple[int, str, str]]:
        """(company, digest, member) of the stored files."""
        for name in self.zip.namelist():
            found = _FILE.fullmatch(name)
            if found:
                yield int(found[1]), found[3], name


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive. Raises Invalid when it is none, was cut off, or was made by a newer version."""
    with system_errors(path):
        try:
            opened = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            text = _("{path} is not a whole archive: it is of another kind, or its end is missing.", path=path)
            raise Invalid("not_whole", text) from error
    with opened:
        try:
            written = opened.read(MANIFEST)
            said: dict[str, Any] = json.loads(written)
            known = said.get("format") == FORMAT
        except (KeyError, ValueError, zipfile.BadZipFile, zipfile.zlib.error):  # type: ignore[attr-defined]
            known = False
        if not known:
            raise Invalid("no_backup", _("{path} is no backup of Sanbao, or its manifest is damaged.", path=path))
        if said["format_version"] > FORMAT_VERSION:
            told = _("{path} was made by a newer version of Sanbao ({version}). Update first.", path=path,
                     version=said.get("version", "?"))  # fmt: skip
            raise Invalid("newer_format", told)
        tables = [Part(**part) for part in said.pop("tables")]
        seal = hashlib.sha256(written).hexdigest()
        yield Archive(path, opened, Manifest(**said, tables=tables), seal, frozenset(opened.namelist()))


def problems(archive: Archive, tick=lambda text: None) -> Iterator[str]:
    """Sentences that say what is damaged, missing or not as the manifest says; reads everything, in constant memory."""
    manifest = archive.manifest
    for part in manifest.tables:
        tick(part.name)
        yield from _table_problems(archive, part)
    if HEADS not in archive.names or _sum(archive, HEADS) != manifest.heads_sha256:
        yield _("The file of audit heads is missing or was changed.")
    n = 0
    for _company, digest, member in archive.files():
        n += 1
        tick(member)
        if _sum(archive, member) != digest and member not in manifest.lost:
            yield _("The stored file {name} is damaged or was changed.", name=member)
    if n != manifest.files:
        yield _("{n} stored files are in the archive; the manifest says {said}.", n=n, said=manifest.files)
    yield from _lost(archive)


def _table_problems(archive: Archive, part: Part) -> Iterator[str]:
    if part.member not in archive.names:
        yield _("The table {table} is missing.", table=part.name)
        return
    whole, count, bad = hashlib.sha256(), Count(), False
    try:
        for line in archive.lines(part):
            whole.update(line)
            count.add(line)
            bad = bad or len(json.loads(line)) != len(part.columns)
    except (zipfile.BadZipFile, zipfile.zlib.error, ValueError, EOFError, TypeError):  # type: ignore[attr-defined]
        bad = True
    if bad or whole.hexdigest() != part.sha256 or (count.rows, count.digest) != (part.rows, part.digest):
        yield _("The table {table} is damaged or was changed.", table=part.name)


def _sum(archive: Archive, member: str) -> str:
    found = hashlib.sha256()
    try:
        with archive.zip.open(member) as source:
            copy(source, found)
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError):  # type: ignore[attr-defined]
        return ""
    return found.hexdigest()


def copy(source: IO[bytes], digest: Any, target: IO[bytes] | None = None) -> int:
    """Read to the end, through a digest, perhaps into ``target``; answers how many bytes."""
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return size


def _lost(archive: Archive) -> Iterator[str]:
    """Content that a row names and the archive does not hold, unless it was lost before."""
    part = archive.manifest.part(FILES)
    if part is None or part.member not in archive.names:
        return
    company, digest = part.table.names.index("company_id"), part.table.names.index("digest")
    known, told = set(archive.manifest.lost), 0
    try:
        for row in archive.rows(part):
            member = file_member(row[company], row[digest])
            if member not in archive.names and member not in known:
                told += 1
                if told <= _MOST_TOLD:
                    yield _("The stored file {name} is missing.", name=member)
    except (zipfile.BadZipFile, zipfile.zlib.error, ValueError, EOFError):  # type: ignore[attr-defined]
        return  # that the table is damaged was said
