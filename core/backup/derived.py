"""Tables that say nothing of their own: left out of an archive, and made anew where it is restored.

The grams of the search are two thirds of all rows, and every one follows from the words of an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from core.backup.rows import AT_ONCE, Table, write_rows
from core.search.grams import grams_of

GRAMS, ENTRIES = "core_search_gram", "core_search_entry"
DERIVED = frozenset({GRAMS})
_COLUMNS = ("company_id", "gram", "entry_id")
_READ: tuple[tuple[str, Any], ...] = (("id", sa.BigInteger), ("company_id", sa.BigInteger), ("haystack", sa.String))
_WAITING = "restored_grams"
Tick = Callable[[str], None]


def make_anew(connection: sa.Connection, tables: Mapping[str, Table], filled: Collection[str], tick: Tick) -> int:
    """Fill the tables that the archive did not hold; answers how many rows that were."""
    if GRAMS not in tables or GRAMS in filled or ENTRIES not in filled:
        return 0
    tick(f"{GRAMS} …")
    connection.execute(sa.delete(sa.table(GRAMS)))
    # by way of a table without a key, so that they are put in by the order of the key: much faster than by entries
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {_WAITING} (company_id BIGINT NOT NULL, gram TEXT NOT NULL, entry_id BIGINT NOT NULL)"
    )
    waiting = Table(_WAITING, (("company_id", "int"), ("gram", "text"), ("entry_id", "int")), _COLUMNS)
    rows = 0
    for some in _grams(connection):
        write_rows(connection, waiting, _COLUMNS, some)
        rows += len(some)
    names = ", ".join(_COLUMNS)
    connection.exec_driver_sql(
        f"INSERT INTO {GRAMS} ({names}) SELECT {names} FROM {_WAITING} ORDER BY {names}"  # noqa: S608 - names of ours
    )
    connection.exec_driver_sql(f"DROP TABLE {_WAITING}")
    return rows


def _grams(connection: sa.Connection) -> Iterator[list[list[Any]]]:
    """The grams of all entries, those of so many at once."""
    number, company, words = (sa.column(name, kind) for name, kind in _READ)
    after = 0
    while True:
        query: sa.Select = sa.select(number, company, words).select_from(sa.table(ENTRIES)).where(number > after)
        found = connection.execute(query.order_by(number).limit(AT_ONCE)).all()
        yield [[company_id, gram, entry] for entry, company_id, text in found for gram in sorted(grams_of(text))]
        if len(found) < AT_ONCE:
            return
        after = found[-1][0]
