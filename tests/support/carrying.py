"""Rows of a SQLite database put into the same tables on PostgreSQL: sooner than services would write them once more.

That services can write there is for the tests that are dealt to PostgreSQL; what they begin with need not prove it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

_SEQUENCES = """
    select s.oid::regclass::text, t.relname, a.attname
      from pg_depend d
      join pg_class s on s.oid = d.objid and s.relkind = 'S'
      join pg_class t on t.oid = d.refobjid
      join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
     where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
"""


def carry(source: Path, target: psycopg.Connection) -> None:
    """Replace every row of ``target``, whose tables are those of ``source``; ``target`` is a superuser's connection."""
    with contextlib.closing(sqlite3.connect(source)) as kept, target.transaction(), target.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # foreign keys hold in the source
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        filled = list(_filled(kept))
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name, columns in filled:
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            rows = kept.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(name)}")
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), names)) as copy:
                for row in rows:
                    copy.write_row(row)
        last = dict(kept.execute("SELECT name, seq FROM sqlite_sequence")) if _counts(kept) else {}
        cursor.execute(_SEQUENCES)
        for sequence, table, column in cursor.fetchall():
            highest = cursor.execute(
                sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            ).fetchone()
            number = max(last.get(table, 0), (highest and highest[0]) or 0)
            if number:
                cursor.execute("SELECT setval(%s, %s)", (sequence, number))


def _filled(kept: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """Each table that has rows, with the columns that are not worked out."""
    for (name,) in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        if kept.execute(f"SELECT 1 FROM {_quoted(name)} LIMIT 1").fetchone():
            yield name, [row[1] for row in kept.execute(f"PRAGMA table_info({_quoted(name)})")]


def _counts(kept: sqlite3.Connection) -> bool:
    return kept.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone() is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
