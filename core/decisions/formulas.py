"""Formulas in output cells, read: ``= round(distance * 2.5, 2)``. A grammar of our own, nothing of it is Python.

Every mistake that can be seen without a case is told here; what only a case shows (dividing by a fact that is 0, an
empty fact) is told by core.decisions.arithmetic for that case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.decisions.arithmetic import MAX_RESULT, PLACES, OutOfRange, ZeroDivisor, constant
from core.decisions.cells import matches
from core.decisions.formula_tree import (
    FUNCTIONS,
    NEGATIVE,
    WIDE,
    Call,
    Day,
    Fact,
    Formula,
    Node,
    Number,
    divisors_in,
    fact_called,
    names_in,
)
from core.decisions.model import ANY, Column, Problem, Table, Value
from core.decisions.values import MAX_EXPONENT, Unfit, parse_date, parse_value, show
from core.i18n import N_

FORMULA_TYPES = ("int", "decimal")
MAX_TOKENS = 300
MAX_DEPTH = 40
_MAX_LENGTH = 20_000
"""No formula of a service contract comes near these; they keep reading and deciding within bounds."""

_TOKEN = re.compile(
    r"\s*(?:(?P<date>\d{4}-\d{2}-\d{2}(?!\d))|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>[^\W\d]\w*)"
    r"|\[(?P<label>[^\[\]\n]+)\]|(?P<sign>[-+*/(),]))",
)
_ARGUMENTS = {"min": (2, 20), "max": (2, 20), "abs": (1, 1), "round": (1, 2), "floor": (1, 1), "ceil": (1, 1)} | {
    "days_between": (2, 2)
}
_READ = {text: name for name, words in FUNCTIONS.items() for text in words.values()}

WHOLE, NUMBER, DATE = "whole", "number", "date"


def is_formula(raw: object) -> bool:
    """Whether a raw output is meant as a formula: a text that begins with an equals sign."""
    return isinstance(raw, str) and raw.lstrip()[:1] in ("=", "＝")


def parse_output(column: Column, raw: object, inputs: tuple[Column, ...]) -> Value | Formula:
    """The value or, in a number column, the formula of an output as it stands in a file; raises Unfit."""
    if not is_formula(raw) or column.type in ("str", "choice"):
        return parse_value(column, raw)
    assert isinstance(raw, str)
    return parse_formula(column, raw, inputs)


def parse_formula(column: Column, text: str, inputs: tuple[Column, ...]) -> Formula:
    """The formula that ``text`` (beginning with ``=``) means in an output column; raises Unfit with what is wrong."""
    if column.type not in FORMULA_TYPES:
        raise _unfit("formula_column", N_("A formula gives a number; this column takes none."))
    if len(text) > _MAX_LENGTH:
        raise _unfit("formula_long", N_("The formula is too long. Spread it over several outputs."))
    reader = _Reader(_tokens(text.translate(WIDE).strip().removeprefix("=")), inputs)
    tree, kind = reader.whole_formula()
    if kind == DATE:
        raise _no_date()
    if column.type == "int" and kind != WHOLE:
        message = N_("This column takes whole numbers. Round the formula with round(…), floor(…) or ceil(…).")
        raise _unfit("formula_whole", message)
    return Formula(tree, inputs)


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each part of the formula."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unfit("formula_syntax", _UNREADABLE, at=show(text[at:].strip()))
        found.append((match.lastgroup, match[match.lastgroup].strip()))
        at = match.end()
    if len(found) > MAX_TOKENS:
        raise _unfit("formula_long", N_("The formula is too long. Spread it over several outputs."))
    return found


class _Reader:
    """Reads from left to right; each method answers a tree and the kind of value it has."""

    def __init__(self, tokens: list[tuple[str, str]], inputs: tuple[Column, ...]):
        self.tokens = tokens
        self.inputs = inputs
        self.at = 0
        self.depth = 0

    def whole_formula(self) -> tuple[Node, str]:
        tree, kind = self.sum()
        if self.at < len(self.tokens):
            raise self.unreadable()
        _check_constant(tree)
        return tree, kind

    def sum(self) -> tuple[Node, str]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _unfit("formula_long", N_("The formula is too long. Spread it over several outputs."))
        tree, kind = self.product()
        while sign := self.sign("+", "-"):
            right, other = self.product()
            tree, kind = Call(sign, (tree, right)), _numbers(kind, other)
        self.depth -= 1
        return tree, kind

    def product(self) -> tuple[Node, str]:
        tree, kind = self.signed()
        while sign := self.sign("*", "/"):
            right, other = self.signed()
            kind = _numbers(kind, other)
            if sign == "/":
                _check_divisor(right)
                kind = NUMBER
            tree = Call(sign, (tree, right))
        return tree, kind

    def signed(self) -> tuple[Node, str]:
        signs = []
        while sign := self.sign("-", "+"):
            signs.append(sign)
        tree, kind = self.atom()
        if signs:
            kind = _numbers(kind)
        for _minus in range(signs.count("-")):
            tree = Call(NEGATIVE, (tree,))
        return tree, kind

    def atom(self) -> tuple[Node, str]:
        kind, text = self.next()
        if kind == "number":
            return _number(text)
        if kind == "date":
            day = parse_date(text)
            if day is None:
                raise _unfit("formula_date", N_("“{value}” is not a date. Write it like 2026-03-01."), value=text)
            return Day(day), DATE
        if kind == "name" and self.sign("("):
            return self.call(text)
        if kind in ("name", "label"):
            return self.fact(text)
        if (kind, text) == ("sign", "("):
            tree, inner = self.sum()
            self.expect(")")
            return tree, inner
        self.at -= 1
        raise self.unreadable()

    def fact(self, called: str) -> tuple[Node, str]:
        found = fact_called(called, self.inputs)
        if len(found) != 1:
            known = ", ".join(c.name for c in (found or self.inputs))
            message = N_("Several facts are called {name}. Write the one that is meant: {known}.")
            unknown = N_("There is no fact {name} in this table. Known: {known}.")
            raise _unfit("formula_fact", message if found else unknown, name=show(called), known=known)
        column = found[0]
        if column.type == "date":
            return Fact(column.name), DATE
        if column.type not in FORMULA_TYPES:
            message = N_("{name} is of type {type}. A formula counts with numbers, and with dates in days_between.")
            raise _unfit("formula_type", message, name=column.name, type=column.type)
        return Fact(column.name), WHOLE if column.type == "int" else NUMBER

    def call(self, called: str) -> tuple[Node, str]:
        name = _READ.get(called) or _READ.get(called.lower())
        if name is None:
            message = N_("There is no function {name}. Known: {known}.")
            raise _unfit("formula_function", message, name=show(called), known=", ".join(FUNCTIONS))
        args, kinds = self.arguments()
        fewest, most = _ARGUMENTS[name]
        if not fewest <= len(args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest}–{most}"
            message = N_("“{function}” takes {wanted} values, not {given}.")
            raise _unfit("formula_arguments", message, function=name, wanted=wanted, given=len(args))
        return Call(name, args), _kind_of(name, args, kinds)

    def arguments(self) -> tuple[tuple[Node, ...], list[str]]:
        args, kinds = [], []
        if not self.sign(")"):
            while True:
                tree, kind = self.sum()
                args.append(tree)
                kinds.append(kind)
                if not self.sign(","):
                    break
            self.expect(")")
        return tuple(args), kinds

    # --- tokens ---------------------------------------------------------------------------------------------------

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.unreadable()
        self.at += 1
        return self.tokens[self.at - 1]

    def sign(self, *wanted: str) -> str:
        """The next sign, taken, if it is one of these; else nothing is taken."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def expect(self, sign: str) -> None:
        if not self.sign(sign):
            raise self.unreadable()

    def unreadable(self) -> Unfit:
        if self.at >= len(self.tokens):
            return _unfit("formula_end", N_("The formula ends too early. Write it like = distance * 2.5 + 10."))
        return _unfit("formula_syntax", _UNREADABLE, at=self.tokens[self.at][1])


_UNREADABLE = N_("The formula can't be read from “{at}” on. Write it like = distance * 2.5 + 10.")


def _number(text: str) -> tuple[Node, str]:
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if abs(value.adjusted()) > MAX_EXPONENT or (isinstance(exponent, int) and exponent < -MAX_EXPONENT):
        raise _unfit("formula_range", _TOO_LARGE)
    return Number(value), WHOLE if value == value.to_integral_value() else NUMBER


_TOO_LARGE = N_("The result is too large, or has too many digits.")


def _numbers(*kinds: str) -> str:
    """The kind of a calculation with these."""
    if DATE in kinds:
        raise _no_date()
    return WHOLE if all(kind == WHOLE for kind in kinds) else NUMBER


def _no_date() -> Unfit:
    return _unfit("formula_type", N_("A date stands only in days_between(from, to)."))


def _kind_of(name: str, args: tuple[Node, ...], kinds: list[str]) -> str:
    if name == "days_between":
        if kinds != [DATE, DATE]:
            raise _unfit("formula_type", N_("days_between takes two dates."))
        return WHOLE
    kind = _numbers(*kinds)
    if name == "round" and len(args) == 2:
        return WHOLE if _places(args[1]) <= 0 or kinds[0] == WHOLE else NUMBER
    return WHOLE if name in ("round", "floor", "ceil") else kind


def _places(node: Node) -> int:
    """How many places round() keeps: a whole number that stands there, never a fact."""
    value = None if any(True for _name in names_in(node)) else constant(node)
    if not isinstance(value, Decimal) or value != value.to_integral_value() or not PLACES[0] <= value <= PLACES[1]:
        message = N_("The places of “round” are a whole number from {low} to {high}, such as round(x, 2).")
        raise _unfit("formula_places", message, low=PLACES[0], high=PLACES[1])
    return int(value)


def _check_divisor(node: Node) -> None:
    if not any(True for _name in names_in(node)) and _constant(node) == 0:
        raise _unfit("formula_zero", N_("This divides by zero, whatever the case."))


def _check_constant(node: Node) -> None:
    """A part without facts must have a result."""
    if isinstance(node, Call):
        if any(True for _name in names_in(node)):
            for argument in node.args:
                _check_constant(argument)
        else:
            _constant(node)


def _constant(node: Node) -> Decimal | date:
    try:
        value = constant(node)
        if isinstance(value, Decimal) and value.copy_abs() >= MAX_RESULT:
            raise OutOfRange
        return value
    except ZeroDivisor:
        raise _unfit("formula_zero", N_("This divides by zero, whatever the case.")) from None
    except OutOfRange:
        raise _unfit("formula_range", _TOO_LARGE) from None


def _unfit(code: str, message: str, **params: object) -> Unfit:
    return Unfit(Problem(code, message, params))


# --- what cases may bring ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Risk:
    """A fact with which a row's formula may have no result: ``kind`` is empty or zero; ``row`` None for the default."""

    row: int | None
    output: Column
    fact: Column
    kind: str


def risks(table: Table) -> Iterator[Risk]:
    """Facts that a formula counts with although its row lets them be empty, or divides by although they may be 0."""
    for row, when, then in [
        *((number, row.when, row.then) for number, row in enumerate(table.rows, start=1)),
        (None, {}, table.default or {}),
    ]:
        for output in table.outputs:
            formula = then.get(output.name)
            if not isinstance(formula, Formula):
                continue
            divides_by = {node.name for node in divisors_in(formula.tree) if isinstance(node, Fact)}
            for fact in formula.facts:
                cell = when.get(fact.name, ANY)
                if fact.optional and matches(cell, None):
                    yield Risk(row, output, fact, "empty")
                if fact.name in divides_by and matches(cell, 0 if fact.type == "int" else Decimal(0)):
                    yield Risk(row, output, fact, "zero")
