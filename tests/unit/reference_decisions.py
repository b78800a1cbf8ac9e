"""A slow, obvious decision table, read straight from canonical plain data. It shares no code with the product.

It knows only valid tables (as ``to_data`` writes them) and valid typed facts; its whole purpose is to be seen correct.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal


def reference_decide(data: dict, facts: dict) -> dict:
    """``{"rows": numbers that fire, "outputs": of each (or the default's), "outcome": row, default or refer}``."""
    fitting = [number for number, row in enumerate(data["rows"], start=1) if row_fits(data, row, facts)]
    fired = fitting if data["hit_policy"] == "collect" else fitting[:1]
    if fired:
        return {"rows": fired, "outputs": [data["rows"][number - 1]["then"] for number in fired], "outcome": "row"}
    if "default" in data:
        return {"rows": [], "outputs": [data["default"]], "outcome": "default"}
    return {"rows": [], "outputs": [], "outcome": "refer"}


def row_fits(data: dict, row: dict, facts: dict) -> bool:
    """Whether every condition of the row holds."""
    for column in data["inputs"]:
        cell = row["when"].get(column["name"], ["any"])
        if not cell_fits(column["type"], cell, facts.get(column["name"])):
            return False
    return True


def cell_fits(kind: str, cell: list, fact: object) -> bool:
    """Whether one condition ``[operator, value, …]`` holds for a typed fact."""
    operator = cell[0]
    if kind in ("str", "choice") and fact == "":
        fact = None
    if operator == "any":
        return True
    if operator == "empty":
        return fact is None
    if fact is None:
        return False
    if operator == "not_empty":
        return True
    if operator == "between":
        return range_fits(typed(kind, cell[1]), typed(kind, cell[2]), cell[3] if len(cell) == 4 else "[]", fact)
    return values_fit(operator, [typed(kind, value) for value in cell[1:]], fact)


def range_fits(low: object, high: object, ends: str, fact: object) -> bool:
    """Whether a value lies in a range; a square bracket takes its end in."""
    if fact == low and low == high:
        return ends == "[]"
    if fact == low:
        return ends[0] == "["
    if fact == high:
        return ends[1] == "]"
    return low < fact < high


def values_fit(operator: str, values: list, fact: object) -> bool:
    """Whether a value that is there fits an operator other than a range."""
    if operator in ("equals", "in"):
        return any(fact == value for value in values)
    if operator in ("not", "not_in"):
        return all(fact != value for value in values)
    if operator == "starts_with":
        return any(fact[: len(value)] == value for value in values)
    if operator == "contains":
        return any(fact.find(value) >= 0 for value in values)
    return {
        "lt": fact < values[0],
        "le": fact < values[0] or fact == values[0],
        "gt": fact > values[0],
        "ge": fact > values[0] or fact == values[0],
    }[operator]


def typed(kind: str, raw: object) -> object:
    """A canonical value as the Python value it stands for."""
    if kind == "decimal":
        return Decimal(str(raw))
    if kind == "date":
        year, month, day = str(raw).split("-")
        return date(int(year), int(month), int(day))
    return raw
