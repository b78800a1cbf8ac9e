"""Signatures drawn on a screen: what a page sends, and whether anything was drawn."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

from core.errors import Invalid
from core.i18n import _

PNG = b"\x89PNG\r\n\x1a\n"
_SIDE = 2000
"""A drawn signature is no wider or higher than this many points."""
_HEAD = "data:image/png;base64,"
_LONGEST = 400_000
"""Characters of a drawn signature, as it is sent."""


def drawn_signature(sent: str) -> bytes:
    """The picture (PNG) that the pad of a page sends in its hidden field; nothing where nothing was drawn.

    Raises Invalid for what no pad sends.
    """
    if not sent:
        return b""
    try:
        if len(sent) > _LONGEST or not sent.startswith(_HEAD):
            raise ValueError
        content = base64.b64decode(sent.removeprefix(_HEAD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("no_picture", _("That is no drawn signature. Draw it again."), "signature") from error
    return content if is_drawn(content) else b""


def is_drawn(content: bytes) -> bool:
    """Whether bytes are a PNG picture on which something was drawn: not every point looks the same."""
    if not content.startswith(PNG):
        return False
    at, data, size = len(PNG), b"", (0, 0)
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if kind == b"IHDR" and len(body) >= 8:
            size = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            data += body
        at += length + 12
    if not 0 < size[0] <= _SIDE or not 0 < size[1] <= _SIDE:
        return False
    try:
        raw = zlib.decompressobj().decompress(data, size[1] * (size[0] * 4 + 1))
    except zlib.error:
        return False
    return len(set(raw)) > 3  # the filter of a row, nothing at all, white
