"""Reads for dispatch: assignments, whom to propose, the dispatcher's day. Few statements, however many rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, OrgUnit, compiled_in_force
from plugins.service.contracts import INQUIRY, VISITED
from plugins.service.models import Assignment, Order, Triage
from plugins.service.queries import appointments, orders
from plugins.service.queries.people import Fitness, Worker, fitness, workers
from plugins.service.rules.dispatch import (
    Bar,
    Candidate,
    Hours,
    bar_of,
    candidate_facts,
    in_rows,
    overlaps,
    ranked,
    reasons_of,
    share_of,
)
from plugins.service.rules.orders import distance_between

TO_DISPATCH = ("requested", "accepted")
PEOPLE_ON_A_PAGE = 30


# --- assignments ------------------------------------------------------------------------------------------------------


def assignments_of(ctx: Ctx, order_id: int) -> list[Assignment]:
    """Everybody who was ever sent to an order, the newest first."""
    query = sa.select(Assignment).where(Assignment.order_id == order_id).order_by(Assignment.id.desc())
    return list(ctx.session.scalars(query))


def standing_of(ctx: Ctx, order_id: int) -> list[Assignment]:
    """Who is sent to an order now, the main technician first."""
    query = sa.select(Assignment).where(Assignment.order_id == order_id, Assignment.standing.is_(True))
    return sorted(ctx.session.scalars(query), key=lambda a: (a.part != "main", a.id))


def main_of(ctx: Ctx, order_id: int) -> Assignment | None:
    """The main technician's assignment."""
    return next((a for a in standing_of(ctx, order_id) if a.part == "main"), None)


def standing_of_person(ctx: Ctx, user_id: int) -> list[Assignment]:
    """The assignments of a person to orders that are open."""
    query = (
        sa.select(Assignment)
        .join(Order, _ORDER)
        .where(Assignment.user_id == user_id, Assignment.standing.is_(True), Order.is_open.is_(True))
        .order_by(Assignment.id)
    )
    return list(ctx.session.scalars(query))


def triage_of(ctx: Ctx, order_id: int) -> list[Triage]:
    """How an order was judged and passed on, the newest first."""
    query = sa.select(Triage).where(Triage.order_id == order_id).order_by(Triage.id.desc())
    return list(ctx.session.scalars(query))


def is_assessed(ctx: Ctx, order_id: int) -> bool:
    """Whether the head of a unit has judged it."""
    query = sa.select(Triage.id).where(Triage.order_id == order_id, Triage.kind == "assessed").limit(1)
    return ctx.session.scalar(query) is not None


_ORDER = sa.and_(Order.company_id == Assignment.company_id, Order.id == Assignment.order_id)


# --- what waits for dispatch ------------------------------------------------------------------------------------------


def midnight(ctx: Ctx, day: dt.date | None = None) -> dt.datetime:
    """When a day (today unless said) begins at the company."""
    return dt.datetime.combine(day or ctx.today, dt.time(), ctx.tz).astimezone(dt.UTC)


def to_dispatch() -> Any:
    """The condition of orders for which somebody is to be found: not inquiries, nor what waits for something."""
    return sa.and_(Order.state.in_(TO_DISPATCH), Order.kind != INQUIRY, Order.waiting == "")


def carried_over(ctx: Ctx) -> Any:
    """VCH-13: came in before today and nobody was sent yet."""
    return sa.and_(to_dispatch(), Order.received_at < midnight(ctx))


def is_carried_over(ctx: Ctx, order: Order) -> bool:
    """The same for one order."""
    waits = order.state in TO_DISPATCH and order.kind != INQUIRY and not order.waiting
    return waits and order.received_at < midnight(ctx)


def carried_first(ctx: Ctx) -> Any:
    """A column to sort by: 0 for what came in before today, 1 for the rest."""
    return sa.case((Order.received_at < midnight(ctx), 0), else_=1)


def backlog(unit_id: int | None = None) -> sa.Select:
    """The orders for which somebody is to be found."""
    query = sa.select(Order).options(orm.joinedload(Order.customer), orm.joinedload(Order.product))
    query = query.where(to_dispatch())
    return query.where(Order.unit_id == unit_id) if unit_id is not None else query


@dataclass(frozen=True)
class DayCounts:
    """Figures of the day; each counts no further than 1,001."""

    to_dispatch: int = 0
    carried_over: int = 0
    visits: int = 0
    visited: int = 0


def day_counts(ctx: Ctx) -> DayCounts:
    """What waits for dispatch, of it from before today; today's visits, of them done; in one statement."""
    first = midnight(ctx)
    today = sa.and_(
        Assignment.standing.is_(True), Assignment.part == "main", Assignment.starts_at >= first,
        Assignment.starts_at < first + dt.timedelta(days=1),
    )  # fmt: skip
    visits = sa.select(Order.id).join(Assignment, _ORDER).where(today, Order.kind.in_(VISITED))
    asked = {
        "to_dispatch": sa.select(Order.id).where(to_dispatch()),
        "carried_over": sa.select(Order.id).where(carried_over(ctx)),
        "visits": visits.where(Order.state != "cancelled"),
        "visited": visits.where(Order.state.in_(("done", "confirmed", "closed", "archived"))),
    }
    columns = []
    for name, query in asked.items():
        some = query.limit(orders.COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(name))
    row = ctx.session.execute(sa.select(*columns)).one()
    return DayCounts(**{name: getattr(row, name) for name in asked})


# --- whom to propose --------------------------------------------------------------------------------------------------


def candidates(ctx: Ctx, order: Order, starts: dt.datetime, ends: dt.datetime) -> list[Candidate]:
    """Everybody who works on orders, ranked for this one at this time, with the reasons; who may not go comes last."""
    people = workers(ctx)
    ids = [w.user_id for w in people]
    units = {u.id: u for u in ctx.session.scalars(sa.select(OrgUnit))}
    fit = fitness(ctx, order, starts)
    load, spans = _load(ctx, ids), _spans(ctx, ids, starts, ends, order.id)
    knows_customer, knows_unit = _known(ctx, order, ids)
    places = orders.places(ctx)
    table = compiled_in_force(ctx, "service.proposals")
    found = []
    for person in people:
        unit = units.get(person.unit_id or 0)
        known = Fitness() if fit is None else fit.get(person.user_id, Fitness(may_go=False))
        candidate = Candidate(
            person.user_id,
            person.name,
            unit.name if unit else "",
            own_unit=person.unit_id is not None and person.unit_id == order.unit_id,
            serves_place=bool(unit and unit.region and unit.region in f"{order.address} {order.region}"),
            distance=_distance(order, person, unit, places),
            open_orders=load.get(person.user_id, 0),
            busy_with=overlaps(spans.get(person.user_id, ()), starts, ends),
            knows_unit=person.user_id in knows_unit,
            knows_customer=person.user_id in knows_customer,
            may_go=known.may_go,
            words=known.words,
            certified=known.certified,
            on_roster=known.on_roster,
        )
        decided = table.decide(candidate_facts(order, candidate))
        found.append(replace(candidate, reasons=reasons_of(decided.all_outputs)))
    return ranked(found)


def _distance(order: Order, person: Worker, unit: OrgUnit | None, places: dict) -> Any:
    """From where somebody works to the place: that of the order for the serving unit's people, else by coordinates."""
    if person.unit_id is not None and person.unit_id == order.unit_id:
        return order.distance_km
    site, place = order.site, places.get(unit.code) if unit else None
    if place is None or site is None or site.latitude is None or site.longitude is None:
        return None
    return distance_between(place, (site.latitude, site.longitude))


def _load(ctx: Ctx, ids: Sequence[int]) -> dict[int, int]:
    """How many orders each of these people has to do."""
    query = (
        sa.select(Order.assignee_id, sa.func.count(Order.id))
        .where(Order.assignee_id.in_(ids), Order.state.in_(("accepted", "dispatched", "working")))
        .group_by(Order.assignee_id)
    )
    return {row[0]: row[1] for row in ctx.session.execute(query) if row[0] is not None}


def _spans(
    ctx: Ctx, ids: Sequence[int], starts: dt.datetime, ends: dt.datetime, but: int
) -> dict[int, list[tuple[dt.datetime, dt.datetime, str]]]:
    """What is planned for these people in a time, for other orders."""
    query = (
        sa.select(Assignment.user_id, Assignment.starts_at, Assignment.ends_at, Order.number)
        .join(Order, _ORDER)
        .where(
            Assignment.user_id.in_(ids), Assignment.standing.is_(True), Assignment.order_id != but,
            Assignment.starts_at < ends, Assignment.ends_at > starts, Order.state.in_(("dispatched", "working")),
        )
        .order_by(Assignment.starts_at, Assignment.id)
    )  # fmt: skip
    found: dict[int, list] = defaultdict(list)
    for user_id, begin, end, number in ctx.session.execute(query):
        found[user_id].append((begin, end, number))
    return found


def _known(ctx: Ctx, order: Order, ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """Who was at this customer before, and who has worked on this very unit."""
    either = []
    if order.customer_id is not None:
        either.append(Order.customer_id == order.customer_id)
    if order.device_id is not None:
        either.append(Order.device_id == order.device_id)
    if not either:
        return set(), set()
    query = (
        sa.select(Order.assignee_id, Order.device_id)
        .where(sa.or_(*either), Order.assignee_id.in_(ids), Order.started_at.is_not(None), Order.id != order.id)
        .distinct()
    )
    rows = [(row[0], row[1]) for row in ctx.session.execute(query) if row[0] is not None]
    devices = {row[0] for row in rows if order.device_id is not None and row[1] == order.device_id}
    return {row[0] for row in rows}, devices


# --- the dispatcher's day ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lane:
    """One person's day: what is planned and done, and how much is in hand without a time on that day or later."""

    user_id: int
    name: str
    unit: str
    bars: tuple[Bar, ...] = ()
    open_orders: int = 0
    loose: int = 0

    @property
    def rows(self) -> int:
        """How many rows its bars need: more than one when times overlap."""
        return max((b.row for b in self.bars), default=0) + 1


@dataclass(frozen=True)
class Day:
    """The lanes of a day, the hours shown, and where "now" is (None on other days)."""

    day: dt.date
    first: dt.datetime
    last: dt.datetime
    hours: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    now: float | None
    more_after: str = ""
    """Where the next page of people begins."""
    all_people: int = 0


def day(ctx: Ctx, on: dt.date, unit_id: int | None = None, after: str = "") -> Day:
    """The dispatcher's board: people × hours of a day. ``after`` (name and id of the last one shown) pages it."""
    hours: Hours = appointments.day_hours(ctx)
    first, last = hours.on(on, ctx.tz)
    everybody = workers(ctx, None if unit_id is None else [unit_id])
    rest = [w for w in everybody if _key(w) > after] if after else everybody
    shown = rest[:PEOPLE_ON_A_PAGE]
    units = {u.id: u.name for u in ctx.session.scalars(sa.select(OrgUnit))}
    ids = [w.user_id for w in shown]
    bars, loose, load = _bars(ctx, ids, on, first, last), _loose(ctx, ids, on), _load(ctx, ids)
    lanes = tuple(
        Lane(
            w.user_id, w.name, units.get(w.unit_id or 0, ""), in_rows(bars.get(w.user_id, ())),
            load.get(w.user_id, 0), loose.get(w.user_id, 0),
        )
        for w in shown
    )  # fmt: skip
    more = _key(shown[-1]) if len(rest) > len(shown) else ""
    now = share_of(ctx.now, first, last)
    return Day(on, first, last, _hours(ctx, first, last), lanes, now, more, len(everybody))


def _key(worker: Worker) -> str:
    return f"{worker.name}\x1f{worker.user_id:012}"


def _hours(ctx: Ctx, first: dt.datetime, last: dt.datetime) -> tuple[tuple[float, str], ...]:
    """(share, hour in words) of the full hours shown, every second one when there are many."""
    count = round((last - first).total_seconds() / 3600)
    step = 1 if count <= 14 else 2
    moments = [first + dt.timedelta(hours=h) for h in range(0, count + 1, step)]
    return tuple((share_of(m, first, last) or 0.0, f"{m.astimezone(ctx.tz):%H}") for m in moments)


def _bars(
    ctx: Ctx, ids: Sequence[int], on: dt.date, first: dt.datetime, last: dt.datetime
) -> dict[int, list[Bar]]:
    """Each person's bars of a day: what is planned for it, and what was begun on it."""
    begin = midnight(ctx, on)
    end = midnight(ctx, on + dt.timedelta(days=1))
    query = (
        sa.select(Assignment.user_id, Assignment.starts_at, Assignment.ends_at, Order)
        .join(Order, _ORDER)
        .where(
            Assignment.user_id.in_(ids),
            Assignment.standing.is_(True),
            Order.state != "cancelled",
            sa.or_(
                sa.and_(Assignment.starts_at >= begin, Assignment.starts_at < end),
                sa.and_(Assignment.starts_at.is_(None), Order.started_at >= begin, Order.started_at < end),
            ),
        )
        .order_by(Assignment.starts_at, Assignment.id)
    )
    found: dict[int, list[Bar]] = defaultdict(list)
    for user_id, starts, ends, order in ctx.session.execute(query):
        begun = starts or order.started_at or ctx.now
        bar = bar_of(order, begun, ends or begun, ctx.now, first, last, ctx.tz)
        if bar is not None:
            found[user_id].append(bar)
    return found


def _loose(ctx: Ctx, ids: Iterable[int], on: dt.date) -> dict[int, int]:
    """How many orders each person was sent to that have no time, or one before that day, and are not begun."""
    query = (
        sa.select(Assignment.user_id, sa.func.count(Assignment.id))
        .join(Order, _ORDER)
        .where(
            Assignment.user_id.in_(sorted(ids)), Assignment.standing.is_(True), Order.state == "dispatched",
            sa.or_(Assignment.starts_at.is_(None), Assignment.starts_at < midnight(ctx, on)),
        )
        .group_by(Assignment.user_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in ctx.session.execute(query)}
