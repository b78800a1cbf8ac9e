"""Formulas worked out in Decimal, exactly: the right number or an error, never a wrong number.

Adding, subtracting and multiplying are exact; a division keeps 34 significant digits, rounded half up. A result of
10^51 and more, or one that would need more than 300 digits, is an error. ``round`` rounds half away from zero, as
people do with money (四舍五入).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)

from core.decisions.formula_tree import NEGATIVE, Call, Day, Fact, Node, Number
from core.decisions.model import Column

PLACES = (-20, 20)
"""The places that round() takes."""

DIGITS = 34
"""Significant digits of a division (those of IEEE decimal128)."""

MAX_RESULT = Decimal("1E+51")
_TRAPS = [DivisionByZero, InvalidOperation, Overflow, Underflow]
_EXACT = Context(prec=300, rounding=ROUND_HALF_UP, Emin=-999, Emax=999, traps=[*_TRAPS, Inexact])
_DIVIDE = Context(prec=DIGITS, rounding=ROUND_HALF_UP, Emin=-999, Emax=999, traps=_TRAPS)
_ROUND = Context(prec=300, rounding=ROUND_HALF_UP, Emin=-999, Emax=999, traps=_TRAPS)

Evaluator = Callable[[Sequence], Decimal]
"""Typed facts in the order of the table's inputs → the result; raises ZeroDivisor or OutOfRange."""


class ZeroDivisor(ArithmeticError):
    """A division by something that is 0 in this case; ``divisor`` is what stands there."""

    def __init__(self, divisor: Node):
        super().__init__("division by zero")
        self.divisor = divisor


class OutOfRange(ArithmeticError):
    """A result too large, or with too many digits to be exact."""


def evaluator(tree: Node, inputs: Sequence[Column]) -> Evaluator:
    """A formula made ready to be worked out many times. No fact it uses may be None."""
    work = _compiled(tree, {column.name: position for position, column in enumerate(inputs)}, inputs)

    def result(values: Sequence) -> Decimal:
        try:
            number = _EXACT.add(work(values), 0)  # no exponent, and a negative zero is zero
        except DecimalException as error:
            raise OutOfRange from error
        if number.copy_abs() >= MAX_RESULT:
            raise OutOfRange
        return number

    return result


def constant(tree: Node) -> Decimal | date:
    """The value of a tree without facts."""
    try:
        return _compiled(tree, {}, ())(())
    except DecimalException as error:
        raise OutOfRange from error


def _compiled(node: Node, places: Mapping[str, int], inputs: Sequence[Column]) -> Callable:
    if isinstance(node, Number | Day):
        value = node.value
        return lambda values: value
    if isinstance(node, Fact):
        place = places[node.name]
        if inputs[place].type == "int":
            return lambda values: Decimal(values[place])
        return lambda values: values[place]
    if node.name == "/":
        return _division(node, places, inputs)
    args = [_compiled(argument, places, inputs) for argument in node.args]
    if node.name == "round":
        keep = int(constant(node.args[1])) if len(args) == 2 else 0  # type: ignore[arg-type]
        first, unit = args[0], Decimal(1).scaleb(-keep)
        return lambda values: _rounded(first(values), unit, ROUND_HALF_UP)
    if len(args) == 1:
        one, does = args[0], _OF_ONE[node.name]
        return lambda values: does(one(values))
    if len(args) == 2:
        left, right = args
        joins = _OF_TWO[node.name]
        return lambda values: joins(left(values), right(values))
    choose = min if node.name == "min" else max
    return lambda values: choose(argument(values) for argument in args)


def _division(node: Call, places: Mapping[str, int], inputs: Sequence[Column]) -> Callable:
    above, below = (_compiled(argument, places, inputs) for argument in node.args)
    divisor = node.args[1]

    def divide(values: Sequence) -> Decimal:
        number = below(values)
        if not number:
            raise ZeroDivisor(divisor)
        return _DIVIDE.divide(above(values), number)

    return divide


def _rounded(value: Decimal, unit: Decimal, rounding: str) -> Decimal:
    """The nearest multiple of a power of ten, shown with exactly its places."""
    return value.quantize(unit, rounding=rounding, context=_ROUND)


_OF_ONE: dict[str, Callable] = {
    NEGATIVE: lambda value: _EXACT.minus(value),
    "abs": lambda value: _EXACT.abs(value),
    "floor": lambda value: _rounded(value, Decimal(1), ROUND_FLOOR),
    "ceil": lambda value: _rounded(value, Decimal(1), ROUND_CEILING),
}
_OF_TWO: dict[str, Callable] = {
    "+": _EXACT.add,
    "-": _EXACT.subtract,
    "*": _EXACT.multiply,
    "min": min,
    "max": max,
    "days_between": lambda first, last: Decimal((last - first).days),
}
