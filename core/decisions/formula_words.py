"""Formulas in words, in the language of the moment: with the labels of facts, or with the numbers put in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from core.decisions.formula_tree import FUNCTIONS, Fact, Formula, Node, node_text
from core.decisions.model import Column, Value, column_words
from core.decisions.values import number_words
from core.i18n import get_locale

_SIGNS = {"*": "×", "/": "÷", "-": "−"}


def formula_words(formula: Formula) -> str:
    """The formula with the labels of its facts: "distance × 2.5"."""
    return tree_words(formula.tree, formula.inputs)


def tree_words(tree: Node, inputs: tuple[Column, ...]) -> str:
    """A part of a formula with the labels of its facts."""
    labels = {column.name: column_words(column) for column in inputs}
    return _words(tree, labels)


def filled_words(formula: Formula, facts: Mapping[str, Value]) -> str:
    """The formula with the facts of a case put in: "12 × 2.5"; a negative one stands in parentheses."""
    alone = isinstance(formula.tree, Fact)
    return _words(formula.tree, {column.name: _fact_words(facts[column.name], alone) for column in formula.facts})


def _words(tree: Node, facts: Mapping[str, str]) -> str:
    locale = get_locale()
    return node_text(tree, lambda name: facts[name], lambda name: FUNCTIONS[name][locale], number_words, _SIGNS)


def _fact_words(value: Value, alone: bool) -> str:
    if isinstance(value, date):
        return value.isoformat()
    assert isinstance(value, int | Decimal)
    return f"({number_words(value)})" if value < 0 and not alone else number_words(value)


class TreeWords:
    """A part of a formula inside a message, put into words only when and in the language it is read."""

    def __init__(self, tree: Node, inputs: tuple[Column, ...]):
        self.tree = tree
        self.inputs = inputs

    def __str__(self) -> str:
        return tree_words(self.tree, self.inputs)
