"""Attachments: files on any record, of the types that the company allows, checked by what they hold and not by name.

Who may see the record sees them; adding and removing needs a right of its own. Removing asks for a reason.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, owned_ref, owned_relationship, transaction
from core.errors import Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.files import delete_file, may_see_record, receive, require_not_frozen, safe_name, store_file
from core.i18n import _
from core.settings import get_setting

RIGHT = "core.attachments.edit"
TYPES = "core.attachments.types"
PURPOSE = "attachment"
_HEAD = 4096


class Attachment(Base, CompanyOwned):
    """A file on a record."""

    __tablename__ = "core_attachment"
    __table_args__ = (sa.Index("ix_core_attachment_record", "company_id", "record_kind", "record_id", "id"),)

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    file_id: Mapped[int] = owned_ref("core_file")
    added_by: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    added_name: Mapped[str] = mapped_column(sa.String(120))
    added_at: Mapped[dt.datetime]

    file = owned_relationship("StoredFile", "core_attachment", "file_id")


# --- what a file really is ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileType:
    """A type by its endings: what it is called for a browser, and how its content is known."""

    media_type: str
    fits: Callable[[bytes, IO[bytes]], bool]


def _starts(*signatures: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, _whole: head.startswith(signatures)


def _box(*brands: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, _whole: head[4:8] == b"ftyp" and (not brands or head[8:12] in brands)


def _office(folder: str) -> Callable[[bytes, IO[bytes]], bool]:
    def fits(head: bytes, whole: IO[bytes]) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(whole) as packed:
                return any(name.startswith(folder) for name in packed.namelist())
        except (zipfile.BadZipFile, OSError, ValueError):
            return False

    return fits


def _is_text(head: bytes, _whole: IO[bytes]) -> bool:
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return not head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script"))


_OLE = _starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OPEN = "application/vnd.openxmlformats-officedocument."
FILE_TYPES: dict[str, FileType] = {
    "jpg": FileType("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": FileType("image/jpeg", _starts(b"\xff\xd8\xff")),
    "png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", lambda head, _whole: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    "heic": FileType("image/heic", _box(b"heic", b"heix", b"mif1", b"msf1", b"hevc")),
    "pdf": FileType("application/pdf", _starts(b"%PDF-")),
    "docx": FileType(f"{_OPEN}wordprocessingml.document", _office("word/")),
    "xlsx": FileType(f"{_OPEN}spreadsheetml.sheet", _office("xl/")),
    "pptx": FileType(f"{_OPEN}presentationml.presentation", _office("ppt/")),
    "doc": FileType("application/msword", _OLE),
    "xls": FileType("application/vnd.ms-excel", _OLE),
    "ppt": FileType("application/vnd.ms-powerpoint", _OLE),
    "zip": FileType("application/zip", _starts(b"PK\x03\x04", b"PK\x05\x06")),
    "txt": FileType("text/plain", _is_text),
    "csv": FileType("text/csv", _is_text),
    "mp4": FileType("video/mp4", _box()),
    "mov": FileType("video/quicktime", _box(b"qt  ")),
    "mp3": FileType("audio/mpeg", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "m4a": FileType("audio/mp4", _box()),
}
"""Every ending that a company may allow. What a browser would run (HTML, SVG) can't be allowed."""


def allowed_types(ctx: Ctx) -> list[str]:
    """The endings that may be attached here, as the setting lists them; those we can't check are left out."""
    named = str(get_setting(ctx, TYPES) or "").replace(",", " ").lower().split()
    return [ending.lstrip(".") for ending in named if ending.lstrip(".") in FILE_TYPES]


def attachable_type(ctx: Ctx, name: str, whole: IO[bytes]) -> str:
    """The media type of a file that may be attached. Raises Invalid when its ending is not allowed or its content is
    something else than its name says.
    """
    ending = name.rpartition(".")[2].lower()
    allowed = allowed_types(ctx)
    if ending not in allowed:
        words = {"name": name, "allowed": ", ".join(allowed)}
        raise Invalid("type_not_allowed", _("“{name}” can't be attached. Allowed are: {allowed}.", **words), "file")
    head = whole.read(_HEAD)
    whole.seek(0)
    if not FILE_TYPES[ending].fits(head, whole):
        text = _("“{name}” is not what its name says: it holds no {ending}.", name=name, ending=ending.upper())
        raise Invalid("type_differs", text, "file")
    return FILE_TYPES[ending].media_type


# --- adding and removing --------------------------------------------------------------------------------------------


def attach(ctx: Ctx, record, name: str, content: IO[bytes] | bytes) -> Attachment:
    """Put a file on a record that the actor may see. Needs ``core.attachments.edit``.

    Raises NotFound for a record out of reach, Conflict for one that is frozen, Invalid for a file that is too large or
    of no allowed type.
    """
    ctx.require(RIGHT)
    ref = _seen(ctx, ref_of(ctx, record))
    require_not_frozen(ctx, ref)
    shown = safe_name(name)
    whole = io.BytesIO(content) if isinstance(content, bytes) else content
    media_type = attachable_type(ctx, shown, whole)
    whole.seek(0)
    with transaction(ctx):
        kept = store_file(ctx, shown, receive(ctx, whole), purpose=PURPOSE, record=ref, media_type=media_type)
        row = Attachment(
            record_kind=ref.kind,
            record_id=ref.id,
            file_id=kept.id,
            added_by=ctx.actor.user_id,
            added_name=ctx.actor.name,
            added_at=ctx.now,
        )
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "core.attachment_added", ref, file=shown)
        return row


def detach(ctx: Ctx, attachment_id: int, reason: str) -> RecordRef:
    """Remove a file from its record; the event keeps its name and why. Needs ``core.attachments.edit``."""
    ctx.require(RIGHT)
    row = ctx.session.get(Attachment, attachment_id)
    if row is None:
        raise NotFound("unknown_attachment", _("There is no such attachment."))
    ref = _seen(ctx, RecordRef(row.record_kind, row.record_id))
    require_not_frozen(ctx, ref)
    if not reason.strip():
        raise Invalid("reason_needed", _("Say why it is removed."), "reason")
    with transaction(ctx):
        row = ctx.session.get_one(Attachment, attachment_id)
        file = row.file
        ctx.session.delete(row)
        ctx.session.flush()
        delete_file(ctx, file)
        emit(ctx, "core.attachment_removed", ref, file=file.name, reason=reason.strip())
    return ref


def attachments_of(ctx: Ctx, record) -> list[Attachment]:
    """The attachments of a record, oldest first; NotFound when it is out of reach."""
    ref = _seen(ctx, ref_of(ctx, record))
    query = sa.select(Attachment).where(Attachment.record_kind == ref.kind, Attachment.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Attachment.id)))


def reference_count(ctx: Ctx, ref: RecordRef) -> int:
    """How many attachments a record has: it is not deleted with them."""
    query = sa.select(sa.func.count(Attachment.id))
    found = ctx.session.scalar(query.where(Attachment.record_kind == ref.kind, Attachment.record_id == ref.id))
    return found or 0


def _seen(ctx: Ctx, ref: RecordRef) -> RecordRef:
    if not may_see_record(ctx, ref):
        raise NotFound("unknown_record", _("There is no such record."))
    return ref
