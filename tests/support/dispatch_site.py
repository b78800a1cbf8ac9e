"""A company with a centre, an agent and their people, orders at both, for tests of dispatch."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx
from core.auth.models import User
from core.companies.models import Membership, OrgUnit, Role
from core.companies.services import save_unit
from core.settings import set_setting
from core.testing import Installation, Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, SiteData, UnitData
from plugins.service import services
from plugins.service.contracts import OrderData

NOW = moment("2026-03-03 08:30")
"""A Tuesday."""
YESTERDAY = moment("2026-03-02 16:00")

PEOPLE = (
    ("boss", "Sun Wei", "manager", None, "company"),
    ("head", "Zhao Lei", "manager", "north", "units"),
    ("li", "Li Hai", "technician", "north", "units"),
    ("wang", "Wang Zhi", "technician", "north", "units"),
    ("agent", "Qian Duo", "manager", "agent", "units"),
    ("chen", "Chen Mei", "technician", "agent", "units"),
)


def furnish(installation: Installation) -> None:
    """Headquarters, a centre for Xuzhou, an agent for Suqian; two technicians there, one here."""
    office = installation.company("acme", modules=("service",), locale="en")
    ctx = office.system(YESTERDAY)
    north = save_unit(ctx, "north", "North centre", "centre", "hq", region="Xuzhou")
    agent = save_unit(ctx, "agent", "Xinhe agents", "agent", "hq", region="Suqian")
    set_setting(ctx, "service.places", "north: 34.26, 117.18\nagent: 33.96, 118.28")
    units = {"north": north.id, "agent": agent.id, None: None}
    for mailbox, name, role, unit, scope in PEOPLE:
        office.person(f"{mailbox}@acme.example", role, name=name, unit_id=units[unit], scope=scope)
    product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
    customer = base.save_customer(ctx, CustomerData("Ma Dongsheng"))
    base.save_site(ctx, customer.id, SiteData("Farm", city="Xuzhou"))
    base.save_unit_record(ctx, UnitData(product.id, "FH-1", customer_id=customer.id))


def ids(office: Office) -> dict[str, int]:
    """Mailbox → account of everybody, and code → organisation unit."""
    with office.system().session as session:
        people = {u.email.partition("@")[0]: u.id for u in session.scalars(sa.select(User))}
        return people | {f"unit:{u.code}": u.id for u in session.scalars(sa.select(OrgUnit))}


def acting(office: Office, mailbox: str, now=NOW) -> Ctx:
    """The circumstances of one of the people: rights and organisation units as when signed in."""
    with office.system().session as session:
        user = session.scalars(sa.select(User).where(User.email == f"{mailbox}@acme.example")).one()
        member = session.scalars(sa.select(Membership).where(Membership.user_id == user.id)).one()
        roles = session.scalars(sa.select(Role).where(Role.code.in_(member.role_codes)))
        rights = {p for role in roles for p in role.permissions}
    limited = frozenset([member.unit_id]) if member.data_scope == "units" and member.unit_id else None
    return office.ctx(*rights, now=now, user_id=user.id, name=user.name, unit_ids=limited, roles=member.role_codes)


def opened(office: Office, address: str = "Tongshan, Xuzhou", now=NOW, **values) -> int:
    """A new order, decided to be free, so that it can be dispatched."""
    given = {"subject": "Weak lift", "address": address, "work_kind": "free", "work_kind_reason": "Warranty", **values}
    ctx = office.system(now)
    with ctx.session:
        return services.open_order(ctx, OrderData(**given)).id


