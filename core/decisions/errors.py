"""What can be wrong with a table or with the facts of a case, each told where it is and in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.decisions.model import Words, words_of
from core.errors import Invalid
from core.i18n import N_, _, use_locale


@dataclass(frozen=True)
class CellError:
    """One mistake in a table. ``row`` counts from 1 and is None outside the rows; ``line`` is known for files."""

    row: int | None
    column: str | None
    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    path: tuple = ()
    line: int | None = None

    def text(self) -> str:
        """The mistake without its place, in the language of the moment."""
        return _(self.message, **self.params)

    def place(self) -> str:
        """Where it is, in the language of the moment: line, row and column as far as they are known."""
        parts = []
        if self.line is not None:
            parts.append(_("line {line}", line=self.line))
        if self.row is not None:
            parts.append(_("row {row}", row=self.row))
        if self.column is not None:
            parts.append(_("column {column}", column=self.column))
        return _(", ").join(parts)

    def __str__(self) -> str:
        place = self.place()
        return _("{place}: {problem}", place=place, problem=self.text()) if place else self.text()


class TableError(Invalid):
    """A table can't be used. ``errors`` holds every mistake found, in the order of the table."""

    def __init__(self, errors: Sequence[CellError]):
        self.errors = list(errors)
        with use_locale("en"):
            self.english = "; ".join(str(error) for error in self.errors)
        super().__init__("decision_table", "; ".join(str(error) for error in self.errors))


@dataclass(frozen=True)
class FactProblem:
    """One fact that a table can't use. Codes: missing, empty, type, unknown_choice, unknown; for a formula also
    division_by_zero and out_of_range.
    """

    fact: str
    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    label: Words = ""

    def text(self) -> str:
        """What is wrong and what is right, in the language of the moment."""
        return _(self.message, **self.params)


class FactError(Invalid):
    """A case can't be decided, because facts are missing or wrong. ``problems`` holds all of them, by column."""

    def __init__(self, problems: Sequence[FactProblem]):
        self.problems = list(problems)
        super().__init__("facts", fact_message(self.problems), facts=[problem.fact for problem in self.problems])


class FormulaError(FactError):
    """A row fits, but a formula in it has no result for this case. ``problems`` name the facts that it counts with."""


def fact_message(problems: Sequence[FactProblem]) -> str:
    """One sentence over all problems, in the language of the moment."""
    return " ".join(
        _("{fact}: {problem}", fact=words_of(problem.label) or problem.fact, problem=problem.text())
        for problem in problems
    )


# Messages used from more than one place.
FLOAT = N_("Write {value} as an exact decimal, not as a floating-point number.")
NO_OPERATOR_FOR_TYPE = N_("“{operator}” can't be used on a column of type {type}.")
