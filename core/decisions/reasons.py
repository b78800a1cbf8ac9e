"""Why the other rows didn't decide, and which single fact would have to be otherwise for another result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.decisions.compiled import CompiledTable, Decision, bits
from core.decisions.model import Cell, Value
from core.decisions.partition import Atom


@dataclass(frozen=True)
class Miss:
    """A row that didn't decide. ``failing`` are the inputs whose condition wasn't met; empty: an earlier row fired."""

    row: int
    failing: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """If this one fact were otherwise, these rows would fire (none: the default, or refer).

    ``cells`` are the conditions on the fact that lead there, None where only a sample can be given.
    """

    column: str
    rows: tuple[int, ...]
    cells: tuple[Cell, ...] | None
    sample: Value


def why_not(decision: Decision) -> list[Miss]:
    """Every row that didn't fire, in order, with the inputs that kept it from fitting."""
    compiled = decision.compiled
    masks = compiled.column_masks(decision)
    fired = set(decision.row_numbers)
    misses = []
    for index in range(len(compiled.table.rows)):
        if index + 1 not in fired:
            failing = tuple(name for name, mask in zip(compiled.names, masks, strict=True) if not mask >> index & 1)
            misses.append(Miss(index + 1, failing))
    return misses


def what_would_change(decision: Decision) -> list[Change]:
    """For each single fact, the other results it could lead to if it alone were otherwise; exact and complete.

    Nearest first: results by a row whose own condition on that fact failed come before those by losing a row.
    Raises TooMany where a text column tells too many kinds of text apart.
    """
    compiled = decision.compiled
    masks = compiled.column_masks(decision)
    now = _result(compiled, decision.mask)
    changes = []
    for position, name in enumerate(compiled.names):
        others = compiled.everything
        for index, mask in enumerate(masks):
            if index != position:
                others &= mask
        for rows, atoms in _by_result(compiled, others, compiled.atoms[position]).items():
            if rows != now:
                cells = compiled.partitions[position].describe(atoms)
                changes.append(Change(name, rows, None if cells is None else tuple(cells), atoms[0].sample))
    return sorted(changes, key=lambda change: (not change.rows, abs(_first(change.rows) - _first(now))))


def nearest_first(decision: Decision) -> list[Miss]:
    """Every row that didn't fire: those that fit but stood below first, then by how many conditions failed."""
    return sorted(why_not(decision), key=lambda miss: (len(miss.failing), miss.row))


def nearest_rows(decision: Decision) -> list[Miss]:
    """The rows that failed on exactly one input, in row order."""
    return [miss for miss in why_not(decision) if len(miss.failing) == 1]


def _by_result(compiled: CompiledTable, others: int, atoms: Iterable[Atom]) -> dict[tuple[int, ...], list[Atom]]:
    found: dict[tuple[int, ...], list[Atom]] = {}
    for atom in atoms:
        found.setdefault(_result(compiled, others & atom.mask), []).append(atom)
    return found


def _result(compiled: CompiledTable, mask: int) -> tuple[int, ...]:
    """The rows (from 1) that fire when the rows in ``mask`` fit."""
    rows = bits(mask if compiled.collects else mask & -mask)
    return tuple(index + 1 for index in rows)


def _first(rows: tuple[int, ...]) -> int:
    return rows[0] if rows else 0
