"""For migrations that carry records from one table into another: whatever points to them by kind and id follows.

Written against the tables, not the models, which change. Events stay as they were sealed; they are linked to the record
that took the place of theirs, so that its timeline begins where that of the old one did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.db import ONE_TABLE, JsonType

_SEALED = {"core_event", "core_event_link"}
_MAP = sa.table("moved_ids", sa.column("old_id", sa.BigInteger), sa.column("new_id", sa.BigInteger))


def move_kind(
    connection: sa.Connection, old: str, new: str, ids: Mapping[int, int], *, tables: Mapping[str, str]
) -> None:
    """Make of every reference to a record of the kind ``old`` one to what it became: ``ids`` maps old ids to those of
    the kind ``new``, ``tables`` the old table to the new one.
    """
    if not ids:
        return
    with_ids(connection, ids)
    for table, kind_column, id_column in _pointing(connection):
        _follow(connection, sa.table(table, sa.column(kind_column), sa.column(id_column)), old, new)
    links = sa.table("core_event_link", *(sa.column(c) for c in ("company_id", "event_id", "record_kind", "record_id")))
    _follow(connection, sa.table("core_event_link", sa.column("record_kind"), sa.column("record_id")), old, new)
    event = sa.table("core_event", *(sa.column(c) for c in ("company_id", "id", "record_kind", "record_id")))
    own = sa.select(event.c.company_id, event.c.id, sa.literal(new), _MAP.c.new_id).where(
        event.c.record_kind == old, event.c.record_id == _MAP.c.old_id
    )
    connection.execute(sa.insert(links).from_select([c.name for c in links.c], own.order_by(event.c.id)))
    _merges(connection, old, new, ids, tables)
    _told_apart(connection, old, new, ids)
    _search(connection, old, new)
    without_ids(connection)


def with_ids(connection: sa.Connection, ids: Mapping[int, int]) -> None:
    """Put a mapping of ids where statements can read it: ``new_id`` tells of it."""
    connection.execute(sa.text("CREATE TEMPORARY TABLE moved_ids (old_id BIGINT PRIMARY KEY, new_id BIGINT NOT NULL)"))
    if ids:
        connection.execute(sa.insert(_MAP), [{"old_id": old, "new_id": new} for old, new in ids.items()])


def without_ids(connection: sa.Connection) -> None:
    """Take the mapping away again."""
    connection.execute(sa.text("DROP TABLE moved_ids"))


def new_id(column: sa.ColumnClause[Any]) -> sa.ScalarSelect[Any]:
    """What an id became, by the mapping that ``with_ids`` has put there."""
    return sa.select(_MAP.c.new_id).where(_MAP.c.old_id == column).scalar_subquery()


def point_anew(op: Any, table: str, column: str, target: str) -> None:
    """Let a column that pointed into an old table point to ``target``, by the mapping that ``with_ids`` has put there.

    On SQLite the table is written anew, since a foreign key can't be added to one that is there.
    """
    here = sa.table(table, sa.column(column))
    change = sa.update(here).where(here.c[column].is_not(None)).values({column: new_id(here.c[column])})
    name = f"fk_{table}_company_id_{column}"
    own, there = ["company_id", column], ["company_id", "id"]
    if op.get_bind().dialect.name == "sqlite":
        op.execute(change)
        with op.batch_alter_table(table, schema=None, reflect_kwargs=ONE_TABLE) as batch_op:
            batch_op.drop_constraint(batch_op.f(name), type_="foreignkey")
            batch_op.create_foreign_key(batch_op.f(name), target, own, there)
    else:
        op.drop_constraint(op.f(name), table, type_="foreignkey")
        op.execute(change)
        op.create_foreign_key(op.f(name), table, target, own, there)


def _follow(connection: sa.Connection, table: sa.TableClause, old: str, new: str) -> None:
    kind, record = table.c
    known = record.in_(sa.select(_MAP.c.old_id))
    connection.execute(sa.update(table).where(kind == old, known).values({kind.name: new, record.name: new_id(record)}))


def _pointing(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """(table, column of the kind, column of the id) of whatever may point to a record of any kind."""
    found = []
    inspector = sa.inspect(connection)
    for table in sorted(set(inspector.get_table_names()) - _SEALED):
        names = {column["name"] for column in inspector.get_columns(table)}
        for name in sorted(names):
            stem = name.removesuffix("_kind")
            if stem != name and f"{stem}_id" in names:
                found.append((table, name, f"{stem}_id"))
    return found


def _merges(
    connection: sa.Connection, old: str, new: str, ids: Mapping[int, int], tables: Mapping[str, str]
) -> None:
    merge = sa.Table("core_merge", sa.MetaData(), autoload_with=connection)
    for row in connection.execute(sa.select(merge).where(merge.c.kind == old)).mappings():
        moved = [_moved(change, row, ids, tables) for change in _read(row["moved"])]
        fields = _read(row["fields"])
        for change in fields.get("duplicate", {}).values():
            change[:] = [ids.get(v, v) if v == row["target_id"] else v for v in change]
        values = {
            "kind": new, "moved": moved, "fields": fields,
            "duplicate_id": ids.get(row["duplicate_id"], row["duplicate_id"]),
            "target_id": ids.get(row["target_id"], row["target_id"]),
        }  # fmt: skip
        written = sa.table(
            "core_merge", *(sa.column(c) for c in ("id", "kind", "duplicate_id", "target_id")),
            *(sa.column(c, JsonType) for c in ("moved", "fields")),
        )  # fmt: skip
        connection.execute(sa.update(written).where(written.c.id == row["id"]).values(values))


def _moved(change: dict, row: Any, ids: Mapping[int, int], tables: Mapping[str, str]) -> dict:
    """One change that a merge made, told of the records as they are now."""
    told = dict(change)
    if (change["was"], change["to"]) == (row["duplicate_id"], row["target_id"]):
        told["was"], told["to"] = ids.get(change["was"], change["was"]), ids.get(change["to"], change["to"])
    if change["table"] in tables:
        told["table"], told["ids"] = tables[change["table"]], [ids.get(i, i) for i in change["ids"]]
    return told


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _told_apart(connection: sa.Connection, old: str, new: str, ids: Mapping[int, int]) -> None:
    apart = sa.table("core_told_apart", *(sa.column(c) for c in ("id", "kind", "first_id", "second_id")))
    for row in connection.execute(sa.select(apart).where(apart.c.kind == old)).all():
        first, second = sorted((ids.get(row.first_id, row.first_id), ids.get(row.second_id, row.second_id)))
        values = {"kind": new, "first_id": first, "second_id": second}
        connection.execute(sa.update(apart).where(apart.c.id == row.id).values(values))


def _search(connection: sa.Connection, old: str, new: str) -> None:
    """The worker finds words for the new records; those of the old ones go."""
    entry = sa.table("core_search_entry", sa.column("id"), sa.column("kind"))
    gram = sa.table("core_search_gram", sa.column("entry_id"))
    mark = sa.table("core_search_mark", *(sa.column(c) for c in ("company_id", "kind", "record_id", "after_id")))
    company = sa.table("core_company", sa.column("id"))
    gone = sa.select(entry.c.id).where(entry.c.kind == old)
    connection.execute(sa.delete(gram).where(gram.c.entry_id.in_(gone)))
    connection.execute(sa.delete(entry).where(entry.c.kind == old))
    connection.execute(sa.delete(mark).where(mark.c.kind == old))
    every = sa.select(company.c.id, sa.literal(new), sa.literal(0), sa.literal(0))
    connection.execute(sa.insert(mark).from_select([c.name for c in mark.c], every))
