"""Rule tables as files: download as a spreadsheet or YAML, edit, upload, see the difference, take it over."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for

from core.decisions import store
from core.decisions.company_names import with_names
from core.decisions.dumping import dump_yaml
from core.decisions.errors import TableError
from core.decisions.grid import with_row_ids
from core.decisions.loading import load_yaml
from core.decisions.model import Table
from core.decisions.parsing import from_data, to_data
from core.decisions.sheet import SheetTable, read_sheet, write_sheet
from core.decisions.store import DecisionTable, DecisionVersion
from core.errors import DomainError, Forbidden, Invalid
from core.i18n import _, n_
from core.web.gate import needs
from core.web.rule_base import VIEW, available, blueprint, editable, frame_of, label_of, named, table_of
from core.web.rule_diff import diff_view
from core.web.rule_grid import error_words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_BODY = 16_000_000
"""No table is longer, once unpacked."""


@blueprint.get("/rules/<name>/versions/<int:number>.yaml")
@needs(VIEW)
def download(name: str, number: int):
    """A version, or the draft, as a table file; uploading it gives the same table."""
    version = store.version_numbered(g.ctx, table_of(name), number)
    return _file(dump_yaml(from_data(version.body)), "application/yaml", f"{name}-{number}.yaml")


@blueprint.get("/rules/<name>/versions/<int:number>.xlsx")
@needs(VIEW)
def download_sheet(name: str, number: int):
    """A version, or the draft, as a spreadsheet in the reader's language; uploading it gives the same table."""
    version = store.version_numbered(g.ctx, table_of(name), number)
    return _file(write_sheet(_with_ids(table_of(name), version), number), XLSX, f"{name}-{number}.xlsx")


def _file(body: str | bytes, kind: str, called: str) -> Response:
    return Response(body, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{called}"'})


def _with_ids(found: DecisionTable, version: DecisionVersion) -> Table:
    """The table of a version with the company's names, its rows with the ids that a draft made of it has."""
    return with_row_ids(named(g.ctx, found, version.body), f"v{version.number}")


# --- upload → difference → draft --------------------------------------------------------------------------------------


@blueprint.post("/rules/<name>/upload")
@needs(VIEW)
def upload(name: str):
    """A table file: all its mistakes by cell or line, else what it would change in the draft. Changes nothing yet."""
    found = editable(name)
    draft = store.draft_of(g.ctx, found)
    file = request.files.get("file")
    raw = file.read() if file else b""
    before = _with_ids(found, draft or store.latest_published(g.ctx, found))
    try:
        if not raw:
            raise Invalid("no_file", _("Choose a file first."), "file")
        new = _from_sheet(found, raw, before) if raw.startswith(b"PK") else load_yaml(text_of(raw))
        store.check_draft(g.ctx, found, new)
    except Forbidden:
        raise
    except DomainError as error:
        return _refused(found, _problems(error), error.status)
    new = with_names(g.ctx, new, store.shipped_table(g.ctx, found))
    return _difference(found, draft, before, new, file.filename if file and file.filename else "")


class _SheetError(Invalid):
    """A spreadsheet has cells to correct."""

    def __init__(self, sheet: SheetTable):
        super().__init__("decision_sheet", _("Some cells of the spreadsheet need correcting."), "file")
        self.sheet = sheet


def _from_sheet(found: DecisionTable, raw: bytes, before: Table) -> Table:
    sheet = read_sheet(raw, before, available(g.ctx, found, before))
    if sheet.errors:
        raise _SheetError(sheet)
    return sheet.table


def text_of(raw: bytes) -> str:
    """The text of a file in UTF-8; Invalid, naming the line, for anything else."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Invalid(
            "not_utf8", _("Line {line} is not UTF-8 text. Save the file as UTF-8.", line=line), "file"
        ) from None


def _problems(error: DomainError) -> list[str]:
    if isinstance(error, _SheetError):
        words = [(address, error_words(error.sheet.table, mistake)) for address, mistake in error.sheet.errors]
        return [_("Cell {cell}: {problem}", cell=cell, problem=text) if cell else text for cell, text in words]
    return [str(e) for e in error.errors] if isinstance(error, TableError) else [error.message]


def _refused(found: DecisionTable, errors: list[str], status: int):
    words = n_(
        "Nothing was taken over: {n} thing to correct in the file",
        "Nothing was taken over: {n} things to correct in the file",
        len(errors),
    )
    title = label_of(found)
    page = render_template(
        "rules/upload_errors.html", t=found, **frame_of(found), title=title, words=words, errors=errors
    )
    return page, status


def _difference(found: DecisionTable, draft: DecisionVersion | None, before: Table, new: Table, file: str):
    return render_template(
        "rules/upload.html",
        t=found,
        **frame_of(found),
        title=label_of(found),
        file=file,
        against=draft or store.latest_published(g.ctx, found),
        is_draft=draft is not None,
        diff=diff_view(before, new),
        rows=len(new.rows),
        body=_packed(to_data(new)),
        version=draft.version if draft else 0,
    )


@blueprint.post("/rules/<name>/take-over")
@needs(VIEW)
def take_over(name: str):
    """What the difference page showed becomes the draft; refused when somebody saved the draft in between."""
    found = editable(name)
    draft = store.draft_of(g.ctx, found)
    kept: dict[str, Any] = {"reason": draft.reason, "effective_from": draft.effective_from} if draft else {}
    try:
        body = _unpacked(request.form.get("body", ""))
        saved = store.save_draft(g.ctx, name, body, version=request.form.get("version", type=int), **kept)
    except Forbidden:
        raise
    except DomainError as error:
        return _refused(found, _problems(error), error.status)
    rows = n_("{n} row", "{n} rows", len(saved.body["rows"]))
    flash(_("Read from the file: {rows}. Look through the draft, try it, then publish it.", rows=rows), "ok")
    return redirect(url_for("rules.table", name=name))


def _packed(body: dict) -> str:
    return base64.b64encode(zlib.compress(json.dumps(body, ensure_ascii=False).encode())).decode()


def _unpacked(text: str) -> dict:
    """The table of a difference page; Invalid for anything else."""
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(text, validate=True), _LONGEST_BODY)
        if unpacker.unconsumed_tail:
            raise ValueError("too long")
        body = json.loads(raw)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Invalid("no_file", _("Choose a file first."), "file")
    return body
