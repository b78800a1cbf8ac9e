"""What a filter takes out of an address, and what it asks of the database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from core.admin import filters
from core.db import Money, Quantity, UtcDateTime

TABLE = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer),
    sa.Column("name", sa.String, nullable=True),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("price", Money),
    sa.Column("size", Quantity, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("big", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("on", sa.Boolean, nullable=False),
    sa.Column("raw", sa.JSON),
)


def offered(column: str, **more) -> list[str]:
    return [type(f).__name__ for f in filters.filters_for(TABLE.c[column], column, **more)]


def test_each_sort_of_column_has_its_filters():
    assert {c: offered(c) for c in ("name", "code", "price", "rank", "day", "at", "on")} == {
        "name": ["Contains", "Is", "IsNot", "IsEmpty"],
        "code": ["Contains", "Is", "IsNot"],
        "price": ["NumberIs", "AtLeast", "AtMost", "IsEmpty"],
        "rank": ["NumberIs", "AtLeast", "AtMost"],
        "day": ["BetweenDays", "OnOrAfter", "OnOrBefore"],
        "at": ["BetweenDays", "OnOrAfter", "OnOrBefore"],
        "on": ["YesNo"],
    }
    assert offered("code", choices=lambda: [("a", "A")]) == ["Is", "IsNot"]


def test_a_column_that_no_filter_suits_is_refused_at_start():
    with pytest.raises(ValueError, match="no filter for a column of type JSON"):
        offered("raw")


@pytest.mark.parametrize(
    ("kind", "column", "text", "value"),
    [
        (filters.Contains, "name", " lamp ", "lamp"),
        (filters.NumberIs, "rank", "-3", -3),
        (filters.AtLeast, "price", "12.50", Decimal("12.50")),
        (filters.AtMost, "size", "0.000001", Decimal("0.000001")),
        (filters.NumberIs, "big", str(2**40), 2**40),
        (filters.OnOrAfter, "day", "2026-04-12", dt.date(2026, 4, 12)),
        (filters.BetweenDays, "at", "2026-04-12 to 2026-04-12", (dt.date(2026, 4, 12), dt.date(2026, 4, 12))),
        (filters.YesNo, "on", "1", True),
        (filters.IsEmpty, "name", "0", False),
    ],
)
def test_a_value_that_the_column_can_hold_is_taken(kind, column, text, value):
    made = kind(TABLE.c[column], column)
    assert made.validate(text)
    assert made.clean(text) == value


@pytest.mark.parametrize(
    ("kind", "column", "text"),
    [
        (filters.Contains, "name", "a\0b"),
        (filters.Is, "code", "x" * 201),
        (filters.NumberIs, "rank", "1.5"),
        (filters.NumberIs, "rank", ""),
        (filters.NumberIs, "rank", str(2**31)),
        (filters.NumberIs, "big", str(2**63)),
        (filters.AtLeast, "price", "1.00001"),
        (filters.AtLeast, "price", "NaN"),
        (filters.AtLeast, "price", "Infinity"),
        (filters.AtLeast, "price", "1e12"),
        (filters.AtMost, "price", "cheap"),
        (filters.OnOrAfter, "day", "2026-02-30"),
        (filters.OnOrAfter, "day", "0001-01-01"),
        (filters.OnOrBefore, "at", "9999-12-31"),
        (filters.BetweenDays, "day", "2026-04-12"),
        (filters.BetweenDays, "day", "2026-04-13 to 2026-04-12"),
        (filters.BetweenDays, "day", "2026-04-12 to 2026-04-13 to 2026-04-14"),
        (filters.YesNo, "on", "yes"),
        (filters.IsEmpty, "name", "2"),
    ],
)
def test_a_value_that_the_column_can_not_hold_is_refused(kind, column, text):
    assert not kind(TABLE.c[column], column).validate(text)


def test_not_this_includes_what_has_no_value():
    condition = filters.IsNot(TABLE.c.name, "name").condition("lamp")
    assert str(condition.compile(dialect=postgresql.dialect())) .startswith("things.name IS DISTINCT FROM ")


def test_a_search_text_means_itself():
    condition = filters.Contains(TABLE.c.name, "name").condition("50%_")
    assert condition.compile(dialect=postgresql.dialect()).params == {"name_1": "50/%/_"}
