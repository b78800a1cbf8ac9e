"""The background task that writes a long list: in batches to the disk, then as one file that hangs on the task.

Rows are read with the rights and the reach that the person has then. After a crash it goes on behind the last batch
that was kept; on another machine, where what was written is missing, it begins anew.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from core import config
from core.context import Ctx
from core.errors import NotFound
from core.events import RecordRef
from core.files import receive, store_file
from core.i18n import N_, _, both
from core.lists import export
from core.lists.export import Source, Wanted
from core.settings import get_setting
from core.tasks import TASK, Outcome, Task, TaskKind, Work, start_task

NAME = "core.export_list"
KEPT_DAYS = "core.lists.export_days"
LARGEST_MB = 2000
"""What the disk takes of one export; its rows are the company's own."""
_PAGES_IN_BATCH = 4


def order_export(ctx: Ctx, source: Source, wanted: Wanted, total: int | None) -> Task:
    """Let the worker write a list; answers the task, on whose page the file will be."""
    ctx.require(source.permission)
    params = {
        "list": wanted.list_name, "args": dict(wanted.args), "keys": list(wanted.keys), "format": wanted.format,
        "total": total,
    }
    return start_task(ctx, NAME, params, list=both(source.title))


def _run(work: Work) -> Outcome:
    given = work.params
    wanted = Wanted(given["list"], given["args"], tuple(given["keys"]), given["format"])
    with work.reading() as ctx:
        source = _source(ctx, wanted)
        path = _waiting(ctx, work.task_id)
        head = export.headings(source, wanted)
        title = _(source.title)
        work.total = given["total"]
    if path.stat().st_size < work.cursor.get("bytes", 0):
        work.cursor, work.done = {}, 0
    while not work.cursor.get("all"):
        with work.batch() as ctx:
            _read_on(ctx, _source(ctx, wanted), wanted, work, path)
    if not work.cursor.get("stored"):
        with tempfile.TemporaryDirectory(prefix="sanbao-export-") as folder:
            written = Path(folder) / "list"
            rows = _rows(path, work.cursor["bytes"])
            count = export.write_rows(written, wanted.format, title, head, rows)
            _store(work, wanted, written, count)
    path.unlink(missing_ok=True)
    return Outcome({"rows": work.done}, N_("{n} rows; the file is on this page until {day}."), {
        "n": f"{work.done:,}", "day": work.cursor["until"],
    })


def _source(ctx: Ctx, wanted: Wanted) -> Source:
    """The list, if its module is on and this person may take it away now."""
    source = export.source_of(ctx.registry, wanted.list_name)
    if source.plugin != "core" and source.plugin not in ctx.enabled:
        raise NotFound("no_export", _("This list can't be exported."))
    ctx.require(source.permission)
    return source


def _waiting(ctx: Ctx, task_id: int) -> Path:
    """Where rows wait to become a file; made when it is not there."""
    path = config.home() / "exports" / f"{ctx.company_id}-{task_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def _read_on(ctx: Ctx, source: Source, wanted: Wanted, work: Work, path: Path) -> None:
    """Write the next rows behind those that were kept."""
    after, read = work.cursor.get("after"), 0
    with path.open("r+b") as file:
        file.truncate(work.cursor.get("bytes", 0))
        file.seek(0, 2)
        for _page in range(_PAGES_IN_BATCH):
            rows, after = export.page_of_values(ctx, source, wanted, after)
            for row in rows:
                file.write(json.dumps([_packed(v) for v in row], ensure_ascii=False).encode() + b"\n")
            read += len(rows)
            if after is None:
                break
        work.cursor = {"after": after, "bytes": file.tell(), "all": after is None}
    work.done += read


def _store(work: Work, wanted: Wanted, written: Path, count: int) -> None:
    with work.reading() as ctx, written.open("rb") as stream:
        content = receive(ctx, stream, largest_mb=LARGEST_MB)
    with work.batch() as ctx:
        source = _source(ctx, wanted)
        until = ctx.now + dt.timedelta(days=int(get_setting(ctx, KEPT_DAYS)))
        name, record = export.file_name(ctx, source, wanted), RecordRef(TASK, work.task_id)
        file = store_file(ctx, name, content, purpose="export", record=record, expires_at=until)
        export.note_export(ctx, source, wanted, count)
        work.cursor = {**work.cursor, "stored": file.id, "until": str(until.astimezone(ctx.tz).date())}


def _packed(value: Any) -> Any:
    """A value so that JSON brings it back as it was."""
    if isinstance(value, dt.datetime):
        return {"m": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    return {"n": str(value)} if isinstance(value, Decimal) else value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    (kind, text), = value.items()
    if kind == "n":
        return Decimal(text)
    return dt.datetime.fromisoformat(text) if kind == "m" else dt.date.fromisoformat(text)


def _rows(path: Path, size: int) -> Iterator[list[Any]]:
    with path.open("rb") as file:
        while file.tell() < size:
            yield [_unpacked(v) for v in json.loads(file.readline())]


def may_open_export(ctx: Ctx, params: Mapping[str, Any]) -> bool:
    """Whether this person may take such a list away now: who lost the right can't fetch what was ordered before."""
    try:
        return ctx.can(export.source_of(ctx.registry, params.get("list", "")).permission)
    except NotFound:
        return False


EXPORT = TaskKind(
    NAME, N_("Export of “{list}”"), _run, parallel=True, opens=lambda ctx, task: may_open_export(ctx, task.params)
)
