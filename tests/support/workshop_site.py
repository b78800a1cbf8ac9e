"""A company whose workshop and cash desk are tested: people, a customer, a unit, orders."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership
from core.testing import Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import OrderData, ResultData

MONDAY = moment("2026-03-02 09:00")
"""The office is open 09:00 to 18:00 on working days (the shipped calendar for China)."""


def furnish(installation, code: str = "acme") -> None:
    """A company with service orders, a customer with a unit, a technician, a head and a cashier."""
    office = installation.company(code, modules=("service",), locale="en")
    ctx = office.system()
    product = base.save_product(ctx, ProductData("K-1", "Kettle", "kettles", model="2L"))
    customer = base.save_customer(ctx, CustomerData("Ann Lee", address="Mill Lane 2"))
    base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
    base.save_unit_record(ctx, UnitData(product.id, "K-100", customer_id=customer.id))
    for name, role in (("tom", "technician"), ("hana", "manager"), ("fay", "finance")):
        office.person(f"{name}@{code}.example", role, name=name.title())


_BASES: WeakKeyDictionary[Any, Ctx] = WeakKeyDictionary()
"""Installation → circumstances in one session, of which a test makes others: each session would hold a connection."""


def at(office: Office, text: str = "2026-03-02 09:00", name: str = "tom") -> Ctx:
    """The system acting in somebody's name at a moment: everything is allowed."""
    if office.installation not in _BASES:
        _BASES[office.installation] = office.system()
    return _BASES[office.installation].at(moment(text)).as_actor(acting(office, name))


def acting(office: Office, name: str) -> Actor:
    """Somebody of the company, allowed everything."""
    return Actor(person(office, name), name.title(), is_system=True)


def person(office: Office, name: str) -> int:
    """The account of somebody whom ``furnish`` made."""
    if office.installation not in _BASES:
        _BASES[office.installation] = office.system()
    query = sa.select(Membership).where(Membership.active.is_(True))
    return next(m.user_id for m in _BASES[office.installation].session.scalars(query) if m.user.name == name.title())


def order(office, text: str = "2026-03-02 09:00", *, kind: str = "workshop", work_kind: str = "free", **given):
    """An accepted order about the unit; answers its id."""
    ctx = at(office, text)
    device = unit_by_serial(ctx, "K-100")
    data = OrderData(kind, "Kettle trips the fuse", channel="visit", device_id=device.id, work_kind=work_kind,
                     work_kind_reason="told so", **given)  # fmt: skip
    made = services.open_order(ctx, data)
    services.accept(ctx, made.id)
    if work_kind == "paid":
        services.record_consent(ctx, made.id, "phone", "Ann Lee", "45.00 labour")
    return made.id


def finished(office, order_id: int, text: str, outcome: str = "solved"):
    """The order, done."""
    ctx = at(office, text)
    return services.finish(ctx, order_id, ResultData(outcome, "Element replaced", "defect"))
