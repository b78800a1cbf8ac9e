"""Filters of declared lists: each reads its values from an address, offers choices, and answers a condition.

A value that fits nothing (a department that is gone, a choice that the rule table no longer has) is ``Gone``: the list
says so and finds nothing by it, rather than more than was meant.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.context import Ctx
from core.db import UtcDateTime
from core.i18n import _

Choices = Sequence[tuple[str, str]]
"""(value, label) pairs, in the language of the moment."""
MOST_OFFERED = 200
_LONGEST = 100


class Gone(ValueError):
    """A filter's value names something that is not there (any more)."""


@dataclass(frozen=True)
class ListFilter:
    """A condition that people choose. ``label`` is a message id.

    Derive from it for a kind of one's own: ``choices`` and ``condition``.
    """

    key: str
    label: str

    shape = "choice"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names in the address."""
        return (self.key,)

    def read(self, args: Mapping[str, str]) -> str:
        """The value as one text; empty when the filter is not set."""
        return args.get(self.key, "").strip()[:_LONGEST]

    def choices(self, ctx: Ctx) -> Choices:
        """What is offered; empty for free text."""
        return ()

    def words(self, ctx: Ctx, text: str) -> str:
        """The value as a chip shows it. Raises Gone."""
        for value, words in self.choices(ctx):
            if value == text:
                return words
        raise Gone(text)

    def condition(self, ctx: Ctx, text: str) -> Any:
        """The condition. Raises Gone."""
        raise NotImplementedError


def _once(ctx: Ctx, item: ListFilter, offered: Callable[[Ctx], Choices]) -> Choices:
    """What a filter offers, read once per request."""
    memo = ctx.memo.setdefault("list choices", {})
    if id(item) not in memo:
        memo[id(item)] = list(offered(ctx))
    return memo[id(item)]


@dataclass(frozen=True)
class ChoiceFilter(ListFilter):
    """One of the values that ``offered(ctx)`` answers as (value, label)."""

    column: Any = None
    offered: Callable[[Ctx], Choices] = lambda ctx: ()
    where: Callable[[Ctx, str], Any] | None = None

    def choices(self, ctx: Ctx) -> Choices:
        return _once(ctx, self, self.offered)

    def condition(self, ctx: Ctx, text: str) -> Any:
        self.words(ctx, text)
        return self.where(ctx, text) if self.where is not None else self.column == text


@dataclass(frozen=True)
class TextFilter(ListFilter):
    """The text is part of the column, whatever the case of letters."""

    column: Any = None

    shape = "text"

    def words(self, ctx: Ctx, text: str) -> str:
        return text

    def condition(self, ctx: Ctx, text: str) -> Any:
        if "\0" in text:
            raise Gone(text)
        return self.column.icontains(text, autoescape=True)


@dataclass(frozen=True)
class DaysFilter(ListFilter):
    """From one day to another, both included, either may be open; moments count by the company's calendar day."""

    column: Any = None

    shape = "days"

    @property
    def arguments(self) -> tuple[str, ...]:
        return (f"{self.key}_from", f"{self.key}_to")

    def read(self, args: Mapping[str, str]) -> str:
        first, last = (args.get(name, "").strip()[:20] for name in self.arguments)
        return f"{first}..{last}" if first or last else ""

    def words(self, ctx: Ctx, text: str) -> str:
        first, last = _days(text)
        if first and last:
            return f"{first} – {last}"
        return _("from {day}", day=first) if first else _("until {day}", day=last)

    def condition(self, ctx: Ctx, text: str) -> Any:
        first, last = _days(text)
        moment = isinstance(self.column.type, UtcDateTime)
        either = []
        if first:
            either.append(self.column >= (_midnight(ctx, first) if moment else first))
        if last:
            after = last + dt.timedelta(days=1)
            either.append(self.column < _midnight(ctx, after) if moment else self.column <= last)
        return sa.and_(*either)


def _days(text: str) -> tuple[dt.date | None, dt.date | None]:
    first, _dots, last = text.partition("..")
    try:
        days = [dt.date.fromisoformat(part) if part else None for part in (first, last)]
    except ValueError:
        raise Gone(text) from None
    if any(day and not 1900 <= day.year <= 2999 for day in days):
        raise Gone(text)
    return days[0], days[1]


def _midnight(ctx: Ctx, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ctx.tz).astimezone(dt.UTC)


@dataclass(frozen=True)
class _IdFilter(ListFilter):
    """The id of a row; ``nothing`` (a message id) offers the rows without one, too."""

    column: Any = None
    nothing: str = ""

    def _offered(self, ctx: Ctx) -> Choices:
        raise NotImplementedError

    def choices(self, ctx: Ctx) -> Choices:
        none = [("none", _(self.nothing))] if self.nothing else []
        return [*none, *_once(ctx, self, self._offered)]

    def condition(self, ctx: Ctx, text: str) -> Any:
        self.words(ctx, text)
        return self.column.is_(None) if text == "none" else self.column == int(text)


@dataclass(frozen=True)
class PersonFilter(_IdFilter):
    """A person who works here; ``me`` is whoever looks at the list, so that a shared filter means each one's own."""

    def _offered(self, ctx: Ctx) -> Choices:
        from core.auth.models import User
        from core.companies.models import Membership

        query = sa.select(User.id, User.name).join(Membership, Membership.user_id == User.id)
        query = query.where(Membership.active.is_(True)).order_by(User.name, User.id)
        me = [("me", _("Myself"))] if ctx.actor.user_id is not None else []
        return [*me, *((str(row.id), row.name) for row in ctx.session.execute(query))]

    def condition(self, ctx: Ctx, text: str) -> Any:
        return self.column == ctx.actor.user_id if text == "me" else super().condition(ctx, text)

    def words(self, ctx: Ctx, text: str) -> str:
        return _("Myself") if text == "me" else super().words(ctx, text)


@dataclass(frozen=True)
class UnitFilter(_IdFilter):
    """An active organisation unit."""

    def _offered(self, ctx: Ctx) -> Choices:
        from core.companies.models import OrgUnit

        query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name, OrgUnit.id)
        return [(str(row.id), row.name) for row in ctx.session.execute(query)]


@dataclass(frozen=True)
class RecordFilter(_IdFilter):
    """A record of another class: the first 200 by ``by`` (a column) are offered, any other is known by its id."""

    model: Any = None
    by: Any = None

    def _offered(self, ctx: Ctx) -> Choices:
        query = sa.select(self.model.id, self.by).order_by(self.by, self.model.id).limit(MOST_OFFERED)
        return [(str(row[0]), str(row[1])) for row in ctx.session.execute(query)]

    def words(self, ctx: Ctx, text: str) -> str:
        try:
            return super().words(ctx, text)
        except Gone:
            if not text.isascii() or not text.isdigit() or len(text) > 18:
                raise
            found = ctx.session.scalar(sa.select(self.by).where(self.model.id == int(text)))
            if found is None:
                raise
            return str(found)
