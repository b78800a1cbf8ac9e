"""Two versions of a table side by side: what was edited, and what it would have meant for past cases."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.decisions.compiled import CompiledTable, Decision, compile_table
from core.decisions.errors import FactError, FactProblem
from core.decisions.model import ANY, Row, Table

# --- what was edited ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellChange:
    """One changed field of a row. ``part`` is when, then, note, clause or id; ``name`` the column for when and then."""

    part: str
    name: str
    old: object
    new: object


@dataclass(frozen=True)
class RowChange:
    """A row of either version. Rows count from 1; ``old`` is None for an added row, ``new`` for a removed one."""

    old: int | None
    new: int | None
    cells: tuple[CellChange, ...] = ()
    moved: bool = False

    @property
    def kind(self) -> str:
        """``added``, ``removed``, ``changed`` or ``same`` (perhaps moved)."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "changed" if self.cells else "same"


@dataclass(frozen=True)
class TableDiff:
    """How a table was edited: its rows in the new order, removed ones last, and what else changed, old and new."""

    rows: tuple[RowChange, ...]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    columns_changed: tuple[str, ...]
    properties: dict[str, tuple[object, object]] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Nothing at all was edited."""
        rows = all(row.kind == "same" and not row.moved for row in self.rows)
        return rows and not (self.columns_added or self.columns_removed or self.columns_changed or self.properties)

    def of_row(self, number: int) -> RowChange:
        """The change of the row that has this number in the new version."""
        return next(row for row in self.rows if row.new == number)


_PROPERTIES = ("name", "label", "description", "as_of", "hit_policy", "default", "refer")


def diff(old: Table, new: Table) -> TableDiff:
    """What was edited from ``old`` to ``new``. Rows are recognised by id, else by content, else by likeness."""
    pairs = _pair_rows(old, new)
    stayed = _longest_rising([pairs[index] for index in sorted(pairs)])
    rows = [
        RowChange(
            pairs[index] + 1,
            index + 1,
            _cell_changes(old, new, old.rows[pairs[index]], row),
            pairs[index] not in stayed,
        )
        if index in pairs
        else RowChange(None, index + 1)
        for index, row in enumerate(new.rows)
    ]
    kept = set(pairs.values())
    rows += [RowChange(index + 1, None) for index in range(len(old.rows)) if index not in kept]
    before = {column.name: column for column in (*old.inputs, *old.outputs)}
    after = {column.name: column for column in (*new.inputs, *new.outputs)}
    return TableDiff(
        rows=tuple(rows),
        columns_added=tuple(name for name in after if name not in before),
        columns_removed=tuple(name for name in before if name not in after),
        columns_changed=tuple(name for name in after if name in before and after[name] != before[name]),
        properties={
            key: (getattr(old, key), getattr(new, key)) for key in _PROPERTIES if getattr(old, key) != getattr(new, key)
        },
    )


def _pair_rows(old: Table, new: Table) -> dict[int, int]:
    """New position → old position of the rows that are taken to be the same."""
    pairs: dict[int, int] = {}
    by_id = {row.id: index for index, row in enumerate(old.rows) if row.id is not None}
    for index, row in enumerate(new.rows):
        if row.id is not None and row.id in by_id:
            pairs[index] = by_id[row.id]
    free_old = [index for index in range(len(old.rows)) if index not in set(pairs.values())]
    free_new = [index for index in range(len(new.rows)) if index not in pairs]
    candidates = []
    for index in free_new:
        for other in free_old:
            likeness = _likeness(old.rows[other], new.rows[index])
            if likeness >= 0.5:
                candidates.append((-likeness, abs(other - index), index, other))
    taken: set[int] = set()
    for _unlike, _distance, index, other in sorted(candidates):
        if index not in pairs and other not in taken:
            pairs[index] = other
            taken.add(other)
    return pairs


def _likeness(old: Row, new: Row) -> float:
    """The share of fields in which two rows agree, 1 when they are equal; a row with another id is another row."""
    if old.id is not None and new.id is not None:
        return 0.0
    names = [("when", name) for name in {*old.when, *new.when}] + [("then", name) for name in {*old.then, *new.then}]
    if not names:
        return 1.0
    return sum(_meaning(old, *name) == _meaning(new, *name) for name in names) / len(names)


def _meaning(row: Row, part: str, name: str) -> object:
    if part == "when":
        return row.when.get(name, ANY).meaning
    value = row.then.get(name)
    return (isinstance(value, bool), value)


def _cell_changes(old_table: Table, new_table: Table, old: Row, new: Row) -> tuple[CellChange, ...]:
    changes = []
    for name in _names(old_table.inputs, new_table.inputs):
        if _meaning(old, "when", name) != _meaning(new, "when", name):
            changes.append(CellChange("when", name, old.when.get(name, ANY), new.when.get(name, ANY)))
    for name in _names(old_table.outputs, new_table.outputs):
        if _meaning(old, "then", name) != _meaning(new, "then", name):
            changes.append(CellChange("then", name, old.then.get(name), new.then.get(name)))
    for part in ("note", "clause", "id"):
        if getattr(old, part) != getattr(new, part):
            changes.append(CellChange(part, "", getattr(old, part), getattr(new, part)))
    return tuple(changes)


def _names(old: Sequence, new: Sequence) -> list[str]:
    return list(dict.fromkeys([column.name for column in new] + [column.name for column in old]))


def _longest_rising(numbers: list[int]) -> set[int]:
    """The members of one longest rising subsequence: rows that kept their order; the others were moved."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(tails, number)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [number]
        ends[place : place + 1] = [index]
    kept, index = set(), ends[-1] if ends else -1
    while index >= 0:
        kept.add(numbers[index])
        index = before[index]
    return kept


# --- what it would have meant ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A past case: what it is called, and its facts, typed."""

    id: object
    facts: Mapping[str, object]


@dataclass(frozen=True)
class TrialCase:
    """A case whose result isn't simply the same: before and after (None where it couldn't be decided), and why not."""

    id: object
    facts: Mapping[str, object]
    before: Decision | None
    after: Decision | None
    problems: tuple[FactProblem, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A draft tried on past cases. Every case is counted once, in the first group that applies:

    ``undecidable`` (the new version lacks a fact of it), ``no_row`` (the new version refers it to a person),
    ``changed`` (other outputs, or decided at all only now), ``unchanged``.
    """

    total: int
    unchanged: int
    changed: tuple[TrialCase, ...]
    no_row: tuple[TrialCase, ...]
    undecidable: tuple[TrialCase, ...]
    same_result_other_row: int
    """How many of the unchanged have the same outputs, but from another row (compared by number)."""


def trial(
    old: Table | CompiledTable | None,
    new: Table | CompiledTable,
    cases: Iterable[Case | tuple[object, Mapping[str, object]]],
    defaults: Mapping[str, object] | None = None,
) -> Trial:
    """Decide past cases under both versions. ``defaults`` fill in facts that a case doesn't have (for new inputs).

    Without ``old`` (the first version of a table) every decided case counts as changed.
    """
    before_table, after_table = _ready(old), _ready(new)
    assert after_table is not None
    groups: dict[str, list[TrialCase]] = {"changed": [], "no_row": [], "undecidable": []}
    total = unchanged = other_row = 0
    for item in cases:
        case = item if isinstance(item, Case) else Case(*item)
        total += 1
        tried = _try(case, before_table, after_table, defaults or {})
        group = _group(tried)
        if group == "unchanged":
            unchanged += 1
            other_row += tried.before.row_numbers != tried.after.row_numbers  # type: ignore[union-attr]
        else:
            groups[group].append(tried)
    return Trial(
        total, unchanged, tuple(groups["changed"]), tuple(groups["no_row"]), tuple(groups["undecidable"]), other_row
    )


def _ready(table: Table | CompiledTable | None) -> CompiledTable | None:
    return compile_table(table) if isinstance(table, Table) else table


def _try(case: Case, old: CompiledTable | None, new: CompiledTable, defaults: Mapping[str, object]) -> TrialCase:
    before = None
    if old is not None:
        try:
            before = old.decide(case.facts)
        except FactError:
            before = None  # the version of that time could not decide it either: shown as undecided before
    facts = {**defaults, **case.facts}
    try:
        return TrialCase(case.id, facts, before, new.decide(facts))
    except FactError as error:
        return TrialCase(case.id, facts, before, None, tuple(error.problems))


def _group(tried: TrialCase) -> str:
    if tried.after is None:
        return "undecidable"
    if tried.after.outcome == "refer":
        return "no_row"
    if tried.before is None or _results(tried.before) != _results(tried.after):
        return "changed"
    return "unchanged"


def _results(decision: Decision) -> list:
    """Outputs for comparison, outputs left empty left out, so that an added empty output column changes nothing."""
    return [
        {name: (isinstance(value, bool), value) for name, value in outputs.items() if value is not None}
        for outputs in decision.all_outputs
    ]
