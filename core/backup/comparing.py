"""An archive beside a database, row by row, in constant memory: both come in the order of their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.backup.archive import Archive
from core.backup.derived import DERIVED
from core.backup.rows import Table, prefixes_in, read_rows, tables_in
from core.db import make_engine
from core.errors import Conflict
from core.i18n import _

Tick = Callable[[str], None]


def differences(archive: Archive, *, url: str, tick: Tick = lambda text: None) -> Iterator[str]:
    """A sentence for each row that is in one of them only, or says something else.

    Raises Conflict when the tables are of another version, so that rows can't be compared.
    """
    engine = make_engine(url, sees_all=True)
    try:
        with engine.connect() as raw:
            connection = raw
            if engine.dialect.name == "postgresql":
                connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            here = prefixes_in(connection)
            wanted = archive.manifest.migrations
            if any(here.get(prefix) != heads for prefix, heads in wanted.items()):
                text = _("The database is of another version than the archive; rows can't be compared.")
                raise Conflict("other_version", text)
            tables = {t.name: t for t in tables_in(connection, wanted)}
            for part in archive.manifest.tables:
                tick(f"{part.name} {part.rows:,}")
                table = tables.pop(part.name, None)
                if table is None:
                    yield _("The table {table} is not in the database.", table=part.name)
                    continue
                ordered = Table(table.name, _in_order(table, part.table), part.table.key)
                yield from _compare(ordered, archive.rows(part), read_rows(connection, ordered))
            for name in tables.keys() - DERIVED:
                yield _("The table {table} is not in the archive.", table=name)
    finally:
        engine.dispose()


def _in_order(table: Table, wanted: Table) -> tuple[tuple[str, str], ...]:
    """The database's columns in the archive's order."""
    kinds = dict(table.columns)
    if set(kinds) != set(wanted.names):
        raise Conflict("other_columns", _("The table {table} has other columns in the database.", table=table.name))
    return tuple((name, kinds[name]) for name in wanted.names)


def _compare(table: Table, kept: Iterator[list], there: Iterator[list]) -> Iterator[str]:
    old, new = next(kept, None), next(there, None)
    while old is not None or new is not None:
        old_key = table.key_of(old) if old is not None else None
        new_key = table.key_of(new) if new is not None else None
        if new_key is None or (old_key is not None and old_key < new_key):
            yield _("{table} {key}: in the archive only.", table=table.name, key=_said(old_key))
            old = next(kept, None)
        elif old_key is None or new_key < old_key:
            yield _("{table} {key}: in the database only.", table=table.name, key=_said(new_key))
            new = next(there, None)
        else:
            if old != new:
                columns = [n for n, a, b in zip(table.names, old or [], new or [], strict=True) if a != b]
                yield _(
                    "{table} {key}: other values in {columns}.",
                    table=table.name,
                    key=_said(old_key),
                    columns=", ".join(columns),
                )
            old, new = next(kept, None), next(there, None)


def _said(key: list | None) -> str:
    return ", ".join(str(value) for value in key or [])
