"""Rows of any table in a form that both databases share, read and written without the models.

A backup holds what is in the database and not what this version's models say of it: so it can be made of a module that
can't load any more, and be filled into tables as they were before the migrations that came since.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.events import as_read

AT_ONCE = 1000
VERSION_TABLE = "migration"
"""How the name of a branch's version table ends, after its prefix."""

_KINDS = (
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.Numeric, "number"),
    (sa.Float, "number"),
    (sa.DateTime, "moment"),
    (sa.Date, "date"),
    (sa.Time, "time"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
)


@dataclass(frozen=True)
class Table:
    """A table as it is in a database: columns with their kinds, and the key by which its rows are in order."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""
        return tuple(name for name, _kind in self.columns)

    def key_of(self, row: list) -> list:
        """What a row is found by and sorted by."""
        names = self.names
        return [row[names.index(name)] for name in self.key]


def prefixes_in(connection: sa.Connection) -> dict[str, list[str]]:
    """The prefix of each package that has tables here → its migrations' heads."""
    found = {}
    for name in sa.inspect(connection).get_table_names():
        if name.endswith(f"_{VERSION_TABLE}"):
            query: sa.Select = sa.select(sa.column("version_num")).select_from(sa.table(name)).order_by("version_num")
            found[name.removesuffix(VERSION_TABLE)] = list(connection.execute(query).scalars())
    return found


def tables_in(connection: sa.Connection, prefixes: Iterable[str]) -> list[Table]:
    """The tables of these packages, but for those that note their migrations."""
    inspector = sa.inspect(connection)
    wanted = tuple(prefixes)
    versions = {f"{prefix}{VERSION_TABLE}" for prefix in wanted}
    found = []
    for name in sorted(inspector.get_table_names()):
        if name.startswith(wanted) and name not in versions:
            columns = tuple((c["name"], _kind_of(name, c)) for c in inspector.get_columns(name))
            key = tuple(inspector.get_pk_constraint(name)["constrained_columns"])
            found.append(Table(name, columns, key or tuple(sorted(n for n, _kind in columns))))
    return found


def _kind_of(table: str, column: Any) -> str:
    for kind, name in _KINDS:
        if isinstance(column["type"], kind):
            return name
    raise TypeError(f"{table}.{column['name']}: a backup can't keep the type {column['type']}")


# --- reading --------------------------------------------------------------------------------------------------------


def read_rows(connection: sa.Connection, table: Table) -> Iterator[list]:
    """Every row by the order of its key, in constant memory."""
    quote = connection.dialect.identifier_preparer.quote
    server = connection.dialect.name == "postgresql"
    kinds = dict(table.columns)

    def column(name: str) -> str:
        return f"{quote(name)}::text" if server and kinds[name] in ("json", "number") else quote(name)

    def ordered(name: str) -> str:
        return f'{quote(name)} COLLATE "C"' if server and kinds[name] == "text" else quote(name)

    what, order = ", ".join(map(column, table.names)), ", ".join(map(ordered, table.key))
    query = f"SELECT {what} FROM {quote(table.name)} ORDER BY {order}"  # noqa: S608 - all names are quoted
    ways = [(i, _READ[kind]) for i, (_name, kind) in enumerate(table.columns) if kind in _READ]
    streaming = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE)
    with streaming.exec_driver_sql(query) as result:
        for some in result.partitions(AT_ONCE):
            for found in some:
                row = list(found)
                for i, way in ways:
                    if row[i] is not None:
                        row[i] = way(row[i])
                yield row


def _moment(value: Any) -> str:
    """UTC without its offset, to the microsecond."""
    if isinstance(value, str):
        text = value.replace(" ", "T")
        return text if "." in text else f"{text}.000000"
    plain = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
    return plain.isoformat(timespec="microseconds")


def _time(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat(timespec="microseconds")


def _json(value: Any) -> str:
    """JSON text as both databases give it back: keys in order, numbers as PostgreSQL knows them."""
    if value in ("{}", "[]"):
        return value
    read = as_read(json.loads(value))
    return json.dumps(read, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_READ: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "number": lambda value: format(Decimal(str(value)).normalize(), "f"),
    "moment": _moment,
    "date": str,
    "time": _time,
    "json": _json,
    "bytes": lambda value: base64.b64encode(value).decode(),
}


def line_of(row: list) -> bytes:
    """A row as a line of the archive."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Count:
    """Rows, counted and digested: the same rows give the same digest, whatever their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """Take one row's line into account."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest())

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum % (1 << 256):064x}"


# --- writing --------------------------------------------------------------------------------------------------------


def write_rows(connection: sa.Connection, table: Table, columns: tuple[str, ...], rows: Iterable[list]) -> None:
    """Put rows, whose values stand in the order of ``columns``, into an empty table."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    kinds = dict(table.columns)
    if connection.dialect.name == "postgresql":
        aware = _aware(connection, table.name)
        ways = [(i, _WRITE_PG[kinds[n]]) for i, n in enumerate(columns) if kinds[n] in _WRITE_PG]
        ways += [(i, lambda text: f"{text}+00:00") for i, n in enumerate(columns) if n in aware]
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(_converted(row, ways))
        return
    ways = [(i, _WRITE_SQLITE[kinds[n]]) for i, n in enumerate(columns) if kinds[n] in _WRITE_SQLITE]
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"  # noqa: S608 - all names are quoted
    driver: Any = connection.connection.driver_connection
    driver.executemany(statement, (_converted(row, ways) for row in rows))


def _converted(row: list, ways: list[tuple[int, Callable[[Any], Any]]]) -> list:
    for i, way in ways:
        if row[i] is not None:
            row[i] = way(row[i])
    return row


def _aware(connection: sa.Connection, table: str) -> set[str]:
    """The columns that keep a moment with its offset."""
    columns = sa.inspect(connection).get_columns(table)
    return {c["name"] for c in columns if isinstance(c["type"], sa.DateTime) and c["type"].timezone}


_WRITE_PG: dict[str, Callable[[Any], Any]] = {"bytes": base64.b64decode}
_WRITE_SQLITE: dict[str, Callable[[Any], Any]] = {
    "bool": int,
    "number": float,
    "moment": lambda text: text.replace("T", " "),
    "bytes": base64.b64decode,
}
