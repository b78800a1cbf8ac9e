"""What comes back on an RMA lies in quarantine by itself, where the book knows the piece."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import RecordRef, use_locale
from core.companies.switch import switch_on
from core.testing import moment
from plugins.inventory.contracts import Circumstances, PartData, StockLine
from plugins.inventory.models import Inspection, Measure, Serial
from plugins.inventory.queries.check import differences
from plugins.inventory.services import parts, stock
from plugins.service.rma_contracts import RMA, ReceiveData, RmaData
from plugins.service.services import rma
from tests.support.stock_site import ids, put, there
from tests.support.workshop_site import furnish as workshop
from tests.support.workshop_site import order

NOW = moment("2026-03-03 10:00")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def furnish(installation) -> None:
    """A workshop with two control units, one of them given to a customer."""
    workshop(installation)
    office = installation.office()
    switch_on(office.system(moment("2026-03-02 07:00")), "inventory")
    ctx = office.system(moment("2026-03-02 07:10"))
    pieces = ctx.session.query(Measure).filter_by(code="pcs").one()
    parts.save_part(ctx, PartData("ECU", "Control unit", pieces.id, "serial"))
    for serial in ("E-1", "E-2"):
        put(ctx, "ECU", 1, serial=serial)
    given = StockLine(ids(ctx)["ECU"], Decimal(1), serial_id=ids(ctx, Serial)["E-1"])
    stock.issue(ctx, [given], Circumstances("Sold over the counter"))


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office()


def came(office, serial: str, part: str = "ECU") -> int:
    ctx = office.system(NOW)
    item = rma.expect(ctx, order(office), RmaData("Control unit", part_number=part, serial=serial, reason="Dead"))
    rma.receive(office.system(NOW), item.id, ReceiveData("Burnt", serial))
    item_id = item.id
    office.installation.close_sessions()
    office.installation.worker(NOW).run_until_idle()
    return item_id


def test_a_piece_that_the_book_knows_goes_into_quarantine_to_be_inspected_once(office):
    item_id = came(office, "E-1")
    ctx = office.system(NOW)
    row = ctx.session.scalars(sa.select(Inspection)).one()
    assert (row.source, row.reason_code, row.undecided, row.serial.number) == ("field", "faulty", 1, "E-1")
    assert RecordRef(row.record_kind, row.record_id) == RecordRef(RMA, item_id)
    assert row.note.endswith("Burnt")
    assert there(ctx) == {("ECU", "MAIN"): 1, ("ECU", "QUAR"): 1}
    office.installation.close_sessions()
    came(office, "E-1")
    ctx = office.system(NOW)
    assert there(ctx) == {("ECU", "MAIN"): 1, ("ECU", "QUAR"): 1}, "it is here already: nothing came out of nothing"
    assert differences(ctx) == []


@pytest.mark.parametrize(("serial", "part"), [("E-9", "ECU"), ("E-2", "ECU"), ("E-1", "PUMP")])
def test_what_the_book_does_not_know_to_be_out_is_left_to_whoever_took_it_in(office, serial, part):
    came(office, serial, part)
    ctx = office.system(NOW)
    assert there(ctx) == {("ECU", "MAIN"): 1}
    assert ctx.session.scalars(sa.select(Inspection)).all() == []
