"""What profiles ask of the stock: purchases approved, and what is bought inspected before it may be used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.api import Conflict, answer_checklist, gates, use_locale
from core.profiles import apply_profile, read_profile
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import Circumstances, MeasureData, PartData, ReceiptLine, RequestLineData
from plugins.inventory.models import Inspection, Location
from plugins.inventory.quality_contracts import VerdictData
from plugins.inventory.services import parts, purchasing, quality, stock
from tests.support.stock_site import NOW, ids, there

PROFILES = Path(__file__).resolve().parents[2] / "plugins" / "industries"
COMPANIES = ("defence", "general")


def furnish(installation) -> None:
    """Two companies as their profiles set them up, each with a part."""
    for name in COMPANIES:
        office = installation.company(name, locale="en")
        apply_profile(office.system(NOW), read_profile(PROFILES / name, installation.registry))
        ctx = office.system(NOW)
        measure = parts.save_measure(ctx, MeasureData("each", "each", 0))
        parts.save_part(ctx, PartData("TUBE", "Valve", measure.id))


@pytest.fixture
def house(databases, database_kind):
    with use_locale("en"), databases.furnished(database_kind, furnish) as installation:
        yield installation


@pytest.mark.clause("DEF-3.1")
def test_the_quality_department_inspects_materials_bought_before_they_may_be_used(house):
    office = house.office("defence")
    ctx = office.system(NOW)
    line = ReceiptLine(ids(ctx)["TUBE"], Decimal(4))
    stock.receive(ctx, [line], ids(ctx, Location)["MAIN"], Circumstances("Delivery note 7"))
    assert there(ctx) == {("TUBE", "QUAR"): 4}
    row = ctx.session.scalars(sa.select(Inspection)).one()
    assert (row.source, row.undecided) == ("receipt", 4)
    found = {"papers": "yes", "packaging": "ok", "marking": "ok", "look": ("ok", "One is scratched")}
    row_id = row.id
    house.close_sessions()
    rights = ("inventory.inspection.view", "inventory.inspection.decide", "inventory.stock.view")
    inspector = office.ctx(*rights, now=NOW, name="Qiu", roles=("quality_service",))
    answer_checklist(inspector, inspector.session.get(Inspection, row_id), "inventory.receipt_check", found)
    main = ids(inspector, Location)["MAIN"]
    quality.decide(inspector, row_id, VerdictData("release", Decimal(3), to_id=main))
    assert there(inspector) == {("TUBE", "MAIN"): 3, ("TUBE", "QUAR"): 1}


@pytest.mark.clause("GS-19")
def test_the_profile_has_purchases_checked_by_finance_and_approved_by_the_head(house):
    office = house.office("general")
    for who, role in (("qian", "finance"), ("sun", "general_manager")):
        office.person(f"{who}@general.example", role, name=who.title())
    ctx = office.system(NOW)
    seller = save_supplier(ctx, SupplierData("Seller", "S1"))
    request = purchasing.draw_up(ctx, "Two valves")
    purchasing.save_line(ctx, request.id, RequestLineData(ids(ctx)["TUBE"], Decimal(2), seller.id, Decimal(30)))
    way = purchasing.WORKFLOW.transition("approve")
    assert [g.text for g in gates(ctx, way, request) if g.open] == [
        "Needs approval by Finance, then General manager"
    ]
    with pytest.raises(Conflict) as asked:
        purchasing.approve(ctx, request.id)
    assert asked.value.code == "approval_asked"
