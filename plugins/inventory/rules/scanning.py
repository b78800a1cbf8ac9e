"""What a scanner reads: labels of the company's own, plain codes, quantities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, unquote

MARK = "SANBAO"
KINDS = {
    "part": 1, "location": 1, "batch": 2, "serial": 2, "tool": 1, "transfer": 1, "order": 1, "inspection": 1,
    "loaner": 1, "mode": 1, "sign": 1,
}  # fmt: skip
"""Sort of label → how many codes stand on it: of a batch and a piece that of the part comes first."""
SIGNS = {"!": "damaged", "！": "damaged", "+": "more", "＋": "more", "=": "rest", "＝": "rest"}
"""Typed sign, as an input method may widen it → what is said of a transfer that is accepted."""
_QUANTITY = re.compile(r"(?:[*＊×x]\s*(\d{1,9}(?:\.\d{1,6})?)|(\d{1,9}(?:\.\d{1,6})?)\s*[*＊×x])")


@dataclass(frozen=True)
class Label:
    """A label of somebody who uses Sanbao."""

    company: str
    kind: str
    codes: tuple[str, ...]


def label_text(company: str, kind: str, *codes: str) -> str:
    """What the QR code of a label holds."""
    return "/".join([MARK, *(quote(part, safe="") for part in (company, kind, *codes))])


def read_label(text: str) -> Label | None:
    """The label that was scanned; None for anything else."""
    mark, *rest = text.strip().split("/")
    if mark != MARK or len(rest) < 3:
        return None
    company, kind, *codes = (unquote(part) for part in rest)
    return Label(company, kind, tuple(codes)) if KINDS.get(kind) == len(codes) else None


def read_quantity(text: str) -> Decimal | None:
    """``*5`` or ``5*``: so many of what is scanned next."""
    found = _QUANTITY.fullmatch(text.strip())
    return Decimal(found.group(1) or found.group(2)) if found else None
