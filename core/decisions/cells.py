"""Conditions: read from the forms a table may use, checked against their column, written canonically.

A cell may be a plain value (equals), a list of values (in), a mapping of operators (``{ge: 10, lt: 20}``), or the
canonical list ``[operator, value, …]``. The words ``any``, ``empty`` and ``not_empty`` are operators, never values;
to compare with such a text, write ``{equals: any}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from core.decisions.errors import NO_OPERATOR_FOR_TYPE
from core.decisions.model import (
    ENDS,
    MANY_VALUE_OPS,
    NO_VALUE_OPS,
    OPERATORS,
    ORDER_OPS,
    ORDERED_TYPES,
    TEXT_OPS,
    Cell,
    Column,
    Problem,
    Value,
)
from core.decisions.values import Unfit, parse_value, show, to_json
from core.i18n import N_

_LOWER = {"gt": "(", "ge": "["}
_UPPER = {"lt": ")", "le": "]"}
_OP_FOR_TYPE = {"starts_with": ("str",), "contains": ("str",)} | dict.fromkeys(ORDER_OPS, ORDERED_TYPES)


def parse_cell(column: Column, raw: object) -> Cell:
    """The condition that ``raw`` means for ``column``; raises Unfit with what is wrong."""
    op, values, ends = _shape(raw)
    _check_operator(column, op)
    cell = _simplest(Cell(op, tuple(_parse_all(column, values)), ends))
    _check_satisfiable(column, cell)
    return cell


def cell_to_data(cell: Cell) -> list:
    """The canonical form ``[operator, value, …]``; the ends of a range are added only when one is left out."""
    ends = [cell.ends] if cell.op == "between" and cell.ends != "[]" else []
    return [cell.op, *(to_json(value) for value in cell.values), *ends]


def matches(cell: Cell, value: Value) -> bool:
    """Whether one typed value fits. An empty value fits only ``any`` and ``empty``: ``not`` speaks of what is there."""
    if cell.op == "any":
        return True
    if cell.op == "empty" or value is None:
        return cell.op == "empty" and value is None
    if cell.op == "not_empty":
        return True
    return _TESTS[cell.op](value, cell)


def _shape(raw: object) -> tuple[str, list, str]:
    """Operator, raw values and ends of a cell in any of its written forms."""
    if raw is None:
        raise _unfit("blank_cell", N_("This cell is blank. Write any, empty or a value."))
    if isinstance(raw, dict):
        return _from_mapping(raw)
    if isinstance(raw, list | tuple):
        if not raw:
            raise _unfit("blank_cell", N_("This list is empty. Write any, empty or a value."))
        first = raw[0]
        if isinstance(first, str) and first in OPERATORS:
            return _operator(first, list(raw[1:]))
        return _operator("in", list(raw))
    return (raw, [], "[]") if isinstance(raw, str) and raw in NO_VALUE_OPS else _operator("equals", [raw])


def _from_mapping(raw: dict) -> tuple[str, list, str]:
    unknown = [key for key in raw if key not in OPERATORS]
    if unknown or not raw:
        raise _unfit(
            "unknown_operator",
            N_("Unknown operator {operator}. Known: {operators}."),
            operator=show(unknown[0]) if unknown else "{}",
            operators=", ".join(OPERATORS),
        )
    if len(raw) == 1:
        ((op, value),) = raw.items()
        if op in NO_VALUE_OPS:
            return _operator(op, [] if value is True else [value])
        return _operator(op, list(value) if isinstance(value, list | tuple) else [value])
    lower = [op for op in raw if op in _LOWER]
    upper = [op for op in raw if op in _UPPER]
    if len(raw) != 2 or len(lower) != 1 or len(upper) != 1:
        raise _unfit(
            "operators_together",
            N_("{operators} can't stand together. A range has one lower and one upper end."),
            operators=", ".join(raw),
        )
    return "between", [raw[lower[0]], raw[upper[0]]], _LOWER[lower[0]] + _UPPER[upper[0]]


def _operator(op: str, values: list) -> tuple[str, list, str]:
    ends = "[]"
    if op == "between" and len(values) == 3 and values[2] in ENDS:
        ends = values.pop()
    if op == "not" and len(values) > 1:
        op = "not_in"
    wanted = 0 if op in NO_VALUE_OPS else 2 if op == "between" else 1
    if len(values) < wanted or (len(values) > wanted and op not in MANY_VALUE_OPS):
        raise _unfit(
            "operator_values",
            N_("“{operator}” takes {wanted} values, not {given}."),
            operator=op,
            wanted=f"{wanted}+" if op in MANY_VALUE_OPS else wanted,
            given=len(values),
        )
    return op, values, ends


def _parse_all(column: Column, values: list) -> list:
    for value in values:
        if value is None or isinstance(value, dict | list | tuple):
            raise _unfit("cell_value", N_("A plain value is needed here, not {value}."), value=show(value))
    return [parse_value(column, value) for value in values]


def _check_operator(column: Column, op: str) -> None:
    if column.type not in _OP_FOR_TYPE.get(op, (column.type,)):
        raise _unfit("operator_type", NO_OPERATOR_FOR_TYPE, operator=op, type=column.type)
    if op == "empty" and not column.optional:
        raise _unfit("not_optional", N_("This column is never empty. Declare it optional, or leave out “empty”."))


def _simplest(cell: Cell) -> Cell:
    """One spelling for one meaning: no repeated values, ``in`` one value is ``equals``."""
    if cell.op not in MANY_VALUE_OPS:
        return cell
    values = tuple(dict.fromkeys(cell.values))
    if len(values) == 1 and cell.op not in TEXT_OPS:
        return Cell("equals" if cell.op == "in" else "not", values)
    return Cell(cell.op, values)


def _check_satisfiable(column: Column, cell: Cell) -> None:
    """Refuse a condition that no value can ever fit."""
    if cell.op in ("not", "not_in"):
        listed = {choice.value for choice in column.choices} if column.type == "choice" else {True, False}
        if column.type in ("choice", "bool") and listed <= set(cell.values):
            raise _unfit("nothing_fits", N_("No value is left that fits this cell."))
    if cell.op in ORDER_OPS and _is_void(column.type, cell):
        raise _unfit("empty_range", N_("No value lies in this range. Check its ends."))


def _is_void(kind: str, cell: Cell) -> bool:
    if cell.op != "between":
        outermost = {"lt": date.min, "gt": date.max}.get(cell.op)
        return kind == "date" and outermost is not None and cell.values[0] == outermost
    low, high = cell.values
    if low > high:
        return True
    open_ends = (cell.ends[0] == "(") + (cell.ends[1] == ")")
    if kind == "decimal" or open_ends == 0:
        return low == high and open_ends > 0
    return (high - low) < (timedelta(days=open_ends) if kind == "date" else open_ends)


def _unfit(code: str, message: str, **params: object) -> Unfit:
    return Unfit(Problem(code, message, params))


def _in_range(value, cell: Cell) -> bool:
    low, high = cell.values
    above = value >= low if cell.ends[0] == "[" else value > low
    return above and (value <= high if cell.ends[1] == "]" else value < high)


_TESTS: dict[str, Callable[..., bool]] = {
    "equals": lambda value, cell: value == cell.values[0],
    "not": lambda value, cell: value != cell.values[0],
    "in": lambda value, cell: value in cell.values,
    "not_in": lambda value, cell: value not in cell.values,
    "lt": lambda value, cell: value < cell.values[0],
    "le": lambda value, cell: value <= cell.values[0],
    "gt": lambda value, cell: value > cell.values[0],
    "ge": lambda value, cell: value >= cell.values[0],
    "between": _in_range,
    "starts_with": lambda value, cell: value.startswith(cell.values),
    "contains": lambda value, cell: any(part in value for part in cell.values),
}
