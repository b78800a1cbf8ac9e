"""For migrations: suppliers that modules kept each for themselves are brought into the one list of the company.

Written against the tables, not the models, which change. A supplier that is there already, under the same number or the
same name, is one with it; what only one of the two said stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.api import JsonType

TABLE = "base_supplier"
_TOLD = ("contact_name", "phone", "email", "address")
_LENT = {"lead_days": 0, "standing": "new", "evaluate_on": None}
"""What only some tables said, and what stands for nothing said."""


def carry_over(connection: sa.Connection, table: str, number: str) -> dict[int, int]:
    """Bring the rows of ``table`` into the list; ``number`` is the column of their numbers. Answers old → new id."""
    old = sa.Table(table, sa.MetaData(), autoload_with=connection)
    new = sa.Table(TABLE, sa.MetaData(), autoload_with=connection)
    ids: dict[int, int] = {}
    rows = connection.execute(sa.select(old).order_by(old.c.company_id, old.c.id)).mappings().all()
    for company_id in sorted({row["company_id"] for row in rows}):
        there = connection.execute(sa.select(new).where(new.c.company_id == company_id)).mappings()
        known = _Known(connection, new, [dict(row) for row in there])
        for row in (row for row in rows if row["company_id"] == company_id):
            ids[row["id"]] = known.take({**row, "number": row[number]})
    for row in rows:
        if row.get("merged_into_id") is not None:
            values = {"merged_into_id": ids[row["merged_into_id"]]}
            connection.execute(sa.update(new).where(new.c.id == ids[row["id"]]).values(values))
    return ids


class _Known:
    """The suppliers of one company that are in the list already."""

    def __init__(self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        self.connection, self.table = connection, table
        self.free = [row for row in rows if row["merged_into_id"] is None]
        self.numbers = {row["number"].upper() for row in rows}
        self.keys = {row["external_key"] for row in rows}

    def take(self, row: Mapping[str, Any]) -> int:
        """The id in the list of a supplier of another table: of the same one, else of a new row."""
        same = self._same(row) if row.get("merged_into_id") is None else None
        if same is None:
            return self._added(row)
        self.free.remove(same)
        self._completed(same, row)
        return same["id"]

    def _same(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        for told in ("number", "name"):
            for other in self.free:
                if _plain(other[told]) == _plain(row[told]):
                    return other
        return None

    def _completed(self, same: dict[str, Any], row: Mapping[str, Any]) -> None:
        values: dict[str, Any] = {c: row[c] for c in _TOLD if not same[c] and row[c]}
        values |= {c: row[c] for c, nothing in _LENT.items() if c in row and same[c] == nothing}
        values["active"] = bool(same["active"] and row["active"])
        also = [row[c] for c in ("number", "name") if _plain(row[c]) != _plain(same[c])]
        notes = [same["note"], " ".join(also), row["note"] if row["note"] != same["note"] else ""]
        values["note"] = "\n".join(text for text in notes if text)
        if same["external_key"] is None and row["external_key"] not in self.keys:
            values["external_key"] = row["external_key"]
            self.keys.add(row["external_key"])
        self.connection.execute(sa.update(self.table).where(self.table.c.id == same["id"]).values(values))

    def _added(self, row: Mapping[str, Any]) -> int:
        number, n = row["number"], 1
        while number.upper() in self.numbers:
            n += 1
            number = f"{row['number'][:35]}-{n}"
        self.numbers.add(number.upper())
        key = row["external_key"] if row["external_key"] not in self.keys else None
        self.keys.add(key)
        names = ("company_id", "name", *_TOLD, "note", "active")
        values = {c: row[c] for c in names} | {c: row.get(c, nothing) for c, nothing in _LENT.items()}
        added = sa.insert(self.table).values(number=number, external_key=key, version=1, **values)
        return self.connection.execute(added.returning(self.table.c.id)).scalar_one()


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def take_back(connection: sa.Connection, table: str, number: str) -> dict[int, int]:
    """Give a module its own table back, with every supplier of the list; answers their ids. For emergencies: nothing
    is known any more of which was whose.
    """
    old = sa.Table(table, sa.MetaData(), autoload_with=connection)
    new = sa.Table(TABLE, sa.MetaData(), autoload_with=connection)
    names = [c.name for c in old.c if c.name not in ("id", "merged_into_id", number)]
    rows = connection.execute(sa.select(new).order_by(new.c.id)).mappings().all()
    ids = {}
    for row in rows:
        added = sa.insert(old).values({number: row["number"]} | {c: row[c] for c in names})
        ids[row["id"]] = connection.execute(added.returning(old.c.id)).scalar_one()
    for row in rows:
        if "merged_into_id" in old.c and row["merged_into_id"] is not None:
            values = {"merged_into_id": ids[row["merged_into_id"]]}
            connection.execute(sa.update(old).where(old.c.id == ids[row["id"]]).values(values))
    return ids


def grant(connection: sa.Connection, given: Mapping[str, str], *, gone: Iterable[str] = ()) -> None:
    """Whoever held a right of ``given`` holds the right it leads to as well; ``gone`` are no longer."""
    role = sa.table("core_role", sa.column("id"), sa.column("permissions", JsonType))
    left_out = set(gone)
    for row in connection.execute(sa.select(role)).all():
        held = list(row.permissions)
        now = [right for right in held if right not in left_out]
        now += sorted({new for old, new in given.items() if old in held and new not in now})
        if now != held:
            connection.execute(sa.update(role).where(role.c.id == row.id).values(permissions=now))
