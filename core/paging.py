"""Lists paged by key: previous and next by the sort values of the rows at the page's edges, never by OFFSET.

A page costs the same at row 50 and at row 500,000, and rows that come in meanwhile neither repeat nor hide others.
Counts are exact to 1,000, then "1,000+". Rows without a value in a sort column stand last, in both directions and on
both databases.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.orm import Session

from core.db import Money, Quantity, UtcDateTime, plain
from core.i18n import _, n_

COUNT_LIMIT = 1000
"""Up to here rows are counted; beyond it the words are "1,000+"."""

PAGE_SIZE = 50
_LARGEST = 2**63 - 1
_LONGEST = 1000


@dataclass(frozen=True)
class Pager:
    """Previous and next page by key; an address is None at the end. ``text`` says what is shown: "1–50 of 1,000+"."""

    text: str = ""
    previous_url: str | None = None
    next_url: str | None = None


@dataclass(frozen=True)
class Key:
    """One column to sort by. ``nullable`` is read off the column; say it where an outer join makes it so."""

    column: Any
    desc: bool = False
    nullable: bool | None = None

    @property
    def may_be_null(self) -> bool:
        """Whether rows may lack a value here."""
        return bool(getattr(self.column, "nullable", True)) if self.nullable is None else self.nullable

    def value(self, value: Any) -> sa.BindParameter:
        """``value`` as a parameter of this column's type."""
        return sa.bindparam(None, value, type_=self.column.type, unique=True)


@dataclass(frozen=True)
class KeyPage:
    """One page: its rows, the cursors of its neighbours (None at an end), and how many rows there are altogether.

    ``count`` is None when nothing was counted; ``COUNT_LIMIT + 1`` stands for "more than that".
    """

    rows: list
    previous: str | None = None
    next: str | None = None
    count: int | None = None

    @property
    def count_words(self) -> str:
        """``1 record``, ``27 records``, ``1,000+ records``; empty when nothing was counted."""
        if self.count is None:
            return ""
        if self.count > COUNT_LIMIT:
            return _("{n}+ records", n=f"{COUNT_LIMIT:,}")
        return n_("{n} record", "{n} records", self.count)

    def pager(self, address: Callable[[str], str]) -> Pager:
        """What ``ui.pager`` and ``ui.list_foot`` show; ``address`` makes the URL of the page at a cursor."""
        return Pager(
            self.count_words,
            address(self.previous) if self.previous else None,
            address(self.next) if self.next else None,
        )


def paged(
    session: Any, query: sa.Select, order_by: Sequence, *, size: int = PAGE_SIZE, cursor: str | None = None,
    count: bool = True,
) -> KeyPage:
    """The page of ``query`` at ``cursor`` (the first one without a cursor), and the way to its neighbours.

    ``session`` is a session or a Ctx. ``order_by`` holds columns, ``(column, "asc" | "desc")`` pairs or ``Key``s; the
    last one must be a primary key, so that no two rows are equal. An ORDER BY of the query is dropped. A query for one
    class answers its objects, another one named rows. A cursor that can't be read, or whose rows are gone, answers the
    first page: an old bookmark still leads somewhere. Two statements, one without ``count`` or where nothing is found.
    """
    session = getattr(session, "session", session)
    keys = [_key(item) for item in order_by]
    if not getattr(keys[-1].column, "primary_key", False):
        raise ValueError("the last column to sort by must be the primary key")
    total = count_up_to(session, query, keys[-1].column) if count else None
    if total == 0:  # whoever looks for what nobody has waits for one look through the rows, not for two
        return KeyPage([], count=0)
    backwards, edge = read_cursor(cursor, keys)
    rows, more = _fetch(session, query, keys, size, edge, backwards)
    if edge is not None and not rows:
        backwards, edge = False, None
        rows, more = _fetch(session, query, keys, size, None, False)
    if not rows:
        return KeyPage([], count=total)
    before = edge is not None if not backwards else more
    after = more if not backwards else True
    return KeyPage(
        [row for row, _values in rows],
        write_cursor("b", rows[0][1]) if before else None,
        write_cursor("a", rows[-1][1]) if after else None,
        total,
    )


def count_up_to(session: Session, query: sa.Select, id_column: Any, limit: int = COUNT_LIMIT) -> int:
    """How many rows ``query`` has, counting no further than ``limit + 1``."""
    some = query.order_by(None).with_only_columns(id_column, maintain_column_froms=True).limit(limit + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _key(item: Any) -> Key:
    if isinstance(item, Key):
        return item
    if isinstance(item, tuple):
        column, direction = item
        if direction not in ("asc", "desc"):
            raise ValueError(f"a column is sorted asc or desc, not {direction!r}")
        return Key(column, direction == "desc")
    return Key(item)


def _fetch(session: Session, query: sa.Select, keys: list[Key], size: int, edge: list | None, backwards: bool):
    """Up to ``size`` rows with their key values in the list's order, and whether there are more in that direction."""
    statement = query.order_by(None)
    if edge is not None:
        statement = statement.where(_beyond(keys, edge, backwards))
    statement = statement.order_by(*(_direction(k, backwards) for k in keys)).limit(size + 1)
    result = session.execute(statement.add_columns(*(k.column for k in keys)))
    width = len(result.keys()) - len(keys)
    named = result_tuple(list(result.keys())[:width])
    found = [(row[0] if width == 1 else named(row[:width]), list(row[width:])) for row in result]
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    return found, more


def _direction(key: Key, backwards: bool) -> Any:
    ordered = key.column.desc() if key.desc != backwards else key.column.asc()
    if not key.may_be_null:
        return ordered
    return ordered.nulls_first() if backwards else ordered.nulls_last()


def _beyond(keys: list[Key], edge: list, backwards: bool) -> Any:
    """The rows after (or before) the one whose key values are ``edge``, in the order of ``keys``."""
    either = []
    for index, key in enumerate(keys):
        same = [_equal(k, v) for k, v in zip(keys[:index], edge[:index], strict=True)]
        further = _further(key, edge[index], backwards)
        if further is not None:
            either.append(sa.and_(*same, further))
    first, value = keys[0], edge[0]
    condition = sa.or_(*either)
    if value is None or first.may_be_null:
        return condition
    # says again what follows from the condition, so that the database starts in the index at this very place
    bound = first.column <= first.value(value) if first.desc != backwards else first.column >= first.value(value)
    return sa.and_(bound, condition)


def _equal(key: Key, value: Any) -> Any:
    return key.column.is_(None) if value is None else key.column == key.value(value)


def _further(key: Key, value: Any, backwards: bool) -> Any:
    """Strictly beyond ``value`` in this column; None when nothing can be: rows without a value are the last."""
    if value is None:
        return key.column.is_not(None) if backwards else None
    step = key.column < key.value(value) if key.desc != backwards else key.column > key.value(value)
    if key.may_be_null and not backwards:
        return sa.or_(step, key.column.is_(None))
    return step


# --- cursors --------------------------------------------------------------------------------------------------------


def write_cursor(direction: str, values: list) -> str:
    """The key values of a row as text for an address; ``direction`` is ``a`` (after it) or ``b`` (before it)."""
    text = json.dumps(plain(values), ensure_ascii=False, separators=(",", ":"))
    return f"{direction}.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


def read_cursor(cursor: str | None, keys: Sequence[Key]) -> tuple[bool, list | None]:
    """Whether it leads backwards, and the key values; (False, None) for one that is no cursor of this list.

    Addresses come from outside: every value must be one that its column can hold.
    """
    try:
        direction, _dot, body = (cursor or "").partition(".")
        if direction not in ("a", "b"):
            return False, None
        values = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            return False, None
        return direction == "b", [_parse(v, k) for k, v in zip(keys, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, InvalidOperation, RecursionError):
        return False, None


def _parse(value: Any, key: Key) -> Any:
    """A cursor's value as its column holds it; ValueError when it can't."""
    if value is None:
        if not key.may_be_null:
            raise ValueError("this column always has a value")
        return None
    if isinstance(key.column.type, UtcDateTime):
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return moment.astimezone(dt.UTC)
    if isinstance(key.column.type, (Money, Quantity)):
        return _parse_decimal(value, key.column.type)
    return _PARSERS[key.column.type.python_type](value)


def _parse_int(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise ValueError("a whole number is needed")
    return value


def _parse_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false is needed")
    return value


def _parse_float(value: Any) -> float:
    if type(value) not in (int, float) or value != value or abs(value) == float("inf"):
        raise ValueError("a number is needed")
    return float(value)


def _parse_str(value: Any) -> str:
    if type(value) is not str or len(value) > _LONGEST or "\0" in value:
        raise ValueError("a text is needed")
    value.encode()
    return value


def _parse_decimal(value: Any, type_: Money | Quantity) -> Decimal:
    number = Decimal(_parse_str(value))
    if not number.is_finite() or abs(number) >= 10**12:
        raise ValueError("a number is needed")
    type_.process_bind_param(number, None)
    return number


def _parse_date(value: Any) -> dt.date:
    return dt.date.fromisoformat(_parse_str(value))


_PARSERS: dict[type, Callable[[Any], Any]] = {
    int: _parse_int, bool: _parse_bool, float: _parse_float, str: _parse_str, dt.date: _parse_date,
}
