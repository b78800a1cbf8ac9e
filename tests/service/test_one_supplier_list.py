"""Suppliers of claims and suppliers of parts, each in a table of its own before, become one list: a migration with rows
in both.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from core import migrate
from core.db import make_engine
from core.events import RecordRef, timeline
from core.references import references_to
from core.testing import Installation

BEFORE = {"warranty": "warranty_0008_use_counters", "inventory": "inventory_0016_sterility"}
NOW = dt.datetime(2026, 3, 2, 1)
MERGED = [{"table": "warranty_supplier_term", "column": "supplier_id", "ids": [1], "was": 2, "to": 1}]


def put(connection: sa.Connection, table: str, **values: Any) -> None:
    """A row of a table as it was then; what is not told is empty."""
    known = sa.Table(table, sa.MetaData(), autoload_with=connection)
    empty: dict[str, Any] = {}
    for column in known.columns:
        if column.nullable or column.name == "id":
            continue
        if isinstance(column.type, sa.Boolean):
            empty[column.name] = True
        elif isinstance(column.type, sa.DateTime | sa.Date):
            empty[column.name] = NOW if isinstance(column.type, sa.DateTime) else NOW.date()
        else:
            empty[column.name] = "" if isinstance(column.type, sa.String) else 1
    connection.execute(known.insert().values({**empty, **values}))


def two_tables(connection: sa.Connection) -> None:
    """What two companies knew of suppliers before."""
    for number, code in ((1, "acme"), (2, "other")):
        put(connection, "core_company", id=number, code=code, timezone="Asia/Shanghai", locale="en", currency="CNY")
    mine: dict[str, Any] = {"company_id": 1}
    old = "warranty_supplier"
    put(connection, old, **mine, id=1, number="G00001", name="Huaxin Pumps", phone="021 5555", external_key="V1")
    put(connection, old, **mine, id=2, number="G00002", name="Hua Xin", active=False, merged_into_id=1)
    put(connection, old, **mine, id=3, number="S-9", name="Old Name Ltd", note="slow")
    put(connection, old, company_id=2, id=4, number="G00001", name="Huaxin Pumps")
    old = "inventory_supplier"
    put(connection, old, **mine, id=1, code="S-9", name="New Name Ltd", standing="new", active=False, lead_days=0)
    put(
        connection, old, **mine, id=2, code="P-1", name="Huaxin  pumps", email="sales@huaxin.example", lead_days=7,
        standing="approved", evaluate_on=dt.date(2026, 9, 1), external_key="77",
    )  # fmt: skip
    put(connection, old, **mine, id=3, code="p-3", name="Seals", standing="watched", lead_days=3, external_key="V1")
    term = {"start_event": "sale", "unit": "months", "amount": 12, "valid_until": None}
    put(connection, "warranty_supplier_term", **mine, id=1, supplier_id=1, **term)
    put(connection, "warranty_supplier_term", **mine, id=2, supplier_id=3, **term)
    for number, supplier in (("PJ-1", 2), ("PJ-2", 3)):
        put(connection, "inventory_evaluation", **mine, number=number, supplier_id=supplier, standing="approved")
    for n, (kind, number) in enumerate((("warranty.supplier", 1), ("inventory.supplier", 2)), 1):
        put(connection, "core_event", **mine, id=n, name=f"{kind}_saved", record_kind=kind, record_id=number, facts={},
            changes=[], digest="d")  # fmt: skip
    put(connection, "core_merge", **mine, kind="warranty.supplier", duplicate_id=2, target_id=1, moved=MERGED, links=[],
        fields={"target": {}, "duplicate": {"merged_into_id": [None, 1]}}, final=False)  # fmt: skip
    held = ["warranty.supplier.edit", "warranty.supplier.merge", "inventory.supplier.view"]
    put(connection, "core_role", **mine, code="buyer", name={"en": "Buyer"}, permissions=held)
    put(connection, "core_sequence", **mine, name="warranty.supplier", next_value=4)
    put(connection, "core_import_mapping", **mine, importer="part_suppliers", name="Vendors", header_key="",
        mapping={"fields": {"code": {"column": "No"}, "name": {"column": "Name"}}})  # fmt: skip


@pytest.fixture
def carried(database_url, registry):
    for name, revision in BEFORE.items():
        migrate.downgrade(database_url, registry, name, revision)
    engine = make_engine(database_url, sees_all=True)
    with engine.begin() as connection:
        two_tables(connection)
    assert sorted(migrate.upgrade(database_url, registry)) == ["inventory", "warranty"]
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def rows(connection: sa.Connection, table: str, *names: str, **where: Any) -> list[tuple]:
    known = sa.Table(table, sa.MetaData(), autoload_with=connection)
    query = sa.select(*(known.c[name] for name in names)).order_by(known.c.id)
    return [tuple(row) for row in connection.execute(query.filter_by(**where))]


def test_two_tables_of_suppliers_become_one_list_and_everything_follows(carried, database_url, registry):
    told = ("number", "name", "phone", "email", "lead_days", "standing", "active", "note", "external_key")
    assert sorted(rows(carried, "base_supplier", *told, company_id=1)) == [
        ("G00002", "Hua Xin", "", "", 0, "new", False, "", None),
        ("P-1", "Huaxin  pumps", "021 5555", "sales@huaxin.example", 7, "approved", True, "G00001", "77"),
        ("S-9", "New Name Ltd", "", "", 0, "new", False, "Old Name Ltd\nslow", None),
        ("p-3", "Seals", "", "", 3, "watched", True, "", "V1"),
    ]
    assert rows(carried, "base_supplier", "number", "name", company_id=2) == [("G00001", "Huaxin Pumps")]
    ids = {number: i for i, number in rows(carried, "base_supplier", "id", "number", company_id=1)}
    assert rows(carried, "base_supplier", "merged_into_id", number="G00002") == [(ids["P-1"],)]
    assert rows(carried, "warranty_supplier_term", "supplier_id") == [(ids["P-1"],), (ids["S-9"],)]
    assert rows(carried, "inventory_evaluation", "supplier_id") == [(ids["P-1"],), (ids["p-3"],)]
    assert not {"warranty_supplier", "inventory_supplier"} & set(sa.inspect(carried).get_table_names())

    assert rows(carried, "core_event", "record_kind", "record_id") == [
        ("warranty.supplier", 1), ("inventory.supplier", 2),
    ]  # fmt: skip
    merged = {**MERGED[0], "was": ids["G00002"], "to": ids["P-1"]}
    names = ("kind", "duplicate_id", "target_id", "moved", "fields")
    assert rows(carried, "core_merge", *names) == [
        ("base.supplier", ids["G00002"], ids["P-1"], [merged],
         {"target": {}, "duplicate": {"merged_into_id": [None, ids["P-1"]]}}),
    ]  # fmt: skip
    assert rows(carried, "core_role", "permissions") == [
        (["warranty.supplier.edit", "inventory.supplier.view", "base.supplier.view", "base.supplier.edit",
          "base.supplier.merge"],)
    ]  # fmt: skip
    assert rows(carried, "core_sequence", "name", "next_value") == [("base.supplier", 4)]
    assert rows(carried, "core_import_mapping", "importer", "mapping") == [
        ("suppliers", {"fields": {"number": {"column": "No"}, "name": {"column": "Name"}}})
    ]

    installation = Installation(database_url, registry)
    ctx = installation.office("acme").system()
    pumps = RecordRef("base.supplier", ids["P-1"])
    assert {e.name for e in timeline(ctx, pumps)} == {"warranty.supplier_saved", "inventory.supplier_saved"}
    assert sorted((r.plugin, r.count) for r in references_to(ctx, pumps) if r.plugin != "core") == [
        ("base", 1), ("inventory", 1), ("warranty", 1),
    ]  # fmt: skip
    installation.close()
    carried.rollback()

    for name, revision in BEFORE.items():
        migrate.downgrade(database_url, registry, name, revision)
    for table in ("warranty_supplier", "inventory_supplier"):  # each module has a table of its own again
        assert len(rows(carried, table, "id")) == 5
    query = sa.text("SELECT s.name FROM warranty_supplier_term t JOIN warranty_supplier s ON s.id = t.supplier_id")
    assert sorted(carried.execute(query).scalars()) == ["Huaxin  pumps", "New Name Ltd"]
