"""A bicycle maker's parts, written by nobody here: parts, stores, balances, bills, suppliers and what was ordered of
them, loaded in one go and counted.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Money, Quantity, use_locale
from core.testing import Installation, moment
from core.transfer import read_mapping, run_import
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.contracts import MeasureData
from plugins.inventory.models import (
    Balance,
    BillLine,
    Location,
    Move,
    Part,
    PartSource,
    PurchaseOrder,
    PurchaseOrderLine,
)
from plugins.inventory.services import parts, upkeep

NOW = moment("2026-11-23 09:00")
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = (
    ("parts", "adventureworks_parts", "Product.csv"),
    ("stock_locations", "adventureworks_locations", "Location.csv"),
    ("opening_stock", "adventureworks_stock", "ProductInventory.csv"),
    ("bills_of_parts", "adventureworks_bills", "BillOfMaterials.csv"),
    ("suppliers", "adventureworks_suppliers", "Vendor.csv"),
    ("part_sources", "adventureworks_sources", "ProductVendor.csv"),
    ("past_purchase_orders", "adventureworks_orders", "PurchaseOrderDetail.csv"),
)
SPENT = Decimal("63792005.94")
"""Each line to the cent; the file has four decimals, in all 63,791,994.838."""
TABLES = (Part, Location, Balance, Move, BillLine, Supplier, PartSource, PurchaseOrder, PurchaseOrderLine)


def load_all(office, folder: Path) -> dict[str, tuple[int, int, int, bool]]:
    """File → rows added, known, bad, and whether it was kept."""
    told = {}
    for name, mapping, file in FILES:
        ctx = office.system(NOW)
        importer = ctx.registry.importers[name]
        (shipped,) = PLUGINS.glob(f"*/data/mappings/{mapping}.yaml")
        report = run_import(ctx, importer, folder / file, read_mapping(shipped, importer))
        told[file] = (report.added, report.known, report.bad_rows, report.loaded)
        ctx.session.close()
    return told


@pytest.fixture(scope="module")
def loaded(make_database, registry, sanbao_data):
    made = Installation(make_database(), registry)
    office = made.company("bikes", modules=("inventory",), now=NOW, locale="en")
    ctx = office.system(NOW)
    for code, name in (("oz", "ounce"), ("in", "inch")):
        parts.save_measure(ctx, MeasureData(code, name, 3))
    ctx.session.close()
    folder = sanbao_data / "adventureworks_parts"
    with use_locale("en"):
        told = load_all(office, folder)
    yield office, folder, told
    made.close()


def rows_of(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def count(ctx, model, *where) -> int:
    return ctx.session.scalar(sa.select(sa.func.count(model.id)).where(*where))


def test_every_row_of_every_file_is_there_once(loaded):
    office, _folder, told = loaded
    assert told == {
        "Product.csv": (504, 0, 0, True), "Location.csv": (14, 0, 0, True),
        "ProductInventory.csv": (1069, 0, 0, True), "BillOfMaterials.csv": (2679, 0, 0, True),
        "Vendor.csv": (104, 0, 0, True), "ProductVendor.csv": (460, 0, 0, True),
        "PurchaseOrderDetail.csv": (8845, 0, 0, True),
    }  # fmt: skip
    ctx = office.system(NOW)
    assert (count(ctx, Part), count(ctx, Balance), count(ctx, BillLine)) == (504, 1069, 2679)
    assert count(ctx, Move) == 1065, "four balances are of nothing: there is no move for them"
    assert count(ctx, BillLine, BillLine.until.is_(None)) == 2480
    assert count(ctx, BillLine, BillLine.assembly_id.is_(None)) == 103


def test_the_balances_add_up_to_the_file_in_every_store_and_for_every_part(loaded):
    office, folder, _told = loaded
    ctx = office.system(NOW)
    by_place: dict[str, Decimal] = {}
    by_part: dict[str, Decimal] = {}
    for row in rows_of(folder, "ProductInventory.csv"):
        for sums, key in ((by_place, row["LocationID"]), (by_part, row["ProductID"])):
            sums[key] = sums.get(key, Decimal(0)) + Decimal(row["Quantity"])
    total = sa.func.sum(Balance.on_hand)
    places = sa.select(Location.code, total).join(Balance, Balance.location_id == Location.id).group_by(Location.code)
    assert dict(ctx.session.execute(places).all()) == by_place
    of_parts = sa.select(Part.external_key, total).join(Balance, Balance.part_id == Part.id).group_by(Part.external_key)
    assert dict(ctx.session.execute(of_parts).all()) == by_part
    assert sum(by_part.values()) == 335_974
    assert upkeep.check(ctx) == []


def test_the_bills_say_what_the_file_says_unit_for_unit(loaded):
    office, folder, _told = loaded
    ctx = office.system(NOW)
    unit = {"EA": "pcs", "OZ": "oz", "IN": "in"}
    expected = {
        (
            row["BillOfMaterialsID"], row["ProductAssemblyID"] or None, row["ComponentID"],
            Decimal(row["PerAssemblyQty"]), unit[row["UnitMeasureCode"].strip()], row["StartDate"][:10],
            row["EndDate"][:10],
        )
        for row in rows_of(folder, "BillOfMaterials.csv")
    }  # fmt: skip
    keys = dict(ctx.session.execute(sa.select(Part.id, Part.external_key)).all())
    rows = ctx.session.scalars(sa.select(BillLine).options(sa.orm.joinedload(BillLine.measure)))
    assert {
        (
            row.external_key, keys.get(row.assembly_id), keys[row.part_id], row.quantity, row.measure.code,
            str(row.since), str(row.until or ""),
        )
        for row in rows
    } == expected  # fmt: skip


def test_the_orders_say_what_was_ordered_came_and_was_rejected_and_move_no_stock(loaded):
    office, folder, _told = loaded
    ctx = office.system(NOW)
    line, order = PurchaseOrderLine, PurchaseOrder
    columns = (line.quantity, line.received, line.rejected)
    sums = ctx.session.execute(sa.select(*(sa.type_coerce(sa.func.sum(c), Quantity) for c in columns))).one()
    assert tuple(sums) == (2_348_637, 2_327_299, 72_700)
    assert ctx.session.scalar(sa.select(sa.type_coerce(sa.func.sum(order.amount), Money))) == SPENT
    states = sa.select(order.state, sa.func.count()).group_by(order.state)
    assert dict(ctx.session.execute(states).all()) == {"received": 3_634, "closed": 378}
    assert count(ctx, order, order.supplier_id.is_not(None)) == 1_659, "of the others any of several may have been"
    assert count(ctx, Move, Move.kind == "receipt") == 0
    keys = dict(ctx.session.execute(sa.select(Part.id, Part.external_key)).all())
    rows = ctx.session.execute(sa.select(line, order.number).join(order, order.id == line.order_id))
    assert {
        (x.external_key, number, keys[x.part_id], x.quantity, x.received, x.rejected, x.price, str(x.due_on))
        for x, number in rows
    } == {
        (
            row["PurchaseOrderDetailID"], row["PurchaseOrderID"], row["ProductID"], Decimal(row["OrderQty"]),
            Decimal(row["ReceivedQty"]), Decimal(row["RejectedQty"]), Decimal(row["UnitPrice"]), row["DueDate"][:10],
        )
        for row in rows_of(folder, "PurchaseOrderDetail.csv")
    }  # fmt: skip


def test_an_order_is_the_suppliers_of_whom_alone_all_its_parts_can_be_had(loaded):
    office, folder, _told = loaded
    ctx = office.system(NOW)
    sellers: dict[str, set[str]] = {}
    for row in rows_of(folder, "ProductVendor.csv"):
        sellers.setdefault(row["ProductID"], set()).add(row["BusinessEntityID"])
    expected: dict[str, set[str]] = {}
    for row in rows_of(folder, "PurchaseOrderDetail.csv"):
        have = sellers[row["ProductID"]]
        expected[row["PurchaseOrderID"]] = expected.get(row["PurchaseOrderID"], have) & have
    query = sa.select(PurchaseOrder.number, Supplier.external_key)
    query = query.join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
    assert dict(ctx.session.execute(query).all()) == {
        number: next(iter(those)) for number, those in expected.items() if len(those) == 1
    }


def test_loading_all_of_it_again_changes_nothing(loaded):
    office, folder, _told = loaded
    ctx = office.system(NOW)
    before = [count(ctx, model) for model in TABLES]
    ctx.session.close()
    assert load_all(office, folder) == {
        "Product.csv": (0, 504, 0, True), "Location.csv": (0, 14, 0, True),
        "ProductInventory.csv": (0, 1069, 0, True), "BillOfMaterials.csv": (0, 2679, 0, True),
        "Vendor.csv": (0, 104, 0, True), "ProductVendor.csv": (0, 460, 0, True),
        "PurchaseOrderDetail.csv": (0, 8845, 0, True),
    }  # fmt: skip
    ctx = office.system(NOW)
    assert [count(ctx, model) for model in TABLES] == before
    assert ctx.session.scalar(sa.select(sa.func.sum(Balance.on_hand))) == 335_974
