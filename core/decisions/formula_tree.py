"""A formula in an output cell, once it has been read: a small tree, and the same tree as text.

``Formula.text`` calls facts by their names and is what is kept; ``formula_text`` calls them by their labels and is what
people are shown and may type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.decisions.model import Column, Words
from core.i18n import get_locale

# Both written and read, in both languages whatever the language of the page: so they aren't messages (see celltext).
FUNCTIONS = {
    "min": {"en": "min", "zh": "最小"},
    "max": {"en": "max", "zh": "最大"},
    "abs": {"en": "abs", "zh": "绝对值"},
    "round": {"en": "round", "zh": "四舍五入"},
    "floor": {"en": "floor", "zh": "向下取整"},
    "ceil": {"en": "ceil", "zh": "向上取整"},
    "days_between": {"en": "days_between", "zh": "相隔天数"},
}
NEGATIVE = "neg"
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, NEGATIVE: 3}
_ATOM = 4

WIDE = str.maketrans("（）【】，×÷－−＋＊／＝", "()[],*/--+*/=")
"""Signs of a Chinese keyboard, and those we write in sentences, as the ones a formula is made of."""

PLAIN_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Number:
    """A number that stands in the formula."""

    value: Decimal


@dataclass(frozen=True)
class Day:
    """A date that stands in the formula."""

    value: date


@dataclass(frozen=True)
class Fact:
    """An input of the table."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function, or one of ``+ - * /`` and ``neg``, on its arguments."""

    name: str
    args: tuple[Node, ...]


Node = Number | Day | Fact | Call


@dataclass(frozen=True)
class Formula:
    """An output to be worked out from the facts of a case. ``inputs`` are those of its table, for their labels."""

    tree: Node
    inputs: tuple[Column, ...] = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        """What is kept: ``= distance * 2.5``."""
        return "= " + node_text(self.tree, lambda name: name, lambda function: function)

    @property
    def facts(self) -> tuple[Column, ...]:
        """The inputs it counts with, each once, in the order of the table."""
        used = set(names_in(self.tree))
        return tuple(column for column in self.inputs if column.name in used)


def names_in(node: Node) -> Iterator[str]:
    """The names of the facts in a tree, as often as they stand there."""
    if isinstance(node, Fact):
        yield node.name
    elif isinstance(node, Call):
        for argument in node.args:
            yield from names_in(argument)


def divisors_in(node: Node) -> Iterator[Node]:
    """Everything that the tree divides by."""
    if isinstance(node, Call):
        if node.name == "/":
            yield node.args[1]
        for argument in node.args:
            yield from divisors_in(argument)


def formula_text(formula: Formula, locale: str | None = None) -> str:
    """The formula as one would type it, facts by their label where that is unmistakable."""
    locale = locale or get_locale()
    typed = {column.name: typed_name(column, formula.inputs, locale) for column in formula.inputs}
    return "= " + node_text(formula.tree, lambda name: typed[name], lambda name: FUNCTIONS[name][locale])


def node_text(
    node: Node,
    fact: Callable[[str], str],
    function: Callable[[str], str],
    number: Callable[[Decimal], str] = lambda value: format(value, "f"),
    signs: dict[str, str] | None = None,
) -> str:
    """A tree as text with no more parentheses than it needs to be read back as the same tree."""
    if isinstance(node, Number):
        return number(node.value)
    if isinstance(node, Day):
        return node.value.isoformat()
    if isinstance(node, Fact):
        return fact(node.name)
    told = [node_text(argument, fact, function, number, signs) for argument in node.args]
    sign = (signs or {}).get(node.name, node.name)
    if node.name == NEGATIVE:
        return ((signs or {}).get("-", "-")) + _within(node.args[0], told[0], _STRENGTH[NEGATIVE])
    if node.name in _STRENGTH:
        strength = _STRENGTH[node.name]
        left, right = node.args
        return f"{_within(left, told[0], strength)} {sign} {_within(right, told[1], strength + 1)}"
    return f"{function(node.name)}({', '.join(told)})"


def fact_called(name: str, inputs: tuple[Column, ...]) -> list[Column]:
    """The inputs that may be meant: the one of that name, else those whose label in either language reads so."""
    exact = [column for column in inputs if column.name == name]
    return exact or [column for column in inputs if name in _labels(column.label)]


def typed_name(column: Column, inputs: tuple[Column, ...], locale: str) -> str:
    """What to write for a fact in a formula: its label where that is unmistakable, in brackets where it has spaces."""
    label = column.label if isinstance(column.label, str) else column.label.get(locale, "")
    label = label.translate(WIDE).strip()
    if not label or "]" in label or "[" in label or not label.isprintable() or fact_called(label, inputs) != [column]:
        return column.name
    return label if PLAIN_NAME.fullmatch(label) else f"[{label}]"


def _labels(words: Words) -> set[str]:
    labels = [words] if isinstance(words, str) else words.values()
    return {text.translate(WIDE).strip() for text in labels}


def _within(node: Node, text: str, strength: int) -> str:
    own = _STRENGTH.get(node.name, _ATOM) if isinstance(node, Call) else _ATOM
    return f"({text})" if own < strength else text
