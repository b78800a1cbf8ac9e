"""A list as a file: small ones at once, large ones written by the worker."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response, redirect, request, url_for

from core.context import Ctx
from core.lists import export
from core.lists.background import order_export
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
        total = export.count_rows(ctx, source, wanted, export.MOST_IN_XLSX)
        task = order_export(ctx, source, wanted, total if total <= export.MOST_IN_XLSX else None)
        return redirect(url_for("tasks.task_page", record_id=task.id))
    return _file(ctx, source, wanted)


def _file(ctx: Ctx, source: Source, wanted: Wanted) -> Response:
    with tempfile.TemporaryDirectory(prefix="sanbao-export-") as folder:
        path = Path(folder) / "list"
        rows = export.write_file(path, source, wanted, export.all_values(ctx, source, wanted))
        body = path.read_bytes()
    export.note_export(ctx, source, wanted, rows)
    answer = Response(body, content_type=_TYPES[wanted.format])
    answer.headers["Content-Disposition"] = f"attachment; filename={export.file_name(ctx, source, wanted)}"
    return answer
