"""Loading records from files: a plugin declares an ``Importer``, a mapping file says which column becomes which field.

A mapping is data. Every row that can't be loaded is told with its line, column and reason. Rows are loaded in batches
of one transaction each, or all in one where everything or nothing is wanted. What has been loaded before is known by
its external key, so that loading twice adds nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from core.context import Ctx
from core.db import transaction
from core.errors import DomainError, Invalid, NotFound
from core.events import emit, emit_if_changed
from core.i18n import _
from core.spreadsheets import as_typed, defused, is_spreadsheet, sheet_rows

BATCH = 500
"""Rows of one transaction."""
SHOWN = 20
"""Bad rows that the command prints; all of them go into the file of ``--errors-to``."""
_LONGEST_CELL = 10_000_000


# --- what a plugin declares -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """A field that an importer can fill. ``type`` is one of str, text, int, decimal, bool, date, moment, list."""

    name: str
    label: str
    type: str = "str"
    required: bool = False
    longest: int = 0
    """Characters that fit; 0 means any number."""
    synonyms: tuple[str, ...] = ()
    """Other headings under which files carry it, in any language; the label in both languages is known anyway."""


@dataclass(frozen=True)
class ImportRow:
    """One row as the importer gets it: the line on which it begins, and typed values by field (None: not given)."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RowProblem:
    """Why a row can't be loaded: its line, the column or field concerned, the reason in words, and what stood there."""

    line: int
    column: str
    reason: str
    value: str = ""


@dataclass(frozen=True)
class Loaded:
    """What became of a batch: how many rows were added, how many were known already, and which were bad."""

    added: int
    known: int = 0
    bad: tuple[RowProblem, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    """Sentences worth telling, with how often they apply: "not routed: department X is missing" → 12."""


@dataclass(frozen=True)
class Importer:
    """A kind of record that can be loaded.

    ``load(ctx, rows)`` adds those of a batch that are good and new, inside the open transaction, in few statements; a
    row that it refuses stands in ``Loaded.bad`` and leaves nothing behind. A load of all or nothing may be taken back:
    a record that was there before is changed through its object, never in bulk, and nobody is told but by events.
    ``key`` names the field that identifies a record at its source. ``permission`` is needed beside
    ``core.import.run``. ``endpoint`` is the list of the records.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    load: Callable[[Ctx, list[ImportRow]], Loaded]
    permission: str = ""
    key: str = "external_key"
    endpoint: str = ""


@dataclass
class Report:
    """What an import did, or would have done."""

    rows: int = 0
    added: int = 0
    known: int = 0
    bad_rows: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    loaded: bool = True
    """Whether what is counted as added was kept: not after a trial, and not when all was wanted and a row was bad."""

    def tell(self, problems: Iterable[RowProblem]) -> None:
        """Count bad rows, each once however much is wrong with it."""
        problems = list(problems)
        self.bad_rows += len({p.line for p in problems})
        self.problems += problems

    def take(self, result: Loaded) -> None:
        """Add what became of a batch."""
        self.added += result.added
        self.known += result.known
        self.tell(result.bad)
        for text, count in result.notes.items():
            self.notes[text] = self.notes.get(text, 0) + count


# --- the mapping ----------------------------------------------------------------------------------------------------

_RULE_KEYS = {
    "column",
    "columns",
    "join",
    "constant",
    "map",
    "otherwise",
    "date",
    "time",
    "default",
    "empty",
    "strip",
    "lower",
    "upper",
    "cut",
    "split",
    "when",
    "unless",
}
_FILE_KEYS = {"importer", "description", "encoding", "delimiter", "timezone", "sheet", "fields"}


@dataclass(frozen=True)
class FieldRule:
    """How one field is made of a row: see docs/howto/import-complaints.md for each key."""

    field: Field
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: Any = None
    map: Mapping[str, Any] | None = None
    otherwise: Any = None
    has_otherwise: bool = False
    date: tuple[str, ...] = ()
    time: dt.time = dt.time()
    default: Any = None
    empty: frozenset[str] = frozenset()
    strip: bool = True
    case: str = ""
    cut: bool = False
    split: str = ","
    when: tuple[str, frozenset[str], bool] | None = None
    """(column, values, wanted): used only on rows whose column holds one of the values, or none of them."""


@dataclass(frozen=True)
class MappingFile:
    """A mapping file, read and checked."""

    importer: str
    rules: tuple[FieldRule, ...]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    timezone: str = ""
    sheet: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column of the file that it uses."""
        named = [c for r in self.rules for c in (*r.columns, *((r.when[0],) if r.when else ()))]
        return list(dict.fromkeys(named))


class MappingError(Invalid):
    """The mapping can't be used; ``details["problems"]`` lists everything wrong with it."""

    def __init__(self, problems: list[str]):
        super().__init__(
            "bad_mapping", _("The mapping can't be used: {problems}", problems="; ".join(problems)), problems=problems
        )


def read_mapping(source: Path | Mapping[str, Any], importer: Importer, *, complete: bool = True) -> MappingFile:
    """A mapping from its YAML file (or the data of one). Raises MappingError with everything wrong with it.

    Not ``complete``: required fields may still be missing, as while somebody makes one.
    """
    from core.decisions.loading import read_yaml

    data: Any = read_yaml(source)[0] if isinstance(source, Path) else source
    if not isinstance(data, Mapping) or not isinstance(data.get("fields"), Mapping):
        raise MappingError([_("it needs “fields”, each with the column that it comes from")])
    problems = [_("unknown key “{key}”", key=key) for key in data if key not in _FILE_KEYS]
    if data.get("importer", importer.name) != importer.name:
        problems.append(_("it is made for “{other}”, not for “{name}”", other=data["importer"], name=importer.name))
    fields = {f.name: f for f in importer.fields}
    rules = []
    for name, spec in data["fields"].items():
        if name not in fields:
            problems.append(_("unknown field “{name}”; there are: {known}", name=name, known=", ".join(fields)))
            continue
        rule, wrong = _field_rule(fields[name], spec if isinstance(spec, Mapping) else {"column": spec})
        problems += [f"{name}: {text}" for text in wrong]
        rules.append(rule)
    given = {r.field.name for r in rules}
    lacking = [f for f in importer.fields if f.required and f.name not in given] if complete else []
    problems += [_("the field “{name}” is missing", name=f.name) for f in lacking]
    if data.get("timezone"):
        try:
            ZoneInfo(str(data["timezone"]))
        except (KeyError, ValueError):
            problems.append(_("unknown time zone “{name}”", name=data["timezone"]))
    if problems:
        raise MappingError(problems)
    return MappingFile(
        importer.name,
        tuple(rules),
        str(data.get("encoding") or "utf-8-sig"),
        str(data.get("delimiter") or ","),
        str(data.get("timezone") or ""),
        str(data.get("sheet") or ""),
    )


def _field_rule(target: Field, spec: Mapping[str, Any]) -> tuple[FieldRule, list[str]]:
    wrong = [_("unknown key “{key}”", key=key) for key in spec if key not in _RULE_KEYS]
    columns = tuple(map(str, _listed(spec.get("columns", spec.get("column")))))
    if not columns and "constant" not in spec:
        wrong.append(_("say “column”, “columns” or “constant”"))
    if "map" in spec and not isinstance(spec["map"], Mapping):
        wrong.append(_("“map” must be a mapping of values"))
    time = dt.time()
    try:
        time = dt.time.fromisoformat(str(spec.get("time") or "00:00"))
    except ValueError:
        wrong.append(_("“time” must look like 09:00"))
    condition = None
    for key, wanted in (("when", True), ("unless", False)):
        if key in spec:
            inner = spec[key]
            if not isinstance(inner, Mapping) or set(inner) != {"column", "in"}:
                wrong.append(_("“{key}” needs “column” and “in”", key=key))
            else:
                condition = (str(inner["column"]), frozenset(map(str, _listed(inner["in"]))), wanted)
    mapped = spec.get("map")
    return (
        FieldRule(
            target,
            columns,
            str(spec.get("join", " ")),
            spec.get("constant"),
            {str(k): v for k, v in mapped.items()} if isinstance(mapped, Mapping) else None,
            spec.get("otherwise"),
            "otherwise" in spec,
            tuple(map(str, _listed(spec.get("date")))),
            time,
            spec.get("default"),
            frozenset(map(str, _listed(spec.get("empty")))),
            spec.get("strip") is not False,
            "lower" if spec.get("lower") else "upper" if spec.get("upper") else "",
            bool(spec.get("cut")),
            str(spec.get("split", ",")),
            condition,
        ),
        wrong,
    )


def _listed(value: Any) -> list:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


# --- reading files --------------------------------------------------------------------------------------------------

Record = tuple[int, "list[str] | None", str]
"""(line on which it begins, cells, what is wrong with the record as such)."""


def read_records(path: Path, mapping: MappingFile, name: str = "") -> Iterator[Record]:
    """The records of a file, the header first, one at a time. A spreadsheet's line is its row number.

    ``name`` is what the file is called where ``path`` says nothing about its format. What was made harmless for
    spreadsheets in a file of ours (``core.spreadsheets.defused``) is again what somebody typed.
    """
    if is_spreadsheet(name or path.name):
        for number, cells in sheet_rows(path, mapping.sheet, name or path.name):
            yield number, cells, ""
        return
    csv.field_size_limit(_LONGEST_CELL)
    try:
        "".encode(mapping.encoding)
    except LookupError:
        raise MappingError([_("unknown encoding “{name}”", name=mapping.encoding)]) from None
    with path.open(encoding=mapping.encoding, errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=mapping.delimiter, strict=True)
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, None, _("it can't be read: {why}", why=error)
                line = reader.line_num + 1
                continue
            if cells:
                bad = next((c for c in cells if not _is_text(c)), None)
                wrong = "" if bad is None else _("it is not {encoding} text", encoding=mapping.encoding)
                yield line, [as_typed(c) for c in cells], wrong
            line = reader.line_num + 1


def _is_text(cell: str) -> bool:
    if "\0" in cell:
        return False
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- making values ----------------------------------------------------------------------------------------------------

_A_MOMENT = dt.datetime(2026, 4, 25, 13, 5)  # noqa: DTZ001 - shows what a form of dates looks like
_YES = frozenset({"true", "yes", "y", "1", "是"})
_NO = frozenset({"false", "no", "n", "0", "否"})


class _Bad(Exception):
    """A cell that can't become its field."""

    def __init__(self, reason: str, value: str = ""):
        super().__init__(reason)
        self.reason, self.value = reason, value


class RowReader:
    """Turns the records of one file into typed rows, by a mapping."""

    def __init__(self, mapping: MappingFile, header: list[str], zone: ZoneInfo):
        self.header = [h.strip() for h in header]
        self.zone = zone
        lacking = [c for c in mapping.columns if c not in self.header]
        if lacking:
            words = {"names": ", ".join(lacking), "columns": ", ".join(self.header)}
            raise MappingError([_("the file lacks the columns {names}; it has: {columns}", **words)])
        self.rules = [
            (rule, [self.header.index(c) for c in rule.columns], self._condition(rule)) for rule in mapping.rules
        ]

    def _condition(self, rule: FieldRule) -> tuple[int, frozenset[str], bool] | None:
        return (self.header.index(rule.when[0]), rule.when[1], rule.when[2]) if rule.when else None

    def read(self, line: int, cells: list[str]) -> tuple[ImportRow | None, list[RowProblem]]:
        """The row, or everything wrong with it."""
        if len(cells) != len(self.header):
            text = _("Cells in this row: {n}; columns of the header: {m}.", n=len(cells), m=len(self.header))
            return None, [RowProblem(line, "", text)]
        values: dict[str, Any] = {}
        problems = []
        for rule, places, condition in self.rules:
            try:
                values[rule.field.name] = self._value(rule, places, condition, cells)
            except _Bad as bad:
                problems.append(
                    RowProblem(line, ", ".join(rule.columns) or rule.field.name, bad.reason, bad.value[:200])
                )
        return (None, problems) if problems else (ImportRow(line, values), [])

    def examples(self, cells: list[str]) -> dict[str, tuple[Any, str]]:
        """Field → (value, reason why there is none), each for itself: to show while a mapping is made."""
        shown: dict[str, tuple[Any, str]] = {}
        for rule, places, condition in self.rules:
            try:
                shown[rule.field.name] = (self._value(rule, places, condition, cells), "")
            except _Bad as bad:
                shown[rule.field.name] = (None, bad.reason)
            except IndexError:
                shown[rule.field.name] = (None, _("The row is too short."))
        return shown

    def _value(self, rule: FieldRule, places: list[int], condition, cells: list[str]) -> Any:
        if condition is not None and (cells[condition[0]].strip() in condition[1]) != condition[2]:
            return self._given(rule, None)
        if not places:
            return self._typed(rule, rule.constant)
        texts = [cells[p].strip() if rule.strip else cells[p] for p in places]
        text = texts[0] if len(texts) == 1 else rule.join.join(t for t in texts if t)
        if text in rule.empty:
            text = ""
        if rule.map is not None and text:
            if text in rule.map:
                return self._given(rule, self._typed(rule, rule.map[text]))
            if not rule.has_otherwise:
                raise _Bad(_("“{value}” is not among the values that the mapping knows.", value=text[:80]), text)
            return self._given(rule, self._typed(rule, rule.otherwise))
        if rule.case:
            text = getattr(text, rule.case)()
        return self._given(rule, self._typed(rule, text))

    def _given(self, rule: FieldRule, value: Any) -> Any:
        """The value or the default; bad when a required one is missing."""
        if value in (None, "", []) and rule.default is not None:
            value = self._typed(rule, rule.default)
        if value in (None, "") and rule.field.required:
            raise _Bad(_("“{field}” must be given.", field=_(rule.field.label)))
        return value

    def _typed(self, rule: FieldRule, value: Any) -> Any:
        kind = rule.field.type
        if value is None or value == "":
            return [] if kind == "list" else None
        if kind == "list":
            return [
                str(v).strip()
                for v in (value if isinstance(value, list) else str(value).split(rule.split))
                if str(v).strip()
            ]
        if kind in ("str", "text"):
            return self._text(rule, str(value))
        try:
            return getattr(self, f"_{kind}")(rule, value)
        except (ValueError, InvalidOperation, OverflowError):
            words = {
                "int": _("“{value}” is no whole number.", value=value),
                "decimal": _("“{value}” is no number.", value=value),
                "bool": _("“{value}” is neither yes nor no.", value=value),
            }
            shape = ", ".join(_A_MOMENT.strftime(form) for form in rule.date) or "2026-04-12"
            text = words.get(kind) or _("“{value}” is no date of the form {shape}.", value=str(value)[:60], shape=shape)
            raise _Bad(text, str(value)) from None

    def _text(self, rule: FieldRule, text: str) -> str:
        longest = rule.field.longest
        if longest and len(text) > longest:
            if not rule.cut:
                raise _Bad(_("It is {length} characters long; {n} fit.", length=len(text), n=longest), text)
            text = text[: longest - 1].rstrip() + "…"
        return text

    def _int(self, rule: FieldRule, value: Any) -> int:
        return int(str(value).replace(",", ""))

    def _decimal(self, rule: FieldRule, value: Any) -> Decimal:
        return Decimal(str(value).replace(",", ""))

    def _bool(self, rule: FieldRule, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).lower()
        if text not in _YES | _NO:
            raise ValueError(text)
        return text in _YES

    def _date(self, rule: FieldRule, value: Any) -> dt.date:
        return self._local(rule, str(value)).date()

    def _moment(self, rule: FieldRule, value: Any) -> dt.datetime:
        moment = self._local(rule, str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(dt.UTC)

    def _local(self, rule: FieldRule, text: str) -> dt.datetime:
        """By the first form that fits (ISO 8601 without any); a bare date gets the rule's time of day."""
        for form in rule.date:
            try:
                moment = dt.datetime.strptime(text, form)  # noqa: DTZ007 - local time, its zone is added by _moment
            except ValueError:
                continue
            return moment if re.search(r"%[HIcX]", form) else dt.datetime.combine(moment.date(), rule.time)
        if rule.date:
            raise ValueError(text)
        moment = dt.datetime.fromisoformat(text)
        return dt.datetime.combine(moment.date(), rule.time) if len(text) <= 10 else moment


# --- the run ----------------------------------------------------------------------------------------------------------


class _Undo(Exception):
    """Rolls a trial, or a load that is not wanted in part, back."""


def run_import(
    ctx: Ctx,
    importer: Importer,
    path: Path,
    mapping: MappingFile,
    *,
    dry_run: bool = False,
    only_good: bool = False,
    batch: int = BATCH,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Load a file: with ``only_good`` the good rows, batch by batch; else all of them or, with one bad row, nothing.

    ``dry_run`` does all the work and keeps nothing. Needs ``core.import.run`` and the importer's own permission.
    """
    ctx.require("core.import.run")
    if importer.permission:
        ctx.require(importer.permission)
    report = Report()
    together = transaction(ctx) if (dry_run or not only_good) else nullcontext()
    try:
        with together:
            for rows in _batches(ctx, importer, path, mapping, report, batch):
                with transaction(ctx):
                    _load(ctx, importer, rows, path.name, report)
                if progress:
                    progress(report.rows)
            if dry_run or (report.bad_rows and not only_good):
                raise _Undo
            _finish(ctx, path.name, report)
    except _Undo:
        report.loaded = False
    return report


def _load(ctx: Ctx, importer: Importer, rows: list[ImportRow], file: str, report: Report) -> None:
    result = importer.load(ctx, rows)
    report.take(result)
    if result.added:
        emit_if_changed(ctx, "core.import_batch", file=file, line=rows[-1].line, added=result.added)
    ctx.session.expunge_all()
    ctx.memo.pop("company", None)


def _finish(ctx: Ctx, file: str, report: Report) -> None:
    with transaction(ctx):
        emit(ctx, "core.import_finished", file=file, added=report.added, skipped=report.known, bad=report.bad_rows)


def _batches(
    ctx: Ctx, importer: Importer, path: Path, mapping: MappingFile, report: Report, size: int
) -> Iterator[list[ImportRow]]:
    """Good rows in batches; bad ones are told in the report on the way."""
    zone = ZoneInfo(mapping.timezone) if mapping.timezone else ctx.tz
    rows = _good_rows(judged_rows(path, mapping, importer.key, zone), report)
    while chunk := list(itertools.islice(rows, size)):
        yield chunk


def _good_rows(judged: Iterable[Judged], report: Report) -> Iterator[ImportRow]:
    for one in judged:
        report.rows += 1
        if one.row is None:
            report.tell(one.problems)
        else:
            yield one.row


@dataclass(frozen=True)
class Judged:
    """A record of the file: the row that it makes, or what is wrong with it; and its cells as they stand there."""

    line: int
    cells: list[str]
    row: ImportRow | None
    problems: list[RowProblem]


def judged_rows(path: Path, mapping: MappingFile, key: str, zone: ZoneInfo, name: str = "") -> Iterator[Judged]:
    """Every record of a file after its header, one at a time, in memory that does not grow with the file.

    A row whose key stood on an earlier line is wrong.
    """
    shown = name or path.name
    records = read_records(path, mapping, name)
    first = next(records, None)
    if first is None:
        raise Invalid("empty_file", _("“{file}” is empty.", file=shown), "file")
    if first[1] is None or first[2]:
        raise Invalid(
            "bad_header", _("The first line of “{file}” can't be read: {why}", file=shown, why=first[2]), "file"
        )
    reader = RowReader(mapping, first[1], zone)
    with closing(_SeenKeys()) as seen:
        for line, cells, wrong in records:
            if cells is None or wrong:
                yield Judged(line, cells or [], None, [RowProblem(line, "", wrong)])
                continue
            row, problems = reader.read(line, cells)
            if row is not None and row.values.get(key):
                value = str(row.values[key])
                known = seen.first_line(value, line)
                if known != line:
                    text = _("Line {line} has the same key “{key}”.", line=known, key=value)
                    row, problems = None, [RowProblem(line, key, text, value)]
            yield Judged(line, cells, row, problems)


class _SeenKeys:
    """The keys of a file and the lines on which they stood first, in a temporary database that is no load on memory."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("PRAGMA journal_mode=OFF")
        self._kept.execute("PRAGMA synchronous=OFF")
        self._kept.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def first_line(self, key: str, line: int) -> int:
        """The line on which this key stood first: ``line`` when it is new."""
        added = self._kept.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)).rowcount
        if added:
            return line
        return int(self._kept.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()[0])

    def close(self) -> None:
        """Forget everything."""
        self._kept.close()


# --- the command ------------------------------------------------------------------------------------------------------


def importer_named(registry, name: str) -> Importer:
    """The importer that a plugin declares under this name; NotFound names those there are."""
    found = registry.importers.get(name)
    if found is None:
        known = ", ".join(sorted([*registry.importers, "rules"]))
        raise NotFound(
            "unknown_importer", _("Nothing called “{name}” can be loaded. There are: {known}", name=name, known=known)
        )
    return found


def write_problems(path: Path, problems: list[RowProblem]) -> None:
    """Every bad row as a CSV file: line, column, value, reason."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "column", "value", "reason"])
        writer.writerows([p.line, defused(p.column), defused(p.value), defused(p.reason)] for p in problems)


@click.command("import")
@click.argument("what")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--company", "code", required=True, help="Code of the company.")
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), help="Mapping file, or the name of a shipped one."
)
@click.option("--dry-run", is_flag=True, help="Do all the work, keep nothing.")
@click.option(
    "--only-good/--all-or-nothing", default=False, help="Load the good rows, or nothing when one is bad (default)."
)
@click.option(
    "--errors-to", type=click.Path(dir_okay=False, path_type=Path), help="Write every bad row into this CSV file."
)
@click.option("--reason", default="", help="For rules: why they change.")
def import_command(
    what: str,
    file: Path,
    code: str,
    mapping: Path | None,
    dry_run: bool,
    only_good: bool,
    errors_to: Path | None,
    reason: str,
) -> int:
    """Load records from a file: sanbao import complaints FILE --company C --mapping MAP.yaml

    WHAT is the name of an importer, or "rules" for a rule table in YAML. Exit status 1: there were bad rows.
    """
    from core.cli import company_context

    try:
        with company_context(code) as ctx:
            if what == "rules":
                return _load_rules(ctx, file, dry_run, reason)
            importer = importer_named(ctx.registry, what)
            owner = ctx.registry.owner_of("importers", what)
            if owner not in ctx.enabled:
                label = ctx.registry.plugin_label(owner)
                raise NotFound("module_off", _("The module “{module}” is switched off in this company.", module=label))
            read = read_mapping(_mapping_file(ctx, importer, mapping), importer)
            report = run_import(ctx, importer, file, read, dry_run=dry_run, only_good=only_good)
            if errors_to:
                write_problems(errors_to, report.problems)
            _print(report, dry_run)
    except DomainError as error:
        click.echo(f"sanbao import: {error.message}", err=True)
        return 2
    return 1 if report.bad_rows else 0


def _mapping_file(ctx: Ctx, importer: Importer, given: Path | None) -> Path:
    """The file named; without a folder and not there, the one of that name shipped with the importer's plugin."""
    folder = ctx.registry.plugins[ctx.registry.owner_of("importers", importer.name)].folder / "data" / "mappings"
    shipped = ", ".join(sorted(p.name for p in folder.glob("*.yaml")))
    if given is None:
        raise Invalid("mapping_needed", _("Say which mapping to use: --mapping FILE. Shipped: {names}", names=shipped))
    if given.exists():
        return given
    if (folder / given.name).exists():
        return folder / given.name
    raise NotFound("unknown_mapping", _("There is no mapping “{name}”. Shipped: {names}", name=given, names=shipped))


def _print(report: Report, dry_run: bool) -> None:
    for problem in report.problems[:SHOWN]:
        column = _("column {name}: ", name=problem.column) if problem.column else ""
        click.echo(
            _("line {line}: {column}{reason}", line=problem.line, column=column, reason=problem.reason), err=True
        )
    if len(report.problems) > SHOWN:
        more = len(report.problems) - SHOWN
        click.echo(_("… and {n} more; --errors-to FILE.csv lists all of them", n=more), err=True)
    for text, count in sorted(report.notes.items()):
        click.echo(f"{text}: {count}")
    words = {"rows": report.rows, "added": report.added, "known": report.known, "bad": report.bad_rows}
    if dry_run:
        click.echo(
            _(
                "Trial: of {rows} rows {added} would be added, {known} are known, {bad} are bad. Nothing was kept.",
                **words,
            )
        )
    elif report.loaded:
        click.echo(_("{rows} rows: {added} added, {known} known already, {bad} bad.", **words))
    else:
        click.echo(
            _(
                "Nothing was loaded: {bad} of {rows} rows are bad. Mend them, or load the rest with --only-good.",
                **words,
            )
        )


def _load_rules(ctx: Ctx, file: Path, dry_run: bool, reason: str) -> int:
    """Make a rule table's file the company's next version of that table, in force from today."""
    from core.decisions.errors import TableError
    from core.decisions.kinds import make_table
    from core.decisions.store import publish, save_draft, table_exists
    from core.shipped import read_table_file

    try:
        body = read_table_file(file)
    except TableError as error:
        click.echo(str(error), err=True)
        return 1
    if dry_run:
        click.echo(_("“{name}” can be read: {n} rows. Nothing was kept.", name=body["name"], n=len(body["rows"])))
        return 0
    kind = ctx.registry.table_def(body["name"])
    if kind is not None and kind.name != body["name"] and not table_exists(ctx, body["name"]):
        words = body["label"] if isinstance(body["label"], dict) else {"en": body["label"]}
        code = body["name"][len(kind.name) + 1 :]
        make_table(ctx, kind.name, code, words, body, reason=reason or _("Loaded from {file}", file=file.name))
        click.echo(_("“{name}” is made: {n} rows.", name=body["name"], n=len(body["rows"])))
        return 0
    with transaction(ctx):
        save_draft(
            ctx, body["name"], body, reason=reason or _("Loaded from {file}", file=file.name), effective_from=ctx.today
        )
        version = publish(ctx, body["name"])
        click.echo(_("Version {number} of “{name}” is in force from today.", number=version.number, name=body["name"]))
    return 0


if __name__ == "__main__":
    sys.exit(import_command(standalone_mode=False))
