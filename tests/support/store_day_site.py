"""A storekeeper's morning: what was ordered, asked for, promised and sent over night waits for its labels."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from core.api import RecordRef
from core.companies.services import save_unit
from core.testing import Installation
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import (
    BatchData,
    LocationData,
    PartData,
    ReceiptLine,
    RequestLineData,
    SourceData,
)
from plugins.inventory.models import Location, Measure, Part
from plugins.inventory.services import (
    ordering,
    parts,
    places,
    purchasing,
    reserving,
    stock,
    stocktake,
    suppliers,
)
from plugins.inventory.stocktake_contracts import StocktakeData
from tests.support import loaner_site
from tests.support.accounts import Site
from tests.support.loaner_site import NOW, ORDER


def furnish(installation: Installation) -> None:
    """``acme`` of the loaners, with belts, seals and control units, a store in the north and a technician's own."""
    loaner_site.furnish(installation)
    office = installation.office("acme")
    people = Site(None, installation, {"acme": office})
    people.person("keeper_zh@example.com", "storekeeper", "quality", name="Ma Li", locale="zh")
    people.person("keeper_en@example.com", "storekeeper", name="Ma Li", locale="en")
    people.person("desk_en@example.com", "dispatcher", name="Qian", locale="en")
    wang = people.person("tech_en@example.com", "technician", name="Wang Tao", locale="en")
    ctx = office.system(NOW)
    units = dict(ctx.session.execute(sa.select(Measure.code, Measure.id)).all())
    for code, name, tracking in (("BELT", "V-belt", "none"), ("SEAL", "Seals", "batch"), ("ECU", "Control", "serial")):
        parts.save_part(ctx, PartData(code, name, units["pcs"], tracking))
    north = save_unit(ctx, "north", "North centre", "centre", "hq")
    places.save_location(ctx, LocationData("NORTH", "North store", "warehouse", unit_id=north.id))
    places.save_location(ctx, LocationData("SHELF", "Shelf 1", "shelf", parent_id=ids(ctx, Location)["MAIN"]))
    places.save_location(ctx, LocationData("T-1", "Store of Wang Tao", "technician", user_id=wang))
    part, there = ids(ctx, Part), ids(ctx, Location)
    stock.receive(ctx, [ReceiptLine(part["BELT"], Decimal(20))], there["MAIN"])
    stock.receive(ctx, [ReceiptLine(part["BELT"], Decimal(4))], there["SHELF"])
    stock.receive(ctx, [ReceiptLine(part["SEAL"], Decimal(6), batch=BatchData("B-1"))], there["NORTH"])
    loaner_site.order(office)
    reserving.reserve(ctx, RecordRef(ORDER, 1), {part["BELT"]: Decimal(2)})
    _ordered(ctx, part)
    loaner_site.reserve(ctx, 1)
    stocktake.begin(ctx, StocktakeData(there["SHELF"]))


def _ordered(ctx, part: dict[str, int]) -> None:
    seller = save_supplier(ctx, SupplierData("Drive Ltd", "S-1", lead_days=7)).id
    request = purchasing.draw_up(ctx, "Season")
    for code, quantity in (("BELT", 5), ("ECU", 1)):
        suppliers.save_source(ctx, SourceData(part[code], seller, f"X-{code}", price=Decimal("2.5")))
        purchasing.save_line(ctx, request.id, RequestLineData(part[code], Decimal(quantity)))
    purchasing.approve(ctx, request.id)
    for order in ordering.order_request(ctx, request.id):
        ordering.send_order(ctx, order.id)


def ids(ctx, model) -> dict[str, int]:
    """Code → id."""
    return {code: number for number, code in ctx.session.execute(sa.select(model.id, model.code))}
