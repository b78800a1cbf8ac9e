"""Erasing a person leaves no words of theirs behind: each long text of a plugin goes, or it is said why it stays."""

from __future__ import annotations

from contextlib import suppress
from fnmatch import fnmatch

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import erasure, hooks
from core.context import Ctx
from core.db import transaction
from core.events import RecordRef
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House

LONG = 100
"""A column of so many characters can hold a sentence."""
TRIED = 8
"""So many records of a kind are asked whether they are people, before all of them are."""
WORDS = "what somebody said #"


class _Enough(Exception):
    """Ends the transaction, so that nothing of it stays."""


class EraseSuite(SuiteBase):
    """Every text in which a person's words may stand is emptied for each person, or excepted."""

    def test_erasing_a_person_empties_every_text_that_may_hold_their_words(self, house: House):
        own = {t.name for t in house.tables_of(self.plugin)}
        emptied = {name: gone for name, gone in self._emptied(house).items() if name.partition(".")[0] in own}
        nothing(
            sorted(name for name, gone in emptied.items() if not gone and not self._why_kept(name)),
            "erase_person leaves these texts in every row; empty them, or say in keeps_words why they stay",
        )
        nothing(
            sorted(name for name, gone in emptied.items() if gone and self._why_kept(name)),
            "emptied: strike them from keeps_words",
        )

    def _emptied(self, house: House) -> dict[str, bool]:
        """``table.column`` → whether erasing everybody took words out of it: once for all plugins, and for the core."""
        plugins = tuple(house.registry.plugins)
        names = ("core",) if self.plugin == "core" else plugins
        asked = (house.engine.dialect.name, plugins, names)
        if asked not in _known:
            _known[asked] = _erase_words(house, [column for name in names for column in self._texts(house, name)])
        return _known[asked]

    def _texts(self, house: House, plugin: str) -> list[sa.Column]:
        """Long text columns of a plugin's tables that have rows; of the core those alone that don't stay."""
        return [
            column
            for table in house.tables_of(plugin)
            if house.count(table, "north")
            for column in table.c
            if isinstance(column.type, sa.String) and (column.type.length or LONG) >= LONG
            if plugin != "core" or not self._why_kept(f"{table.name}.{column.name}")
        ]

    def _why_kept(self, name: str) -> str:
        return next((why for pattern, why in self.keeps_words.items() if fnmatch(name, pattern)), "")


_known: dict[tuple, dict[str, bool]] = {}
"""Kind of database, plugins, whose texts → what ``_erase_words`` answered: each house is a copy of the same."""


def _erase_words(house: House, texts: list[sa.Column]) -> dict[str, bool]:
    """Put words into these columns of every row, erase everybody, look where they are gone; nothing of it stays."""
    emptied = {}
    ctx = house.office("north").system()
    with suppress(_Enough), transaction(ctx):
        by_table: dict[sa.Table, list[sa.Column]] = {}
        for column in texts:
            by_table.setdefault(column.table, []).append(column)
        for table, columns in by_table.items():
            said = sa.literal(WORDS) + sa.cast(table.c.id, sa.String)
            Session.connection(ctx.session).execute(sa.update(table).values({c.name: said for c in columns}))
        _erase_everybody(ctx)
        for column in texts:
            untouched = _with_words(ctx, column) == house.count(column.table, "north")
            emptied[f"{column.table.name}.{column.name}"] = not untouched
        raise _Enough
    return emptied


def _erase_everybody(ctx: Ctx) -> None:
    """What erasing does to rows, for every record that a plugin calls a person.

    A kind of which the first rows are none has none.
    """
    for name, kind in ctx.registry.kinds.items():
        people = 0
        for place, number in enumerate(ctx.session.scalars(sa.select(kind.model.id)).all()):  # type: ignore[attr-defined]
            if place >= TRIED and not people:
                break
            ref = RecordRef(name, number)
            held = [item for answer in hooks.collect(ctx, "personal_data", disabled_too=True, ref=ref)
                    for item in answer.value or ()]  # fmt: skip
            if held:
                people += 1
                refs = sorted({(r.kind, r.id) for item in held for r in item.refs} | {(name, number)})
                erasure.remove_from_rows(ctx, ref, refs)
    ctx.session.flush()


def _with_words(ctx: Ctx, column: sa.Column) -> int:
    """How many rows of the company hold what was put there."""
    query = sa.select(sa.func.count()).where(
        column.table.c.company_id == ctx.company_id, column.startswith(WORDS, autoescape=True)
    )
    return Session.connection(ctx.session).execute(query).scalar() or 0
