"""Gaps, overlaps and rows that can never fire: exact, by going through the parts that a table tells apart.

Two values of one part can't be told apart by any row, so a finite search over parts covers all values there are.
Rows that can't matter any more are pruned and states are remembered; a budget bounds the rest, and what it cut off
is said, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.decisions.compiled import CompiledTable, bits, compile_table
from core.decisions.model import Cell, Table, Value
from core.decisions.partition import Atom, TooMany

STEPS = 500_000
"""How many search steps each half of an analysis takes before it answers "not fully analysed" (below a second)."""

MAX_GAPS = 20
MAX_OVERLAPS = 500


@dataclass(frozen=True)
class Overlap:
    """Two rows that both fit some case. Rows count from 1.

    ``kind``: ``exception`` when the earlier row lies inside the later one (a special case before the general rule),
    ``crossing`` when each also has cases of its own. ``same_outputs`` says that it makes no difference.
    """

    first: int
    second: int
    kind: str
    same_outputs: bool
    sample: dict[str, Value]


@dataclass(frozen=True)
class Unreachable:
    """A row that never fires: these earlier rows take every case it fits (none: it fits no case at all)."""

    row: int
    covered_by: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """Cases that no row fits: conditions by input (inputs left out may be anything), and one such case.

    ``region`` is None where the conditions can't be put as cells; the sample is always exact.
    """

    region: dict[str, tuple[Cell, ...]] | None
    sample: dict[str, Value]


@dataclass(frozen=True)
class Analysis:
    """What is noteworthy about a table. ``complete`` is false when the budget ended the search: see the other fields.

    ``undetermined`` are rows whose reachability wasn't settled, ``more_gaps``/``more_overlaps`` that lists were cut.
    ``gaps_searched`` is false when the search for gaps ended early, so that there may be others.
    """

    overlaps: tuple[Overlap, ...]
    unreachable: tuple[Unreachable, ...]
    gaps: tuple[Gap, ...]
    more_overlaps: bool
    more_gaps: bool
    gaps_searched: bool
    undetermined: tuple[int, ...]
    has_default: bool

    @property
    def complete(self) -> bool:
        """Everything was settled (though long lists may be cut)."""
        return self.gaps_searched and not self.undetermined

    @property
    def clean(self) -> bool:
        """Settled, and nothing to mend: no row that never fires, no gap without a default."""
        return self.complete and not self.unreachable and (self.has_default or not self.gaps)


def analyse(table: Table | CompiledTable, steps: int = STEPS) -> Analysis:
    """Overlaps, unreachable rows (under ``first``) and gaps of a table; ``steps`` bounds rows and gaps each.

    Gaps are looked for even when there is a default: they are then the cases that the default decides.
    """
    compiled = table if isinstance(table, CompiledTable) else compile_table(table)
    has_default = compiled.table.default is not None
    try:
        columns = [_merged(atoms) for atoms in compiled.atoms]
    except TooMany:
        rows = tuple(range(1, len(compiled.table.rows) + 1))
        return Analysis((), (), (), False, False, False, rows, has_default)
    search = _Search(compiled, columns, steps)
    overlapping = search.overlapping()
    unreachable, undetermined = ((), ()) if compiled.collects else search.unreachable(overlapping)
    dead = {row.row - 1 for row in unreachable}
    overlaps = search.overlaps(overlapping, dead)
    gaps, searched = search.gaps()
    return Analysis(
        overlaps=tuple(overlaps[:MAX_OVERLAPS]),
        unreachable=tuple(unreachable),
        gaps=tuple(gaps[:MAX_GAPS]),
        more_overlaps=len(overlaps) > MAX_OVERLAPS,
        more_gaps=len(gaps) > MAX_GAPS,
        gaps_searched=searched,
        undetermined=tuple(undetermined),
        has_default=has_default,
    )


class _OutOfSteps(Exception):
    """The budget is spent."""


@dataclass(frozen=True)
class _Part:
    """All atoms of a column with the same rows."""

    mask: int
    atoms: tuple[Atom, ...]


def _merged(atoms: tuple[Atom, ...]) -> list[_Part]:
    groups: dict[int, list[Atom]] = {}
    for atom in atoms:
        groups.setdefault(atom.mask, []).append(atom)
    return [_Part(mask, tuple(group)) for mask, group in groups.items()]


class _Search:
    def __init__(self, compiled: CompiledTable, columns: list[list[_Part]], steps: int):
        self.compiled = compiled
        self.table = compiled.table
        self.columns = columns
        self.order = sorted(range(len(columns)), key=lambda position: len(columns[position]))
        self.steps = steps
        self.left = steps
        self.containing = [self._containing(1 << index) for index in range(len(self.table.rows))]
        """For each row, the rows that fit every case it fits."""

    # --- overlaps -----------------------------------------------------------------------------------------------

    def overlapping(self) -> list[int]:
        """For each row, the rows that share a case with it (itself included unless it fits no case at all)."""
        together = []
        for index in range(len(self.table.rows)):
            bit, shared = 1 << index, self.compiled.everything
            for parts in self.columns:
                column = 0
                for part in parts:
                    if part.mask & bit:
                        column |= part.mask
                shared &= column
            together.append(shared)
        return together

    def overlaps(self, together: list[int], dead: set[int]) -> list[Overlap]:
        found: list[Overlap] = []
        rows = self.table.rows
        for second in range(len(rows)):
            for first in range(second):
                if together[second] >> first & 1 and second not in dead and first not in dead:
                    kind = "exception" if self._inside(first, second) else "crossing"
                    same = rows[first].then == rows[second].then
                    both = 1 << first | 1 << second
                    found.append(Overlap(first + 1, second + 1, kind, same, self._shared_case(both)))
                    if len(found) > MAX_OVERLAPS:
                        return found
        return found

    def _inside(self, inner: int, outer: int) -> bool:
        """Whether every case that fits ``inner`` fits ``outer``."""
        return bool(self.containing[inner] >> outer & 1)

    def _containing(self, bit: int) -> int:
        shared = self.compiled.everything
        for parts in self.columns:
            for part in parts:
                if part.mask & bit:
                    shared &= part.mask
        return shared

    # --- rows that never fire -----------------------------------------------------------------------------------

    def unreachable(self, together: list[int]) -> tuple[list[Unreachable], list[int]]:
        found, undetermined = [], []
        self.left = self.steps
        for index in range(len(self.table.rows)):
            earlier = together[index] & ((1 << index) - 1)
            single = self.containing[index] & earlier
            if not together[index] >> index & 1:
                found.append(Unreachable(index + 1, ()))
            elif single:
                found.append(Unreachable(index + 1, ((single & -single).bit_length(),)))
            else:
                try:
                    if self._covered(index, earlier):
                        found.append(Unreachable(index + 1, self._cover(index, earlier)))
                except _OutOfSteps:
                    undetermined.append(index + 1)
        return found, undetermined

    def _covered(self, index: int, others: int) -> bool:
        """Whether ``others`` together take every case of row ``index``."""
        bit = 1 << index
        choices = []
        for position in self.order:
            masks = {part.mask & others for part in self.columns[position] if part.mask & bit}
            if masks != {others}:
                self.spend(len(masks))
                choices.append(_minimal(masks))
        return not _Covering(self, choices).some_empty(0, others)

    def _cover(self, index: int, earlier: int) -> tuple[int, ...]:
        """Rows that together take every case of row ``index``, none of which can be spared."""
        needed = earlier
        try:
            for row in bits(earlier):
                if self._covered(index, needed & ~(1 << row)):
                    needed &= ~(1 << row)
        except _OutOfSteps:
            pass  # the rows found so far do take every case; some of them may be superfluous
        return tuple(row + 1 for row in bits(needed))

    # --- gaps ---------------------------------------------------------------------------------------------------

    def gaps(self) -> tuple[list[Gap], bool]:
        self.left = self.steps
        found: list[Gap] = []
        try:
            choices = [_minimal({part.mask for part in self.columns[position]}) for position in self.order]
            self._collect_gaps(_Covering(self, choices), 0, self.compiled.everything, {}, found)
        except _OutOfSteps:
            return found, False
        return found, True

    def _collect_gaps(
        self, covering: _Covering, level: int, mask: int, chosen: dict[int, _Part], found: list[Gap]
    ) -> None:
        if not mask:
            found.append(self._gap(chosen))
            return
        if not covering.some_empty(level, mask):
            return
        self.spend()
        position = self.order[level]
        for parts in _by_remainder(self.columns[position], mask):
            self._collect_gaps(covering, level + 1, mask & parts.mask, chosen | {position: parts}, found)
            if len(found) > MAX_GAPS:
                return

    def _gap(self, chosen: dict[int, _Part]) -> Gap:
        region: dict[str, tuple[Cell, ...]] | None = {}
        sample = {}
        for position, name in enumerate(self.compiled.names):
            part = chosen.get(position)
            sample[name] = (part or self.columns[position][0]).atoms[0].sample
            cells = self.compiled.partitions[position].describe(part.atoms) if part else []
            if cells is None:
                region = None
            elif region is not None and cells and cells != [Cell("any")]:
                region[name] = tuple(cells)
        return Gap(region, sample)

    # --- small parts --------------------------------------------------------------------------------------------

    def _shared_case(self, rows: int) -> dict[str, Value]:
        """One case that fits all of ``rows``, which must share one."""
        chosen = [next(part for part in parts if part.mask & rows == rows) for parts in self.columns]
        return {name: part.atoms[0].sample for name, part in zip(self.compiled.names, chosen, strict=True)}

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget."""
        self.left -= steps
        if self.left < 0:
            raise _OutOfSteps


class _Covering:
    """Whether some choice of one mask per column leaves no row at all, with what was found so far remembered."""

    def __init__(self, search: _Search, choices: list[list[int]]):
        self.search = search
        self.choices = choices
        self.covered: set[tuple[int, int]] = set()
        self.certain = [0] * (len(choices) + 1)
        """For each column, the rows that every choice in it and in those after it leaves."""
        left = search.compiled.everything
        self.certain[-1] = left
        for level in range(len(choices) - 1, -1, -1):
            for choice in choices[level]:
                left &= choice
            self.certain[level] = left

    def some_empty(self, level: int, mask: int) -> bool:
        """Whether the columns from ``level`` on can leave no row of ``mask``."""
        if not mask:
            return True
        if mask & self.certain[level] or (level, mask) in self.covered:
            return False
        self.search.spend(len(self.choices[level]))
        if any(self.some_empty(level + 1, mask & choice) for choice in self.choices[level]):
            return True
        self.covered.add((level, mask))
        return False


def _minimal(masks: set[int]) -> list[int]:
    """The masks that contain no other: leaving fewer rows is always at least as good when looking for none."""
    kept: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        if not any(mask & other == other for other in kept):
            kept.append(mask)
    return kept


def _by_remainder(parts: list[_Part], mask: int) -> list[_Part]:
    """Parts that leave the same rows of ``mask``, taken together."""
    groups: dict[int, list[Atom]] = {}
    for part in parts:
        groups.setdefault(part.mask & mask, []).extend(part.atoms)
    return [_Part(remainder, tuple(atoms)) for remainder, atoms in groups.items()]
