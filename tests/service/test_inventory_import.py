"""Opening stock, parts and bills from files: every bad row is told with its line and column, nothing counts twice."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, timeline, use_locale
from core.transfer import read_mapping, run_import
from plugins.inventory.contracts import BillLineData
from plugins.inventory.models import BillLine, Move, Part, PurchaseOrder
from plugins.inventory.services import bills
from tests.support.accounts import Site
from tests.support.stock_site import NOW, furnish, ids, put, there


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def load(office, tmp_path, name: str, text: str, **options):
    """Load lines of CSV whose columns are called like the fields."""
    file = tmp_path / f"{name}.csv"
    file.write_text(text, encoding="utf-8")
    ctx = office.system(NOW)
    importer = ctx.registry.importers[name]
    columns = text.splitlines()[0].split(",")
    mapping = read_mapping({"fields": {c: {"column": c} for c in columns}}, importer)
    report = run_import(ctx, importer, file, mapping, **options)
    ctx.session.close()
    return report


STOCK = """part,location,quantity,batch,serial,expires_on
BELT,MAIN,7,,,
OIL,NORTH,2.125,,,
SEAL,MAIN,4,B-1,,2027-01-31
ECU,VAN,1,,E-9,
"""
BAD = """part,location,quantity,batch,serial
BELT,MAIN,7,,
NONE,MAIN,1,,
BELT,NOWHERE,1,,
BELT,NORTH,-1,,
BELT,NORTH,1.5,,
SEAL,MAIN,1,,
ECU,MAIN,2,,E-1
FILTER,MAIN,3,B-7,
"""


def test_opening_stock_is_posted_once_however_often_the_file_is_loaded(office, tmp_path):
    first = load(office, tmp_path, "opening_stock", STOCK)
    assert (first.added, first.known, first.bad_rows) == (4, 0, 0)
    again = load(office, tmp_path, "opening_stock", STOCK)
    assert (again.added, again.known, again.bad_rows) == (0, 4, 0)
    ctx = office.system(NOW)
    told = {key: str(q.normalize()) for key, q in there(ctx).items()}
    assert told == {
        ("BELT", "MAIN"): "7", ("OIL", "NORTH"): "2.125", ("SEAL", "MAIN"): "4", ("ECU", "VAN"): "1"
    }  # fmt: skip
    assert set(ctx.session.scalars(sa.select(Move.kind))) == {"adjustment"}
    assert set(ctx.session.scalars(sa.select(Move.reason))) == {"Opening stock"}


def test_every_bad_row_is_told_with_its_line_and_column_and_the_good_ones_are_kept_if_asked(office, tmp_path):
    refused = load(office, tmp_path, "opening_stock", BAD)
    assert not refused.loaded
    assert there(office.system(NOW)) == {}
    told = [(p.line, p.column) for p in refused.problems]
    assert sorted(told) == [
        (3, "part"), (4, "location"), (5, "quantity"), (6, "quantity"), (7, "batch"), (8, "serial"), (9, "part")
    ]  # fmt: skip
    kept = load(office, tmp_path, "opening_stock", BAD, only_good=True)
    assert (kept.added, kept.bad_rows) == (1, 7)
    assert set(there(office.system(NOW))) == {("BELT", "MAIN")}


def test_what_was_moved_already_gets_no_opening_balance(office, tmp_path):
    ctx = office.system(NOW)
    put(ctx, "BELT", 3)
    ctx.session.close()
    report = load(office, tmp_path, "opening_stock", "part,location,quantity\nBELT,MAIN,7\n")
    assert (report.added, report.bad_rows) == (0, 1)
    assert "already" in report.problems[0].reason
    assert {str(q.normalize()) for q in there(office.system(NOW)).values()} == {"3"}


def test_parts_come_with_their_unit_and_tracking_in_either_language(office, tmp_path):
    text = "code,name,measure,tracking,external_key\nP1,Pump,pcs,按批号,77\nP2,Hose,metres,,78\nP3,Hose,m,none,77\n"
    report = load(office, tmp_path, "parts", text, only_good=True)
    assert (report.added, report.bad_rows) == (1, 2)
    assert [(p.line, p.column) for p in report.problems] == [(3, "measure"), (4, "external_key")]
    part = office.system(NOW).session.scalar(sa.select(Part).where(Part.code == "P1"))
    assert (part.tracking, part.external_key) == ("batch", "77")


def test_nothing_is_in_the_end_inside_itself(office, tmp_path):
    text = "external_key,assembly,part,quantity\n1,ECU,SEAL,2\n2,SEAL,FILTER,1\n3,FILTER,ECU,1\n4,ECU,BELT,1.5\n"
    report = load(office, tmp_path, "bills_of_parts", text, only_good=True)
    assert (report.added, report.bad_rows) == (2, 2)
    assert [(p.line, p.column) for p in report.problems] == [(4, "part"), (5, "quantity")]
    ctx = office.system(NOW)
    known = ids(ctx)
    with pytest.raises(Invalid) as circle:
        bills.save_line(ctx, BillLineData(known["ECU"], Decimal(1), known["FILTER"]))
    assert circle.value.code == "circle"
    line = ctx.session.scalars(sa.select(BillLine).order_by(BillLine.id)).first()
    data = BillLineData(known["SEAL"], Decimal(3), known["ECU"], id=line.id)
    with pytest.raises(Conflict):
        bills.save_line(ctx, data, version=line.version + 1)
    bills.drop_line(ctx, line.id)
    assert ctx.session.scalar(sa.select(sa.func.count(BillLine.id))) == 1


SUPPLIERS = """number,name,active,external_key
S1,Belts & Co,yes,11
S2,Two Ltd,no,12
"""
SOURCES = """part,supplier,price,lead_days
BELT,11,4.5,7
OIL,S2,9,
"""
ORDERS = """external_key,order,part,quantity,received,rejected,price,supplier,due_on
1,PO-7,BELT,10,10,2,4.50,,2025-03-01
2,PO-7,FILTER,4,4,0,1.25,,2025-03-05
3,PO-8,BELT,5,3,0,4.40,,
4,PO-9,OIL,2.5,2.5,,9,Belts & Co,2025-04-01
"""
BAD_ORDERS = """external_key,order,part,quantity,received,rejected,price,supplier
5,PO-8,NONE,1,1,0,1,
6,PO-8,BELT,1.5,1,0,1,
7,PO-8,BELT,2,1,2,1,
8,PO-8,BELT,2,1,0,-1,
9,PO-9,BELT,2,1,0,1,Two Ltd
10,PO-8,BELT,2,1,0,1,Nobody
11,PO-8,BELT,2,1,0.5,1,
"""


def bought(ctx) -> dict[str, tuple]:
    query = sa.select(PurchaseOrder).order_by(PurchaseOrder.number)
    return {
        row.number: (row.state, row.amount, row.supplier.number if row.supplier else "", str(row.expected_on or ""))
        for row in ctx.session.scalars(query)
    }


def load_buying(office, tmp_path) -> list[int]:
    files = (("suppliers", SUPPLIERS), ("part_sources", SOURCES), ("past_purchase_orders", ORDERS))
    return [load(office, tmp_path, name, text).added for name, text in files]


def test_orders_that_are_over_are_loaded_once_and_move_no_stock(office, tmp_path):
    assert load_buying(office, tmp_path) == [2, 2, 4]
    ctx = office.system(NOW)
    expected = {
        "PO-7": ("received", Decimal(50), "", "2025-03-05"),
        "PO-8": ("closed", Decimal(22), "S1", ""),
        "PO-9": ("received", Decimal("22.5"), "S1", "2025-04-01"),
    }
    assert bought(ctx) == expected
    assert there(ctx) == {}
    ctx.session.close()
    assert load_buying(office, tmp_path) == [0, 0, 0]
    assert bought(office.system(NOW)) == expected


def test_a_later_file_adds_to_an_order_what_it_did_not_know(office, tmp_path):
    load_buying(office, tmp_path)
    more = (
        "external_key,order,part,quantity,received,price\n"
        "20,PO-8,OIL,1,1,9\n21,PO-7,BELT,3,0,4.50\n22,PO-9,FILTER,1,1,1\n"
    )
    assert load(office, tmp_path, "past_purchase_orders", more).added == 3
    ctx = office.system(NOW)
    found = bought(ctx)
    assert found["PO-7"][:2] == ("closed", Decimal("63.5"))
    assert found["PO-8"] == ("closed", Decimal(31), "", ""), "nobody has both, as far as is known"
    assert found["PO-9"][2] == "S1", "the file said so"
    row = ctx.session.scalar(sa.select(PurchaseOrder).where(PurchaseOrder.number == "PO-7"))
    assert sorted(event.facts["n"] for event in timeline(ctx, row)) == [1, 2]


def test_a_supplier_that_the_file_did_not_name_is_filled_in_by_one_that_does(office, application, tmp_path):
    load_buying(office, tmp_path)
    ctx = office.system(NOW)
    ids = dict(ctx.session.execute(sa.select(PurchaseOrder.number, PurchaseOrder.id)).all())
    office.installation.close_sessions()
    said = {
        "en": ("not in the file: of whom it was bought is not known.", "all of it can be had of Belts &amp; Co alone"),
        "zh": ("文件里没有供方：不知道是向谁采购的。", "文件里没有供方：这些备件只能向Belts &amp; Co采购"),
    }
    with use_locale("en"), application.on(office.installation.url) as app:
        site = Site(app, office.installation, {"acme": office})
        for locale, (unknown, found) in said.items():
            site.person(f"{locale}@acme.example", "administrator", locale=locale)
            boss = site.signed_in(f"{locale}@acme.example")
            assert unknown in boss.get(f"/c/acme/inventory/orders/{ids['PO-7']}").text
            assert found in boss.get(f"/c/acme/inventory/orders/{ids['PO-8']}").text
    named = "\n".join(
        line.replace(",,2025-03", ",Two Ltd,2025-03").replace("4.40,,", "4.40,S2,") for line in ORDERS.splitlines()
    )
    report = load(office, tmp_path, "past_purchase_orders", named)
    assert (report.added, report.known, report.notes) == (
        0, 4, {"Suppliers of orders that no file had named before": 2}
    )  # fmt: skip
    ctx = office.system(NOW)
    assert {number: row[2] for number, row in bought(ctx).items()} == {"PO-7": "S2", "PO-8": "S2", "PO-9": "S1"}
    assert not ctx.session.scalars(sa.select(PurchaseOrder.supplier_found)).all().count(True)
    ctx.session.close()
    assert load(office, tmp_path, "past_purchase_orders", ORDERS.replace(",,\n", ",Two Ltd,\n")).notes == {}
    clash = "external_key,order,part,quantity,received,price,supplier\n30,PO-20,BELT,1,1,1,\n31,PO-20,BELT,2,2,1,\n"
    assert load(office, tmp_path, "past_purchase_orders", clash).added == 2
    clash = clash.replace("1,\n31", "1,S1\n31").replace("2,1,\n", "2,1,S2\n")
    report = load(office, tmp_path, "past_purchase_orders", clash)
    assert [(p.line, p.column, p.reason) for p in report.problems] == [
        (3, "supplier", "PO-20 has another supplier in another line.")
    ]


def test_bad_lines_of_orders_are_told_one_by_one(office, tmp_path):
    load_buying(office, tmp_path)
    report = load(office, tmp_path, "past_purchase_orders", BAD_ORDERS)
    assert not report.loaded
    assert sorted((p.line, p.column, p.reason) for p in report.problems) == [
        (2, "part", "There is no part NONE."),
        (3, "quantity", "1.5 pcs can’t be: BELT is counted with 0 decimals."),
        (4, "rejected", "No more can be rejected than has come."),
        (5, "price", "A price is 0 or more."),
        (6, "supplier", "PO-9 has another supplier in another line."),
        (7, "supplier", "There is no supplier Nobody, or more than one."),
        (8, "rejected", "0.5 pcs can’t be: BELT is counted with 0 decimals."),
    ]
