"""A company with customers, units and suppliers, for tests of contracts, of what ends and of supplier claims."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.auth.models import User
from core.companies.services import save_unit
from core.testing import Installation, Office, moment
from plugins.base import queries as base_queries
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData, ProductData, SiteData, SupplierData, UnitData
from plugins.base.services.suppliers import save_supplier
from plugins.warranty.agreed import AgreementData, SupplierTermData
from plugins.warranty.services import suppliers

PRODUCT_NAMES = {"HV37": "Compressor HV-37", "PUMP": "Pump P-9", "OWN": "Bracket"}


def day(text: str) -> dt.date:
    """A day."""
    return dt.date.fromisoformat(text)


def furnish(installation: Installation) -> None:
    """Two customers, four units, two products of suppliers and one of our own, people of three roles."""
    office = installation.company("acme", modules=("warranty", "complaints"), locale="en")
    ctx = office.system(moment("2026-01-05 09:00"))
    save_unit(ctx, "service", "Customer service", "department", "hq")
    mill = base.save_customer(ctx, CustomerData("Xinhe Mill", "company"))
    lotus = base.save_customer(ctx, CustomerData("Lotus Hotel", "company"))
    base.save_person(ctx, mill.id, PersonData("Chen Yu", "Plant manager", email="chen@xinhe.example"))
    site = base.save_site(ctx, mill.id, SiteData("North hall"))
    compressor = base.save_product(ctx, ProductData("HV37", PRODUCT_NAMES["HV37"], "compressors", maker="Acme"))
    pump = base.save_product(ctx, ProductData("PUMP", PRODUCT_NAMES["PUMP"], "pumps", maker="Huaxin"))
    base.save_product(ctx, ProductData("OWN", PRODUCT_NAMES["OWN"], "implants", maker="Acme"))
    sold = day("2026-01-10")
    for serial, customer, product, place in (
        ("C-1", mill, compressor, site.id),
        ("C-2", mill, compressor, None),
        ("L-1", lotus, compressor, None),
        ("P-1", mill, pump, None),
    ):
        base.save_unit_record(
            ctx,
            UnitData(product.id, serial, customer_id=customer.id, site_id=place, sale_date=sold, delivery_date=sold),
        )
    huaxin = save_supplier(
        ctx,
        SupplierData("Huaxin Pumps", contact_name="Zhou Min", phone="021 5555 0101", email="service@huaxin.example"),
    )
    bearings = save_supplier(ctx, SupplierData("Tongda Bearings"))
    suppliers.save_term(ctx, SupplierTermData(huaxin.id, 12, day("2025-01-01"), maker="Huaxin"))
    suppliers.save_term(
        ctx,
        SupplierTermData(bearings.id, 6, day("2025-01-01"), product_group="compressors", part_group="bearings"),
    )
    suppliers.save_agreement(
        ctx, AgreementData(huaxin.id, day("2026-01-01"), day("2026-12-31"), before_sale="we", after_sale="supplier")
    )
    for name, role in (("Li Ming", "manager"), ("Sun Yan", "sales"), ("Qian Bo", "purchasing")):
        office.person(f"{role}@acme.example", role, name=name)


def ids(office: Office) -> dict[str, int]:
    """What tests name: units by serial number, products by code, suppliers, customers, the site, people by role."""
    ctx = office.system()
    kinds = ctx.registry.kinds

    def of(kind: str, column: str) -> dict[str, int]:
        model: Any = kinds[kind].model
        rows = ctx.session.execute(sa.select(getattr(model, column), model.id)).all()
        return {row[0]: row[1] for row in rows if row[0]}

    people = {u.email.partition("@")[0]: u.id for u in ctx.session.scalars(sa.select(User))}
    customers = of("base.customer", "name")
    found = {
        **of("base.unit", "serial"),
        **of("base.product", "code"),
        **people,
        "mill": customers["Xinhe Mill"],
        "lotus": customers["Lotus Hotel"],
        "huaxin": of("base.supplier", "name")["Huaxin Pumps"],
        "bearings": of("base.supplier", "name")["Tongda Bearings"],
        "site": base_queries.sites_of(ctx, customers["Xinhe Mill"])[0].id,
    }
    ctx.session.close()
    return found
