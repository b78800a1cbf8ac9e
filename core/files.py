"""Stored files: what is known of them in ``core_file``, their content in ``SANBAO_HOME/files``, out of the static tree.

Content is kept once per company under its SHA-256 digest, written to a temporary name, made durable and renamed, so
that a file is whole or not there. Several rows may share it; it goes when the last of them is gone. Who may open a
file is decided by the record on which it hangs, or it is its owner's alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import mimetypes
import os
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import config
from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, after_commit, transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.i18n import _, n_
from core.settings import get_setting

LARGEST = "core.files.largest_mb"
MEGABYTE = 1024 * 1024
GRACE = dt.timedelta(hours=1)
"""Younger content is not removed when its last row goes: a transaction that has just stored the same may be open."""
ORPHAN_AGE = dt.timedelta(days=1)
_CHUNK = 256 * 1024
_KEPT = "kept-for-backup-"
_KEPT_FOR = dt.timedelta(minutes=15)
_LONGEST_NAME = 160
_AT_ONCE = 500


class StoredFile(Base, CompanyOwned):
    """A file by the name under which it came; its content is found by ``digest``."""

    __tablename__ = "core_file"
    __table_args__ = (
        sa.Index("ix_core_file_digest", "company_id", "digest"),
        sa.Index("ix_core_file_record", "company_id", "record_kind", "record_id", "id"),
        sa.Index("ix_core_file_expires_at", "company_id", "expires_at"),
        sa.CheckConstraint("size >= 0", name="size"),
    )

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the content."""
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(BigId)
    """Bytes."""
    purpose: Mapped[str] = mapped_column(sa.String(60))
    """What it is for, like ``attachment`` or ``import.source``: names with a dot belong to a part of the product."""
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[dt.datetime]
    created_by: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    expires_at: Mapped[dt.datetime | None]

    @property
    def record(self) -> RecordRef | None:
        """The record on which it hangs."""
        return RecordRef(self.record_kind, self.record_id) if self.record_id is not None else None


@dataclass(frozen=True)
class Content:
    """Content that is safely on the disk."""

    digest: str
    size: int


# --- writing --------------------------------------------------------------------------------------------------------


def store_file(
    ctx: Ctx,
    name: str,
    stream: IO[bytes] | bytes | Content,
    *,
    purpose: str,
    record=None,
    media_type: str = "",
    expires_at: dt.datetime | None = None,
) -> StoredFile:
    """Keep a file in the open transaction; emit an event that says so, as for every changed row.

    Raises Invalid when it is larger than the company's setting allows. For large uploads call ``receive`` before the
    transaction and pass what it answers. ``record`` (a row or a RecordRef) decides who may open it; without one only
    the person who stored it may.
    """
    content = stream if isinstance(stream, Content) else receive(ctx, stream)
    ref = ref_of(ctx, record) if record is not None else None
    shown = safe_name(name)
    row = StoredFile(
        digest=content.digest,
        name=shown,
        media_type=media_type or mimetypes.guess_type(shown)[0] or "application/octet-stream",
        size=content.size,
        purpose=purpose,
        record_kind=ref.kind if ref else "",
        record_id=ref.id if ref else None,
        created_at=ctx.now,
        created_by=ctx.actor.user_id,
        expires_at=expires_at,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def receive(ctx: Ctx, stream: IO[bytes] | bytes, *, largest_mb: int | None = None) -> Content:
    """Write content to the disk, whole and durable, before any row names it. Content that no row ever names is removed
    by the daily sweep.
    """
    limit = largest_mb or int(get_setting(ctx, LARGEST))
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    folder = _folder(ctx.company_id)
    waiting = folder / "incoming" / uuid.uuid4().hex
    waiting.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with waiting.open("wb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > limit * MEGABYTE:
                    raise Invalid("too_large", _("The file is larger than {n} MB, the most allowed here.", n=limit))
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        target = content_path(ctx.company_id, digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)
    _make_durable(target.parent)
    return Content(digest.hexdigest(), size)


def _make_durable(folder: Path) -> None:
    """Let the new name survive a power cut, where folders can be synchronised (not on Windows)."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def safe_name(name: str) -> str:
    """A name to show and to download under: no folder, no control character, its ending kept when it is cut."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name or ""))[-1]
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, ending = base.rpartition(".")
    if len(base) > _LONGEST_NAME:
        base = f"{stem[: _LONGEST_NAME - 12]}{dot}{ending[:11]}" if dot else base[:_LONGEST_NAME]
    return base or "file"


def delete_file(ctx: Ctx, file: StoredFile) -> None:
    """Remove a file in the open transaction; emit an event. The content goes after the commit, unless another file of
    the company has the same.
    """
    digest = file.digest
    ctx.session.delete(file)
    ctx.session.flush()
    after_commit(ctx, lambda: _drop_unused(ctx, [digest]))


@contextmanager
def content_kept() -> Iterator[Callable[[], None]]:
    """While a backup reads, content stays although its last row goes; the daily sweep of a later day removes it.

    Call what is given now and then: a mark that was not renewed for a while is one whose process was killed.
    """
    mark = config.home() / "files" / f"{_KEPT}{uuid.uuid4().hex}"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield mark.touch
    finally:
        mark.unlink(missing_ok=True)


def _is_kept() -> bool:
    return any(not _older(mark, _KEPT_FOR) for mark in (config.home() / "files").glob(f"{_KEPT}*"))


def expire_files(ctx: Ctx) -> None:
    """The hourly job: remove files whose time is over."""
    with transaction(ctx):
        query = sa.select(StoredFile).where(StoredFile.expires_at <= ctx.now).order_by(StoredFile.id).limit(_AT_ONCE)
        rows = list(ctx.session.scalars(query))
        for row in rows:
            delete_file(ctx, row)
        if rows:
            emit(ctx, "core.files_expired", n=len(rows))


def _drop_unused(ctx: Ctx, digests: Iterable[str]) -> None:
    """Remove content that no row names, but for content so young that a row may just be on its way."""
    if _is_kept():
        return
    wanted = set(digests)
    used = set(ctx.session.scalars(sa.select(StoredFile.digest).where(StoredFile.digest.in_(wanted))))
    for digest in wanted - used:
        path = content_path(ctx.company_id, digest)
        aside = path.with_name(f"{digest}.{uuid.uuid4().hex}.gone")
        try:
            path.rename(aside)
        except FileNotFoundError:
            continue
        if _older(aside, GRACE):
            aside.unlink()
        elif not path.exists():
            aside.rename(path)
        else:
            aside.unlink()


def sweep_content(ctx: Ctx) -> None:
    """The daily job: remove content of this company that no row names, and uploads that were broken off."""
    if _is_kept():
        return
    for path in _stray(ctx.session, ctx.company_id, ORPHAN_AGE):
        path.unlink(missing_ok=True)


# --- reading --------------------------------------------------------------------------------------------------------


def find_file(ctx: Ctx, file_id: int) -> StoredFile:
    """A file that this person may open; NotFound for any other, of this company or not."""
    row = ctx.session.get(StoredFile, file_id)
    if row is None or not may_open_file(ctx, row):
        raise NotFound("unknown_file", _("There is no such file, or it is not meant for you."))
    return row


def may_open_file(ctx: Ctx, file: StoredFile) -> bool:
    """Whether the record on which it hangs lets this person see it; without a record, whether it is his or her own."""
    if file.record is None:
        return ctx.actor.is_system or (file.created_by is not None and file.created_by == ctx.actor.user_id)
    return may_see_record(ctx, file.record)


def may_see_record(ctx: Ctx, ref: RecordRef) -> bool:
    """Whether this person may see a record: its module is on, its kind's right is held, its row is in reach."""
    kind = ctx.registry.kinds.get(ref.kind)
    if kind is None:
        return False
    owner = ctx.registry.owner_of("kinds", ref.kind)
    if owner != "core" and owner not in ctx.enabled:
        return False
    if kind.view and not ctx.can(kind.view):
        return False
    if not kind.view and kind.sees is None and not ctx.actor.is_system:
        return False
    row = ctx.session.scalar(sa.select(kind.model).where(kind.model.id == ref.id))  # type: ignore[attr-defined]
    return row is not None and (kind.sees is None or kind.sees(ctx, row))


def frozen_words(ctx: Ctx, ref: RecordRef) -> str:
    """Why nothing of a record is changed any more (``RecordKind.frozen``); empty while it may be."""
    kind = ctx.registry.kinds.get(ref.kind)
    if kind is None or kind.frozen is None:
        return ""
    row = ctx.session.scalar(sa.select(kind.model).where(kind.model.id == ref.id))  # type: ignore[attr-defined]
    return kind.frozen(ctx, row) if row is not None else ""


def require_not_frozen(ctx: Ctx, ref: RecordRef) -> None:
    """Conflict, in words, when nothing of the record is changed any more."""
    words = frozen_words(ctx, ref)
    if words:
        raise Conflict("frozen", words)


def files_of(ctx: Ctx, record, purpose: str = "") -> list[StoredFile]:
    """The files that hang on a record, oldest first; perhaps only those of one purpose. Checks no right."""
    ref = ref_of(ctx, record)
    query = sa.select(StoredFile).where(StoredFile.record_kind == ref.kind, StoredFile.record_id == ref.id)
    if purpose:
        query = query.where(StoredFile.purpose == purpose)
    return list(ctx.session.scalars(query.order_by(StoredFile.id)))


def open_file(ctx: Ctx, file: StoredFile) -> BinaryIO:
    """The content, to be read; close it. NotFound when it is lost (``sanbao check`` tells)."""
    return path_of(ctx, file).open("rb")


def path_of(ctx: Ctx, file: StoredFile) -> Path:
    """Where the content is, for readers that need a path. Never write there."""
    path = content_path(ctx.company_id, file.digest)
    if not path.is_file():
        raise NotFound("content_lost", _("The content of “{name}” is missing on this machine.", name=file.name))
    return path


def _folder(company_id: int) -> Path:
    return config.home() / "files" / str(int(company_id))


def content_path(company_id: int, digest: str) -> Path:
    """Where content with this digest lies, or would lie."""
    return _folder(company_id) / digest[:2] / digest


# --- checking -------------------------------------------------------------------------------------------------------


def _older(path: Path, age: dt.timedelta) -> bool:
    try:
        changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except FileNotFoundError:
        return False
    return dt.datetime.now(dt.UTC) - changed > age


def _stray(session: Session, company_id: int, age: dt.timedelta) -> Iterator[Path]:
    """Content that no row of the company names, and left-over temporary files, older than ``age``."""
    root = _folder(company_id)
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        paths = [p for p in folder.iterdir() if _older(p, age)] if folder.is_dir() else []
        names = {p.name for p in paths}
        used: set[str] = set()
        if len(folder.name) == 2:
            query = sa.select(StoredFile.digest).where(
                StoredFile.company_id == company_id, StoredFile.digest.like(f"{folder.name}%")
            )
            used = set(session.scalars(query)) & names
        yield from (p for p in paths if p.name not in used)


def content_problems(session: Session, company_id: int, code: str) -> list[str]:
    """For ``sanbao check``: files whose content is missing or has another size, and content that no row names."""
    found = []
    rows = session.execute(
        sa.select(StoredFile.id, StoredFile.name, StoredFile.digest, StoredFile.size)
        .where(StoredFile.company_id == company_id)
        .order_by(StoredFile.id)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        path = content_path(company_id, row.digest)
        if not path.is_file():
            found.append(f"company {code}: the content of file {row.id} ({row.name}) is missing: {path}")
        elif path.stat().st_size != row.size:
            found.append(f"company {code}: the content of file {row.id} ({row.name}) has another size: {path}")
    stray = sum(1 for _path in _stray(session, company_id, 2 * ORPHAN_AGE))
    if stray:
        folder = _folder(company_id)
        found.append(f"company {code}: {stray} files in {folder} belong to no record; the worker removes such daily")
    return found


def size_words(size: int) -> str:
    """A size as people say it: "820 bytes", "1.4 MB"."""
    if size < 1024:
        return n_("{n} byte", "{n} bytes", size)
    if size < MEGABYTE:
        return _("{n} KB", n=round(size / 1024))
    return _("{n} MB", n=f"{size / MEGABYTE:.1f}")
