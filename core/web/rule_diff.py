"""Two versions of a rule table side by side, row by row and cell by cell, for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.decisions.celltext import cell_text, value_text
from core.decisions.compare import CellChange, RowChange, TableDiff, diff
from core.decisions.model import Cell, Choice, Column, Table, column_words, words_of
from core.decisions.words import outputs_words, row_words
from core.i18n import LOCALES, _
from core.web.rule_grid import summary_of


@dataclass(frozen=True)
class CellDiff:
    """One thing that changed: what it is called, its text before and after (empty: there was, or is, none)."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class RowDiff:
    """A row that is not as before. ``kind`` is added, removed, changed or moved; numbers count from 1."""

    kind: str
    old: int | None
    new: int | None
    moved: bool
    words: str
    """The row in words, as it is now (a removed one as it was)."""
    cells: tuple[CellDiff, ...] = ()


@dataclass(frozen=True)
class DiffView:
    """How one version differs from another: rows in the new order, removed ones last, then all that is not a row."""

    summary: str
    rows: tuple[RowDiff, ...]
    other: tuple[CellDiff, ...]
    same_rows: int

    @property
    def empty(self) -> bool:
        """Nothing at all differs."""
        return not (self.rows or self.other)


def diff_view(old: Table, new: Table) -> DiffView:
    """What was edited from ``old`` to ``new``."""
    changes = diff(old, new)
    teller = _Teller(old, new)
    rows = [teller.row(change) for change in changes.rows]
    told = tuple(row for row in rows if row is not None)
    return DiffView(summary_of(new, old, changes), told, tuple(teller.other(changes)), len(rows) - len(told))


class _Teller:
    def __init__(self, old: Table, new: Table):
        self.old = old
        self.new = new
        self.inputs = ({c.name: c for c in old.inputs}, {c.name: c for c in new.inputs})
        self.outputs = ({c.name: c for c in old.outputs}, {c.name: c for c in new.outputs})

    def row(self, change: RowChange) -> RowDiff | None:
        cells = tuple(self._cell(cell) for cell in change.cells if cell.part != "id")
        if change.kind in ("added", "removed"):
            table, number = (self.new, change.new) if change.new else (self.old, change.old)
            assert number is not None
            return RowDiff(change.kind, change.old, change.new, False, _whole_row(table, number))
        if not cells and not change.moved:
            return None
        assert change.new is not None
        words = row_words(self.new, change.new)
        return RowDiff("changed" if cells else "moved", change.old, change.new, change.moved, words, cells)

    def _cell(self, change: CellChange) -> CellDiff:
        if change.part == "when":
            old, new = (self._condition(side, change.name, v) for side, v in enumerate((change.old, change.new)))
            return CellDiff(self._label(self.inputs, change.name), old, new)
        if change.part == "then":
            old, new = (self._output(side, change.name, v) for side, v in enumerate((change.old, change.new)))
            return CellDiff(self._label(self.outputs, change.name), old, new)
        label = _("Remark") if change.part == "note" else _("Clause")
        return CellDiff(label, words_of(change.old), words_of(change.new))  # type: ignore[arg-type]

    def _label(self, columns: tuple[Mapping[str, Column], Mapping[str, Column]], name: str) -> str:
        return column_words(columns[1].get(name) or columns[0][name])

    def _condition(self, side: int, name: str, value: object) -> str:
        column = self.inputs[side].get(name)
        return cell_text(column, value) if column is not None and isinstance(value, Cell) else ""

    def _output(self, side: int, name: str, value: object) -> str:
        column = self.outputs[side].get(name)
        return value_text(column, value) if column is not None else ""  # type: ignore[arg-type]

    # --- what is not a row --------------------------------------------------------------------------------------------

    def other(self, changes: TableDiff) -> list[CellDiff]:
        found = [CellDiff(_("Condition or result added"), "", self._name(name)) for name in changes.columns_added]
        gone = _("Condition or result taken away")
        found += [CellDiff(gone, self._name(name), "") for name in changes.columns_removed]
        for name in changes.columns_changed:
            found += self._column(name)
        for key, (old, new) in changes.properties.items():
            found += self._property(key, old, new)
        return found

    def _name(self, name: str) -> str:
        both = [*self.inputs[::-1], *self.outputs[::-1]]
        return column_words(next(columns[name] for columns in both if name in columns))

    def _column(self, name: str) -> list[CellDiff]:
        pairs = [(s[0][name], s[1][name]) for s in (self.inputs, self.outputs) if name in s[0] and name in s[1]]
        found = []
        for old, new in pairs:
            called = column_words(new)
            parts = (
                (_("Name of “{column}”", column=called), old.label, new.label),
                (_("Unit of “{column}”", column=called), old.unit, new.unit),
                (_("Explanation of “{column}”", column=called), old.description, new.description),
            )
            found += [CellDiff(label, _both(before), _both(after)) for label, before, after in parts if before != after]
            found += _choices_diff(called, old.choices, new.choices)
        return found

    def _property(self, key: str, old: object, new: object) -> list[CellDiff]:
        if key == "default":
            return [CellDiff(_("Otherwise"), self._default(self.old, old), self._default(self.new, new))]
        labels = {
            "label": _("Name of the table"),
            "description": _("Explanation of the table"),
            "refer": _("Who decides when no row fits"),
            "hit_policy": _("Which rows count"),
            "as_of": _("Date that selects the version"),
            "name": _("Name in programs"),
        }
        return [CellDiff(labels[key], _both(old), _both(new))]

    def _default(self, table: Table, values: object) -> str:
        return outputs_words(table, values) if isinstance(values, Mapping) else _("refer to a person")


def _choices_diff(column: str, old: tuple[Choice, ...], new: tuple[Choice, ...]) -> list[CellDiff]:
    before, after = ({c.value: _both(c.label) for c in choices} for choices in (old, new))
    found = []
    for value in dict.fromkeys([*after, *before]):
        if before.get(value) != after.get(value):
            label = _("Choice “{value}” of “{column}”", value=value, column=column)
            found.append(CellDiff(label, before.get(value, ""), after.get(value, "")))
    if not found and [c.value for c in old] != [c.value for c in new]:
        label = _("Order of the choices of “{column}”", column=column)
        found.append(CellDiff(label, *(_(", ").join(words_of(c.label) for c in choices) for choices in (old, new))))
    return found


def _whole_row(table: Table, number: int) -> str:
    then = outputs_words(table, table.rows[number - 1].then)
    return _("{conditions} → {outputs}", conditions=row_words(table, number), outputs=then)


def _both(words: object) -> str:
    """A text of data in every language it has."""
    if isinstance(words, Mapping):
        return " / ".join(dict.fromkeys(str(words[code]) for code in LOCALES if words.get(code)))
    return "" if words is None else str(words)
