"""What the importers of inventory have in common: words by code or name, parts and units as a file calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, DomainError, ImportRow, Invalid, Loaded, RowProblem, _, use_locale
from plugins.inventory.models import Location, Measure
from plugins.inventory.models.places import INSIDE


class Rows:
    """The rows of a batch on their way: each is added by itself, and undone by itself when it can't be."""

    def __init__(self, ctx: Ctx):
        self.ctx = ctx
        self.bad: list[RowProblem] = []
        self.added = 0

    def each(self, rows: list[ImportRow], add: Callable[[Mapping[str, Any]], object]) -> None:
        """Add them one by one; the reason of each that is refused is told."""
        for row in rows:
            try:
                with self.ctx.session.begin_nested():
                    add(row.values)
                    self.ctx.session.flush()
            except DomainError as error:
                self.refuse(row, error)
            else:
                self.added += 1

    def refuse(self, row: ImportRow, error: DomainError) -> None:
        """Tell why a row can't be."""
        field = (error.field or "").removesuffix("_id")
        value = row.values.get(field)
        self.bad.append(RowProblem(row.line, field, error.message, "" if value is None else str(value)[:200]))

    def loaded(self, rows: list[ImportRow], fresh: list[ImportRow]) -> Loaded:
        """What became of the batch."""
        return Loaded(self.added, len(rows) - len(fresh), tuple(self.bad))


def choice(value: str | None, words: Mapping[str, str], name: str, default: str) -> str:
    """A value by its code or by its name in either language. Raises Invalid for another."""
    if not value:
        return default
    for code, text in words.items():
        if value == code or value in _both(text):
            return code
    allowed = ", ".join(_(w) for w in words.values())
    raise Invalid("bad_choice", _("“{value}” is not one of: {allowed}.", value=value, allowed=allowed), name)


def _both(text: str) -> set[str]:
    found = set()
    for locale in ("en", "zh"):
        with use_locale(locale):
            found.add(_(text))
    return found


def measures_named(ctx: Ctx) -> dict[str, int]:
    """Code or name → id of the units of measure in use."""
    rows = ctx.session.execute(sa.select(Measure.id, Measure.code, Measure.name).where(Measure.active.is_(True))).all()
    return {row.name: row.id for row in rows} | {row.code: row.id for row in rows}


def measure_id(named: Mapping[str, int], text: str) -> int:
    """The unit of measure that a file names. Raises Invalid."""
    if text not in named:
        words = _("There is no unit of measure “{name}”: add it first.", name=text)
        raise Invalid("unknown_measure", words, "measure")
    return named[text]


def part_id(named: Mapping[str, int], text: str, field: str = "part") -> int:
    """The part that a file names. Raises Invalid."""
    if text not in named:
        raise Invalid("unknown_part", _("There is no part {code}.", code=text), field)
    return named[text]


def places_named(ctx: Ctx) -> dict[str, int]:
    """Code → id of the inside locations in use."""
    query = sa.select(Location.code, Location.id).where(Location.kind.in_(INSIDE), Location.active.is_(True))
    return {row.code: row.id for row in ctx.session.execute(query)}
