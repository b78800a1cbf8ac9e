"""A label as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import segno
from markupsafe import Markup

from core.api import Ctx
from plugins.inventory.rules.scanning import label_text


def label_of(ctx: Ctx, kind: str, codes: Iterable[str], lines: Iterable[str]) -> dict[str, Any]:
    """The QR code of a label, what it holds, and what stands beside it."""
    text = label_text(ctx.company.code, kind, *codes)
    code = Markup(segno.make(text, error="m").svg_inline(omitsize=True))
    return {"lines": [line for line in lines if line], "code": code, "text": text, "words": kind == "mode"}
