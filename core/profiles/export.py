"""Writing a company's set-up as a profile's folder: what it has that differs from what its modules ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from core.context import Ctx
from core.errors import Conflict
from core.i18n import _
from core.profiles.folder import FILE
from core.profiles.sections import sections_of

_FILES = ("calendars", "tables", "checklists")


def export_profile(ctx: Ctx, folder: Path, *, name: str = "") -> list[Path]:
    """Write a folder that sets another company up like this one; answers the files written.

    People, customers and every other record stay out. Raises Conflict when there is a profile in that folder already.
    """
    if (folder / FILE).exists():
        text = _("There is a profile in “{folder}” already. Choose another folder.", folder=folder)
        raise Conflict("profile_there", text)
    found = {section.name: section.everything(ctx) for section in sections_of(ctx)}
    head: dict[str, Any] = {
        "name": name or ctx.company.code,
        "label": {"en": ctx.company.name, "zh": ctx.company.name},
        "version": "1",
        "modules": list(found["modules"]),
        "organisation": [{"code": code, **entry} for code, entry in found["organisation"].items()],
        "roles": [{"code": code, **entry} for code, entry in found["roles"].items()],
        "settings": dict(found["settings"]),
    }
    written = [_write(folder / FILE, head)]
    own = [name for name in ctx.registry.profile_sections if name in found]
    for section in (*_FILES, *own):
        for code, body in found[section].items():
            written.append(_write(folder / section / f"{code}.yaml", body))
    return written


def _write(file: Path, data: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
    file.write_text(text, encoding="utf-8")
    return file
