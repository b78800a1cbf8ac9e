"""A table from plain data and back: every mistake is collected with its row and column, none stops the search."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.decisions.cells import cell_to_data, parse_cell
from core.decisions.errors import CellError, TableError
from core.decisions.formulas import parse_output
from core.decisions.model import (
    ANY,
    CHOICES_OF,
    HIT_POLICIES,
    NAMED,
    OPERATORS,
    TABLES_OF,
    TYPES,
    Cell,
    Choice,
    Column,
    Problem,
    Row,
    Table,
    Words,
)
from core.decisions.values import Unfit, show, to_json
from core.i18n import N_

TABLE_KEYS = ("name", "label", "description", "as_of", "hit_policy", "inputs", "outputs", "rows", "default", "refer")
_COLUMN_KEYS = ("name", "label", "description", "type", "choices", "unit", "of")
INPUT_KEYS = (*_COLUMN_KEYS, "optional")
OUTPUT_KEYS = (*_COLUMN_KEYS, "required")
ROW_KEYS = ("id", "when", "then", "note", "clause")
_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def from_data(data: object) -> Table:
    """The table that ``data`` describes; raises TableError with every mistake in it."""
    table, errors = read(data)
    if table is None:
        raise TableError(errors)
    return table


def validate(data: object) -> list[CellError]:
    """Every mistake in a table's data, in the order of the table; empty when it can be used."""
    return read(data)[1]


def read(data: object) -> tuple[Table | None, list[CellError]]:
    """The table, or None and what is wrong with it."""
    reader = _Reader()
    table = reader.table(data)
    return (None, reader.errors) if reader.errors else (table, [])


def to_data(table: Table) -> dict:
    """Canonical plain data (JSON types only); ``from_data`` gives the same table back."""
    data: dict = {"name": table.name, "label": table.label}
    if table.description:
        data["description"] = table.description
    data |= {"as_of": table.as_of, "hit_policy": table.hit_policy}
    data["inputs"] = [
        _column_to_data(column) | ({"optional": True} if column.optional else {}) for column in table.inputs
    ]
    data["outputs"] = [
        _column_to_data(column) | ({} if column.required else {"required": False}) for column in table.outputs
    ]
    data["rows"] = [_row_to_data(row) for row in table.rows]
    if table.default is not None:
        data["default"] = values_to_data(table.default)
    if table.refer:
        data["refer"] = table.refer
    return data


def values_to_data(values: Mapping) -> dict:
    """Outputs or facts as canonical JSON; outputs left empty are left out."""
    return {name: to_json(value) for name, value in values.items() if value is not None}


def _column_to_data(column: Column) -> dict:
    data: dict = {"name": column.name, "label": column.label, "type": column.type}
    if column.choices and column.type == "choice":
        data["choices"] = [{"value": choice.value, "label": choice.label} for choice in column.choices]
    if column.unit:
        data["unit"] = column.unit
    if column.description:
        data["description"] = column.description
    if column.of:
        data["of"] = column.of
    return data


def _row_to_data(row: Row) -> dict:
    data: dict = {"id": row.id} if row.id is not None else {}
    data["when"] = {name: cell_to_data(cell) for name, cell in row.when.items()}
    data["then"] = values_to_data(row.then)
    if row.note:
        data["note"] = row.note
    if row.clause:
        data["clause"] = row.clause
    return data


class _Reader:
    """Walks through a table's data once and remembers every mistake it meets."""

    def __init__(self) -> None:
        self.errors: list[CellError] = []

    def table(self, data: object) -> Table | None:
        if not isinstance(data, dict):
            self._error((), "not_a_table", N_("A table is a mapping with name, inputs, outputs and rows."))
            return None
        self._unknown_keys(data, TABLE_KEYS, ())
        name = self._name(data.get("name"), ("name",), _TABLE_NAME)
        hit_policy = self._one_of(data.get("hit_policy", "first"), HIT_POLICIES, ("hit_policy",))
        inputs = self._columns(data, "inputs")
        outputs = self._columns(data, "outputs")
        as_of = self._as_of(data.get("as_of", "now"), inputs)
        rows = self._rows(data.get("rows"), inputs, outputs)
        default = None
        if "default" in data:
            default = self._outputs(data["default"], inputs, outputs, None, ("default",))
        return Table(
            name=name,
            label=self._words(data, "label", ()) or name,
            inputs=inputs,
            outputs=outputs,
            rows=rows,
            hit_policy=hit_policy,
            as_of=as_of,
            description=self._words(data, "description", ()),
            default=default,
            refer=self._words(data, "refer", ()),
        )

    # --- columns ------------------------------------------------------------------------------------------------

    def _columns(self, data: dict, part: str) -> tuple[Column, ...]:
        raw = data.get(part)
        if not isinstance(raw, list) or not raw:
            self._error((part,), "no_columns", N_("The table needs a list of {part}."), part=part)
            return ()
        columns = [self._column(item, (part, index)) for index, item in enumerate(raw)]
        self._unique([column.name for column in columns], part)
        return tuple(columns)

    def _column(self, raw: object, path: tuple) -> Column:
        if not isinstance(raw, dict):
            self._error(
                path, "not_a_column", N_("A column is a mapping with name and type, not {value}."), value=show(raw)
            )
            return Column("", "", "str")
        name = self._name(raw.get("name"), (*path, "name"), _NAME)
        is_input = path[0] == "inputs"
        self._unknown_keys(raw, INPUT_KEYS if is_input else OUTPUT_KEYS, path, column=name)
        kind = self._one_of(raw.get("type"), TYPES, (*path, "type"), column=name)
        flag = "optional" if is_input else "required"
        flag_value = raw.get(flag, not is_input)
        if not isinstance(flag_value, bool):
            self._error((*path, flag), "flag", N_("“{key}” is true or false."), column=name, key=flag)
        return Column(
            name=name,
            type=kind,
            label=self._words(raw, "label", path) or name,
            choices=self._choices(raw, kind, path),
            unit=self._words(raw, "unit", path),
            description=self._words(raw, "description", path),
            of=self._of(raw, kind, path),
            **{flag: bool(flag_value)},
        )

    def _of(self, raw: dict, kind: str, path: tuple) -> str:
        named = raw.get("of", "")
        if named == "":
            return ""
        if kind != "str":
            message = N_("Only columns of type str name things of the company.")
            self._error((*path, "of"), "of_not_used", message, column=raw.get("name"))
            return ""
        if isinstance(named, str) and (CHOICES_OF.fullmatch(named) or TABLES_OF.fullmatch(named)):
            return named
        return self._one_of(named, NAMED, (*path, "of"), column=raw.get("name"))

    def _choices(self, raw: dict, kind: str, path: tuple) -> tuple[Choice, ...]:
        path, column = (*path, "choices"), raw.get("name")
        listed = raw.get("choices")
        if kind != "choice":
            if listed is not None:
                self._error(path, "choices_not_used", N_("Only columns of type choice have choices."), column=column)
            return ()
        if not isinstance(listed, list) or not listed:
            self._error(path, "no_choices", N_("A choice column needs a list of choices."), column=column)
            return ()
        choices = [self._choice(item, (*path, index), column) for index, item in enumerate(listed)]
        values = [choice.value for choice in choices]
        for value in {value for value in values if value and values.count(value) > 1}:
            self._error(
                path, "repeated_choice", N_("The choice “{value}” is listed twice."), column=column, value=value
            )
        return tuple(choices)

    def _choice(self, raw: object, path: tuple, column: object) -> Choice:
        if not isinstance(raw, dict):
            raw = {"value": raw}
        self._unknown_keys(raw, ("value", "label"), path, column=column)
        value = raw.get("value")
        if not isinstance(value, str) or not value:
            message = N_("The value of a choice is text, not {value}. Put it in quotation marks.")
            self._error(path, "choice_value", message, column=column, value=show(value))
            return Choice("", "")
        if value in OPERATORS:
            message = N_("“{value}” is the name of an operator. Name the choice differently.")
            self._error(path, "reserved_choice", message, column=column, value=value)
        return Choice(value, self._words(raw, "label", path) or value)

    def _unique(self, names: list[str], part: str) -> None:
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            message = N_("Two columns in {part} are named {name}.")
            self._error((part,), "repeated_column", message, column=name, part=part, name=name)

    # --- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, raw: object, inputs: tuple[Column, ...], outputs: tuple[Column, ...]) -> tuple[Row, ...]:
        if not isinstance(raw, list):
            self._error(("rows",), "no_rows", N_("The table needs a list of rows (it may be empty)."))
            return ()
        rows: list[Row] = []
        seen: dict[str, int] = {}
        for index, item in enumerate(raw):
            row = self._row(item, index, inputs, outputs)
            if row.id is not None and seen.setdefault(row.id, index) != index:
                message = N_("Row {other} has the same id “{id}”.")
                self._error(
                    ("rows", index, "id"), "repeated_id", message, row=index + 1, other=seen[row.id] + 1, id=row.id
                )
            rows.append(row)
        return tuple(rows)

    def _row(self, raw: object, index: int, inputs: tuple[Column, ...], outputs: tuple[Column, ...]) -> Row:
        path, number = ("rows", index), index + 1
        if not isinstance(raw, dict):
            self._error(
                path,
                "not_a_row",
                N_("A row is a mapping with when and then, not {value}."),
                row=number,
                value=show(raw),
            )
            return Row({}, {})
        self._unknown_keys(raw, ROW_KEYS, path, row=number)
        row_id = raw.get("id")
        if row_id is not None and (not isinstance(row_id, str) or not row_id):
            self._error((*path, "id"), "row_id", N_("A row's id is text, not {value}."), row=number, value=show(row_id))
            row_id = None
        clause = raw.get("clause", "")
        if not isinstance(clause, str):
            self._error(
                (*path, "clause"), "clause", N_("A clause is text, not {value}."), row=number, value=show(clause)
            )
            clause = ""
        when = self._conditions(raw.get("when", {}), inputs, number, (*path, "when"))
        then = self._outputs(raw.get("then"), inputs, outputs, number, (*path, "then"))
        return Row(when=when, then=then, id=row_id, note=self._words(raw, "note", path, row=number), clause=clause)

    def _conditions(self, raw: object, inputs: tuple[Column, ...], row: int, path: tuple) -> dict[str, Cell]:
        if not isinstance(raw, dict):
            self._error(path, "not_conditions", N_("“when” maps columns to conditions."), row=row)
            return {}
        self._unknown_columns(raw, inputs, row, path, N_("There is no input named {name}. Known: {known}."))
        cells = {}
        for column in inputs:
            if column.name not in raw or column.type not in TYPES:
                continue
            try:
                cell = parse_cell(column, raw[column.name])
            except Unfit as unfit:
                self._problem((*path, column.name), unfit.problem, row, column.name)
            else:
                if cell != ANY:
                    cells[column.name] = cell
        return cells

    def _outputs(
        self, raw: object, inputs: tuple[Column, ...], outputs: tuple[Column, ...], row: int | None, path: tuple
    ) -> dict:
        if not isinstance(raw, dict):
            self._error(
                path, "no_outputs", N_("The outputs are missing: a mapping of output columns to values."), row=row
            )
            return {}
        self._unknown_columns(raw, outputs, row, path, N_("There is no output named {name}. Known: {known}."))
        values: dict = {}
        for column in outputs:
            value = raw.get(column.name)
            values[column.name] = None
            if value is None:
                if column.required and column.name:
                    message = N_("The output {name} is missing.")
                    self._error(path, "missing_output", message, row=row, column=column.name, name=column.name)
                continue
            if column.type not in TYPES:
                continue
            try:
                values[column.name] = parse_output(column, value, inputs)
            except Unfit as unfit:
                self._problem((*path, column.name), unfit.problem, row, column.name)
        return values

    # --- small parts --------------------------------------------------------------------------------------------

    def _as_of(self, raw: object, inputs: tuple[Column, ...]) -> str:
        name = self._name(raw, ("as_of",), _NAME)
        for column in inputs:
            if column.name == name and column.type != "date":
                message = N_("as_of names {name}, which is not a date column.")
                self._error(("as_of",), "as_of", message, column=name, name=name)
        return name

    def _name(self, raw: object, path: tuple, pattern: re.Pattern) -> str:
        if isinstance(raw, str) and pattern.fullmatch(raw):
            return raw
        self._error(
            path,
            "name",
            N_("A name starts with a letter and has letters, digits and _ only, not {value}."),
            value=show(raw),
        )
        return ""

    def _one_of(self, raw: object, known: tuple, path: tuple, column: object = None) -> str:
        if raw not in known:
            message = N_("“{key}” is one of {known}, not {value}.")
            self._error(
                path,
                "unknown_" + path[-1],
                message,
                column=column,
                key=path[-1],
                known=", ".join(known),
                value=show(raw),
            )
            return ""
        return str(raw)

    def _words(self, raw: dict, key: str, path: tuple, row: int | None = None) -> Words:
        words = raw.get(key)
        if words is None or isinstance(words, str):
            return words or ""
        if (
            isinstance(words, dict)
            and words
            and set(words) <= {"en", "zh"}
            and all(isinstance(w, str) for w in words.values())
        ):
            return dict(words)
        self._error((*path, key), "words", N_("“{key}” is a text, or {{en: …, zh: …}}."), row=row, key=key)
        return ""

    def _unknown_keys(
        self, raw: dict, known: tuple, path: tuple, row: int | None = None, column: object = None
    ) -> None:
        for key in raw:
            if key not in known:
                message = N_("Unknown key {key}. Known: {known}.")
                self._error(
                    (*path, key), "unknown_key", message, row=row, column=column, key=show(key), known=", ".join(known)
                )

    def _unknown_columns(
        self, raw: dict, columns: tuple[Column, ...], row: int | None, path: tuple, message: str
    ) -> None:
        names = [column.name for column in columns]
        for key in raw:
            if key not in names:
                self._error(
                    (*path, key),
                    "unknown_column",
                    message,
                    row=row,
                    column=show(key),
                    name=show(key),
                    known=", ".join(names),
                )

    def _problem(self, path: tuple, problem: Problem, row: int | None, column: str) -> None:
        self.errors.append(CellError(row, column, problem.code, problem.message, problem.params, path))

    def _error(
        self, path: tuple, code: str, message: str, row: int | None = None, column: object = None, **params
    ) -> None:
        name = column if isinstance(column, str) and column else None
        self.errors.append(CellError(row, name, code, message, params, path))
