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
        texts = self._texts(house)
        left: list[str] = []
        gone: list[str] = []
        ctx = house.office("north").system()
        with suppress(_Enough), transaction(ctx):
            for column in texts:
                table = column.table
                said = sa.literal(WORDS) + sa.cast(table.c.id, sa.String)
                Session.connection(ctx.session).execute(sa.update(table).values({column.name: said}))
            _erase_everybody(ctx)
            for column in texts:
                untouched = _with_words(ctx, column) == house.count(column.table, "north")
                (left if untouched else gone).append(f"{column.table.name}.{column.name}")
            raise _Enough
        nothing(
            sorted(name for name in left if not self._why_kept(name)),
            "erase_person leaves these texts in every row; empty them, or say in keeps_words why they stay",
        )
        nothing(sorted(name for name in gone if self._why_kept(name)), "emptied: strike them from keeps_words")

    def _texts(self, house: House) -> list[sa.Column]:
        """Long text columns of tables that have rows."""
        return [
            column
            for table in house.tables_of(self.plugin)
            if house.count(table, "north")
            for column in table.c
            if isinstance(column.type, sa.String) and (column.type.length or LONG) >= LONG
            if self.plugin != "core" or not self._why_kept(f"{table.name}.{column.name}")
        ]

    def _why_kept(self, name: str) -> str:
        return next((why for pattern, why in self.keeps_words.items() if fnmatch(name, pattern)), "")


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
