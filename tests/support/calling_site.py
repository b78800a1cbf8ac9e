"""A company whose agents call customers today, and whose service phone has a duty roster, for tests of calling."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx
from core.auth.models import User
from core.companies.models import Membership, Role
from core.companies.services import save_unit
from core.settings import set_setting
from core.testing import Installation, Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.callback.contracts import CallData
from plugins.callback.models import Call
from plugins.callback.services import calls
from plugins.workforce.contracts import LineData, RosterData
from plugins.workforce.services import rosters
from tests.support.workforce_site import day

NOW = moment("2026-03-02 13:00")
"""A Monday, in the afternoon."""
YESTERDAY = moment("2026-03-01 10:00")
PEOPLE = (
    ("boss", "Sun Wei", "manager", None, "company"),
    ("ann", "Ann Li", "agent", None, "company"),
    ("bob", "Bob Wu", "agent", None, "company"),
    ("eve", "Eve Ma", "agent", "south", "units"),
)
MODULES = ("callback", "workforce", "complaints")


def furnish(installation: Installation, customers: int = 6, modules=MODULES, now=NOW) -> None:
    """Six customers of the north centre with a number each; a hotline 9:00–22:00, Ann until 16:00, Bob after her."""
    office = installation.company("acme", modules=modules, locale="en")
    ctx = office.system(YESTERDAY)
    set_setting(ctx, "callback.calendar", "always")
    units = {code: save_unit(ctx, code, f"{code} centre", "centre", "hq").id for code in ("north", "south")}
    for mailbox, name, role, unit, scope in PEOPLE:
        office.person(f"{mailbox}@acme.example", role, name=name, unit_id=units.get(unit or ""), scope=scope)
    product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
    for n in range(customers):
        customer = base.save_customer(ctx, CustomerData(f"Customer {n}", unit_id=units["north"]))
        base.add_phone(ctx, customer.id, PhoneData(f"139 0513 84{n:02d}"))
        base.save_unit_record(ctx, UnitData(product.id, f"FH-{n}", customer_id=customer.id))
    if "workforce" in modules:
        _roster(office, now)


def _roster(office: Office, now) -> None:
    ctx, who = office.system(YESTERDAY), ids(office)
    first = now.date()
    data = RosterData("hotline", "Hotline", first, begins=9 * 60, ends=22 * 60, phone="400")
    roster = rosters.save_roster(ctx, data)
    roster_ids = (LineData(1, now.weekday(), 9 * 60, 16 * 60, who["ann"]),
                  LineData(1, now.weekday(), 16 * 60, 21 * 60, who["bob"]))  # fmt: skip
    for line in roster_ids:
        rosters.add_line(ctx, roster.id, line)
    rosters.plan_by_pattern(ctx, roster.id, first, first)
    set_setting(ctx, "callback.desk_roster", "hotline")


def customer_ids(office: Office) -> list[int]:
    """The customers, in order."""
    from plugins.base.models import Customer

    return scalars(office, sa.select(Customer.id).order_by(Customer.id))


def scalars(office: Office, query) -> list:
    """What a query answers, in a session that is closed at once."""
    with office.system().session as session:
        return list(session.scalars(query))


def call_of(office: Office, call_id: int) -> Call:
    """A call as it stands now."""
    return scalars(office, sa.select(Call).where(Call.id == call_id))[0]


def ids(office: Office) -> dict[str, int]:
    """Mailbox → account of everybody."""
    return {u.email.partition("@")[0]: u.id for u in scalars(office, sa.select(User))}


def acting(office: Office, mailbox: str, now=NOW) -> Ctx:
    """The circumstances of one of the people: rights and organisation units as when signed in."""
    who = ids(office)[mailbox]
    with office.system().session as session:
        member = session.scalars(sa.select(Membership).where(Membership.user_id == who)).one()
        roles = session.scalars(sa.select(Role).where(Role.code.in_(member.role_codes)))
        rights = {permission for role in roles for permission in role.permissions}
        units = frozenset({member.unit_id}) if member.data_scope == "units" and member.unit_id else None
        name = next(n for m, n, *_ in PEOPLE if m == mailbox)
        held = tuple(member.role_codes)
    return office.ctx(*rights, now=now, user_id=who, name=name, unit_ids=units, roles=held)


def planned(office: Office, agent: str | None = "ann", customer: int = 0, on: str = "2026-03-02", **values) -> int:
    """A released call to a customer, on a day; planned the day before, or that morning."""
    who = ids(office)[agent] if agent else None
    data = CallData(customer_ids(office)[customer], day(on), "opinion", who, **values)
    return calls.add_call(office.system(min(YESTERDAY, moment(f"{on} 08:00"))), data).id
