"""Imports in the browser: choose what, upload, adjust the columns, try, see the bad rows, load."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import Any

import sqlalchemy as sa
from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)

from core.errors import DomainError, Invalid, NotFound
from core.files import path_of, receive, size_words
from core.i18n import _, label
from core.import_guess import DATE_FORMS, DELIMITERS, ENCODINGS, Sample, form_words, look, propose
from core.imports import (
    LARGEST,
    LAST,
    RIGHT,
    Import,
    ImportProblem,
    bad_rows_file,
    bad_rows_sheet,
    examples,
    find_import,
    first_mapping,
    missing_fields,
    offered_importer,
    offered_importers,
    remember_mapping,
    saved_mappings,
    set_mapping,
    shipped_mappings,
    source_of,
    start_check,
    start_load,
    upload,
)
from core.paging import paged
from core.settings import get_setting
from core.spreadsheets import MOST_HELD, is_spreadsheet
from core.tasks import Task, find_task
from core.transfer import Importer
from core.web.current import cursor_argument, pager_of
from core.web.files import as_attachment
from core.web.gate import needs, takes_files
from core.web.tasks import state_words
from core.web.ui import Step, number_words

blueprint = Blueprint("imports", __name__)

KEPT = "=rule"
"""The choice "as in the mapping" for a field whose rule is more than one column."""
FIRST_ROWS = 5
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/imports")
@needs(RIGHT)
def imports_list():
    """Upload a file; one's own imports, newest first."""
    return _list_page()


def _list_page(error: DomainError | None = None):
    ctx = g.ctx
    query = sa.select(Import).where(Import.owner_id == ctx.actor.user_id)
    page = paged(ctx, query, [(Import.id, "desc")], cursor=cursor_argument())
    ids = {i for row in page.rows for i in (row.check_id, row.load_id) if i is not None}
    tasks = {t.id: t for t in ctx.session.scalars(sa.select(Task).where(Task.id.in_(ids)))} if ids else {}
    importers = offered_importers(ctx)
    words = render_template(
        "imports/list.html",
        importers=importers,
        choices=[(i.name, _(i.label)) for i in importers],
        chosen=request.values.get("importer", ""),
        rows=[(row, tasks.get(row.load_id or row.check_id or 0), _what(ctx, row)) for row in page.rows],
        pager=pager_of(page),
        states=state_words(),
        label=label,
        error=error,
        largest=get_setting(ctx, LARGEST),
        most_held=MOST_HELD,
    )
    return words, error.status if error else 200


def _what(ctx, row: Import) -> str:
    importer = ctx.registry.importers.get(row.importer)
    return _(importer.label) if importer else row.importer


@blueprint.post("/imports")
@needs(RIGHT)
@takes_files(LARGEST)
def imports_upload():
    """Take the file in and go on to its columns."""
    ctx = g.ctx
    sent = request.files.get("file")
    try:
        offered_importer(ctx, request.form.get("importer", ""))
        if sent is None or not sent.filename:
            raise Invalid("no_file", _("Choose a file."), "file")
        content = receive(ctx, sent.stream, largest_mb=int(get_setting(ctx, LARGEST)))
        row = upload(ctx, request.form["importer"], sent.filename, content)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _list_page(error)
    return redirect(url_for("imports.import_page", record_id=row.id))


@blueprint.get("/imports/<int:record_id>")
@needs(RIGHT)
def import_page(record_id: int):
    """The columns of a file and which field each becomes, with examples; after the load, its report."""
    row = find_import(g.ctx, record_id)
    if row.load_id is not None and request.args.get("edit") is None:
        return redirect(url_for("imports.report", record_id=row.id))
    return _mapping_page(row, row.mapping)


def _mapping_page(row: Import, mapping: dict[str, Any], error: DomainError | None = None):
    ctx = g.ctx
    importer = offered_importer(ctx, row.importer)
    file = source_of(ctx, row)
    sample = look(path_of(ctx, file), row.name, mapping)
    shown = examples(ctx, importer, mapping, sample)
    rows = [_field_row(ctx, f, mapping, sample, shown.get(f.name, [])) for f in importer.fields]
    page = render_template(
        "imports/mapping.html",
        row=row,
        what=_(importer.label),
        size=size_words(file.size),
        sample=sample,
        first_rows=sample.rows[:FIRST_ROWS],
        spreadsheet=is_spreadsheet(row.name),
        encodings=ENCODINGS,
        delimiters=[(d, {"\t": _("Tab")}.get(d, d)) for d in DELIMITERS],
        sources=_sources(ctx, importer),
        fields=sorted(rows, key=lambda r: not (r["field"].required or r["spec"])),
        unused=_unused(mapping, sample),
        forms=[("", "2026-04-25T13:05 (ISO)"), *((f, form_words(f)) for f in DATE_FORMS)],
        missing=missing_fields(importer, mapping),
        steps=_steps("columns"),
        error=error,
        kept=KEPT,
        last=LAST,
    )
    return page, error.status if error else 200


def _sources(ctx, importer: Importer) -> list[tuple[str, str]]:
    found = [("guess", _("Propose anew from the names of the columns"))]
    found += [(f"saved:{n}", n) for n in saved_mappings(ctx, importer)]
    return found + [(f"shipped:{n}", n.removesuffix(".yaml")) for n in shipped_mappings(ctx, importer)]


def _field_row(ctx, field, mapping: dict, sample: Sample, shown: list) -> dict[str, Any]:
    """A field on the page: what it is made of, whether that is a plain column, and examples."""
    spec = (mapping.get("fields") or {}).get(field.name)
    spec = spec if isinstance(spec, dict) or spec is None else {"column": spec}
    simple = spec is not None and set(spec) <= {"column", "date", "constant"} and not isinstance(spec.get("date"), list)
    columns = [] if spec is None else spec.get("columns") or [spec.get("column")]
    return {
        "field": field,
        "label": _(field.label),
        "spec": spec or {},
        "special": spec is not None and not simple,
        "made_of": ", ".join(str(c) for c in columns if c is not None),
        "column": spec.get("column") if simple and spec else None,
        "constant": spec.get("constant", "") if simple and spec and "column" not in spec else "",
        "dated": field.type in ("date", "moment"),
        "date": (spec or {}).get("date") or "",
        "examples": [(_example(ctx, value), reason) for value, reason in shown],
    }


def _example(ctx, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return value.astimezone(ctx.tz).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, str):
        return value if len(value) <= 60 else value[:59] + "…"
    return number_words(value)


def _unused(mapping: dict, sample: Sample) -> list[str]:
    used: set[str] = set()
    for spec in (mapping.get("fields") or {}).values():
        spec = spec if isinstance(spec, dict) else {"column": spec}
        columns = spec.get("columns") or [spec.get("column")]
        used.update(str(c) for c in (columns if isinstance(columns, list) else [columns]) if c is not None)
    return [h for h in sample.header if h and h not in used]


def _steps(current: str) -> list[Step]:
    names = [("upload", _("Upload")), ("columns", _("Columns")), ("check", _("Check")), ("load", _("Load"))]
    order = [n for n, _words in names]
    here = order.index(current)
    return [Step(w, "done" if i < here else "cur" if i == here else "") for i, (_n, w) in enumerate(names)]


@blueprint.post("/imports/<int:record_id>/mapping")
@needs(RIGHT)
def mapping_change(record_id: int):
    """Take over what was chosen, and show it again or go on to the trial."""
    ctx = g.ctx
    row = find_import(ctx, record_id)
    action = request.form.get("action", "examples")
    mapping: dict[str, Any] = row.mapping
    try:
        importer = offered_importer(ctx, row.importer)
        sample = look(path_of(ctx, source_of(ctx, row)), row.name, _layout(row))
        mapping = {**row.mapping, **sample.layout, "fields": _fields(importer, row.mapping, sample)}
        if action == "use":
            mapping, came_from = _from_source(ctx, importer, request.form.get("source", ""), sample)
            set_mapping(ctx, row, mapping, came_from)
        elif action == "layout":
            again, came_from = first_mapping(ctx, importer, sample)
            kept = not _columns_gone(row.mapping, sample)
            set_mapping(ctx, row, {**row.mapping, **sample.layout} if kept else again, None if kept else came_from)
        else:
            set_mapping(ctx, row, mapping)
        if action == "save":
            name = request.form.get("save_as", "").strip()[:80]
            if not name:
                raise Invalid("no_name", _("Enter a name for the mapping."), "save_as")
            remember_mapping(ctx, row, name)
            flash(_("The mapping “{name}” is saved for everybody here.", name=name), "ok")
        if action == "check":
            lacking = missing_fields(importer, mapping)
            if lacking:
                raise Invalid("fields_missing", _("Say where these come from: {names}", names=_(", ").join(lacking)))
            start_check(ctx, row)
            return redirect(url_for("imports.report", record_id=row.id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _mapping_page(row, mapping, error)
    return redirect(url_for("imports.import_page", record_id=row.id, edit=1) + "#columns")


def _layout(row: Import) -> dict[str, str]:
    return {k: request.form.get(k, row.mapping.get(k, "")) for k in ("encoding", "delimiter", "sheet")}


def _columns_gone(mapping: dict, sample: Sample) -> bool:
    specs = [s if isinstance(s, dict) else {"column": s} for s in (mapping.get("fields") or {}).values()]
    columns = [c for s in specs for c in (s.get("columns") or [s.get("column")]) if c is not None]
    return any(str(c) not in sample.header for c in columns)


def _fields(importer: Importer, mapping: dict, sample: Sample) -> dict[str, Any]:
    """The rules as the form says; a rule that is more than a column stays unless another column was chosen."""
    before = mapping.get("fields") or {}
    found: dict[str, Any] = {}
    for field in importer.fields:
        column = request.form.get(f"f.{field.name}.column")
        constant = request.form.get(f"f.{field.name}.constant", "").strip()
        form = request.form.get(f"f.{field.name}.date", "")
        if column is None or column == KEPT:
            if field.name in before:
                found[field.name] = before[field.name]
        elif column in sample.header:
            found[field.name] = {"column": column, **({"date": form} if form else {})}
        elif constant:
            found[field.name] = {"constant": constant}
    return found


def _from_source(ctx, importer: Importer, source: str, sample: Sample) -> tuple[dict[str, Any], str]:
    sort, _colon, name = source.partition(":")
    known = {"saved": saved_mappings, "shipped": shipped_mappings}.get(sort)
    if known is None:
        return {**sample.layout, "fields": propose(importer, sample)}, ""
    found = known(ctx, importer).get(name)
    if found is None:
        raise NotFound("unknown_mapping", _("There is no mapping “{name}”.", name=name))
    mapping = {**found, **sample.layout}
    if _columns_gone(mapping, sample):
        raise Invalid("other_columns", _("The mapping “{name}” is for a file with other columns.", name=name))
    return mapping, name


@blueprint.get("/imports/<int:record_id>/report")
@needs(RIGHT)
def report(record_id: int):
    """How far the trial or the load is, what it found, the bad rows page by page, and what can be done next."""
    ctx = g.ctx
    row = find_import(ctx, record_id)
    task = _task(ctx, row)
    if task is None:
        return redirect(url_for("imports.import_page", record_id=row.id))
    query = sa.select(ImportProblem).where(ImportProblem.task_id == task.id)
    page = paged(ctx, query, [(ImportProblem.line, "asc"), (ImportProblem.id, "asc")], cursor=cursor_argument())
    counts = task.result if task.ended and task.result else task.cursor.get("counts", {})
    return render_template(
        "imports/report.html",
        row=row,
        task=task,
        loading=task.id == row.load_id,
        counts=counts,
        notes=(task.result or task.cursor).get("notes", {}),
        problems=page.rows,
        pager=pager_of(page),
        states=state_words(),
        label=label,
        what=_what(ctx, row),
        named=_field_names(ctx, row),
        steps=_steps("load" if task.id == row.load_id else "check"),
        records_url=_records_url(ctx, row),
    )


def _field_names(ctx, row: Import) -> dict[str, str]:
    """Field → what it is called, for reasons that name a field and not a column."""
    importer = ctx.registry.importers.get(row.importer)
    return {f.name: _(f.label) for f in importer.fields} if importer else {}


def _task(ctx, row: Import) -> Task | None:
    """The task that the page shows: the load, before it the trial; ``of=check`` looks back at the trial."""
    wanted = row.check_id if request.args.get("of") == "check" else row.load_id or row.check_id
    return ctx.session.get(Task, wanted) if wanted is not None else None


def _records_url(ctx, row: Import) -> str:
    """Where the records that were loaded are listed, if the importer says so."""
    from core.web.current import has_endpoint
    from core.web.shell import may_open

    importer = ctx.registry.importers.get(row.importer)
    endpoint = importer.endpoint if importer else ""
    return url_for(endpoint) if endpoint and has_endpoint(endpoint) and may_open(ctx, endpoint) else ""


@blueprint.post("/imports/<int:record_id>/load")
@needs(RIGHT)
def load(record_id: int):
    """Order the load of everything, or of the good rows."""
    ctx = g.ctx
    row = find_import(ctx, record_id)
    try:
        start_load(ctx, row, only_good=request.form.get("rows") == "good")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
    return redirect(url_for("imports.report", record_id=row.id))


@blueprint.get("/imports/<int:record_id>/bad-rows")
@needs(RIGHT)
def bad_rows(record_id: int):
    """The bad rows in the layout and the format of the file, with the reasons in a last column."""
    ctx = g.ctx
    row = find_import(ctx, record_id)
    task = _task(ctx, row)
    if task is None:
        raise NotFound("not_checked", _("Check the file first, then load it."))
    name = _("{name}, bad rows", name=row.name.rpartition(".")[0] or row.name)
    if is_spreadsheet(row.name):
        sheet = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        bad_rows_sheet(ctx, row, task.id, sheet)
        sheet.seek(0)
        response, ending = send_file(sheet, mimetype=XLSX), ".xlsx"
    else:
        text = stream_with_context(bad_rows_file(ctx, row, task.id))
        response, ending = Response(text, mimetype="text/csv"), ".csv"
    response.headers["Content-Disposition"] = as_attachment(name + ending)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/imports/of-task/<int:record_id>")
@needs(RIGHT)
def of_task(record_id: int):
    """From the background work to the report of its import."""
    ctx = g.ctx
    task = find_task(ctx, record_id)
    row = find_import(ctx, int(task.params.get("import_id") or 0))
    return redirect(url_for("imports.report", record_id=row.id, of="check" if task.id == row.check_id else None))
