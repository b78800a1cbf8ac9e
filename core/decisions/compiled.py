"""Deciding: a table compiled once per version, and decisions that remember what they need to explain themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from core.decisions.arithmetic import Evaluator, OutOfRange, ZeroDivisor, evaluator
from core.decisions.errors import FactError, FactProblem, FormulaError
from core.decisions.formula_tree import Formula, names_in
from core.decisions.formula_words import TreeWords
from core.decisions.model import ANY, Column, Table, Value, column_words
from core.decisions.parsing import from_data, values_to_data
from core.decisions.partition import Partition, partition
from core.decisions.values import Unfit, fact_value, parse_date, parse_decimal
from core.i18n import N_, _

_PYTHON_TYPES = {"str": str, "choice": str, "int": int, "decimal": Decimal, "date": date, "bool": bool}


class Decision:
    """One case decided. Words, reasons against other rows and what-ifs are worked out only when asked for."""

    __slots__ = ("compiled", "mask", "row_index", "values")

    def __init__(self, compiled: CompiledTable, mask: int, row_index: int, values: list):
        self.compiled = compiled
        self.mask = mask
        """Bits of all rows that fit the facts, the lowest bit being row 1."""
        self.row_index = row_index
        """Position of the (first) row that fired, -1 when none did."""
        self.values = values
        """The facts the table used, typed, in the order of its inputs."""

    @property
    def outcome(self) -> str:
        """``row`` when a row fired, else ``default`` or ``refer`` (to a person)."""
        if self.row_index >= 0:
            return "row"
        return "refer" if self.compiled.table.default is None else "default"

    @property
    def row_number(self) -> int | None:
        """The row that fired, counted from 1 as on the page; None when none did."""
        return self.row_index + 1 if self.row_index >= 0 else None

    @property
    def row_id(self) -> str | None:
        """The id of the row that fired, where it has one."""
        return self.compiled.table.rows[self.row_index].id if self.row_index >= 0 else None

    @property
    def row_numbers(self) -> list[int]:
        """All rows that fired, from 1: at most one under ``first``, any number under ``collect``."""
        if self.compiled.collects:
            return [index + 1 for index in bits(self.mask)]
        return [self.row_index + 1] if self.row_index >= 0 else []

    @property
    def outputs(self) -> Mapping[str, Value] | None:
        """Outputs of the row that fired (under ``collect`` the first of them) or of the default; None means refer."""
        return self.results[self.row_index]

    @property
    def results(self):
        """Outputs by position of the row, -1 for the default: those of the table, formulas already worked out."""
        return self.compiled.outputs_of

    @property
    def all_outputs(self) -> list[Mapping[str, Value]]:
        """Outputs of every row that fired, in row order; the default's alone when none did; empty means refer."""
        if self.row_index >= 0 and self.compiled.collects:
            return [self.results[index] for index in bits(self.mask)]
        return [] if self.outputs is None else [self.outputs]

    @property
    def facts(self) -> dict[str, Value]:
        """The facts the table used, typed, by input; optional facts that were left out are None."""
        return dict(zip(self.compiled.names, self.values, strict=True))

    def to_data(self) -> dict:
        """What a record stores: outcome, row numbers and ids, outputs, and the facts, as plain JSON types.

        With the table's version beside it this is enough to explain the decision later (``CompiledTable.recall``).
        """
        ids = [self.compiled.table.rows[number - 1].id for number in self.row_numbers]
        return {
            "table": self.compiled.table.name,
            "outcome": self.outcome,
            "rows": self.row_numbers,
            "row_ids": ids,
            "facts": {name: values_to_data({name: value}).get(name) for name, value in self.facts.items()},
            "outputs": [values_to_data(outputs) for outputs in self.all_outputs],
        }

    def __repr__(self) -> str:
        return f"<Decision {self.compiled.table.name} {self.outcome} {self.row_numbers}>"


class FormulaDecision(Decision):
    """A case decided by a table with formulas; those of the rows that fired were worked out at once."""

    __slots__ = ("worked_out",)
    worked_out: dict[int, Mapping[str, Value] | None]

    @property
    def results(self):
        """Outputs by position of the row that fired, -1 for the default."""
        return self.worked_out


class CompiledTable:
    """A table made ready to decide. Immutable, and safe to use from several threads at once."""

    def __init__(self, table: Table):
        self.table = table
        self.collects = table.hit_policy == "collect"
        self.names = tuple(column.name for column in table.inputs)
        self.everything = (1 << len(table.rows)) - 1
        self.partitions: tuple[Partition, ...] = tuple(
            partition(column, [row.when.get(column.name, ANY) for row in table.rows]) for column in table.inputs
        )
        self.clauses: dict[tuple[int, str], list[tuple[int | None, str]]] = {}
        """Words of rows by (number, language), filled in by core.decisions.words as they are asked for."""
        self.outputs_of: list = [MappingProxyType(dict(row.then)) for row in table.rows]
        self.outputs_of.append(None if table.default is None else MappingProxyType(dict(table.default)))
        self._lookups = tuple(
            (column.name, _PYTHON_TYPES[column.type], part.lookup)
            for column, part in zip(table.inputs, self.partitions, strict=True)
        )

    def decide(self, facts: Mapping[str, object], *, strict: bool = False) -> Decision:
        """Decide one case. Raises FactError naming every fact that is missing, empty or of the wrong type.

        Facts the table doesn't ask for are ignored; with ``strict`` they are an error too. Dates are ``date``,
        decimals ``Decimal`` (or int), never float; see ``facts_from_json`` for facts that come as JSON.
        """
        mask = self.everything
        values = []
        try:
            for name, kind, lookup in self._lookups:
                value = facts[name]
                if type(value) is not kind and value is not None:
                    return self._decide_checked(facts, strict)
                mask &= lookup[value]
                values.append(value)
        except (KeyError, TypeError):  # missing, or a value without an answer: the slow way tells which
            return self._decide_checked(facts, strict)
        if strict and len(facts) > len(values):
            return self._decide_checked(facts, strict)
        return Decision(self, mask, (mask & -mask).bit_length() - 1, values)

    def check(self, facts: Mapping[str, object], *, strict: bool = False) -> tuple[dict[str, Value], list[FactProblem]]:
        """The typed facts of this table, and every problem with them."""
        clean: dict[str, Value] = {}
        problems = []
        for column in self.table.inputs:
            if column.name not in facts and not column.optional:
                missing = N_("This fact is missing, and the table needs it.")
                problems.append(FactProblem(column.name, "missing", missing, label=column.label))
                continue
            try:
                clean[column.name] = fact_value(column, facts.get(column.name))
            except Unfit as unfit:
                problem = unfit.problem
                problems.append(FactProblem(column.name, problem.code, problem.message, problem.params, column.label))
        if strict:
            problems += [
                FactProblem(str(name), "unknown", N_("The table has no such input."))
                for name in facts
                if name not in self.names
            ]
        return clean, problems

    def recall(self, stored: Mapping) -> Decision:
        """A stored decision (``Decision.to_data``) brought back under the version that made it, to be explained."""
        return self.decide(facts_from_data(self.table, stored["facts"]))

    @cached_property
    def atoms(self) -> tuple[tuple, ...]:
        """Each column's parts that the rows tell apart; raises TooMany when a text column has too many."""
        return tuple(tuple(part.atoms()) for part in self.partitions)

    def column_masks(self, decision: Decision) -> list[int]:
        """For each input, the rows whose cell in it fits the decision's fact."""
        return [part.lookup[value] for part, value in zip(self.partitions, decision.values, strict=True)]

    def _decide_checked(self, facts: Mapping[str, object], strict: bool) -> Decision:
        if not isinstance(facts, Mapping):
            raise TypeError(f"facts must be a mapping, not {type(facts).__name__}")
        clean, problems = self.check(facts, strict=strict)
        if problems:
            raise FactError(problems)
        mask = self.everything
        values = [clean[name] for name in self.names]
        for part, value in zip(self.partitions, values, strict=True):
            mask &= part.lookup[value]
        return Decision(self, mask, (mask & -mask).bit_length() - 1, values)


class _Work:
    """One formula of a row (or of the default: row None), ready to be worked out for a case."""

    def __init__(self, table: Table, row: int | None, output: Column, formula: Formula):
        self.place = FormulaPlace(row, output)
        self.output = output
        used = {fact.name for fact in formula.facts}
        self.needs = [(place, c) for place, c in enumerate(table.inputs) if c.name in used]
        self.inputs = table.inputs
        self.evaluate: Evaluator = evaluator(formula.tree, table.inputs)

    def result(self, values: list, problems: list[FactProblem]) -> Value:
        """The result, or None and the reasons added to ``problems``."""
        missing = [column for place, column in self.needs if values[place] is None]
        for column in missing:
            message = N_("{place} counts with this fact, and it is empty.")
            problems.append(FactProblem(column.name, "empty", message, {"place": self.place}, column.label))
        if missing:
            return None
        try:
            number = self.evaluate(values)
        except ZeroDivisor as error:
            used = set(names_in(error.divisor))
            facts = [column for _place, column in self.needs if column.name in used]
            divisor = TreeWords(error.divisor, self.inputs)
            message = N_("{place} divides by {divisor}, and that is 0 in this case.")
            self._fail(problems, facts, "division_by_zero", message, divisor=divisor)
        except OutOfRange:
            facts = [column for _place, column in self.needs]
            self._fail(problems, facts, "out_of_range", N_("{place} gives a number with too many digits."))
        else:
            return int(number) if self.output.type == "int" else number
        return None

    def _fail(
        self, problems: list[FactProblem], facts: list[Column], code: str, message: str, **params: object
    ) -> None:
        params |= {"place": self.place}
        problems += [FactProblem(c.name, code, message, params, c.label) for c in facts or [self.output]]


class FormulaPlace:
    """Where a formula stands, put into words only when and in the language it is read."""

    def __init__(self, row: int | None, output: Column):
        self.row = row
        self.output = output

    def __str__(self) -> str:
        column = column_words(self.output)
        if self.row is None:
            return _("“{column}” of the default", column=column)
        return _("“{column}” in row {row}", column=column, row=self.row)


class FormulaTable(CompiledTable):
    """A table with formulas: deciding works out those of the rows that fired; the right number or an error."""

    def __init__(self, table: Table):
        super().__init__(table)
        sources = [*((number, row.then) for number, row in enumerate(table.rows, start=1)), (None, table.default or {})]
        self.work = [
            [_Work(table, row, c, f) for c in table.outputs if isinstance(f := then.get(c.name), Formula)]
            for row, then in sources
        ]

    def decide(self, facts: Mapping[str, object], *, strict: bool = False) -> Decision:
        """Decide one case. Raises FormulaError where a formula has no result: an empty fact, a division by zero."""
        found = super().decide(facts, strict=strict)
        fired = bits(found.mask) if self.collects and found.row_index >= 0 else [found.row_index]
        problems: list[FactProblem] = []
        decision = FormulaDecision(self, found.mask, found.row_index, found.values)
        decision.worked_out = {index: self._outputs(index, found.values, problems) for index in fired}
        if problems:
            raise FormulaError(problems)
        return decision

    def _outputs(self, index: int, values: list, problems: list[FactProblem]) -> Mapping[str, Value] | None:
        given = self.outputs_of[index]
        if not self.work[index]:
            return given
        worked_out = {work.output.name: work.result(values, problems) for work in self.work[index]}
        return MappingProxyType({**given, **worked_out})


def compile_table(definition: Table | Mapping) -> CompiledTable:
    """A table, or the data of one, made ready to decide; raises TableError when the data has mistakes."""
    table = definition if isinstance(definition, Table) else from_data(definition)
    return FormulaTable(table) if has_formulas(table) else CompiledTable(table)


def has_formulas(table: Table) -> bool:
    """Whether some row, or the default, has an output that is worked out from the facts."""
    thens = [row.then for row in table.rows] + ([table.default] if table.default else [])
    return any(isinstance(value, Formula) for then in thens for value in then.values())


def facts_from_json(table: Table, facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as JSON gives them, with date texts (YYYY-MM-DD) made dates; nothing else is converted.

    Decimals must come exact: parse JSON with ``parse_float=Decimal``.
    """
    return _converted(table, facts, {"date": parse_date})


def facts_from_data(table: Table, facts: Mapping[str, object]) -> dict[str, object]:
    """Facts of a stored decision (``Decision.to_data``), where decimals are text as well."""
    return _converted(table, facts, {"date": parse_date, "decimal": parse_decimal})


def bits(mask: int) -> list[int]:
    """Positions of the set bits, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def _converted(table: Table, facts: Mapping[str, object], parsers: Mapping[str, Callable]) -> dict[str, object]:
    converted = dict(facts)
    for column in table.inputs:
        raw = facts.get(column.name)
        if column.type in parsers and isinstance(raw, str):
            parsed = parsers[column.type](raw)
            converted[column.name] = raw if parsed is None else parsed  # decide() tells what is wrong with raw
    return converted
