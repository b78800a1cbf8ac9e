"""A company set up by an industry profile and nothing else, with people, a customer and a unit: for walks through a
policy. Whoever acts has the rights of his or her role and no others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Membership, OrgUnit, RecordRef, Role, find_clock, gates
from core.auth.models import User
from core.profiles import apply_profile, read_profile
from core.testing import Installation, Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData, PhoneData, ProductData, SiteData, UnitData
from plugins.service import life, services
from plugins.service.contracts import ORDER, OrderData
from plugins.service.models import Order

PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
MONDAY = moment("2026-03-02 09:00")
"""The office is open 09:00 to 18:00 on working days, noon included."""
SOLD = dt.date(2026, 1, 5)
MAIL = "ma@customer.example"


def furnish(installation: Installation, profile: str, members: Mapping[str, str], **given: Any) -> Office:
    """A company named after its profile, with people, a customer and the unit SN-1 (see below)."""
    office = installation.company(profile.replace("_", "-"), locale="en")
    apply(office, profile)
    people(office, members)
    customer(office, **given)
    return office


def apply(office: Office, profile: str) -> None:
    """Set a company up by its profile."""
    apply_profile(office.system(), read_profile(PROFILES / profile, office.installation.registry))


def people(office: Office, members: Mapping[str, str]) -> None:
    """``members`` maps a mailbox to ``role``, or to ``role@unit`` for somebody who is limited to that unit."""
    units = {u.code: u.id for u in office.system().session.scalars(sa.select(OrgUnit))}
    for mailbox, said in members.items():
        role, _at, code = said.partition("@")
        scope = "units" if code else "company"
        office.person(f"{mailbox}@example.com", role, name=mailbox.title(), unit_id=units.get(code), scope=scope)


def customer(
    office: Office, *, group: str = "tractors", zone: str = "city", sold: dt.date | None = SOLD, **unit: Any
) -> None:
    """Ma Dongsheng in Xuzhou with a phone, a place and a mail address, and his unit SN-1."""
    ctx = office.system()
    owner = base.save_customer(ctx, CustomerData("Ma Dongsheng"))
    base.add_phone(ctx, owner.id, PhoneData("138 0013 8000"))
    base.save_person(ctx, owner.id, PersonData("Ma Dongsheng", email=MAIL))
    place = base.save_site(ctx, owner.id, SiteData("Farm", city="Xuzhou", zone=zone))
    product = base.save_product(ctx, ProductData("T-1", "Tractor", group))
    base.save_unit_record(
        ctx, UnitData(product.id, "SN-1", customer_id=owner.id, site_id=place.id, sale_date=sold, **unit)
    )


def at(text: str) -> dt.datetime:
    """A moment: ``14:30`` of Monday, 2 March 2026, ``03-04 14:30`` of another day of that year, or all of it."""
    return moment({5: f"2026-03-02 {text}", 11: f"2026-{text}"}.get(len(text), text))


def acting(office: Office, mailbox: str, now: str) -> Ctx:
    """The circumstances of one of the people at a moment (see ``at``): rights and reach as when signed in.

    Rows that were read before are not to be used any more.
    """
    office.installation.close_sessions()  # each has a connection of a small pool
    session = office.system().session
    user = session.scalars(sa.select(User).where(User.email == f"{mailbox}@example.com")).one()
    member = session.scalars(
        sa.select(Membership).where(Membership.user_id == user.id, Membership.company_id == office.id)
    ).one()
    roles = session.scalars(sa.select(Role).where(Role.code.in_(member.role_codes)))
    rights = {p for role in roles for p in role.permissions}
    limited = frozenset([member.unit_id]) if member.data_scope == "units" and member.unit_id else None
    return office.ctx(*rights, now=at(now), user_id=user.id, name=user.name, unit_ids=limited, roles=member.role_codes)


def person(office: Office, mailbox: str) -> int:
    """The account of one of the people."""
    return office.system().session.scalars(sa.select(User.id).where(User.email == f"{mailbox}@example.com")).one()


def unit(office: Office, code: str) -> int:
    """An organisation unit."""
    return office.system().session.scalars(sa.select(OrgUnit.id).where(OrgUnit.code == code)).one()


def device(office: Office, serial: str = "SN-1") -> int:
    """The customer's unit."""
    ctx = office.system()
    model = ctx.registry.kinds["base.unit"].model
    return ctx.session.scalars(sa.select(model.id).where(model.serial == serial)).one()


def opened(office: Office, now: str = "09:00", *, mailbox: str = "", **values: Any) -> int:
    """A new order about the unit, taken in by one of the people or by the system."""
    ctx = acting(office, mailbox, now) if mailbox else office.system(at(now))
    given = {"subject": "Lift is weak", "device_id": device(office), **values}
    return services.open_order(ctx, OrderData(**given)).id


def order_of(office: Office, order_id: int) -> Order:
    """The order as it stands."""
    office.installation.close_sessions()
    return office.system().session.get_one(Order, order_id)


def due(office: Office, order_id: int, kind: str) -> dt.datetime | None:
    """When a time limit of an order ends; None where it has none."""
    clock = find_clock(office.system(), RecordRef(ORDER, order_id), kind)
    return clock.due_at if clock is not None else None


def clock_state(office: Office, order_id: int, kind: str) -> str:
    """How a time limit of an order stands; empty where it has none."""
    clock = find_clock(office.system(), RecordRef(ORDER, order_id), kind)
    return clock.state if clock is not None else ""


def lacking(office: Office, order_id: int, step: str) -> list[str]:
    """What a step of an order still waits for, in words."""
    ctx = office.system()
    found = gates(ctx, life.WORKFLOW.transition(step), ctx.session.get_one(Order, order_id))
    return [g.text for g in found if g.open]
