"""A service department that works by the profile ``vouchers``: a technician, the head, somebody who takes calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership, Role
from core.notifications import Notification
from core.profiles import apply_profile, read_profile
from core.testing import Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData

PROFILE = Path(__file__).parents[2] / "plugins" / "industries" / "vouchers"
PEOPLE = {"li": "technician", "hana": "manager", "amy": "agent"}


def furnish(installation) -> None:
    """The company with a customer and somebody in each role."""
    office = installation.company("vouchers", locale="en")
    apply_profile(office.system(), read_profile(PROFILE, installation.registry))
    base.save_customer(office.system(), CustomerData("Ann Lee", address="Mill Lane 2"))
    for name, role in PEOPLE.items():
        office.person(f"{name}@vouchers.example", role, name=name.title())


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


def told(office: Office, name: str) -> list[str]:
    """What somebody was told, in words, the first first."""
    ctx = as_person(office, name, "2026-03-02 09:00")
    query = sa.select(Notification).where(Notification.user_id == ctx.actor.user_id).order_by(Notification.id)
    return [n.words for n in ctx.session.scalars(query)]
