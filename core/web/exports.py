"""A list as a file: small ones at once, large ones written by the worker."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response, request

from core.context import Ctx
from core.errors import Invalid
from core.i18n import _
from core.lists import export
from core.lists.export import Source, Wanted

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def answer_export(ctx: Ctx, source: Source, args: Mapping[str, str], shown: list[str]) -> Any:
    """Answer the form of the export menu: the file, or the way to the work in the background.

    Raises Invalid for what can't be written.
    """
    keys = () if request.form.get("columns") == "all" else tuple(shown)
    wanted = Wanted(source.name, args, keys, request.form.get("format", "")).checked(source)
    limit = export.at_once(ctx)
    count = export.count_rows(ctx, source, wanted, limit)
    if count > limit:
        raise Invalid("too_many", _("These are more than {n} rows. Filter the list first.", n=f"{limit:,}"))
    return _file(ctx, source, wanted)


def _file(ctx: Ctx, source: Source, wanted: Wanted) -> Response:
    with tempfile.TemporaryDirectory(prefix="sanbao-export-") as folder:
        path = Path(folder) / "list"
        rows = export.write_file(path, source, wanted, export.all_values(ctx, source, wanted))
        body = path.read_bytes()
    export.note_export(ctx, source, wanted, rows)
    answer = Response(body, content_type=_TYPES[wanted.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={file_name(ctx, source, wanted)}"
    return answer


def file_name(ctx: Ctx, source: Source, wanted: Wanted) -> str:
    """What the file is called: the list's own name and the day."""
    return f"{source.name.replace('.', '-')}-{ctx.today:%Y%m%d}.{wanted.format}"
