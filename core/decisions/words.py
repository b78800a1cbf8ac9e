"""Tables and decisions in words, in the language of the moment (or the one asked for)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.decisions.celltext import cell_text
from core.decisions.compiled import CompiledTable, Decision
from core.decisions.formula_tree import Formula
from core.decisions.formula_words import filled_words, formula_words
from core.decisions.model import Cell, Column, Table, Value, column_words, words_of
from core.decisions.partition import FRESH, TooMany
from core.decisions.reasons import Change, Miss, nearest_first, what_would_change
from core.decisions.values import number_words
from core.i18n import N_, _, get_locale, use_locale

_MARK = "\ue000"
_OPENS = re.compile(f"(?<=[\u4e00-\u9fff]){_MARK}(?=[-A-Za-z0-9])")
_CLOSES = re.compile(f"(?<=[A-Za-z0-9%]){_MARK}(?=[\u4e00-\u9fff])")

_CONDITIONS = {
    "any": N_("{column} is anything"),
    "empty": N_("{column} is empty"),
    "not_empty": N_("{column} is given"),
    "equals": N_("{column} is {value}"),
    "in": N_("{column} is {value}"),
    "not": N_("{column} is not {value}"),
    "not_in": N_("{column} is none of {value}"),
    "lt": N_("{column} is less than {value}"),
    "le": N_("{column} is at most {value}"),
    "gt": N_("{column} is more than {value}"),
    "ge": N_("{column} is at least {value}"),
    "starts_with": N_("{column} starts with {value}"),
    "contains": N_("{column} contains {value}"),
}
_DATE_CONDITIONS = {
    "lt": N_("{column} is before {value}"),
    "le": N_("{column} is on or before {value}"),
    "gt": N_("{column} is after {value}"),
    "ge": N_("{column} is on or after {value}"),
}
_RANGES = {
    "[]": N_("{column} is from {low} to {high}"),
    "[)": N_("{column} is from {low} to below {high}"),
    "(]": N_("{column} is above {low} and up to {high}"),
    "()": N_("{column} is above {low} and below {high}"),
}
_DATE_RANGES = {
    "[)": N_("{column} is from {low} to before {high}"),
    "(]": N_("{column} is after {low} and up to {high}"),
    "()": N_("{column} is after {low} and before {high}"),
}


@dataclass(frozen=True)
class Condition:
    """One condition of a row beside the fact it was held against, ready for a page."""

    column: str
    label: str
    words: str
    fact: str
    fits: bool


@dataclass(frozen=True)
class Explanation:
    """A decision in words. ``conditions`` list every input: those of the row that fired, else only the facts."""

    headline: str
    conditions: list[Condition]
    outputs: list[tuple[str, str]]
    note: str
    clause: str
    changes: list[str]


def value_words(column: Column, value: Value | Formula) -> str:
    """One value of a column: a choice's label, yes or no, a number with its unit, a date as YYYY-MM-DD, a formula."""
    if value is None:
        return _("empty")
    if isinstance(value, Formula):
        return formula_words(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if column.choices:
        choice = column.choice(value)
        return words_of(choice.label) if choice else str(value)
    if isinstance(value, int | Decimal):
        unit = words_of(column.unit)
        number = number_words(value)
        return f"{number} {unit}" if unit else number
    return value.isoformat() if isinstance(value, date) else str(value)


def condition_words(column: Column, cell: Cell) -> str:
    """A cell as a clause of a sentence: "cause is misuse or wrong upkeep"."""
    label = column_words(column)
    values = [value_words(column, value) for value in cell.values]
    is_date = column.type == "date"
    if cell.op == "between":
        message = (_DATE_RANGES.get(cell.ends) if is_date else None) or _RANGES[cell.ends]
        return _say(message, column=label, low=values[0], high=values[1])
    message = (_DATE_CONDITIONS.get(cell.op) if is_date else None) or _CONDITIONS[cell.op]
    return _say(message, column=label, value=_listed(values) if cell.op == "not_in" else either(values))


def either(words: Sequence[str]) -> str:
    """Several texts as alternatives: "a, b or c"."""
    if len(words) < 2:
        return "".join(words)
    return _say(N_("{some} or {last}"), some=_listed(words[:-1]), last=words[-1])


def _listed(words: Sequence[str]) -> str:
    text = words[0]
    for word in words[1:]:
        text = _say(N_("{some}, {another}"), some=text, another=word)
    return text


def _say(message: str, **params: str) -> str:
    """A message with values from data filled in; in Chinese a space sets Latin letters and digits off from the words.

    Only where a filled-in value meets our own words: what is inside of it stays as somebody typed it.
    """
    if get_locale() != "zh":
        return _(message, **params)
    text = _(message, **{name: f"{_MARK}{value}{_MARK}" for name, value in params.items()})
    return _OPENS.sub(" ", _CLOSES.sub(" ", text)).replace(_MARK, "")


def row_words(table: Table, row_number: int) -> str:
    """The conditions of a row (counted from 1): "cause is misuse; distance is at least 1,000 km"."""
    row = table.rows[row_number - 1]
    clauses = [condition_words(column, row.when[column.name]) for column in table.inputs if column.name in row.when]
    return _("; ").join(clauses) or _("in every case")


def outputs_words(table: Table, outputs: Mapping[str, Value] | Mapping[str, Value | Formula]) -> str:
    """Outputs as "payer: customer; price: preferential"; those left empty are left out."""
    given = [column for column in table.outputs if outputs.get(column.name) is not None]
    return _("; ").join(_output(column, outputs[column.name]) for column in given)


def why(decision: Decision, locale: str | None = None) -> str:
    """The decision in one line: which rows fired on which conditions, with the facts that met them."""
    with use_locale(locale or get_locale()):
        table = decision.compiled.table
        if decision.outcome == "default":
            return _joined([_("No row fits; the default applies."), *computed_words(decision, -1)], " ")
        if decision.outcome == "refer":
            reason = words_of(table.refer)
            return (
                _("No row fits; refer to a person: {reason}", reason=reason)
                if reason
                else _("No row fits; refer to a person.")
            )
        return "\n".join(_fired(decision, number) for number in decision.row_numbers)


def explain(decision: Decision, locale: str | None = None, changes: int = 3) -> Explanation:
    """The decision taken apart for a page; ``changes`` is how many what-ifs to add at most."""
    with use_locale(locale or get_locale()):
        table = decision.compiled.table
        row = table.rows[decision.row_index] if decision.row_index >= 0 else None
        outputs = decision.outputs or {}
        return Explanation(
            headline=why(decision),
            conditions=_conditions(decision),
            outputs=[
                (column_words(c), value_words(c, outputs[c.name]))
                for c in table.outputs
                if outputs.get(c.name) is not None
            ],
            note=words_of(row.note) if row else "",
            clause=row.clause if row else "",
            changes=_changes(decision, changes),
        )


def why_not_words(decision: Decision, limit: int | None = None, locale: str | None = None) -> list[tuple[int, str]]:
    """Why each other row did not decide, nearest first: (row, "severity is minor, the row wants critical")."""
    with use_locale(locale or get_locale()):
        return [(miss.row, _miss_words(decision, miss)) for miss in nearest_first(decision)[:limit]]


def _miss_words(decision: Decision, miss: Miss) -> str:
    if not miss.failing:
        return _("fits too, but row {row} above counts", row=decision.row_number)
    table, row = decision.compiled.table, decision.compiled.table.rows[miss.row - 1]
    facts = decision.facts
    failed = []
    for name in miss.failing:
        column = table.input(name)
        fact, wanted = value_words(column, facts[name]), cell_text(column, row.when[name])
        message = N_("{column} is {fact}, the row wants {wanted}")
        failed.append(_say(message, column=column_words(column), fact=fact, wanted=wanted))
    return _("; ").join(failed)


def change_words(compiled: CompiledTable, change: Change) -> str:
    """A what-if of ``what_would_change`` as a sentence."""
    outcome = _outcome_words(compiled, change.rows)
    return _("If {condition}: {outcome}", condition=changed_fact_words(compiled, change), outcome=outcome)


def changed_fact_words(compiled: CompiledTable, change: Change) -> str:
    """What would have to be otherwise: "cause is misuse"."""
    column = compiled.table.input(change.column)
    if change.cells is None:
        value = value_words(column, change.sample).replace(FRESH, "…")
        return _("{column} is, for example, {value}", column=column_words(column), value=value)
    return either([condition_words(column, cell) for cell in change.cells])


def _outcome_words(compiled: CompiledTable, rows: tuple[int, ...]) -> str:
    table = compiled.table
    if rows:
        numbers = ", ".join(str(number) for number in rows)
        results = " / ".join(outputs_words(table, table.rows[number - 1].then) for number in rows)
        return _("row {rows}, {outputs}", rows=numbers, outputs=results)
    if table.default is not None:
        return _("no row fits, the default applies: {outputs}", outputs=outputs_words(table, table.default))
    return _("no row fits, refer to a person")


def _fired(decision: Decision, number: int) -> str:
    compiled = decision.compiled
    clauses = []
    for position, clause in _clauses(compiled, number):
        if position is not None:
            fact = value_words(compiled.table.inputs[position], decision.values[position])
            clause = _("{condition} ({fact})", condition=clause, fact=fact)
        clauses.append(clause)
    clauses = clauses or [_("in every case")]
    clauses += computed_words(decision, number - 1)
    return _("Row {row}: {conditions}", row=number, conditions=_("; ").join(clauses))


def computed_words(decision: Decision, index: int) -> list[str]:
    """How each formula of a row that fired came to its result: "fee = distance × 2.5 = 12 × 2.5 = 30 yuan".

    ``index`` is the position of the row, -1 the default.
    """
    table = decision.compiled.table
    then = table.default if index < 0 else table.rows[index].then
    told = []
    for column in table.outputs:
        formula = (then or {}).get(column.name)
        if isinstance(formula, Formula):
            steps = [column_words(column), formula_words(formula), filled_words(formula, decision.facts)]
            result = value_words(column, decision.results[index][column.name])
            told.append(" = ".join(dict.fromkeys([*steps, result])))
    return told


def _clauses(compiled: CompiledTable, number: int) -> list[tuple[int | None, str]]:
    """The conditions of a row in words, each with the position of its fact where the words don't tell the fact.

    They depend only on row and language, and are kept: explaining many cases is then mostly filling in facts.
    """
    key = (number, get_locale())
    if key not in compiled.clauses:
        cells = compiled.table.rows[number - 1].when
        compiled.clauses[key] = [
            (
                None if cells[column.name].op in ("equals", "empty") else position,
                condition_words(column, cells[column.name]),
            )
            for position, column in enumerate(compiled.table.inputs)
            if column.name in cells
        ]
    return compiled.clauses[key]


def _conditions(decision: Decision) -> list[Condition]:
    table, facts = decision.compiled.table, decision.facts
    cells = table.rows[decision.row_index].when if decision.row_index >= 0 else {}
    rows = []
    for column in table.inputs:
        cell = cells.get(column.name)
        words = condition_words(column, cell) if cell else ""
        rows.append(
            Condition(
                column.name, column_words(column), words, value_words(column, facts[column.name]), cell is not None
            )
        )
    return rows


def _joined(sentences: list[str], between: str) -> str:
    return (between if get_locale() == "en" else "").join(sentences)


def _changes(decision: Decision, limit: int) -> list[str]:
    try:
        return [change_words(decision.compiled, change) for change in what_would_change(decision)[:limit]]
    except TooMany:
        return []


def _output(column: Column, value: Value | Formula) -> str:
    return _("{column}: {value}", column=column_words(column), value=value_words(column, value))
