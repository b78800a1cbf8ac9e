"""A table as people type it: a grid of texts whose rows move, and the way from a table to the grid and back.

Nothing typed is ever lost: a grid keeps every text as it was typed, fit or not; ``read_grid`` says what is wrong where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.decisions.celltext import cell_text, parse_cell_text, parse_output_text, value_text
from core.decisions.errors import CellError
from core.decisions.formula_tree import Formula
from core.decisions.model import ANY, Cell, Column, Row, Table, Value, Words
from core.decisions.values import Unfit
from core.decisions.words import words_of
from core.i18n import N_, get_locale

MAX_ROWS = 500
"""A grid holds no more rows; longer tables come as files."""


@dataclass
class TypedRow:
    """One row as typed. ``key`` names it within one page and stays with it while it moves."""

    key: str
    id: str | None = None
    when: dict[str, str] = field(default_factory=dict)
    then: dict[str, str] = field(default_factory=dict)
    note: str = ""
    clause: str = ""


@dataclass
class TypedGrid:
    """A whole grid as typed: the inputs shown, the rows, and the default's outputs (all blank: refer to a person)."""

    inputs: list[str]
    rows: list[TypedRow]
    default: dict[str, str]

    # --- what the buttons do: each keeps everything typed ---------------------------------------------------------

    def insert(self, at: str | None = None, below: bool = True) -> TypedRow:
        """A blank row next to the row with key ``at``, or at the end."""
        return self._put(TypedRow(self._fresh_key()), at, below)

    def copy(self, key: str) -> TypedRow:
        """The same row again, just below."""
        row = self.rows[self._place(key)]
        return self._put(
            replace(row, key=self._fresh_key(), id=None, when=dict(row.when), then=dict(row.then)), key, True
        )

    def remove(self, key: str) -> None:
        """Take the row out."""
        del self.rows[self._place(key)]

    def move(self, key: str, by: int) -> None:
        """Move the row up (negative) or down; at the edge it stays."""
        place = self._place(key)
        row = self.rows.pop(place)
        self.rows.insert(min(max(place + by, 0), len(self.rows)), row)

    def show(self, name: str) -> None:
        """Add a condition column; its cells fit anything until somebody types."""
        if name not in self.inputs:
            self.inputs.append(name)

    def hide(self, name: str) -> None:
        """Take a condition column and what was typed in it away; the last one stays."""
        if name in self.inputs and len(self.inputs) > 1:
            self.inputs.remove(name)
            for row in self.rows:
                row.when.pop(name, None)

    def _put(self, row: TypedRow, at: str | None, below: bool) -> TypedRow:
        known = [r.key for r in self.rows]
        place = known.index(at) + (1 if below else 0) if at in known else len(self.rows)
        self.rows.insert(place, row)
        return row

    def _place(self, key: str) -> int:
        return next(index for index, row in enumerate(self.rows) if row.key == key)

    def _fresh_key(self) -> str:
        taken = {row.key for row in self.rows}
        return next(key for number in range(1, len(taken) + 2) if (key := f"n{number}") not in taken)


def grid_of(table: Table, locale: str | None = None) -> TypedGrid:
    """The grid that shows ``table``, in the language of the moment unless another is asked for."""
    locale = locale or get_locale()
    rows = [
        TypedRow(
            key=f"r{number}",
            id=row.id,
            when={c.name: cell_text(c, row.when.get(c.name, ANY), locale) for c in table.inputs},
            then={c.name: value_text(c, row.then.get(c.name), locale) for c in table.outputs},
            note=words_of(row.note),
            clause=row.clause,
        )
        for number, row in enumerate(table.rows, start=1)
    ]
    default = table.default or {}
    return TypedGrid(
        [c.name for c in table.inputs],
        rows,
        {c.name: value_text(c, default.get(c.name), locale) for c in table.outputs},
    )


def read_grid(grid: TypedGrid, base: Table, available: Sequence[Column]) -> tuple[Table, list[CellError]]:
    """The table that a grid means, and every mistake in it by row and column.

    ``base`` gives what the grid does not show (label, outputs, policy, the other language of notes), ``available`` the
    inputs that may be shown. With mistakes the table is only good for showing what changed: cells that don't fit are
    left open.
    """
    columns = {column.name: column for column in available}
    inputs = tuple(columns[name] for name in grid.inputs if name in columns)
    reader = _Reader(inputs, base)
    rows = tuple(reader.row(number, row) for number, row in enumerate(grid.rows, start=1))
    return replace(base, inputs=inputs, rows=rows, default=reader.default(grid.default)), reader.errors


def with_row_ids(table: Table, prefix: str) -> Table:
    """The table with an id on every row, so that a row is known again after moving and in later versions."""
    taken = {row.id for row in table.rows if row.id is not None}
    fresh = (
        name for number in range(1, len(table.rows) + len(taken) + 1) if (name := f"{prefix}.{number}") not in taken
    )
    return replace(table, rows=tuple(row if row.id is not None else replace(row, id=next(fresh)) for row in table.rows))


def available_inputs(tables: Iterable[Table]) -> list[Column]:
    """All inputs of these tables, each once; the first table that has one says how it is typed and called."""
    found: dict[str, Column] = {}
    for table in tables:
        for column in table.inputs:
            found.setdefault(column.name, column)
    return list(found.values())


class _Reader:
    def __init__(self, inputs: tuple[Column, ...], base: Table):
        self.inputs = inputs
        self.base = base
        self.known = {row.id: row for row in base.rows if row.id is not None}
        self.errors: list[CellError] = []

    def row(self, number: int, typed: TypedRow) -> Row:
        before = self.known.get(typed.id) if typed.id else None
        return Row(
            when=self._conditions(number, typed.when),
            then=self._outputs(number, typed.then),
            id=typed.id,
            note=_note(before.note if before else "", typed.note.strip()),
            clause=typed.clause.strip(),
        )

    def default(self, typed: Mapping[str, str]) -> Mapping[str, Value | Formula] | None:
        return self._outputs(None, typed) if any(text.strip() for text in typed.values()) else None

    def _conditions(self, number: int, typed: Mapping[str, str]) -> dict[str, Cell]:
        cells = {}
        for column in self.inputs:
            try:
                cell = parse_cell_text(column, typed.get(column.name, ""))
            except Unfit as unfit:
                self._error(number, column, unfit)
            else:
                if cell != ANY:
                    cells[column.name] = cell
        return cells

    def _outputs(self, number: int | None, typed: Mapping[str, str]) -> dict[str, Value | Formula]:
        values: dict[str, Value | Formula] = {}
        for column in self.base.outputs:
            values[column.name] = None
            try:
                value = values[column.name] = parse_output_text(column, typed.get(column.name, ""), self.inputs)
            except Unfit as unfit:
                self._error(number, column, unfit)
                continue
            if value is None and column.required:
                self.errors.append(CellError(number, column.name, "missing_output", N_("Fill this in.")))
        return values

    def _error(self, number: int | None, column: Column, unfit: Unfit) -> None:
        problem = unfit.problem
        self.errors.append(CellError(number, column.name, problem.code, problem.message, problem.params))


def _note(before: Words, typed: str) -> Words:
    """A note after typing: the language of the moment is replaced, the other one kept."""
    if not typed or words_of(before) == typed:
        return before if typed else ""
    return {**before, get_locale(): typed} if isinstance(before, dict) else typed
