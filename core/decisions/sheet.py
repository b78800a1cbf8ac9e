"""A table as a spreadsheet that people edit and bring back: the grid's texts, one row of keys, lists to choose from.

Every cell is text and none is live: a formula of ours stands there as it is typed into the grid. A cell that comes back
as it was written keeps its value exactly, so a file that nobody edited changes nothing.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.decisions.celltext import cell_text, value_text
from core.decisions.errors import FLOAT, CellError
from core.decisions.grid import TypedGrid, TypedRow, grid_of, read_grid
from core.decisions.model import Cell, Column, Row, Table, column_words, words_of
from core.errors import Invalid
from core.i18n import LOCALES, N_, _, get_locale, use_locale

OTHERWISE = "*"
"""Stands for the id in the row of the default."""

MAX_SHEET_ROWS = 5_000
"""More rows than any table has; a sheet with more is refused."""

_LONGEST_TEXT = 32_767
_SPARE = 200
"""So many rows below the last one have the lists and text cells, too, for rows that are added."""

_EXACT_DIGITS = 15
"""Decimal digits that a spreadsheet's number keeps."""


@dataclass(frozen=True)
class SheetTable:
    """What a spreadsheet says: the table (good only for showing when there are errors), and every mistake with the
    address of its cell (``F9``; empty where it is about the whole sheet).
    """

    table: Table
    errors: list[tuple[str, CellError]]


# --- writing ----------------------------------------------------------------------------------------------------------


def write_sheet(table: Table, number: int, locale: str | None = None) -> bytes:
    """The table as an .xlsx file in a language; ``number`` is the version that it shows."""
    with use_locale(locale or get_locale()):
        return _Writer(table, number).file()


class _Writer:
    def __init__(self, table: Table, number: int):
        import xlsxwriter

        self.table = table
        self.number = number
        self.grid = grid_of(table)
        self.target = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.target, {"in_memory": True})
        looks: dict[str, dict] = {
            "text": {"num_format": "@", "valign": "top", "text_wrap": True},
            "result": {"num_format": "@", "valign": "top", "text_wrap": True, "bg_color": "#F2F5F9"},
            "head": {"bold": True, "bg_color": "#EFF1F5", "bottom": 1, "text_wrap": True, "valign": "top"},
            "key": {"font_color": "#5F6B7E", "font_size": 9, "num_format": "@"},
            "title": {"bold": True, "font_size": 14, "num_format": "@"},
        }
        self.look = {name: self.book.add_format(look) for name, look in looks.items()}
        self.rules = self.book.add_worksheet(_("Rules"))
        self.notes = self.book.add_worksheet(_("Notes on the columns"))
        self.notes_line = 0

    def file(self) -> bytes:
        columns = _sheet_columns(self.table)
        self._put(self.rules, 0, 0, self.table.name, "key")
        self._put(self.rules, 0, 1, get_locale(), "key")
        self._put(self.rules, 0, 2, words_of(self.table.label), "title")
        for place, (key, heading, kind) in enumerate(columns):
            self._put(self.rules, 1, place, key, "key")
            self._put(self.rules, 2, place, heading, "head")
            self._put(self.rules, 3, place, kind, "key")
            self.rules.set_column(place, place, 12 if place == 0 else 40 if key == "note" else 20)
        self._rows([key for key, _heading, _kind in columns])
        self.rules.freeze_panes(4, 1)
        self._notes()
        self.book.close()
        return self.target.getvalue()

    def _rows(self, keys: Sequence[str]) -> None:
        lines = [*(_line_of(row) for row in self.grid.rows), _default_line(self.grid)]
        for at, line in enumerate(lines, start=4):
            for place, key in enumerate(keys):
                self._put(self.rules, at, place, line.get(key, ""), "result" if key.startswith("then.") else "text")
        last = 3 + len(lines) + _SPARE
        for place, key in enumerate(keys):
            for at in range(4 + len(lines), last + 1):
                self.rules.write_blank(at, place, None, self.look["result" if key.startswith("then.") else "text"])
        self.rules.ignore_errors({"number_stored_as_text": f"A1:{_address(last, len(keys) - 1)}"})
        self.last = last

    def _notes(self) -> None:
        self.notes.set_column(0, 0, 24)
        self.notes.set_column(1, 4, 28)
        for text in (
            _("Version {number} of “{table}”", number=self.number, table=words_of(self.table.label)),
            _("Rows are read from top to bottom. Add some anywhere with an empty first cell; delete what is gone."),
            _("The first cell of a row knows it again: leave it as it is."),
            _("“{mark}” is what holds when no row fits.", mark=OTHERWISE),
            _("Conditions: a value, several with commas, ≥ 10, 10–20, not X, or nothing for anything."),
            _("A result that is a number may be a formula, like = round(x * 2.5, 2); it stands there as text."),
        ):
            self._note([text])
        self.notes_line += 1
        self._note([_("Column"), _("Type"), _("What it is"), _("Typed as"), _("Reads")], "head")
        places = {key: place for place, (key, _heading, _kind) in enumerate(_sheet_columns(self.table))}
        for part, column in [*(("when", c) for c in self.table.inputs), *(("then", c) for c in self.table.outputs)]:
            self._note([column_words(column), _type_words(column), words_of(column.description)])
            listed = _choices(column, part)
            begin = self.notes_line
            for typed, reads in listed:
                self._note(["", "", "", typed, reads])
            if listed:
                self._list(places[f"{part}.{column.name}"], begin, part)

    def _list(self, place: int, begin: int, part: str) -> None:
        sheet = self.notes.get_name().replace("'", "''")
        source = f"='{sheet}'!$D${begin + 1}:$D${self.notes_line}"
        rule = {"validate": "list", "source": source, "show_error": part == "then", "ignore_blank": True}
        if part == "then":
            rule |= {"error_type": "warning", "error_message": _("This is not in the list.")}
        self.rules.data_validation(4, place, self.last, place, rule)

    def _note(self, texts: Sequence[str], look: str = "text") -> None:
        for place, text in enumerate(texts):
            self._put(self.notes, self.notes_line, place, text, look)
        self.notes_line += 1

    def _put(self, sheet, line: int, place: int, text: str, look: str) -> None:
        if len(text) > _LONGEST_TEXT:
            message = _("A text of this table is too long for a spreadsheet. Download it as YAML instead.")
            raise Invalid("too_long_for_sheet", message)
        sheet.write_string(line, place, text, self.look[look])


def _sheet_columns(table: Table) -> list[tuple[str, str, str]]:
    """(key, heading, type in words) of each column of the sheet."""
    found = [("id", _("Row"), "")]
    found += [(f"when.{c.name}", _("If: {column}", column=_heading(c)), _type_words(c)) for c in table.inputs]
    found += [(f"then.{c.name}", _("Then: {column}", column=_heading(c)), _type_words(c)) for c in table.outputs]
    return [*found, ("clause", _("Clause"), ""), ("note", _("Remark"), "")]


def _heading(column: Column) -> str:
    unit = words_of(column.unit)
    return _("{column} ({unit})", column=column_words(column), unit=unit) if unit else column_words(column)


def _type_words(column: Column) -> str:
    return _(_TYPES[column.type])


_TYPES = {
    "str": N_("text"),
    "int": N_("whole number"),
    "decimal": N_("number"),
    "date": N_("date"),
    "bool": N_("yes or no"),
    "choice": N_("one of a list"),
}


def _choices(column: Column, part: str) -> list[tuple[str, str]]:
    """(as one types it, as it reads) of what a column's list offers."""
    values: list = [choice.value for choice in column.choices]
    values = [True, False] if column.type == "bool" else values
    if part == "then":
        return [(value_text(column, value), _reads(column, value)) for value in values]
    return [(cell_text(column, Cell("equals", (value,))), _reads(column, value)) for value in values]


def _reads(column: Column, value: object) -> str:
    choice = column.choice(value)
    return "" if choice is None else choice.value


def _line_of(row: TypedRow) -> dict[str, str]:
    line = {"id": _escaped(row.id or ""), "note": row.note, "clause": row.clause}
    line |= {f"when.{name}": text for name, text in row.when.items()}
    return line | {f"then.{name}": text for name, text in row.then.items()}


def _default_line(grid: TypedGrid) -> dict[str, str]:
    return {"id": OTHERWISE} | {f"then.{name}": text for name, text in grid.default.items()}


def _escaped(row_id: str) -> str:
    return OTHERWISE + row_id if row_id.startswith(OTHERWISE) else row_id


# --- reading ----------------------------------------------------------------------------------------------------------


def read_sheet(raw: bytes, base: Table, available: Sequence[Column]) -> SheetTable:
    """What a spreadsheet made of ``write_sheet`` says after somebody edited it. Raises Invalid when it is none.

    ``base`` gives what a sheet does not show, and the values of cells that come back as they were written;
    ``available`` are the inputs that may stand in it.
    """
    lines = _lines(raw)
    if not lines or len(lines) > MAX_SHEET_ROWS:
        raise _no_sheet()
    head = next((at for at, line in enumerate(lines[:10]) if "id" in line and any(_is_key(c) for c in line)), None)
    if head is None:
        raise _no_sheet()
    named = _text(lines[0][0]) if head and lines[0] else ""
    if named and named != base.name:
        message = _("This file is of the table “{wrong}”, not of “{right}”.", wrong=named, right=base.name)
        raise Invalid("other_table", message, "file")
    written = _text(lines[0][1]) if head and len(lines[0]) > 1 else ""
    with use_locale(written if written in LOCALES else get_locale()):
        return _Reader(lines, head, base, available).read()


def _no_sheet() -> Invalid:
    words = _("This is no sheet of this table. Download one here, edit it, upload it again; its row of keys must stay.")
    return Invalid("no_rule_sheet", words, "file")


def _lines(raw: bytes) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheet = book.get_sheet_by_index(0)
        if sheet.total_height > MAX_SHEET_ROWS or sheet.total_width > 500:
            raise _no_sheet()
        return sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid("unreadable_file", _("The file can't be read: {detail}.", detail=error), "file") from error


def _is_key(cell: object) -> bool:
    return isinstance(cell, str) and cell.startswith(("when.", "then."))


class _Reader:
    def __init__(self, lines: list[list[Any]], head: int, base: Table, available: Sequence[Column]):
        self.lines = lines
        self.head = head
        self.base = base
        self.available = available
        self.errors: list[tuple[str, CellError]] = []
        self.places: dict[str, int] = {}
        """Key → column of the sheet."""
        self.line_of: list[int] = []
        """Line of the sheet of each row of the grid."""
        self.default_line: int | None = None

    def read(self) -> SheetTable:
        self._keys()
        grid = self._grid()
        table, errors = read_grid(grid, self.base, self.available)
        gone = {name for name in outputs_of(self.base) if f"then.{name}" not in self.places}
        told = [error for error in errors if error.column not in gone]
        self.errors += [(self._address_of(error), error) for error in told]
        return SheetTable(self._unedited(table, grid), self.errors)

    def _keys(self) -> None:
        known = {"id", "clause", "note", *(f"when.{c.name}" for c in self.available)}
        known |= {f"then.{c.name}" for c in self.base.outputs}
        for place, cell in enumerate(self.lines[self.head]):
            key = _text(cell)
            if not key:
                continue
            if key not in known:
                self._mistake(self.head, place, "unknown_column", N_("This table has no column {key}."), key=key)
            elif key in self.places:
                self._mistake(self.head, place, "repeated_column", N_("The column {key} stands here twice."), key=key)
            else:
                self.places[key] = place
        for column in self.base.outputs:
            if f"then.{column.name}" not in self.places:
                message = N_("The result {name} is missing; the module reads it.")
                self.errors.append(("", CellError(None, column.name, "missing_column", message, {"name": column.name})))

    def _grid(self) -> TypedGrid:
        inputs = [key.removeprefix("when.") for key in self._ordered() if key.startswith("when.")]
        grid = TypedGrid(inputs, [], {c.name: "" for c in self.base.outputs})
        seen: set[str] = set()
        for at in range(self.head + 3, len(self.lines)):
            texts = {key: self._cell(at, key) for key in self.places}
            if not any(text.strip() for text in texts.values()):
                continue
            then = {c.name: texts.get(f"then.{c.name}", "") for c in self.base.outputs}
            row_id = texts.get("id", "").strip()
            if row_id == OTHERWISE and self.default_line is None:
                self.default_line, grid.default = at, then
                continue
            row_id = row_id.removeprefix(OTHERWISE)
            known = row_id if row_id and row_id not in seen else None  # a copied row is a new one
            seen.add(row_id)
            when = {name: texts[f"when.{name}"] for name in inputs}
            self.line_of.append(at)
            row = TypedRow(f"r{at}", known, when, then, texts.get("note", ""), texts.get("clause", ""))
            grid.rows.append(row)
        return grid

    def _ordered(self) -> list[str]:
        return sorted(self.places, key=lambda key: self.places[key])

    def _cell(self, line: int, key: str) -> str:
        place = self.places[key]
        cells = self.lines[line]
        value = cells[place] if place < len(cells) else None
        if isinstance(value, float) and len(Decimal(repr(value)).normalize().as_tuple().digits) > _EXACT_DIGITS:
            self._mistake(line, place, "float", FLOAT, value=repr(value))
        return _text(value)

    def _unedited(self, table: Table, grid: TypedGrid) -> Table:
        """Cells that read as they were written keep the value of the base, whatever it was."""
        written = {row.id: row for row in grid_of(self.base).rows}
        before = {row.id: row for row in self.base.rows}
        rows = tuple(
            _kept(row, typed, before[row.id], written[row.id]) if row.id is not None and row.id in before else row
            for row, typed in zip(table.rows, grid.rows, strict=True)
        )
        same = grid.default == grid_of(self.base).default
        return replace(table, rows=rows, default=self.base.default if same else table.default)

    # --- mistakes -------------------------------------------------------------------------------------------------

    def _mistake(self, line: int, place: int, code: str, message: str, **params: object) -> None:
        self.errors.append((_address(line, place), CellError(None, None, code, message, params)))

    def _address_of(self, error: CellError) -> str:
        line = self.default_line if error.row is None else self.line_of[error.row - 1]
        keys = (f"when.{error.column}", f"then.{error.column}")
        place = next((self.places[key] for key in self._keys_for(error, keys) if key in self.places), None)
        return "" if line is None or place is None else _address(line, place)

    def _keys_for(self, error: CellError, keys: tuple[str, str]) -> tuple[str, ...]:
        """An input and an output may have the same name: mistakes of outputs tell by their code or by the default."""
        outputs = set(outputs_of(self.base))
        is_output = error.row is None or error.code == "missing_output" or error.code.startswith("formula")
        return keys[::-1] if is_output and error.column in outputs else keys


def outputs_of(table: Table) -> list[str]:
    """The names of a table's outputs."""
    return [column.name for column in table.outputs]


def _kept(row: Row, typed: TypedRow, before: Row, written: TypedRow) -> Row:
    when = dict(row.when)
    for name, text in typed.when.items():
        if written.when.get(name) == text:
            when.pop(name, None)
            if name in before.when:
                when[name] = before.when[name]
    then: Mapping = {
        name: before.then.get(name) if written.then.get(name) == typed.then.get(name) else value
        for name, value in row.then.items()
    }
    note = before.note if written.note == typed.note else row.note
    clause = before.clause if written.clause == typed.clause else row.clause
    return replace(row, when=_in_order(when, before, row), then=then, note=note, clause=clause)


def _in_order(when: dict, before: Row, row: Row) -> dict:
    return {name: when[name] for name in dict.fromkeys([*row.when, *before.when, *when]) if name in when}


def _text(value: object) -> str:
    """A spreadsheet's value as one would type it; numbers come as floats."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() else value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return _LINE_END.sub("\n", str(value))


_LINE_END = re.compile(r"\r\n?")


def _address(line: int, place: int) -> str:
    """The name of a cell as the spreadsheet shows it: ``F9``."""
    letters, rest = "", place + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{line + 1}"
