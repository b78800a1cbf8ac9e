"""Suppliers of parts, and from whom each part can be had."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.api import Conflict, Forbidden, Invalid, timeline, use_locale
from plugins.base.contracts import SupplierData
from plugins.base.queries.suppliers import offered_suppliers
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import SourceData
from plugins.inventory.models import Part
from plugins.inventory.queries import suppliers as queries
from plugins.inventory.rules.sourcing import best
from plugins.inventory.services import suppliers
from tests.support.stock_site import NOW, furnish, ids


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def bought(ctx) -> tuple[int, int]:
    """Two suppliers."""
    first = save_supplier(ctx, SupplierData("Drive Ltd", "S-1", phone="0161 555 0142", lead_days=7))
    return first.id, save_supplier(ctx, SupplierData("Seals Ltd", "S-2", lead_days=14)).id


def test_the_part_says_from_whom_it_can_be_had_the_first_choice_first(office):
    ctx = office.system(NOW)
    drive, seals = bought(ctx)
    belt = ids(ctx)["BELT"]
    suppliers.save_source(ctx, SourceData(belt, drive, "D-77", price=Decimal("12.5"), preferred=True))
    suppliers.save_source(ctx, SourceData(belt, seals, lead_days=3, minimum=Decimal(5), price=Decimal(11)))
    assert [(s.supplier.name, s.days) for s in queries.sources_of(ctx, belt, 9)] == [("Drive Ltd", 7), ("Seals Ltd", 3)]

    suppliers.save_source(
        ctx, SourceData(belt, seals, lead_days=3, price=Decimal(11), preferred=True,
                        id=queries.sources_of(ctx, belt, 9)[1].id),
    )  # fmt: skip
    ctx.session.expire_all()
    listed = queries.sources_of(ctx, belt, 9)
    assert [(s.supplier.name, s.preferred) for s in listed] == [("Seals Ltd", True), ("Drive Ltd", False)]
    chosen = best(queries.terms_of(ctx, [belt])[belt])
    assert chosen is not None
    assert chosen.supplier_id == seals
    told = [e.name for e in timeline(ctx, ctx.session.get_one(Part, belt))]
    assert told[:3] == ["inventory.source_saved"] * 3


def test_of_a_supplier_of_whom_we_no_longer_buy_nothing_is_proposed(office):
    ctx = office.system(NOW)
    drive, seals = bought(ctx)
    belt = ids(ctx)["BELT"]
    suppliers.save_source(ctx, SourceData(belt, drive, price=Decimal(1)))
    save_supplier(ctx, SupplierData("Drive Ltd", "S-1", active=False), drive)
    assert queries.terms_of(ctx, [belt]) == {}
    assert dict(offered_suppliers(ctx)) == {seals: "S-2 Seals Ltd"}


def test_what_a_supplier_or_a_source_can_not_be_is_refused(office):
    ctx = office.system(NOW)
    drive, _seals = bought(ctx)
    belt = ids(ctx)["BELT"]
    with pytest.raises(Conflict, match="The number S-1 is that of Drive Ltd"):
        save_supplier(ctx, SupplierData("Another", "S-1"))
    with pytest.raises(Invalid, match="From 0 to 3650 days"):
        save_supplier(ctx, SupplierData("Another", "S-3", lead_days=-1))
    with pytest.raises(Invalid, match="BELT is counted with 0 decimals"):
        suppliers.save_source(ctx, SourceData(belt, drive, minimum=Decimal("1.5")))
    with pytest.raises(Invalid, match="A price is 0 or more"):
        suppliers.save_source(ctx, SourceData(belt, drive, price=Decimal(-1)))
    row = suppliers.save_source(ctx, SourceData(belt, drive))
    with pytest.raises(Invalid, match="BELT can be had from Drive Ltd already"):
        suppliers.save_source(ctx, SourceData(belt, drive))
    seen = row.version
    suppliers.save_source(ctx, SourceData(belt, drive, "X", id=row.id), version=seen)
    with pytest.raises(Conflict):
        suppliers.save_source(ctx, SourceData(belt, drive, "Y", id=row.id), version=seen)
    assert queries.get_source(ctx, row.id).their_number == "X"


def test_who_may_only_see_suppliers_changes_none(office):
    drive, _seals = bought(office.system(NOW))
    belt = ids(office.system(NOW))["BELT"]
    office.installation.close_sessions()
    ctx = office.ctx("inventory.supplier.view", now=NOW)
    with pytest.raises(Forbidden):
        suppliers.save_source(ctx, SourceData(belt, drive))
    assert queries.sources_of(ctx, belt, 9) == []


def test_a_source_that_is_taken_out_is_told_on_the_part(office):
    ctx = office.system(NOW)
    drive, _seals = bought(ctx)
    belt = ids(ctx)["BELT"]
    row = suppliers.save_source(ctx, SourceData(belt, drive))
    part = suppliers.drop_source(ctx, row.id)
    assert queries.sources_of(ctx, belt, 9) == []
    assert timeline(ctx, part)[0].name == "inventory.source_dropped"
