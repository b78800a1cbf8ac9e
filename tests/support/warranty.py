"""Units, customers and cases for tests of warranty."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.profiles import apply_profile, find_profile
from core.testing import Office
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, SaleData, UnitData
from plugins.warranty.contracts import CoverageCase


def furnished(installation: Any, code: str = "acme", locale: str = "en") -> Office:
    """A company with warranty switched on, a phone, a machine and a customer."""
    office = installation.company(code, modules=("complaints", "warranty"), locale=locale)
    ctx = office.system()
    base.save_product(ctx, ProductData(code="P-1", name="Phone", group="phone", model="X1"))
    base.save_product(ctx, ProductData(code="M-1", name="Harvester", group="harvester", model="4YZ"))
    base.save_customer(ctx, CustomerData(name="Ann Lee"))
    return office


def profiled(installation: Any) -> None:
    """A company for each profile that has coverage rules of its own, with a product of its own and a traded one."""
    for name in ("defence", "machinery", "medical_dealer", "repair_centre", "technical"):
        office = installation.company(name.replace("_", ""), locale="en")
        apply_profile(office.system(), find_profile(name, installation.registry))
        ctx = office.system()
        base.save_product(ctx, ProductData("OWN", "Analyser", "devices", maker="Own works"))
        base.save_product(ctx, ProductData("TRADED", "Monitor", "devices", maker="Sanyang"))
        base.save_customer(ctx, CustomerData("Saint Mary Hospital", "company"))


def unit(ctx: Any, product: str, serial: str, sold: dt.date | None, *, invoice: str = "", **dates: Any) -> Any:
    """A sold unit of a product, with its line in the sales ledger where it has an invoice."""
    from plugins.base.queries import product_by_code, search_customers

    customer = search_customers(ctx, "Ann")[0]
    found = product_by_code(ctx, product)
    made = base.save_unit_record(
        ctx, UnitData(product_id=found.id, serial=serial, customer_id=customer.id, sale_date=sold, **dates)
    )
    if invoice and sold:
        base.record_sale(ctx, SaleData(found.id, customer.id, sold, device_id=made.id, invoice=invoice))
    return made


def case(device: Any, problem: str = "screen flickers", **given: Any) -> CoverageCase:
    """A case about a unit."""
    return CoverageCase(device.id, problem, None, given)
