"""A company that works by the profile ``defence``: a technician, the quality department, finance, the top."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership, Role, issue_document
from core.profiles import apply_profile, read_profile
from core.testing import Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.after_contracts import BriefingData
from plugins.service.contracts import OrderData
from plugins.service.queries import orders as queries
from plugins.service.services import after
from plugins.service.visit_contracts import EndData, RatingData, SignatureData, WorkData

PROFILE = Path(__file__).parents[2] / "plugins" / "industries" / "defence"
PEOPLE = {
    "li": ("technician",), "qiu": ("quality_service",), "fay": ("finance",), "vera": ("vice_president",),
    "gao": ("general_manager",), "dan": ("dispatcher",),
}  # fmt: skip
PLAN = BriefingData("Major Sun", "Li comes on Wednesday, swaps the receiver board, three hours", "phone", "Pass needed")
GRADES = {"attitude": "very_good", "skill": "good", "arrival": "good", "promises": "very_good"}


def furnish(installation) -> None:
    """The company with a unit in warranty and somebody in each role."""
    office = installation.company("defence", locale="en")
    apply_profile(office.system(), read_profile(PROFILE, installation.registry))
    ctx = office.system()
    customer = base.save_customer(ctx, CustomerData("Unit 4017", "company"))
    product = base.save_product(ctx, ProductData("R-1", "Radio", "radios"))
    base.save_unit_record(ctx, UnitData(product.id, "SN-1", customer_id=customer.id, sale_date=dt.date(2026, 1, 5)))
    for name, roles in PEOPLE.items():
        office.person(f"{name}@defence.example", *roles, name=name.title())


_BASES: WeakKeyDictionary[Any, Ctx] = WeakKeyDictionary()


def as_person(office: Office, name: str, text: str) -> Ctx:
    """Somebody with nothing but what his or her roles give, at a moment."""
    if office.installation not in _BASES:
        _BASES[office.installation] = office.system()
    ctx = _BASES[office.installation]
    rights = dict(ctx.session.execute(sa.select(Role.code, Role.permissions)).all())
    members = ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)))
    member = next(m for m in members if m.user.name == name.title())
    held = frozenset(p for code in member.role_codes for p in rights.get(code, ()))
    actor = Actor(member.user_id, name.title(), held, roles=frozenset(member.role_codes))
    return ctx.at(moment(text)).as_actor(actor)


def system(office: Office, text: str) -> Ctx:
    """The system at a moment."""
    return as_person(office, "li", text).as_actor(office.system().actor)


def dispatched(office: Office, text: str = "2026-03-04 09:00") -> int:
    """An order on site that Li was sent to, with the plan told and the sheet handed out."""
    ctx = system(office, text)
    device = unit_by_serial(ctx, "SN-1")
    order = services.open_order(ctx, OrderData("on_site", "No reception", device_id=device.id, person_name="Major Sun"))
    services.accept(ctx, order.id)
    services.guide(ctx, order.id, "Board is broken, a part is needed", "not_solved")
    after.brief(as_person(office, "dan", text), order.id, PLAN)
    issue_document(ctx, "service.sheet", queries.get_order(ctx, order.id))
    services.dispatch(as_person(office, "dan", text), order.id, as_person(office, "li", text).actor.user_id or 0)
    return order.id


def done(office: Office, text: str = "2026-03-06 16:00") -> int:
    """An order on which Li has finished the work: signed, rated, back with the department's agreement."""
    order_id = dispatched(office)
    li = as_person(office, "li", "2026-03-06 10:00")
    visit = services.arrive(li, order_id, "k1")
    work = WorkData("no", "", "none", "", "defect", "Board", "Board swapped", "Ran for an hour",
                    contacts="exchanged", contact_who="Major Sun", contact_phone="0531-88880000")  # fmt: skip
    services.save_work(li, visit.id, work, "k2")
    after.agree(as_person(office, "qiu", text), order_id)
    signed = SignatureData("none", reason="stamped on the sheet")
    end = EndData("solved", signature=signed, rating=RatingData(GRADES))
    services.end_visit(as_person(office, "li", text), visit.id, end, "k3")
    after.begin_return(system(office, text), order_id)  # what the worker does on the event
    return order_id

