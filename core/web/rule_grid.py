"""The rule grid between browser and service: what a form holds, and what a page or the script shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from werkzeug.datastructures import MultiDict

from core.decisions.analysis import Analysis, Overlap, Unreachable, analyse
from core.decisions.celltext import cell_text, value_text
from core.decisions.company_names import UnknownName, unknown_names
from core.decisions.compare import CellChange, RowChange, TableDiff, diff
from core.decisions.errors import CellError
from core.decisions.formula_tree import FUNCTIONS, typed_name
from core.decisions.formulas import FORMULA_TYPES, risks
from core.decisions.grid import MAX_ROWS, TypedGrid, TypedRow, grid_of
from core.decisions.model import Cell, Column, Table, Value
from core.decisions.remarks import risk_words
from core.decisions.trials import Hits
from core.decisions.words import column_words, condition_words, either, row_words, value_words, words_of
from core.errors import Invalid
from core.i18n import _, get_locale, n_

STEPS = 10_000
"""Search steps of the analysis behind a page: a table of some dozen rows takes a few thousand."""

SHOWN = 8
"""So many findings of a sort are told; more are counted."""


@dataclass(frozen=True)
class ColumnView:
    """A column's head, and what its editor offers: ``choices`` are (text to type, label, stands alone)."""

    name: str
    part: str
    label: str
    type: str
    unit: str
    description: str
    hint: str
    choices: tuple[tuple[str, str, bool], ...]
    required: bool
    added: bool = False
    parts: tuple[tuple[str, str], ...] = ()
    """What a formula in this column may be made of: (text to type, words)."""


@dataclass(frozen=True)
class CellView:
    """One cell: its form field, text, and how it differs from the version before (``old`` is that one's text)."""

    field: str
    label: str
    text: str
    any: bool = False
    changed: bool = False
    old: str = ""
    error: str = ""
    code: str = ""
    """The code that the table keeps, where the text is a name of the company's."""


@dataclass(frozen=True)
class RowView:
    """A row of the grid. ``kind`` is added, changed or same; ``was`` its number in the version before."""

    key: str
    id: str
    number: int
    kind: str
    moved: bool
    was: int | None
    when: tuple[CellView, ...]
    then: tuple[CellView, ...]
    note: CellView
    clause: CellView
    hits: int | None


@dataclass(frozen=True)
class Finding:
    """Something noteworthy about a table in words; ``kind`` is warn or info, ``rows`` where to look."""

    kind: str
    text: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class GridView:
    """All that a page shows of a grid."""

    inputs: tuple[ColumnView, ...]
    outputs: tuple[ColumnView, ...]
    rows: tuple[RowView, ...]
    default: tuple[CellView, ...]
    default_hits: int | None
    removed: tuple[str, ...]
    summary: str
    """What was changed, in words; empty when nothing was."""
    findings: tuple[Finding, ...]
    verdict: str
    clean: bool
    errors: tuple[str, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    """Conditions that could be added: (name, label)."""
    unused: tuple[int, ...] = ()
    """Rows that were there before and have no hit."""
    hits_cut: bool = False
    """Only the newest decisions were counted: there were more."""
    rows_with: Mapping[str, int] = field(default_factory=dict)
    """How many rows have a condition in each column: what hiding it would drop."""

    def to_json(self) -> dict:
        """What the script needs to mark the cells: by row key and by form field."""
        cells = [c for row in self.rows for c in (*row.when, *row.then, row.note, row.clause)]
        return {
            "rows": {row.key: {"number": row.number, "kind": row.kind, "moved": row.moved} for row in self.rows},
            "cells": {
                cell.field: {
                    "text": cell.text,
                    "any": cell.any,
                    "changed": cell.changed,
                    "old": cell.old,
                    "error": cell.error,
                }
                for cell in (*cells, *self.default)
            },
            "errors": len(self.errors),
        }


# --- the form -------------------------------------------------------------------------------------------------------


def grid_from_form(form: MultiDict, outputs: Sequence[Column]) -> TypedGrid:
    """The grid that a form holds. Only fields of the table's own columns are read."""
    keys = form.getlist("row")
    if len(keys) > MAX_ROWS or len(set(keys)) != len(keys):
        raise Invalid("too_many_rows", _("A grid holds {n} rows at most. Upload a file for more.", n=MAX_ROWS), "rows")
    inputs = list(dict.fromkeys(form.getlist("input")))
    rows = [
        TypedRow(
            key=key,
            id=form.get(f"{key}.id") or None,
            when={name: form.get(f"{key}.w.{name}", "") for name in inputs},
            then={column.name: form.get(f"{key}.t.{column.name}", "") for column in outputs},
            note=form.get(f"{key}.note", ""),
            clause=form.get(f"{key}.clause", ""),
        )
        for key in keys
    ]
    return TypedGrid(inputs, rows, {column.name: form.get(f"d.t.{column.name}", "") for column in outputs})


def carry_out(grid: TypedGrid, verb: str, what: str) -> None:
    """What a button of the grid does: ``insert:KEY``, ``copy:KEY``, ``show:NAME`` …; unknown ones do nothing."""
    known = {row.key for row in grid.rows}
    if verb == "insert" and len(grid.rows) < MAX_ROWS:
        grid.insert(what or None)
    elif verb == "show":
        grid.show(what)
    elif verb == "hide":
        grid.hide(what)
    elif what in known:
        if verb == "copy" and len(grid.rows) < MAX_ROWS:
            grid.copy(what)
        elif verb == "remove":
            grid.remove(what)
        elif verb in ("up", "down"):
            grid.move(what, -1 if verb == "up" else 1)


# --- the view -------------------------------------------------------------------------------------------------------


def view_of(
    table: Table,
    base: Table | None,
    *,
    grid: TypedGrid | None = None,
    errors: Sequence[CellError] = (),
    hits: Hits | None = None,
    hits_table: Table | None = None,
    available: Sequence[Column] = (),
) -> GridView:
    """What a page shows of ``table`` against the version before it.

    ``grid`` and ``errors`` are what was typed, where the table comes from a form. ``hits`` are those of ``hits_table``
    (the version in force), or else of ``base``; they go with their rows wherever these stand now.
    """
    told = grid_of(table)
    typed = grid or told
    changes = diff(base, table) if base is not None else None
    counted = diff(hits_table, table) if hits_table is not None else changes
    before = base or table
    maker = _Cells(table, before, errors)
    rows = tuple(
        _row_view(
            maker,
            typed_row,
            told_row,
            changes.of_row(number) if changes else None,
            _hits(hits, counted.of_row(number) if counted else None, number),
            number,
        )
        for number, (typed_row, told_row) in enumerate(zip(typed.rows, told.rows, strict=True), start=1)
    )
    analysis = None if errors else analyse(table, STEPS)
    findings, verdict = ((), "") if analysis is None else findings_of(table, analysis)
    return GridView(
        inputs=tuple(_column_view(c, "when", base, table) for c in table.inputs),
        outputs=tuple(_column_view(c, "then", base, table) for c in table.outputs),
        rows=rows,
        default=maker.default(typed.default, told.default),
        default_hits=hits.none if hits else None,
        removed=_removed(before, changes),
        summary=summary_of(table, before, changes),
        findings=findings,
        verdict=verdict,
        clean=analysis is not None and analysis.clean,
        errors=tuple(error_words(table, e) for e in errors),
        hidden=tuple((c.name, column_words(c)) for c in available if c.name not in {i.name for i in table.inputs}),
        unused=tuple(r.number for r in rows if r.hits == 0 and r.kind != "added"),
        hits_cut=hits.cut if hits else False,
        rows_with={c.name: sum(c.name in row.when for row in table.rows) for c in table.inputs},
    )


def error_words(table: Table, error: CellError) -> str:
    """A mistake with its place, columns called as on the page."""
    columns = {c.name: column_words(c) for c in (*table.inputs, *table.outputs)}
    column = columns.get(error.column or "", error.column or "")
    if error.row is not None:
        return _("Row {row}, {column}: {problem}", row=error.row, column=column, problem=error.text())
    return _("{place}: {problem}", place=column, problem=error.text()) if column else error.text()


class _Cells:
    """Makes the cells of rows: what stands in them now, before, and what is wrong with them."""

    def __init__(self, table: Table, before: Table, errors: Sequence[CellError]):
        self.table = table
        self.inputs = {c.name: c for c in (*before.inputs, *table.inputs)}
        self.outputs = {c.name: c for c in (*before.outputs, *table.outputs)}
        self.before = before
        self.errors = {(e.row, e.column): e.text() for e in errors}

    def when(self, column: Column, row: TypedRow, told: TypedRow, number: int, old: Mapping) -> CellView:
        error = self.errors.get((number, column.name), "")
        text = row.when.get(column.name, "") if error else told.when[column.name]
        is_any = not error and column.name not in self.table.rows[number - 1].when
        return self._cell(
            f"{row.key}.w.{column.name}", column, number, text, is_any, old.get(("when", column.name)), error
        )

    def then(self, column: Column, row: TypedRow, told: TypedRow, number: int, old: Mapping) -> CellView:
        error = self.errors.get((number, column.name), "")
        text = row.then.get(column.name, "") if error else told.then[column.name]
        cell = self._cell(
            f"{row.key}.t.{column.name}", column, number, text, False, old.get(("then", column.name)), error
        )
        value = self.table.rows[number - 1].then.get(column.name)
        return replace(cell, code=str(value)) if column.of and value not in (None, text) else cell

    def words(self, part: str, label: str, row: TypedRow, told: TypedRow, number: int, old: Mapping) -> CellView:
        change = old.get((part, ""))
        before = words_of(change.old) if change else ""
        name = _("Row {row}, {column}", row=number, column=label)
        return CellView(f"{row.key}.{part}", name, getattr(told, part), False, change is not None, before)

    def default(self, typed: Mapping[str, str], told: Mapping[str, str]) -> tuple[CellView, ...]:
        cells = []
        before = self.before.default or {}
        for column in self.table.outputs:
            error = self.errors.get((None, column.name), "")
            old = value_text(column, before.get(column.name))
            text = typed.get(column.name, "") if error else told[column.name]
            label = _("Otherwise, {column}", column=column_words(column))
            changed = text != old and not error
            cells.append(CellView(f"d.t.{column.name}", label, text, False, changed, old if changed else "", error))
        return tuple(cells)

    def _cell(
        self, name: str, column: Column, number: int, text: str, is_any: bool, change: CellChange | None, error: str
    ) -> CellView:
        label = _("Row {row}, {column}", row=number, column=column_words(column))
        old = "" if change is None else self._old(column, change)
        return CellView(name, label, text, is_any, change is not None and not error, old, error)

    def _old(self, column: Column, change: CellChange) -> str:
        if isinstance(change.old, Cell):
            return cell_text(self.inputs[column.name], change.old)
        value: Value = change.old  # type: ignore[assignment]
        return value_text(self.outputs[column.name], value) or _("nothing")


def _row_view(
    maker: _Cells, typed: TypedRow, told: TypedRow, change: RowChange | None, hits: int | None, number: int
) -> RowView:
    known = change is not None and change.old is not None
    old = {(c.part, c.name): c for c in change.cells if c.part != "id"} if change and known else {}
    kind = "same" if change is None else "added" if not known else "changed" if old else "same"
    return RowView(
        key=typed.key,
        id=typed.id or "",
        number=number,
        kind=kind,
        moved=bool(change and change.moved),
        was=change.old if change else number,
        when=tuple(maker.when(c, typed, told, number, old) for c in maker.table.inputs),
        then=tuple(maker.then(c, typed, told, number, old) for c in maker.table.outputs),
        note=maker.words("note", _("Remark"), typed, told, number, old),
        clause=maker.words("clause", _("Clause"), typed, told, number, old),
        hits=hits,
    )


def _hits(hits: Hits | None, change: RowChange | None, number: int) -> int | None:
    if hits is None:
        return None
    old = number if change is None else change.old
    return hits.rows.get(old, 0) if old else 0


def _column_view(column: Column, part: str, base: Table | None, table: Table) -> ColumnView:
    known = {c.name for c in (*base.inputs, *base.outputs)} if base else {column.name}
    return ColumnView(
        name=column.name,
        part=part,
        label=column_words(column),
        type=column.type,
        unit=words_of(column.unit),
        description=words_of(column.description),
        hint=_condition_hint(column) if part == "when" else _output_hint(column),
        choices=_choices(column, part),
        required=column.required if part == "then" else not column.optional,
        added=column.name not in known,
        parts=_formula_parts(table) if part == "then" and column.type in FORMULA_TYPES else (),
    )


def _formula_parts(table: Table) -> tuple[tuple[str, str], ...]:
    """The facts and functions that the editor offers within a formula."""
    locale = get_locale()
    facts = [
        (typed_name(column, table.inputs, locale), _fact_part(column))
        for column in table.inputs
        if column.type in (*FORMULA_TYPES, "date")
    ]
    functions = [
        ("round", _("rounded to places: {example}")),
        ("min", _("the smallest: {example}")),
        ("max", _("the largest: {example}")),
        ("floor", _("rounded down: {example}")),
        ("ceil", _("rounded up: {example}")),
        ("abs", _("without its sign: {example}")),
        ("days_between", _("days from one date to another: {example}")),
    ]
    examples = {"round": "(x, 2)", "min": "(x, y)", "max": "(x, y)", "days_between": "(x, y)"}
    for name, words in functions:
        called = FUNCTIONS[name][locale]
        facts.append((f"{called}(", words.replace("{example}", called + examples.get(name, "(x)"))))
    return tuple(facts)


def _fact_part(column: Column) -> str:
    unit = words_of(column.unit)
    return _("{column} ({unit})", column=column_words(column), unit=unit) if unit else column_words(column)


def _choices(column: Column, part: str) -> tuple[tuple[str, str, bool], ...]:
    """What the editor's list offers, as one would type it and as it reads."""
    values: list[Value] = [c.value for c in column.choices]
    if column.type == "bool":
        values = [True, False]
    if part == "then":
        blank = [] if column.required else [("", _("nothing"), True)]
        return tuple(blank + [(value_text(column, v), _offered(column, v), True) for v in values]) if values else ()
    listed = [(cell_text(column, Cell("equals", (v,))), _offered(column, v), False) for v in values]
    special = ["any", *(["empty", "not_empty"] if column.optional else [])]
    return tuple([(text, text, True) for op in special if (text := cell_text(column, Cell(op)))] + listed)


def _offered(column: Column, value: Value) -> str:
    """A value in the editor's list; a name of the company's with its code."""
    words = value_words(column, value)
    return _("{name} ({code})", name=words, code=value) if column.of and words != value else words


def _condition_hint(column: Column) -> str:
    hints = {
        "int": _("A number 12, a range 10–20, ≥ 10, < 20, or several: 1, 2, 3"),
        "decimal": _("A number 12.5, a range 10–20, ≥ 10, < 20, or several: 1, 2.5"),
        "date": _("A day 2026-03-01, a range 2026-03-01–2026-06-30, ≥ or < a day"),
        "str": _("A text, or several with commas; also: starts with A, contains B, not C"),
        "choice": _("One or several; “not” before them excludes them"),
        "bool": _("yes or no"),
    }
    return hints[column.type] + _("; blank: any")


def _output_hint(column: Column) -> str:
    hints = {
        "int": _("A whole number, like 12, or a formula with = before it, like = days_between(from, to)"),
        "decimal": _("A number, like 12.50, or a formula with = before it, like = round(distance * 2.5, 2)"),
        "date": _("A day, like 2026-03-01"),
        "str": _("One of the list, by name or code") if column.of else words_of(column.description) or _("A text"),
        "choice": _("One of the list"),
        "bool": _("yes or no"),
    }
    return hints[column.type]


def blank_row(view: GridView) -> RowView:
    """The row that the script copies when somebody adds one; it replaces ``__KEY__``."""

    def cell(part: str, label: str) -> CellView:
        return CellView(f"__KEY__.{part}", _("New row, {column}", column=label), "")

    return RowView(
        key="__KEY__",
        id="",
        number=0,
        kind="added",
        moved=False,
        was=None,
        when=tuple(cell(f"w.{c.name}", c.label) for c in view.inputs),
        then=tuple(cell(f"t.{c.name}", c.label) for c in view.outputs),
        note=cell("note", _("Remark")),
        clause=cell("clause", _("Clause")),
        hits=None,
    )


# --- what changed, what is noteworthy -------------------------------------------------------------------------------


def _removed(before: Table, changes: TableDiff | None) -> tuple[str, ...]:
    if changes is None:
        return ()
    gone = [row.old for row in changes.rows if row.new is None and row.old is not None]
    return tuple(_("Row {row}: {conditions}", row=number, conditions=row_words(before, number)) for number in gone)


def summary_of(table: Table, before: Table, changes: TableDiff | None) -> str:
    """What an edit did, in words: "2 rows changed, 1 added"."""
    if changes is None:
        return ""
    count = dict.fromkeys(("changed", "added", "removed"), 0)
    moved = 0
    for row in changes.rows:
        kind = "same" if row.kind == "changed" and all(c.part == "id" for c in row.cells) else row.kind
        if kind in count:
            count[kind] += 1
        moved += row.moved
    parts = [
        n_("{n} row changed", "{n} rows changed", count["changed"]) if count["changed"] else "",
        n_("{n} row added", "{n} rows added", count["added"]) if count["added"] else "",
        n_("{n} row removed", "{n} rows removed", count["removed"]) if count["removed"] else "",
        n_("{n} row moved", "{n} rows moved", moved) if moved else "",
        _columns_words(_("condition added: {names}"), table, changes.columns_added),
        _columns_words(_("condition taken away: {names}"), before, changes.columns_removed),
        _("what holds otherwise changed") if "default" in changes.properties else "",
    ]
    return _(", ").join(part for part in parts if part)


def _columns_words(words: str, table: Table, names: Sequence[str]) -> str:
    columns = {c.name: column_words(c) for c in (*table.inputs, *table.outputs)}
    return words.replace("{names}", _(", ").join(columns.get(name, name) for name in names)) if names else ""


def findings_of(table: Table, analysis: Analysis) -> tuple[tuple[Finding, ...], str]:
    """Gaps, rows that never fire and rows that cross, each in words; and the whole in one sentence."""
    found = [_unreachable(row) for row in analysis.unreachable]
    if not analysis.has_default:
        found += [Finding("warn", _gap(table, gap.region, gap.sample)) for gap in analysis.gaps[:SHOWN]]
        more = len(analysis.gaps) - SHOWN
        if more > 0 or analysis.more_gaps:
            found.append(Finding("warn", _("There are more gaps; fill these first.")))
    if table.hit_policy == "first":
        crossing = [o for o in analysis.overlaps if o.kind == "crossing" and not o.same_outputs]
        found += [_crossing(table, overlap) for overlap in crossing[:SHOWN]]
    found += [
        Finding("warn", risk_words(risk), (risk.row,) if risk.row else ()) for risk in islice(risks(table), SHOWN)
    ]
    found += [Finding("warn", _unknown_name(name), (name.row,) if name.row else ()) for name in _unknown(table)]
    if not analysis.complete:
        words = _("The table is too large to be searched for gaps completely; what is told here is right.")
        found.append(Finding("info", words))
    return tuple(found), _verdict(analysis)


def _unknown(table: Table) -> Iterator[UnknownName]:
    return islice(unknown_names(table), SHOWN)


def _unknown_name(name: UnknownName) -> str:
    column = column_words(name.column)
    if name.row is None:
        return _("Otherwise, {column}: the company has no “{code}”, or it is closed.", column=column, code=name.code)
    where = {"row": name.row, "column": column, "code": name.code}
    return _("Row {row}, {column}: the company has no “{code}”, or it is closed.", **where)


def _verdict(analysis: Analysis) -> str:
    gaps = len(analysis.gaps) if not analysis.has_default else 0
    if gaps or analysis.unreachable:
        parts = [n_("{n} gap", "{n} gaps", gaps) if gaps else ""]
        dead = len(analysis.unreachable)
        parts.append(n_("{n} row never counts", "{n} rows never count", dead) if dead else "")
        return _(", ").join(part for part in parts if part)
    if not analysis.complete:
        return _("Not searched completely")
    if analysis.gaps:
        return _("No row stands twice; other cases go by “Otherwise”")
    return _("No gap, no row twice")


def _unreachable(row: Unreachable) -> Finding:
    if not row.covered_by:
        return Finding("warn", _("Row {row} fits no case at all.", row=row.row), (row.row,))
    rows = _(", ").join(str(number) for number in row.covered_by)
    words = _("Row {row} never counts: what fits it is decided above, by row {rows}.", row=row.row, rows=rows)
    return Finding("warn", words, (row.row, *row.covered_by))


def _gap(table: Table, region: Mapping[str, tuple[Cell, ...]] | None, sample: Mapping[str, Value]) -> str:
    example = case_words(table, sample)
    if not region:
        return _("No row fits, for example: {example}.", example=example)
    columns = {c.name: c for c in table.inputs}
    clauses = [either([condition_words(columns[name], cell) for cell in cells]) for name, cells in region.items()]
    return _(
        "No row fits when {conditions}. For example: {example}.", conditions=_("; ").join(clauses), example=example
    )


def _crossing(table: Table, overlap: Overlap) -> Finding:
    words = _(
        "Rows {first} and {second} both fit, for example: {example}. Row {first} counts.",
        first=overlap.first,
        second=overlap.second,
        example=case_words(table, overlap.sample),
    )
    return Finding("info", words, (overlap.first, overlap.second))


def case_words(table: Table, facts: Mapping[str, object]) -> str:
    """A case in words: the facts that some row of the table asks for."""
    asked = {name for row in table.rows for name in row.when}
    columns = [c for c in table.inputs if c.name in facts and (c.name in asked or not asked)]
    values = [
        _("{column} {value}", column=column_words(c), value=value_words(c, facts[c.name]))  # type: ignore[arg-type]
        for c in columns
    ]
    return _("; ").join(values) or _("any case")
