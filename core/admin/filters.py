"""Filters of lists. They add conditions to a ``select`` and nothing else, so they go with paging by key.

A value out of the address that the column can't hold is refused with a sentence, never handed to the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask_admin.model.filters import BaseFilter

from core.admin.loaders import CompanyAjaxLoader
from core.admin.words import Later
from core.db import Money, Quantity, UtcDateTime
from core.i18n import N_, _
from core.web.current import current_ctx, record_id

MOST_OFFERED = 200
_LONGEST_TEXT = 200
_LARGEST = 2**63 - 1


class CompanyFilter(BaseFilter):
    """A condition on one column. ``path`` holds the relationships that lead to it from the listed class."""

    words = ""
    """The operation, as a message id."""
    data_type = ""

    def __init__(self, column: Any, name: Any, path: Sequence = (), options: Any = None):
        super().__init__(Later(name), options, self.data_type or None)
        self.column = column
        self.path = tuple(path)

    def operation(self) -> Any:
        """What it does, in the language of the request."""
        return Later(self.words)

    def validate(self, value: Any) -> bool:
        """Whether the column can hold this value."""
        try:
            self.clean(value)
        except (ValueError, TypeError, OverflowError, InvalidOperation):
            return False
        return True

    def clean(self, value: str) -> Any:
        """The value out of the address, as the column holds it; ValueError when it can't be."""
        if "\0" in value or len(value) > _LONGEST_TEXT:
            raise ValueError("not a text for a search")
        return value.strip()

    def condition(self, value: Any) -> Any:
        """The condition on ``self.column``."""
        raise NotImplementedError

    def apply(self, query: sa.Select, value: Any) -> sa.Select:
        """``query`` with this condition."""
        condition = self.condition(value)
        for relation in reversed(self.path):
            condition = relation.has(condition)
        return query.where(condition)


class Contains(CompanyFilter):
    """The text is part of it, whatever the case of letters."""

    words = N_("contains")

    def condition(self, value: str) -> Any:
        return self.column.icontains(value, autoescape=True)


class Is(CompanyFilter):
    """Exactly this text or choice."""

    words = N_("is")

    def condition(self, value: Any) -> Any:
        return self.column == value


class IsNot(CompanyFilter):
    """Anything but this text or choice; nothing at all counts as something else."""

    words = N_("is not")

    def condition(self, value: Any) -> Any:
        return self.column.is_distinct_from(value)


class IsEmpty(CompanyFilter):
    """Without (or with) a value."""

    words = N_("is empty")

    def get_options(self, view: Any) -> Any:
        return [("1", _("Yes")), ("0", _("No"))]

    def clean(self, value: str) -> bool:
        if value not in ("0", "1"):
            raise ValueError("yes or no")
        return value == "1"

    def condition(self, value: bool) -> Any:
        return self.column.is_(None) if value else self.column.is_not(None)


class YesNo(IsEmpty):
    """True or false."""

    words = N_("is")

    def condition(self, value: bool) -> Any:
        return self.column.is_(sa.true() if value else sa.false())


class RecordIs(CompanyFilter):
    """Points to this record, chosen from those of this company."""

    words = N_("is")

    def __init__(self, column: Any, name: Any, loader: CompanyAjaxLoader, path: Sequence = ()):
        super().__init__(column, name, path)
        self.loader = loader

    def get_options(self, view: Any) -> Any:
        return [(str(value), text) for value, text in self.loader.choices(MOST_OFFERED)]

    def clean(self, value: str) -> int:
        number = record_id(value)
        if number is None:
            raise ValueError("an id")
        return number

    def condition(self, value: int) -> Any:
        return self.column == value


class _Number(CompanyFilter):
    def clean(self, value: str) -> Any:
        if isinstance(self.column.type, (Money, Quantity)):
            number = Decimal(value)
            if not number.is_finite() or abs(number) >= 10**11:
                raise ValueError("a number")
            self.column.type.process_bind_param(number, None)
            return number
        whole = int(value)
        if abs(whole) > (_LARGEST if isinstance(self.column.type, sa.BigInteger) else 2**31 - 1):
            raise ValueError("a number of this size")
        return whole


class NumberIs(_Number, Is):
    """Exactly this number."""


class AtLeast(_Number):
    """This number or more."""

    words = N_("at least")

    def condition(self, value: Any) -> Any:
        return self.column >= value


class AtMost(_Number):
    """This number or less."""

    words = N_("at most")

    def condition(self, value: Any) -> Any:
        return self.column <= value


class _Day(CompanyFilter):
    """Compares with whole days: dates as they are, moments by the company's calendar day."""

    data_type = "datepicker"

    def clean(self, value: str) -> Any:
        return _day(value)

    def from_start_of(self, day: dt.date) -> Any:
        return self.column >= (self._midnight(day) if self._is_moment else day)

    def to_end_of(self, day: dt.date) -> Any:
        return self.column < self._midnight(day + dt.timedelta(days=1)) if self._is_moment else self.column <= day

    @property
    def _is_moment(self) -> bool:
        return isinstance(self.column.type, UtcDateTime)

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), current_ctx().tz).astimezone(dt.UTC)


class OnOrAfter(_Day):
    """That day or later."""

    words = N_("on or after")

    def condition(self, value: dt.date) -> Any:
        return self.from_start_of(value)


class OnOrBefore(_Day):
    """That day or earlier."""

    words = N_("on or before")

    def condition(self, value: dt.date) -> Any:
        return self.to_end_of(value)


class BetweenDays(_Day):
    """From one day to another, both included; in the address ``2026-01-01 to 2026-01-31``."""

    words = N_("between")
    data_type = "daterangepicker"

    def clean(self, value: str) -> Any:
        first, last = (_day(part) for part in value.split(" to "))
        if last < first:
            raise ValueError("the first day comes first")
        return first, last

    def condition(self, value: Any) -> Any:
        return sa.and_(self.from_start_of(value[0]), self.to_end_of(value[1]))


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text.strip())
    if not 1900 <= day.year <= 2999:
        raise ValueError("a day of our times")
    return day


_BY_TYPE: tuple[tuple[tuple[type, ...], tuple[type[CompanyFilter], ...]], ...] = (
    ((sa.Boolean,), (YesNo,)),
    ((UtcDateTime, sa.Date), (BetweenDays, OnOrAfter, OnOrBefore)),
    ((Money, Quantity, sa.Integer), (NumberIs, AtLeast, AtMost)),
    ((sa.String,), (Contains, Is, IsNot)),
)


def filters_for(
    column: Any, name: Any, path: Sequence = (), choices: Callable[[], Any] | None = None
) -> list[CompanyFilter]:
    """The filters that suit a column's type; ``choices`` answers (value, label) pairs where only these are possible."""
    if choices is not None:
        kinds: list[CompanyFilter] = [Is(column, name, path, choices), IsNot(column, name, path, choices)]
    else:
        suiting = next((made for types, made in _BY_TYPE if isinstance(column.type, types)), None)
        if suiting is None:
            raise ValueError(f"there is no filter for a column of type {column.type!r}")
        kinds = [kind(column, name, path) for kind in suiting]
    if getattr(column, "nullable", False) and not path:
        kinds.append(IsEmpty(column, name, path))
    return kinds
