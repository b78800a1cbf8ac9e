"""Taking in one complaint through the service, beside raw SQLAlchemy Core that inserts the same rows.

``python -m benchmarks.intake [--count N] [--db sqlite|postgresql]``. The rows are found by taking one complaint in and
looking at what was added to every table: number, complaint, decisions, clocks, events, deliveries, history. "Raw"
writes copies of them in one transaction with prepared Core statements, one per table and many rows at once (the best
that Core can do); "raw, row by row" executes one statement per row. Rounds alternate, so that a neighbour hits all.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks.common import KINDS, databases, report, timed
from core.companies.services import save_unit
from core.db import Base, make_engine
from core.events import Handler
from core.sequences import Sequence
from core.testing import Installation, Office, counted

ROUNDS = 5
TO_REACH = {"sqlite": 0.25, "postgresql": 0.4}
_serial = itertools.count(1)


def office_for(url: str, synchronous: str = "FULL") -> Office:
    """A company that takes complaints in, with two handlers that are told of each."""
    installation = Installation(url)
    installation.engine.dispose()
    installation.engine = make_engine(url, synchronous=synchronous, sees_all=True)  # raw has no session to say whose
    installation.registry.handlers["complaints.opened"] = [
        ("complaints", Handler("complaints.opened", f"bench_{n}", lambda _ctx, _event: None)) for n in (1, 2)
    ]
    office = installation.company("bench", modules=("complaints",))
    ctx = office.system()
    for code in ("rd", "quality", "warehouse", "service"):
        save_unit(ctx, code, code.title(), "department", "hq")
    return office


def take_in(office: Office) -> None:
    """One complaint, in a session of its own as in a request."""
    from plugins.complaints.contracts import ComplaintData
    from plugins.complaints.services import open_complaint

    number = next(_serial)
    ctx = office.system()
    open_complaint(
        ctx,
        ComplaintData(
            subject=f"Machine {number} rattles", text="It makes a rattling noise after cleaning.", category="quality",
            person_name="Li Ming", person_phone=f"138{number:08d}",
        ),
    )
    office.installation.close_sessions()


class Raw:
    """Inserts copies of the rows that one intake adds, with ids and number of their own."""

    def __init__(self, office: Office):
        self.engine = office.installation.engine
        take_in(office)  # the first one also opens the year's row of numbers
        before = self._highest()
        take_in(office)
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {}
        with self.engine.begin() as connection:
            for table, highest in before.items():
                query = sa.select(table).where(table.c.id > highest).order_by(table.c.id)
                found = [dict(row) for row in connection.execute(query).mappings()]
                if found:
                    self.rows[table] = found
        complaint = Base.metadata.tables["complaints_complaint"]
        self.complaint_id = self.rows[complaint][0]["id"]
        sequence: Any = Sequence.__table__
        self.take = (
            sa.update(sequence)
            .where(sequence.c.company_id == office.id, sequence.c.name == "complaints.complaint")
            .values(next_value=sequence.c.next_value + 1)
            .returning(sequence.c.next_value)
        )
        self.inserts = {t: sa.insert(t).returning(t.c.id, sort_by_parameter_order=True) for t in self.rows}

    def _highest(self) -> dict[sa.Table, int]:
        tables = [t for t in Base.metadata.sorted_tables if "id" in t.c and "company_id" in t.c]
        tables.sort(key=lambda t: t.name != "complaints_complaint")  # the others point to it
        with self.engine.begin() as connection:
            return {t: connection.execute(sa.select(sa.func.max(t.c.id))).scalar() or 0 for t in tables}

    def write(self, row_by_row: bool = False) -> None:
        """One transaction with all the rows."""
        options = {"sanbao_write": True}
        new: dict[tuple[str, int], int] = {}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            number = connection.execute(self.take).scalar_one()
            for table, rows in self.rows.items():
                filled = [self._filled(table, row, new, number) for row in rows]
                ids = self._insert(connection, table, filled, row_by_row)
                new |= {(table.name, row["id"]): made for row, made in zip(rows, ids, strict=True)}

    def _insert(self, connection, table: sa.Table, filled: list[dict], row_by_row: bool) -> list[int]:
        if row_by_row:
            return [connection.execute(self.inserts[table], row).scalar_one() for row in filled]
        return list(connection.execute(self.inserts[table], filled).scalars())

    def _filled(self, table: sa.Table, row: dict, new: dict, number: int) -> dict[str, Any]:
        made = {k: v for k, v in row.items() if k != "id"}
        for column in table.c:
            for key in column.foreign_keys:
                target = (key.column.table.name, row[column.name])
                if key.column.name == "id" and target in new:
                    made[column.name] = new[target]
        if "record_id" in made and made["record_id"] == self.complaint_id:
            made["record_id"] = new[("complaints_complaint", self.complaint_id)]
        if table.name == "complaints_complaint":
            made["number"] = f"RAW-{number}"
        return made


def measure(kind: str, url: str, count: int, synchronous: str) -> None:
    """Report service and raw, and their ratio; with ``synchronous`` FULL every commit reaches the disk."""
    name = f"{kind}, commits {'reach the disk' if synchronous == 'FULL' else 'do not wait for the disk'}"
    office = office_for(url, synchronous)
    raw = Raw(office)
    ways: dict[str, Callable[[int], object]] = {
        "intake through the service": lambda _i: take_in(office),
        "intake, raw Core": lambda _i: raw.write(),
        "intake, raw Core, row by row": lambda _i: raw.write(row_by_row=True),
    }
    for way in ways.values():
        for index in range(5):
            way(index)
    lines: dict[str, list[dict[str, Any]]] = {w: [] for w in ways}
    for _round in range(ROUNDS):
        for work, way in ways.items():
            lines[work].append(timed(work, name, max(10, count // ROUNDS), way))
    with counted(office.installation.engine) as statements:
        take_in(office)
    p50 = [statistics.median(line["p50_ms"] for line in found) for found in lines.values()]
    cpu = [statistics.median(line["cpu_ms"] for line in found) for found in lines.values()]
    report(
        "intake, ratio to raw Core", name, to_reach=TO_REACH[kind],
        ratio=p50[1] / p50[0], ratio_row_by_row=p50[2] / p50[0], ratio_of_cpu=cpu[1] / cpu[0],
        statements=len(statements), rows=sum(len(r) for r in raw.rows.values()),
    )
    office.installation.close()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="complaints per way of writing them")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    kinds = KINDS if given.db == "both" else (given.db,)
    for synchronous in ("FULL", "OFF"):
        with databases(kinds, durable=synchronous == "FULL") as made:
            for kind, url in made:
                measure(kind, url, given.count, synchronous)


if __name__ == "__main__":
    main()
