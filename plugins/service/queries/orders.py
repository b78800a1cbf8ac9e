"""Reads of service orders. All are scoped to the company (and the person's organisation units) by the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    Clock,
    Ctx,
    Membership,
    NotFound,
    OrgUnit,
    RecordRef,
    Role,
    _,
    get_setting,
    label,
    unit_by_code,
)
from plugins.base.contracts import FinishedCase
from plugins.base.queries import language_for, sites_of
from plugins.service.contracts import INQUIRY, ORDER, SILENCE, Counts
from plugins.service.models import Entitlement, Guidance, Order
from plugins.service.rules.orders import distance_between, place_of, reversed_digits

COUNTED = 1000
"""Counts go no further than one more than this."""


# --- one order ------------------------------------------------------------------------------------------------------


def get_order(ctx: Ctx, order_id: int) -> Order:
    """The order; NotFound when there is none for this person."""
    row = ctx.session.scalar(sa.select(Order).where(Order.id == order_id))
    if row is None:
        raise NotFound("unknown_order", _("There is no such order, or it is not meant for you."))
    return row


def language_of_order(ctx: Ctx, record: Any) -> str:
    """The language that was noted of whom the order of a record is for; empty where none was."""
    return language_for(ctx, record.order)


def find_order(ctx: Ctx, order_id: int | None) -> Order | None:
    """The order, if there is one and this person may see it."""
    return ctx.session.scalar(sa.select(Order).where(Order.id == order_id)) if order_id else None


def by_external_key(ctx: Ctx, key: str | None) -> Order | None:
    """The order that a source calls ``key``."""
    return ctx.session.scalar(sa.select(Order).where(Order.external_key == key)) if key else None


def by_number(ctx: Ctx, number: str) -> Order | None:
    """The order with this number."""
    return ctx.session.scalar(sa.select(Order).where(Order.number == number))


def finished_between(ctx: Ctx, begins: dt.datetime, ends: dt.datetime) -> list[FinishedCase]:
    """Every order that was closed from ``begins`` until before ``ends``, in the order of closing, in one statement."""
    columns = (
        Order.id, Order.number, Order.kind, Order.subject, Order.closed_at, Order.customer_id, Order.device_id,
        Order.product_id, Order.unit_id, Order.assignee_id, Order.person_name, Order.person_phone,
    )  # fmt: skip
    query = sa.select(*columns).where(
        Order.closed_at >= begins, Order.closed_at < ends, Order.state.in_(("closed", "archived"))
    )
    return [
        FinishedCase(RecordRef(ORDER, order_id), *rest)
        for order_id, *rest in ctx.session.execute(query.order_by(Order.closed_at, Order.id))
    ]


def entitlements_of(ctx: Ctx, order_id: int) -> list[Entitlement]:
    """What was decided about the kind of work, newest first."""
    query = sa.select(Entitlement).where(Entitlement.order_id == order_id).order_by(Entitlement.id.desc())
    return list(ctx.session.scalars(query))


def guidance_of(ctx: Ctx, order_id: int) -> list[Guidance]:
    """What the customer was told by phone, newest first."""
    query = sa.select(Guidance).where(Guidance.order_id == order_id).order_by(Guidance.id.desc())
    return list(ctx.session.scalars(query))


def product_group(order: Order) -> str:
    """The group of the product that an order is about."""
    return order.product.group if order.product is not None else ""


def served_by_agent(order: Order) -> bool:
    """Whether an agent's organisation serves it."""
    return order.office is not None and order.office.kind == "agent"


# --- places ---------------------------------------------------------------------------------------------------------


def find_site(ctx: Ctx, customer_id: int | None, site_id: int | None) -> Any:
    """A place of a customer; None when it is not one of his or hers."""
    if site_id is None or customer_id is None:
        return None
    return next((s for s in sites_of(ctx, customer_id) if s.id == site_id), None)


def places(ctx: Ctx) -> dict[str, tuple[Decimal, Decimal]]:
    """Code of an organisation unit → its coordinates, from the setting."""
    found = {}
    for line in str(get_setting(ctx, "service.places")).splitlines():
        code, colon, text = line.partition(":")
        place = place_of(text) if colon else None
        if place is not None:
            found[code.strip()] = place
    return found


def distance_to(ctx: Ctx, site: Any, unit: OrgUnit | None) -> Decimal | None:
    """Kilometres from the unit that serves to a place; None where coordinates are lacking."""
    if site is None or unit is None or site.latitude is None or site.longitude is None:
        return None
    place = places(ctx).get(unit.code)
    return distance_between(place, (site.latitude, site.longitude)) if place is not None else None


def unit_for_region(ctx: Ctx, *places_told: str) -> OrgUnit | None:
    """The centre or agent that serves a region (GS-3): the one whose region stands in what is told of the place, the
    longest such region; else None.
    """
    told = " ".join(p for p in places_told if p)
    query = sa.select(OrgUnit).where(OrgUnit.active.is_(True), OrgUnit.region != "", OrgUnit.kind != "department")
    fitting = [u for u in ctx.session.scalars(query.order_by(OrgUnit.id)) if u.region in told]
    return max(fitting, key=lambda u: len(u.region), default=None)


def headquarters(ctx: Ctx) -> OrgUnit | None:
    """The company's headquarters: it serves what no region claims."""
    query = sa.select(OrgUnit).where(OrgUnit.kind == "headquarters", OrgUnit.active.is_(True))
    return ctx.session.scalar(query.order_by(OrgUnit.id).limit(1))


def find_unit(ctx: Ctx, unit_id: int | None) -> OrgUnit | None:
    """The organisation unit with this id, if it is active."""
    if unit_id is None:
        return None
    return ctx.session.scalar(sa.select(OrgUnit).where(OrgUnit.id == unit_id, OrgUnit.active.is_(True)))


def units(ctx: Ctx) -> list[OrgUnit]:
    """The active organisation units, by name."""
    return list(ctx.session.scalars(sa.select(OrgUnit).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name)))


def unit_names(ctx: Ctx) -> dict[int, str]:
    """The names of all organisation units, those no longer active, too."""
    return {u.id: u.name for u in ctx.session.scalars(sa.select(OrgUnit))}


def unit_coded(ctx: Ctx, code: str) -> OrgUnit | None:
    """The organisation unit with this code, where there is one."""
    return unit_by_code(ctx, code, required=False)


# --- people ---------------------------------------------------------------------------------------------------------


def _members(ctx: Ctx) -> list[Membership]:
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    return list(ctx.session.scalars(query))


def member_name(ctx: Ctx, user_id: int) -> str | None:
    """The name of somebody who works here; None when he or she does not."""
    return next((m.user.name for m in _members(ctx) if m.user_id == user_id), None)


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of people by id, of those who have left, too; one statement, however many (or none) there are."""
    wanted = sorted({u for u in user_ids if u is not None})
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query)}


def addresses_of(ctx: Ctx, user_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """(name, mail address) by id of those of these people who work here now."""
    wanted = set(user_ids)
    return {m.user_id: (m.user.name, m.user.email) for m in _members(ctx) if m.user_id in wanted} if wanted else {}


def own_unit(ctx: Ctx) -> int | None:
    """The organisation unit in which this person works."""
    if ctx.actor.user_id is None:
        return None
    if "service own unit" not in ctx.memo:
        own = sa.select(Membership.unit_id).where(Membership.user_id == ctx.actor.user_id)
        ctx.memo["service own unit"] = ctx.session.scalar(own)
    return ctx.memo["service own unit"]


def role_label(ctx: Ctx, code: str) -> str:
    """A role's name in the language of the moment, or its code."""
    return label(ctx.session.scalar(sa.select(Role.name).where(Role.code == code))) or code


# --- lists ----------------------------------------------------------------------------------------------------------


def mine_clause(ctx: Ctx, unit_id: int | None) -> Any:
    """What waits for this person: assigned to him or her; for those who dispatch, what nobody has in their unit, and
    what no unit has. Who dispatches for the whole company has all that somebody is to be found for.
    """
    own = Order.assignee_id == ctx.actor.user_id
    if not ctx.can("service.order.dispatch"):
        return own
    nobodys: list[Any] = [Order.unit_id.is_(None)]
    if unit_id is not None:
        nobodys.append(Order.unit_id == unit_id)
    if ctx.actor.unit_ids is None:
        nobodys.append(tab_clause(ctx, "to_dispatch", unit_id))
    return sa.or_(own, sa.and_(Order.assignee_id.is_(None), sa.or_(*nobodys)))


def tab_clause(ctx: Ctx, tab: str, unit_id: int | None) -> Any:
    """The condition of one of the queue's tabs."""
    is_open = Order.is_open.is_(True)
    clauses = {
        "mine": lambda: sa.and_(is_open, mine_clause(ctx, unit_id)),
        "overdue": lambda: sa.and_(is_open, Order.urgent_at < ctx.now),
        "to_dispatch": lambda: sa.and_(
            Order.state.in_(("requested", "accepted")), Order.kind != INQUIRY, Order.waiting == ""
        ),
        "under_way": lambda: Order.state.in_(("dispatched", "working")),
        "waiting": lambda: sa.and_(is_open, Order.waiting != ""),
        "to_close": lambda: Order.state.in_(("done", "confirmed")),
        "open": lambda: is_open,
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["open"])()


def search_clause(text: str) -> Any:
    """Number, subject, person, serial as told, and the last digits of the phone."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    either: list[Any] = [
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Order.subject.ilike(f"%{escaped}%", escape="\\"),
        Order.person_name.ilike(f"%{escaped}%", escape="\\"),
        Order.serial_told.ilike(f"{escaped}%", escape="\\"),
    ]
    digits = reversed_digits(text)
    if len(digits) >= 4:
        either.append(Order.phone_reversed.like(f"{digits}%"))
    return sa.or_(*either)


def counts(ctx: Ctx, unit_id: int | None) -> Counts:
    """The figures beside the tabs, each counted no further than 1,001, in one statement."""
    tabs = ("mine", "overdue", "to_dispatch", "waiting", "to_close", "open")
    columns = []
    for tab in tabs:
        some = sa.select(Order.id).where(tab_clause(ctx, tab, unit_id)).limit(COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(tab))
    row = ctx.session.execute(sa.select(*columns)).one()
    return Counts(**{tab: getattr(row, tab) for tab in tabs})


def taken_in_today(ctx: Ctx) -> int:
    """How many orders have come in since midnight at the company; 1,001 at most."""
    since = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    some = sa.select(Order.id).where(Order.received_at >= since).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def next_clocks(ctx: Ctx, order_ids: Sequence[int]) -> dict[int, Clock]:
    """For each order its most urgent clock (running, else paused, else the last one stopped); one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == ORDER, Clock.record_id.in_(order_ids), Clock.state != "cancelled", Clock.kind != SILENCE
    )
    chosen: dict[int, Clock] = {}
    for clock in ctx.session.scalars(query):
        known = chosen.get(clock.record_id)
        if known is None or _urgency(clock) < _urgency(known):
            chosen[clock.record_id] = clock
    return chosen


def _urgency(clock: Clock) -> tuple:
    if clock.state in ("running", "paused"):
        return (0 if clock.state == "running" else 1, clock.due_at.timestamp())
    assert clock.stopped_at is not None
    return (2, -clock.stopped_at.timestamp())


def by_order(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Order's id → its rows, of a class that has an order."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def waiting_for(ctx: Ctx, unit_id: int | None, limit: int = 50, first: Any = None) -> list[Order]:
    """What waits for this person, most urgent first; ``first`` is a column to sort by before that."""
    query = sa.select(Order).options(orm.joinedload(Order.customer)).where(tab_clause(ctx, "mine", unit_id))
    order = (Order.urgent_at, Order.id) if first is None else (first, Order.urgent_at, Order.id)
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def of_customer(ctx: Ctx, customer_id: int, limit: int = 5) -> list[Order]:
    """The newest orders of a customer."""
    query = sa.select(Order).where(Order.customer_id == customer_id).order_by(Order.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def of_device(ctx: Ctx, device_id: int, limit: int = 5) -> list[Order]:
    """The newest orders about a unit."""
    query = sa.select(Order).where(Order.device_id == device_id).order_by(Order.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def of_record(ctx: Ctx, kind: str, record_id: int, limit: int = 5) -> list[Order]:
    """The newest orders that were opened from a record."""
    query = sa.select(Order).where(Order.about_kind == kind, Order.about_ref == record_id)
    return list(ctx.session.scalars(query.order_by(Order.id.desc()).limit(limit)))


def of_contact(ctx: Ctx, contact_id: int, limit: int = 5) -> list[Order]:
    """The newest orders that an entry of the call register became."""
    query = sa.select(Order).where(Order.contact_id == contact_id).order_by(Order.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def open_of(ctx: Ctx, user_id: int) -> list[Order]:
    """The open orders of a person."""
    query = sa.select(Order).where(Order.assignee_id == user_id, Order.is_open.is_(True))
    return list(ctx.session.scalars(query.order_by(Order.id)))


def count_open(ctx: Ctx, user_id: int | None = None, unit_id: int | None = None) -> int:
    """How many orders are open, of one person, of one unit or altogether."""
    query = sa.select(sa.func.count(Order.id)).where(Order.is_open.is_(True))
    if user_id is not None:
        query = query.where(Order.assignee_id == user_id)
    if unit_id is not None:
        query = query.where(Order.unit_id == unit_id)
    return ctx.session.scalar(query) or 0


def clock_counts(ctx: Ctx) -> dict[str, int]:
    """How many clocks of this module are in each state, for what the module switch changes."""
    query = sa.select(Clock.state, sa.func.count(Clock.id)).where(Clock.plugin == "service").group_by(Clock.state)
    return {row[0]: row[1] for row in ctx.session.execute(query)}
