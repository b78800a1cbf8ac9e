"""Each input column cut into the parts between which its cells don't distinguish, with the rows that fit each part.

Rows are bits of one integer (row 0 is the lowest bit). A column becomes a dictionary from a value to the rows whose
cell fits that value; deciding is then a look-up per column and an ``and`` over the columns. The same parts, as
``Atom``s with a sample value each, make analysis exact: two values of one part can't be told apart by the table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from core.decisions.cells import matches
from core.decisions.model import ANY, ORDERED_TYPES, TEXT_OPS, Cell, Column, Value

REMEMBERED = 4096
"""How many values of an ordered column keep their answer; others are searched again each time."""

MAX_TEXT_PARTS = 4096
"""More distinguishable kinds of text than this in one column are not enumerated."""

FRESH = "⁂"
"""Stands in a sample text for whatever no row mentions; people are shown an ellipsis instead."""


@dataclass(frozen=True)
class Atom:
    """A set of values that no row tells apart: which rows fit it, one of its values, and its place in the column.

    ``slot`` orders the parts of an ordered column (even: an open stretch, odd: a single point); None elsewhere.
    ``named`` is false for "any other text".
    """

    mask: int
    sample: Value
    slot: int | None = None
    named: bool = True


class Partition:
    """One column's parts. ``lookup[value]`` is the mask of fitting rows, or None for a value the column can't take."""

    lookup: dict

    def __init__(self, column: Column, cells: Sequence[Cell]):
        self.column = column
        self.cells = cells
        self.empty_mask = _mask(index for index, cell in enumerate(cells) if matches(cell, None))

    def atoms(self) -> Iterator[Atom]:
        """All parts that have at least one value, the empty value first."""
        if self.column.optional:
            yield Atom(self.empty_mask, None)
        yield from self.value_atoms()

    def value_atoms(self) -> Iterator[Atom]:
        """The parts of values that are there."""
        raise NotImplementedError

    def describe(self, atoms: Iterable[Atom]) -> list[Cell] | None:
        """Conditions that together mean exactly these parts, or None when they can't be put as conditions."""
        atoms = list(atoms)
        cells = [Cell("empty")] if any(atom.sample is None for atom in atoms) else []
        rest = [atom for atom in atoms if atom.sample is not None]
        described = self._describe_values(rest) if rest else []
        if described is None:
            return None
        if described == [Cell("not_empty")] and (cells or not self.column.optional):
            return [ANY]
        return cells + described

    def _describe_values(self, atoms: list[Atom]) -> list[Cell] | None:
        raise NotImplementedError


def partition(column: Column, cells: Sequence[Cell]) -> Partition:
    """The parts of ``column`` under the cells of all rows, in row order."""
    if column.type in ORDERED_TYPES:
        return _Ordered(column, cells)
    return _Text(column, cells) if column.type == "str" else _Listed(column, cells)


class _Listed(Partition):
    """A bool or choice column: every value is its own part."""

    def __init__(self, column: Column, cells: Sequence[Cell]):
        super().__init__(column, cells)
        self.values = [choice.value for choice in column.choices] if column.type == "choice" else [True, False]
        self.lookup = _OrNone((value, _fitting(cells, value)) for value in self.values)
        if column.optional:
            self.lookup[None] = self.empty_mask

    def value_atoms(self) -> Iterator[Atom]:
        for value in self.values:
            yield Atom(self.lookup[value], value)

    def _describe_values(self, atoms: list[Atom]) -> list[Cell]:
        if len(atoms) == len(self.values):
            return [Cell("not_empty")]
        return [one_of([atom.sample for atom in atoms])]


class _OrNone(dict):
    def __missing__(self, key: object) -> None:
        return None


class _Text(Partition):
    """A text column: the texts that cells name, and all others by which beginnings and parts they have."""

    def __init__(self, column: Column, cells: Sequence[Cell]):
        super().__init__(column, cells)
        named = {value: None for cell in cells if cell.op not in TEXT_OPS for value in cell.values}
        self.named = [str(value) for value in named]
        self.patterned = [(1 << index, cell) for index, cell in enumerate(cells) if cell.op in TEXT_OPS]
        self.other = _mask(
            index for index, cell in enumerate(cells) if cell.op in ("any", "not_empty", "not", "not_in")
        )
        self.lookup = _TextLookup(self.other, self.patterned)
        for value in self.named:
            self.lookup[value] = _fitting(cells, value)
        if column.optional:
            self.lookup[None] = self.empty_mask

    def value_atoms(self) -> Iterator[Atom]:
        for value in self.named:
            yield Atom(self.lookup[value], value)
        for sample in self._other_samples():
            yield Atom(self.lookup[sample], sample, named=False)

    def _other_samples(self) -> Iterator[str]:
        """One text for every way in which an unnamed text can begin with and contain the patterns.

        A text has a longest beginning among the patterns (or none) and a set of parts closed under "is part of".
        Joining such a beginning and such parts with a character that no pattern has realises exactly that way.
        """
        beginnings = _pattern_values(self.patterned, "starts_with")
        parts = _pattern_values(self.patterned, "contains")
        fresh = self._fresh(beginnings + parts)
        count = 0
        for beginning in ["", *beginnings]:
            for chosen in _closed_sets(parts, beginning):
                count += 1
                if count > MAX_TEXT_PARTS:
                    raise TooMany(self.column.name)
                yield fresh.join([beginning, *chosen, ""]) if beginning or chosen else fresh

    def _fresh(self, patterns: list[str]) -> str:
        used = set("".join([*patterns, *self.named]))
        return next(char for char in (FRESH, *map(chr, range(0x2460, 0x2460 + len(used) + 1))) if char not in used)

    def _describe_values(self, atoms: list[Atom]) -> list[Cell] | None:
        if self.patterned and not all(atom.named for atom in atoms):
            return None
        if all(atom.named for atom in atoms):
            return [one_of([atom.sample for atom in atoms])]
        here = {atom.sample for atom in atoms}
        absent = [value for value in self.named if value not in here]
        if not absent:
            return [Cell("not_empty")]
        return [Cell("not", (absent[0],)) if len(absent) == 1 else Cell("not_in", tuple(absent))]


class _TextLookup(dict):
    """Unnamed texts are matched each time and not remembered: they may be long, and are somebody's words."""

    __slots__ = ("other", "patterned")

    def __init__(self, other: int, patterned: list[tuple[int, Cell]]):
        super().__init__()
        self.other = other
        self.patterned = patterned

    def __missing__(self, value: object) -> int | None:
        if not isinstance(value, str) or not value:
            return None
        mask = self.other
        for bit, cell in self.patterned:
            if matches(cell, value):
                mask |= bit
        return mask


class _Ordered(Partition):
    """An int, decimal or date column: the points that cells name, and the stretches before, between and after."""

    def __init__(self, column: Column, cells: Sequence[Cell]):
        super().__init__(column, cells)
        self.points = sorted({value for cell in cells for value in cell.values})
        self.masks = self._slot_masks()
        self.lookup = _OrderedLookup(self.points, self.masks)
        if column.optional:
            self.lookup[None] = self.empty_mask

    def value_atoms(self) -> Iterator[Atom]:
        for slot, mask in enumerate(self.masks):
            sample = self.points[slot // 2] if slot % 2 else self._between(slot // 2)
            if sample is not None:
                yield Atom(mask, sample, slot)

    def _slot_masks(self) -> list[int]:
        """Rows per slot, by sweeping over where each row's ranges begin and end."""
        position = {point: 2 * index + 1 for index, point in enumerate(self.points)}
        last = 2 * len(self.points)
        toggles = [0] * (last + 2)
        for index, cell in enumerate(self.cells):
            for low, high in _slot_ranges(cell, position, last):
                toggles[low] ^= 1 << index
                toggles[high + 1] ^= 1 << index
        masks, mask = [], 0
        for toggle in toggles[:-1]:
            mask ^= toggle
            masks.append(mask)
        return masks

    def _between(self, index: int) -> Value:
        """A value after point ``index - 1`` and before point ``index``; None when there is none."""
        low = self.points[index - 1] if index > 0 else None
        high = self.points[index] if index < len(self.points) else None
        return _SAMPLERS[self.column.type](low, high)

    def _is_single(self, low, high) -> bool:
        """Whether exactly one value lies between two points of the column."""
        if self.column.type == "decimal":
            return False
        return high - low == (timedelta(days=2) if self.column.type == "date" else 2)

    def _describe_values(self, atoms: list[Atom]) -> list[Cell]:
        slots = sorted(atom.slot for atom in atoms if atom.slot is not None)
        real = {atom.slot for atom in self.value_atoms()}
        cells, start = [], 0
        for index, slot in enumerate(slots):
            following = slots[index + 1] if index + 1 < len(slots) else None
            if following is None or any(between in real for between in range(slot + 1, following)):
                cells.append(self._stretch(slots[start], slot, real))
                start = index + 1
        return cells

    def _stretch(self, low: int, high: int, real: set) -> Cell:
        first, last = low == min(real), high == max(real)
        if first and last:
            return Cell("not_empty")
        below = ("ge", self.points[low // 2]) if low % 2 else ("gt", self.points[low // 2 - 1] if low else None)
        above = ("le", self.points[high // 2]) if high % 2 else ("lt", None if last else self.points[high // 2])
        if first or below[1] is None:
            return Cell(above[0], (above[1],))
        if last or above[1] is None:
            return Cell(below[0], (below[1],))
        if low == high and (low % 2 or self._is_single(below[1], above[1])):
            return Cell("equals", (below[1] if low % 2 else self._between(low // 2),))
        ends = ("[" if below[0] == "ge" else "(") + ("]" if above[0] == "le" else ")")
        return Cell("between", (below[1], above[1]), ends)


class _OrderedLookup(dict):
    __slots__ = ("points", "masks")

    def __init__(self, points: list, masks: list[int]):
        super().__init__()
        self.points = points
        self.masks = masks

    def __missing__(self, value) -> int | None:
        if value is None or (isinstance(value, Decimal) and not value.is_finite()):
            return None
        points = self.points
        index = bisect_left(points, value)
        slot = 2 * index + 1 if index < len(points) and points[index] == value else 2 * index
        mask = self.masks[slot]
        if len(self) < REMEMBERED:
            self[value] = mask
        return mask


class TooMany(Exception):
    """A column has more distinguishable parts than are enumerated."""


def one_of(values: Sequence[Value]) -> Cell:
    """The cell that fits exactly these values."""
    return Cell("equals", (values[0],)) if len(values) == 1 else Cell("in", tuple(values))


def _mask(rows: Iterable[int]) -> int:
    mask = 0
    for row in rows:
        mask |= 1 << row
    return mask


def _fitting(cells: Sequence[Cell], value: Value) -> int:
    return _mask(index for index, cell in enumerate(cells) if matches(cell, value))


def _pattern_values(patterned: list[tuple[int, Cell]], op: str) -> list[str]:
    return sorted({str(value) for _bit, cell in patterned if cell.op == op for value in cell.values})


def _closed_sets(parts: list[str], beginning: str) -> Iterator[list[str]]:
    """Choices of parts that differ in which parts the text made from them contains."""
    given = frozenset(part for part in parts if part in beginning)
    seen: set[frozenset] = set()
    pending: list[tuple[frozenset, list[str]]] = [(given, [])]
    while pending:
        have, chosen = pending.pop()
        if have in seen:
            continue
        seen.add(have)
        yield chosen
        for part in parts:
            if part not in have:
                pending.append((have | {other for other in parts if other in part}, [*chosen, part]))


def _slot_ranges(cell: Cell, position: dict, last: int) -> list[tuple[int, int]]:
    """The slots that fit an ordered cell, as disjoint ranges with both ends included."""
    at = [position[value] for value in cell.values]
    if cell.op in ("any", "not_empty"):
        return [(0, last)]
    if cell.op == "empty":
        return []
    if cell.op in ("equals", "in"):
        return [(slot, slot) for slot in at]
    if cell.op in ("not", "not_in"):
        bounds = [-1, *sorted(at), last + 1]
        return [(low + 1, high - 1) for low, high in zip(bounds, bounds[1:], strict=False)]
    low, high = {
        "lt": (0, at[0] - 1),
        "le": (0, at[0]),
        "gt": (at[0] + 1, last),
        "ge": (at[0], last),
        "between": (at[0] + (cell.ends[0] == "("), at[-1] - (cell.ends[1] == ")")),
    }[cell.op]
    return [(low, high)]


def _int_between(low: int | None, high: int | None) -> int | None:
    if low is None:
        return 0 if high is None else high - 1
    return low + 1 if high is None or low + 1 < high else None


def _date_between(low: date | None, high: date | None) -> date | None:
    if low is None:
        return date(2026, 1, 1) if high is None else None if high == date.min else high - timedelta(days=1)
    if low == date.max:
        return None
    following = low + timedelta(days=1)
    return following if high is None or following < high else None


def _decimal_between(low: Decimal | None, high: Decimal | None) -> Decimal:
    with localcontext() as context:
        context.prec = 400
        if low is None:
            return Decimal(0) if high is None else high - 1
        if high is None or low + 1 < high:
            return low + 1
        return (low + high) * Decimal("0.5")


_SAMPLERS: dict[str, Callable[..., Value]] = {"int": _int_between, "date": _date_between, "decimal": _decimal_between}
