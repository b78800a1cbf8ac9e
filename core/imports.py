"""Imports ordered in the browser: a file, its mapping, a trial, and the load, each step by the worker and resumable.

Rows are taken in batches. A batch's records, its bad rows and the place in the file are one transaction, so that after
a crash the next worker goes on behind the last batch and nothing is loaded or counted twice. A trial does the same
work and takes each batch's records back. A load of everything is only begun when the trial found no bad row; when one
turns out to be bad after all, what was loaded is taken back (``core.import_account``, docs/decisions).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, JsonType, bulk_insert, owned_ref, transaction
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.events import RecordRef, emit, emit_if_changed
from core.files import Content, StoredFile, files_of, path_of, store_file
from core.i18n import N_, _, both, label
from core.import_account import TakingBack, Used, account_kept, is_open, last_event, tell_some
from core.import_guess import Sample, header_key, look, propose
from core.settings import get_setting
from core.spreadsheets import LONGEST_CELL, defused, write_sheet
from core.tasks import Outcome, Task, TaskKind, Work, start_task
from core.transfer import (
    Importer,
    ImportRow,
    Judged,
    Loaded,
    MappingError,
    RowProblem,
    RowReader,
    importer_named,
    judged_rows,
    read_mapping,
    read_records,
)

IMPORT = "core.import"
KIND = "core.import"
SOURCE = "import.source"
RIGHT = "core.import.run"
LARGEST = "core.import.largest_mb"
KEEP_DAYS = "core.import.keep_days"
LAST = "=last"
"""Where a mapping comes from that was remembered for files with the same columns."""
CHECK, LOAD = "check", "load"
BAD, STOPPED = "bad", "stopped"
"""Why a load is taken back, beside an error told in words."""
BATCH = 500
_NOTES = 50


class Import(Base, CompanyOwned):
    """A file on its way into the company's records. The system's bookkeeping: what it loads leaves events."""

    __tablename__ = "core_import"
    __table_args__ = (sa.Index("ix_core_import_owner", "company_id", "owner_id", "id"),)
    __audited__ = False

    id: Mapped[Id]
    importer: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(200))
    """The file's name."""
    header_key: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict] = mapped_column(JsonType)
    """As in a mapping file: encoding, delimiter, sheet, fields."""
    mapping_from: Mapped[str] = mapped_column(sa.String(120), default="")
    """What the mapping was taken from: the name of a shipped or saved one; empty: proposed."""
    owner_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    owner_name: Mapped[str] = mapped_column(sa.String(120))
    created_at: Mapped[dt.datetime]
    check_id: Mapped[int | None] = owned_ref("core_task", nullable=True)
    load_id: Mapped[int | None] = owned_ref("core_task", nullable=True)


class ImportMapping(Base, CompanyOwned):
    """A mapping kept for the next file: under a name for everybody, or without one for files with the same columns."""

    __tablename__ = "core_import_mapping"
    __table_args__ = (sa.UniqueConstraint("company_id", "importer", "name", "header_key"),)
    __audited__ = False

    id: Mapped[Id]
    importer: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(80))
    """Empty: remembered for files with the same columns."""
    header_key: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict] = mapped_column(JsonType)
    saved_by: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    saved_at: Mapped[dt.datetime]


class ImportProblem(Base, CompanyOwned):
    """A row that could not be loaded: where it stands, why, and its cells, so that it can be mended and loaded."""

    __tablename__ = "core_import_problem"
    __table_args__ = (sa.UniqueConstraint("company_id", "task_id", "line"),)
    __audited__ = False

    id: Mapped[Id]
    task_id: Mapped[int] = owned_ref("core_task", index=False)
    line: Mapped[int] = mapped_column(BigId)
    cells: Mapped[list] = mapped_column(JsonType)
    reasons: Mapped[list] = mapped_column(JsonType)
    """[column, reason, value] each."""


# --- preparing --------------------------------------------------------------------------------------------------------


def offered_importers(ctx: Ctx) -> list[Importer]:
    """What this person may load here."""
    found = []
    for name, importer in ctx.registry.importers.items():
        owner = ctx.registry.owner_of("importers", name)
        if owner in ctx.enabled and (not importer.permission or ctx.can(importer.permission)):
            found.append(importer)
    return sorted(found, key=lambda i: _(i.label))


def offered_importer(ctx: Ctx, name: str) -> Importer:
    """One of them; Invalid at ``importer`` for any other."""
    found = next((i for i in offered_importers(ctx) if i.name == name), None)
    if found is None:
        raise Invalid("unknown_importer", _("Choose what the file holds."), "importer")
    return found


def upload(ctx: Ctx, importer_name: str, name: str, content: Content) -> Import:
    """Take a file in and propose a mapping: that of a file with the same columns, a shipped one, else a guess.

    Needs ``core.import.run`` and the importer's own right. Raises Invalid for a file that can't be read.
    """
    ctx.require(RIGHT)
    importer = offered_importer(ctx, importer_name)
    with transaction(ctx):
        row = Import(
            importer=importer.name, name="", header_key="", mapping={}, owner_id=ctx.actor.user_id,
            owner_name=ctx.actor.name, created_at=ctx.now,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        ref = RecordRef(IMPORT, row.id)
        until = ctx.now + dt.timedelta(days=int(get_setting(ctx, KEEP_DAYS)))
        file = store_file(ctx, name, content, purpose=SOURCE, record=ref, expires_at=until)
        row.name = file.name
        sample = look(path_of(ctx, file), file.name)
        row.header_key = header_key(sample.header)
        row.mapping, row.mapping_from = first_mapping(ctx, importer, sample)
        emit(ctx, "core.import_uploaded", ref, file=file.name)
        return row


def find_import(ctx: Ctx, import_id: int) -> Import:
    """An import of this person's own (or anybody's, for those who see everybody's work). NotFound otherwise."""
    row = ctx.session.get(Import, import_id)
    if row is None or not may_see_import(ctx, row):
        raise NotFound("unknown_import", _("There is no such import."))
    return row


def may_see_import(ctx: Ctx, row: Import) -> bool:
    """Whether it is this person's own, or he or she sees everybody's background work."""
    own = row.owner_id is not None and row.owner_id == ctx.actor.user_id
    return own or ctx.can("core.tasks.view_all")


def source_of(ctx: Ctx, row: Import) -> StoredFile:
    """The uploaded file; NotFound once its time is over."""
    files = files_of(ctx, RecordRef(IMPORT, row.id), SOURCE)
    if not files:
        raise NotFound("source_gone", _("The file is no longer kept. Upload it again."))
    return files[0]


def first_mapping(ctx: Ctx, importer: Importer, sample: Sample) -> tuple[dict, str]:
    """What to begin with, and where it comes from."""
    known = ctx.session.scalar(
        sa.select(ImportMapping)
        .where(ImportMapping.importer == importer.name, ImportMapping.header_key == header_key(sample.header))
        .order_by(ImportMapping.saved_at.desc(), ImportMapping.id.desc())
        .limit(1)
    )
    if known is not None and not _lacks_columns(importer, known.mapping, sample):
        return {**known.mapping, **sample.layout}, known.name or LAST
    for name, mapping in shipped_mappings(ctx, importer).items():
        if not _lacks_columns(importer, mapping, sample):
            return {**mapping, **sample.layout}, name
    return {**sample.layout, "fields": propose(importer, sample)}, ""


def _lacks_columns(importer: Importer, mapping: Mapping[str, Any], sample: Sample) -> bool:
    try:
        read = read_mapping(mapping, importer, complete=False)
    except MappingError:
        return True
    return not read.columns or not set(read.columns) <= set(sample.header)


def shipped_mappings(ctx: Ctx, importer: Importer) -> dict[str, dict]:
    """File name → mapping of those that ship with the importer's module."""
    from core.decisions.loading import read_yaml

    folder = ctx.registry.plugins[ctx.registry.owner_of("importers", importer.name)].folder / "data" / "mappings"
    found: dict[str, Any] = {p.name: read_yaml(p)[0] for p in sorted(folder.glob("*.yaml"))}
    return {n: m for n, m in found.items() if m.get("importer", importer.name) == importer.name}


def saved_mappings(ctx: Ctx, importer: Importer) -> dict[str, dict]:
    """Name → mapping of those that people of this company saved under a name."""
    query = sa.select(ImportMapping).where(ImportMapping.importer == importer.name, ImportMapping.name != "")
    return {row.name: row.mapping for row in ctx.session.scalars(query.order_by(ImportMapping.name, ImportMapping.id))}


def set_mapping(ctx: Ctx, row: Import, mapping: Mapping[str, Any], mapping_from: str | None = None) -> None:
    """Keep a mapping as far as it is made. Conflict once the load was ordered."""
    ctx.require(RIGHT)
    with transaction(ctx):
        _not_loading(ctx, row)
        read_mapping(mapping, offered_importer(ctx, row.importer), complete=False)
        row.mapping, row.check_id = dict(mapping), None
        if mapping_from is not None:
            row.mapping_from = mapping_from


def remember_mapping(ctx: Ctx, row: Import, name: str = "") -> None:
    """Keep the mapping for later files: under a name, or for those with the same columns."""
    ctx.require(RIGHT)
    with transaction(ctx):
        key = "" if name else row.header_key
        known = ctx.session.scalar(
            sa.select(ImportMapping).where(
                ImportMapping.importer == row.importer, ImportMapping.name == name, ImportMapping.header_key == key
            )
        )
        if known is None:
            known = ImportMapping(importer=row.importer, name=name, header_key=key)
            ctx.session.add(known)
        known.mapping, known.saved_by, known.saved_at = row.mapping, ctx.actor.user_id, ctx.now
        if name:
            emit(ctx, "core.import_mapping_saved", RecordRef(IMPORT, row.id), name=name)


def missing_fields(importer: Importer, mapping: Mapping[str, Any]) -> list[str]:
    """The names of required fields that the mapping leaves out, in the language of the moment."""
    given = mapping.get("fields") or {}
    return [_(f.label) for f in importer.fields if f.required and f.name not in given]


def examples(ctx: Ctx, importer: Importer, mapping: Mapping[str, Any], sample: Sample, n: int = 3) -> dict[str, list]:
    """Field → [(value, reason why there is none)] of the first rows, as they would be loaded."""
    read = read_mapping(mapping, importer, complete=False)
    zone = ZoneInfo(read.timezone) if read.timezone else ctx.tz
    try:
        reader = RowReader(read, list(sample.header), zone)
    except MappingError:
        return {}
    shown: dict[str, list] = {}
    for _line, cells in sample.rows[:n]:
        for field_name, pair in reader.examples(cells).items():
            shown.setdefault(field_name, []).append(pair)
    return shown


# --- ordering ---------------------------------------------------------------------------------------------------------


def start_check(ctx: Ctx, row: Import) -> Task:
    """Order the trial: all the work, nothing kept. Raises MappingError while the mapping is not complete."""
    ctx.require(RIGHT)
    importer = offered_importer(ctx, row.importer)
    with transaction(ctx):
        _not_loading(ctx, row)
        read_mapping(row.mapping, importer)
        source_of(ctx, row)
        task = _order(ctx, row, importer, CHECK)
        row.check_id, row.load_id = task.id, None
        remember_mapping(ctx, row)
        return task


def start_load(ctx: Ctx, row: Import, *, only_good: bool) -> Task:
    """Order the load, after a trial: of everything, when no row is bad, or of the good rows. Conflict otherwise."""
    ctx.require(RIGHT)
    importer = offered_importer(ctx, row.importer)
    with transaction(ctx):
        _not_loading(ctx, row)
        check = ctx.session.get(Task, row.check_id) if row.check_id is not None else None
        if check is None or check.state != "done":
            raise Conflict("not_checked", _("Check the file first, then load it."))
        if check.result.get("bad") and not only_good:
            raise Conflict("bad_rows", _("Some rows are bad. Mend them and upload again, or load the good ones."))
        source_of(ctx, row)
        task = _order(ctx, row, importer, LOAD, together=not only_good)
        row.load_id = task.id
        return task


def _order(ctx: Ctx, row: Import, importer: Importer, mode: str, *, together: bool = False) -> Task:
    params = {
        "import_id": row.id, "mode": mode, "importer": importer.name, "mapping": row.mapping, "together": together
    }  # fmt: skip
    kind = KIND if mode == LOAD else f"{KIND}_check"
    return start_task(ctx, kind, params, module=ctx.registry.owner_of("importers", importer.name), file=row.name)


def _not_loading(ctx: Ctx, row: Import) -> None:
    load = ctx.session.get(Task, row.load_id) if row.load_id is not None else None
    if load is not None and load.state not in ("failed", "cancelled"):
        raise Conflict("load_ordered", _("The load has been ordered already."))
    if load is not None and is_open(ctx, load.id):
        raise Conflict("load_open", _("The last load is neither whole nor taken back yet. Let it go on first."))


# --- doing ------------------------------------------------------------------------------------------------------------


def run(work: Work) -> Outcome:
    """The task: try or load the rows of a file, batch by batch, behind the last batch that was kept."""
    if work.params["mode"] == LOAD and work.params.get("together"):
        return _all_or_nothing(work)
    counts = _rows(work, keep=work.params["mode"] == LOAD)
    if work.stopped:
        work.stop(N_("Stopped before it was finished."))
    if work.params["mode"] == LOAD:
        _finish(work, counts)
    return _outcome(work, counts)


def _outcome(work: Work, counts: dict[str, int]) -> Outcome:
    text = (
        N_("{rows} rows: {added} added, {known} known already, {bad} bad.")
        if work.params["mode"] == LOAD
        else N_("Trial: of {rows} rows {added} would be added, {known} are known, {bad} are bad. Nothing was kept.")
    )
    return Outcome({**counts, "notes": work.cursor.get("notes", {}), "mode": work.params["mode"]}, text, counts)


def _rows(work: Work, *, keep: bool, together: bool = False) -> dict[str, int]:
    """Go through the rows; answers how many there were of each sort. ``together``: up to the first bad one, on
    account.
    """
    with work.reading() as ctx:
        row = ctx.session.get_one(Import, work.params["import_id"])
        importer = importer_named(ctx.registry, work.params["importer"])
        name, path = row.name, path_of(ctx, source_of(ctx, row))
        mapping = read_mapping(work.params["mapping"], importer)
        zone = ZoneInfo(mapping.timezone) if mapping.timezone else ctx.tz
    if work.total is None:
        work.total = sum(1 for _record in read_records(path, mapping, name)) - 1
    counts = {"rows": 0, "added": 0, "known": 0, "bad": 0, **work.cursor.get("counts", {})}
    last = work.cursor.get("line", 0)
    judged = judged_rows(path, mapping, importer.key, zone, name)
    rest = itertools.dropwhile(lambda one: one.line <= last, judged)
    while not work.stopped and (chunk := list(itertools.islice(rest, BATCH))):
        with work.batch() as ctx:
            if importer.permission:
                ctx.require(importer.permission)
            if together and not work.cursor:
                work.cursor["after"] = last_event(ctx)
            good = [one.row for one in chunk if one.row is not None]
            if together:
                whole = len(good) == len(chunk)
                result = _take_on_account(ctx, importer, good, name, work.task_id, whole)
            else:
                result = _take(ctx, importer, good, name, keep)
            bad = _keep_problems(ctx, work.task_id, chunk, result.bad)
            counts["rows"] += len(chunk)
            counts["added"] += result.added
            counts["known"] += result.known
            counts["bad"] += bad
            notes = _added_up(work.cursor.get("notes", {}), result.notes)
            work.cursor |= {"line": chunk[-1].line, "counts": counts, "notes": notes}
            work.done = counts["rows"]
            work.say(N_("{added} new, {known} known already, {bad} bad"), **counts)
            if together and bad:
                work.cursor["back"] = BAD
        if together and bad:
            break
    return counts


def _finish(work: Work, counts: dict[str, int]) -> None:
    if not work.cursor.get("finished"):
        with work.batch() as ctx:
            _tell_finished(ctx, work, counts)
            work.cursor["finished"] = True


def _tell_finished(ctx: Ctx, work: Work, counts: dict[str, int]) -> None:
    ref = RecordRef(IMPORT, work.params["import_id"])
    facts = {"file": ctx.session.get_one(Import, ref.id).name, "added": counts["added"]}
    emit(ctx, "core.import_finished", ref, **facts, skipped=counts["known"], bad=counts["bad"])


def _take(ctx: Ctx, importer: Importer, rows: list[ImportRow], file: str, keep: bool) -> Loaded:
    """Load the good rows of a batch; a trial takes them back."""
    if not rows:
        return Loaded(0)
    savepoint = ctx.session.begin_nested()
    result = importer.load(ctx, rows)
    if keep:
        if result.added:
            emit_if_changed(ctx, "core.import_batch", file=file, line=rows[-1].line, added=result.added)
        savepoint.commit()
    else:
        ctx.session.flush()
        savepoint.rollback()
    return result


# --- all or nothing ---------------------------------------------------------------------------------------------------


def _all_or_nothing(work: Work) -> Outcome:
    """Load everything on account, then tell it; or, when a row turns out to be bad, take back what was loaded.

    The place in the file, ``told`` and ``back`` are kept with each batch: a killed worker is followed by one that goes
    on with whichever of the two had begun.
    """
    if work.cursor.get("over"):  # it was taken back, and is tried once more from the beginning
        _begin_anew(work)
    if not work.cursor.get("back"):
        try:
            counts = _everything(work)
        except DomainError as error:
            if work.cursor.get("told"):
                raise
            _turn_back(work, error.details.get("words") or dict.fromkeys(("en", "zh"), error.message))
        else:
            if counts is not None:
                return _outcome(work, counts)
    _take_back(work)
    reason = work.cursor["over"]
    if reason == STOPPED:
        work.stop(N_("Stopped. Nothing was loaded: what had been is taken back."))
    words = _why_nothing(reason, work.cursor["counts"], work.cursor["stay"])
    raise Conflict("nothing_loaded", label(words), words=words)


def _begin_anew(work: Work) -> None:
    with work.batch() as ctx:
        gone = sa.delete(ImportProblem).where(ImportProblem.task_id == work.task_id)
        ctx.session.execute(gone, execution_options={"synchronize_session": False})
        work.cursor, work.done, work.total = {}, 0, None


def _everything(work: Work) -> dict[str, int] | None:
    """The counts once all is loaded and told; None when it has to be taken back."""
    counts = work.cursor.get("counts", {})
    if not work.cursor.get("told"):
        if work.given_up:
            _turn_back(
                work, both(N_("Something went wrong on our side, again and again. The log of the worker says why."))
            )
            return None
        counts = _rows(work, keep=True, together=True)
        if work.stopped:
            _turn_back(work, STOPPED)
        if work.cursor.get("back"):
            return None
        with work.batch() as ctx:
            _tell_finished(ctx, work, counts)
            work.cursor["told"] = True
            work.say(N_("All rows are loaded; those who wait for them are told."))
    more = True
    while more:
        with work.batch(tidying=True) as ctx:
            more = tell_some(ctx, work.task_id)
    return counts


def _take_on_account(
    ctx: Ctx, importer: Importer, rows: list[ImportRow], file: str, task_id: int, whole: bool
) -> Loaded:
    """Load a batch and keep account of it; with one bad row, nothing of it."""
    if not rows:
        return Loaded(0)
    savepoint = ctx.session.begin_nested()
    with account_kept(ctx, task_id):
        result = importer.load(ctx, rows)
        if result.added:
            emit_if_changed(ctx, "core.import_batch", file=file, line=rows[-1].line, added=result.added)
    if whole and not result.bad:
        savepoint.commit()
    else:
        savepoint.rollback()
    return result


def _turn_back(work: Work, reason: str | dict) -> None:
    with work.batch(tidying=True):
        work.cursor["back"] = reason


def _take_back(work: Work) -> None:
    """Take the rows back that the account names, the newest first."""
    more = True
    while more:
        with work.batch(tidying=True) as ctx:
            back = TakingBack(ctx, work.task_id, work.cursor.get("stay", {}))
            after = work.cursor.get("after", 0)
            while (seen := back.look_for_use(after)) != after:
                after = seen
            more = back.some()
            ref = RecordRef(IMPORT, work.params["import_id"])
            file = ctx.session.get_one(Import, ref.id).name
            emit_if_changed(ctx, "core.import_taken_back", ref, file=file, rows=back.removed)
            work.cursor |= {"after": after, "stay": back.used}
            work.say(N_("What was loaded is taken back."))
            if not more:
                counts = {**work.cursor.get("counts", {}), "added": 0, "known": 0}
                work.cursor = {"over": work.cursor["back"], "counts": counts, "stay": back.used}


def _why_nothing(reason: str | dict, counts: Mapping[str, int], stay: Used) -> dict[str, str]:
    """What the person is told, in both languages."""
    why = both(N_("Bad rows: {n}."), n=counts.get("bad", 0)) if reason == BAD else cast(dict, reason)
    if any(stay.values()):
        n = sum(map(len, stay.values()))
        return both(N_("The load was taken back, except what somebody used meanwhile: {n}. {why}"), n=n, why=why)
    return both(N_("Nothing was loaded: what had been is taken back. {why}"), why=why)


def _keep_problems(ctx: Ctx, task_id: int, chunk: list[Judged], refused: Iterable[RowProblem]) -> int:
    """Write the bad rows of a batch down; answers how many they are."""
    reasons: dict[int, list[list[str]]] = {}
    for problem in [*(p for one in chunk for p in one.problems), *refused]:
        reasons.setdefault(problem.line, []).append([problem.column, problem.reason, problem.value[:200]])
    cells = {one.line: one.cells for one in chunk}
    rows = [
        {"task_id": task_id, "line": line, "cells": [c[:LONGEST_CELL].replace("\0", "") for c in cells.get(line, [])],
         "reasons": why}
        for line, why in sorted(reasons.items())
    ]  # fmt: skip
    bulk_insert(ctx, ImportProblem, _clean(rows))
    return len(rows)


def _clean(rows: list[dict]) -> list[dict]:
    """Without what no database takes: halves of characters out of bytes that were no text."""
    for row in rows:
        row["cells"] = [c.encode("utf-8", "replace").decode() for c in row["cells"]]
        row["reasons"] = [[t.encode("utf-8", "replace").decode() for t in why] for why in row["reasons"]]
    return rows


def _added_up(before: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    total = dict(before)
    for text, count in more.items():
        if text in total or len(total) < _NOTES:
            total[text] = total.get(text, 0) + count
    return total


KINDS = (
    TaskKind(f"{KIND}_check", N_("Trial of {file}"), run, RIGHT, endpoint="imports.of_task"),
    TaskKind(KIND, N_("Import of {file}"), run, RIGHT, endpoint="imports.of_task", tidies=True),
)
"""A trial and a load may run beside each other, two of either not."""


# --- afterwards -------------------------------------------------------------------------------------------------------


def bad_rows_file(ctx: Ctx, row: Import, task_id: int) -> Iterator[str]:
    """The bad rows as CSV text, in pieces: the columns of the file and, last, the reasons. Mended it can be loaded as
    it is: a column that the mapping does not use does not disturb.
    """
    yield "\ufeff"
    for cells in _bad_rows(ctx, row, task_id):
        yield _line(cells)


def bad_rows_sheet(ctx: Ctx, row: Import, task_id: int, target: IO[bytes]) -> None:
    """The same as an XLSX file, for a file that was a spreadsheet."""
    rows = _bad_rows(ctx, row, task_id)
    write_sheet(target, _("Bad rows"), next(rows), rows)


def _bad_rows(ctx: Ctx, row: Import, task_id: int) -> Iterator[list[str]]:
    sample = look(path_of(ctx, source_of(ctx, row)), row.name, row.mapping)
    yield [*sample.header, _("Reason")]
    after = 0
    while True:
        query = sa.select(ImportProblem).where(ImportProblem.task_id == task_id, ImportProblem.line > after)
        found = list(ctx.session.scalars(query.order_by(ImportProblem.line).limit(BATCH)))
        for problem in found:
            cells = [*problem.cells, *[""] * (len(sample.header) - len(problem.cells))][: len(sample.header)]
            why = "; ".join(f"{column}: {reason}" if column else reason for column, reason, _value in problem.reasons)
            yield [*cells, why]
        if len(found) < BATCH:
            return
        after = found[-1].line
        ctx.session.expunge_all()


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([defused(c) for c in cells])
    return out.getvalue()


def forget_imports(ctx: Ctx) -> None:
    """The daily job: forget the bad rows of imports whose file is no longer kept."""
    before = ctx.now - dt.timedelta(days=int(get_setting(ctx, KEEP_DAYS)))
    old = sa.select(Task.id).where(Task.kind.in_([k.name for k in KINDS]), Task.created_at < before)
    with transaction(ctx):
        ctx.session.execute(
            sa.delete(ImportProblem).where(ImportProblem.task_id.in_(old)).execution_options(synchronize_session=False)
        )
