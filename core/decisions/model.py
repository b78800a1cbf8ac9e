"""What a decision table is made of, once it has been read: frozen values, no behaviour beyond look-ups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from core.i18n import _, get_locale

if TYPE_CHECKING:
    from core.decisions.formula_tree import Formula

Words = str | dict[str, str]
"""A label from data: ``{"en": …, "zh": …}``, or one text for every language."""


def words_of(words: Words) -> str:
    """A label from data in the language of the moment, the other language where that one is missing."""
    if isinstance(words, str):
        return words
    return words.get(get_locale()) or words.get("en") or words.get("zh") or ""


Value = str | int | Decimal | date | bool | None

TYPES = ("str", "int", "decimal", "date", "bool", "choice")
ORDERED_TYPES = ("int", "decimal", "date")
HIT_POLICIES = ("first", "collect")

NO_VALUE_OPS = ("any", "empty", "not_empty")
ONE_VALUE_OPS = ("equals", "not", "lt", "le", "gt", "ge")
MANY_VALUE_OPS = ("in", "not_in", "starts_with", "contains")
OPERATORS = (*NO_VALUE_OPS, *ONE_VALUE_OPS, *MANY_VALUE_OPS, "between")
ORDER_OPS = ("lt", "le", "gt", "ge", "between")
TEXT_OPS = ("starts_with", "contains")
NAMED = ("units", "roles", "calendars", "people")
"""What the codes of a text column may name: things of the company that have a code and a name."""
CHOICES_OF = re.compile(r"[\w.-]+:\w+")
"""Or the choices of a column of another table: ``complaints.severity:severity``."""
TABLES_OF = re.compile(r"tables:[\w.-]+")
"""Or the tables of a kind, by the last part of their names: ``tables:warranty.coverage``."""

ENDS = ("[]", "[)", "(]", "()")


@dataclass(frozen=True)
class Choice:
    """One allowed value of a ``choice`` column."""

    value: str
    label: Words


@dataclass(frozen=True)
class Column:
    """A typed input or output. ``optional``: an input's fact may be empty or left out; ``required`` is for outputs."""

    name: str
    label: Words
    type: str
    choices: tuple[Choice, ...] = ()
    unit: Words = ""
    description: Words = ""
    optional: bool = False
    required: bool = True
    of: str = ""
    """For a text column: what of the company its texts are codes of (one of NAMED, or CHOICES_OF). ``choices`` then are
    filled in for pages (core.decisions.company_names): names to show and offer, not a limit."""

    def choice(self, value: object) -> Choice | None:
        """The choice with this value, if the column has it."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True)
class Cell:
    """One condition: an operator and its values; ``ends`` says which ends of ``between`` belong to the range."""

    op: str
    values: tuple = ()
    ends: str = "[]"

    @property
    def meaning(self) -> tuple:
        """Equal for two cells that say the same in another order (``in a, b`` and ``in b, a``)."""
        if self.op in MANY_VALUE_OPS:
            return (self.op, frozenset(self.values))
        return (self.op, self.values, self.ends)


def column_words(column: Column) -> str:
    """The column's label."""
    return words_of(column.label) or column.name


class ChoiceList:
    """The choices of a column inside a message, put into words only when and in the language it is read."""

    def __init__(self, column: Column):
        self.choices = column.choices

    def __str__(self) -> str:
        words = [(choice.value, words_of(choice.label)) for choice in self.choices[:12]]
        shown = [
            value if label in ("", value) else _("{value} ({label})", value=value, label=label)
            for value, label in words
        ]
        return _(", ").join(shown) + (" …" if len(self.choices) > 12 else "")


ANY = Cell("any")


@dataclass(frozen=True)
class Row:
    """Conditions (columns left out are ``any``) and what follows when all of them hold: values, or formulas."""

    when: Mapping[str, Cell]
    then: Mapping[str, Value | Formula]
    id: str | None = None
    note: Words = ""
    clause: str = ""


@dataclass(frozen=True)
class Table:
    """A decision table that passed validation. ``default`` is None when no fitting row means: refer to a person."""

    name: str
    label: Words
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]
    hit_policy: str = "first"
    as_of: str = "now"
    description: Words = ""
    default: Mapping[str, Value | Formula] | None = None
    refer: Words = ""

    def input(self, name: str) -> Column:
        """The input of that name; KeyError if there is none."""
        return _named(self.inputs, name)

    def output(self, name: str) -> Column:
        """The output of that name; KeyError if there is none."""
        return _named(self.outputs, name)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a value: a stable code, an English message id and what fills its placeholders."""

    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)


def _named(columns: tuple[Column, ...], name: str) -> Column:
    for column in columns:
        if column.name == name:
            return column
    raise KeyError(name)
