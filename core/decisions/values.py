"""Values of the six column types: read from table data, checked as facts, written as canonical JSON.

Decimals are exact: a Python float is never accepted, neither in a table nor as a fact.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from core.decisions.errors import FLOAT
from core.decisions.formula_tree import Formula
from core.decisions.model import ChoiceList, Column, Problem, Value
from core.i18n import N_

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MAX_EXPONENT = 50
"""Decimals in a table stay below 10^50 and above 10^-50: no figure of a service contract is outside."""

EXPECTED = {
    "str": N_("Text is needed here, not {value}."),
    "int": N_("A whole number is needed here, such as 12, not {value}."),
    "decimal": N_("A number is needed here, such as 12.50, not {value}."),
    "date": N_("A date is needed here, such as 2026-03-01, not {value}."),
    "bool": N_("true or false is needed here, not {value}."),
    "choice": N_("One of {choices} is needed here, not {value}."),
}


class Unfit(Exception):
    """A raw value that a column doesn't take."""

    def __init__(self, problem: Problem):
        super().__init__(problem.code)
        self.problem = problem


def parse_date(text: str) -> date | None:
    """The date written as YYYY-MM-DD, or None; other ISO forms (weeks, times) aren't dates here."""
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_decimal(text: str) -> Decimal | None:
    """The exact decimal written in ``text``, or None."""
    if not _DECIMAL.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def parse_value(column: Column, raw: object) -> Value:
    """The typed value of ``raw`` as it stands in a table file or its JSON; raises Unfit."""
    if isinstance(raw, float):
        raise Unfit(Problem("float", FLOAT, {"value": show(raw)}))
    value = _PARSERS[column.type](raw)
    if value is None:
        raise Unfit(wrong_type(column, raw))
    if column.type == "choice" and column.choice(value) is None:
        raise Unfit(unknown_choice(column, raw))
    return value


def fact_value(column: Column, fact: object) -> Value:
    """The fact as the column's type, or Unfit. Python types are taken strictly: True is not 1, 1.0 is not 1.

    An empty text counts as empty. A whole number is taken for a decimal column.
    """
    if fact is None or (fact == "" and isinstance(fact, str) and column.type in ("str", "choice")):
        if column.optional:
            return None
        raise Unfit(Problem("empty", N_("This fact is empty, and the table needs it.")))
    if not _is_fact(column.type, fact):
        raise Unfit(wrong_type(column, fact))
    if column.type == "choice" and column.choice(fact) is None:
        raise Unfit(unknown_choice(column, fact))
    if column.type == "decimal" and isinstance(fact, int):
        return Decimal(fact)
    return str(fact) if column.type in ("str", "choice") else fact  # type: ignore[return-value]


def to_json(value: Value | Formula) -> str | int | bool | None:
    """Canonical JSON of one value: decimals, dates and formulas as text, so that plain ``json`` loses nothing."""
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def decimal_text(value: Decimal) -> str:
    """All digits as they were written (1.10 stays 1.10), without an exponent unless it would be very long."""
    if value.is_finite() and abs(value.adjusted()) <= MAX_EXPONENT and len(value.as_tuple().digits) <= 4 * MAX_EXPONENT:
        return format(value, "f")
    return str(value)


def number_words(value: int | Decimal) -> str:
    """A number for people, with thousands set apart by commas."""
    text = decimal_text(value) if isinstance(value, Decimal) else str(value)
    if "E" in text:
        return text
    sign = "-" if text.startswith("-") else ""
    whole, point, rest = text.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def show(raw: object) -> str:
    """A raw value short enough for a message."""
    text = decimal_text(raw) if isinstance(raw, Decimal) else str(raw) if isinstance(raw, str | date) else _plain(raw)
    return text if len(text) <= 60 else text[:57] + "…"


def wrong_type(column: Column, raw: object) -> Problem:
    """The problem that ``raw`` isn't of the column's type."""
    params: dict[str, object] = {"value": show(raw)}
    if column.type == "choice":
        params["choices"] = ChoiceList(column)
    return Problem("type", EXPECTED[column.type], params)


def unknown_choice(column: Column, raw: object) -> Problem:
    """The problem that ``raw`` isn't among the column's choices."""
    params = {"value": show(raw), "choices": ChoiceList(column)}
    return Problem("unknown_choice", N_("“{value}” isn't one of the choices: {choices}."), params)


def _plain(raw: object) -> str:
    if raw is None:
        return "null"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int) and raw.bit_length() > 400:
        return "…"
    return str(raw)


def _is_fact(kind: str, fact: object) -> bool:
    if kind in ("str", "choice"):
        return isinstance(fact, str)
    if kind == "bool":
        return isinstance(fact, bool)
    if kind == "int":
        return isinstance(fact, int) and not isinstance(fact, bool)
    if kind == "date":
        return isinstance(fact, date) and not isinstance(fact, datetime)
    if isinstance(fact, Decimal):
        return fact.is_finite()
    return isinstance(fact, int) and not isinstance(fact, bool)


def _read_decimal(raw: object) -> Decimal | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return Decimal(raw) if raw.bit_length() < 160 else None
    value = parse_decimal(raw) if isinstance(raw, str) else raw
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    short = isinstance(exponent, int) and exponent >= -MAX_EXPONENT
    return value if short and abs(value.adjusted()) <= MAX_EXPONENT else None


def _read_date(raw: object) -> date | None:
    if isinstance(raw, str):
        return parse_date(raw)
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else None


def _read_int(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw.bit_length() < 160 else None


_PARSERS = {
    "str": lambda raw: raw if isinstance(raw, str) and raw else None,
    "choice": lambda raw: raw if isinstance(raw, str) and raw else None,
    "bool": lambda raw: raw if isinstance(raw, bool) else None,
    "int": _read_int,
    "decimal": _read_decimal,
    "date": _read_date,
}
