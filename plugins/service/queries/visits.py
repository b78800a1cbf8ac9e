"""Reads of visits. A visit is seen by who may see its order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _, ask, attachments_of, both, get_setting
from plugins.base.contracts import TechnicianRating
from plugins.service.contracts import ARRIVAL, ORDER, VISITED
from plugins.service.models import Order, PartLine, Rating, Sent, Signature, Visit
from plugins.service.queries.appointments import standing_for
from plugins.service.visit_contracts import ASPECT_WORDS, GRADE_WORDS, Loaner, Meter, PartOffer

MOST_TODAY = 60
"""Orders on a technician's page of today; the queue has the rest."""
_OFFERED = 200
KEPT_PHOTOS = "service.kept_photos_mb"
PHOTO_TYPES = ("image/jpeg", "image/png")


def visits_query() -> sa.Select:
    """Visits of orders that this person may see, with their orders."""
    return sa.select(Visit).join(Order, sa.and_(Order.id == Visit.order_id, Order.company_id == Visit.company_id))


def get_visit(ctx: Ctx, visit_id: int) -> Visit:
    """The visit; NotFound when there is none for this person."""
    row = find_visit(ctx, visit_id)
    if row is None:
        raise NotFound("unknown_visit", _("There is no such visit, or it is not meant for you."))
    return row


def find_visit(ctx: Ctx, visit_id: int | None) -> Visit | None:
    """The visit, if there is one and this person may see its order."""
    return ctx.session.scalar(visits_query().where(Visit.id == visit_id)) if visit_id else None


def sees(ctx: Ctx, visit: Visit) -> bool:
    """Whether this person may see a visit: whether he or she may see its order."""
    return ctx.session.scalar(sa.select(Order.id).where(Order.id == visit.order_id)) is not None


def visits_of(ctx: Ctx, order_id: int) -> list[Visit]:
    """The visits of an order, in their order."""
    return list(ctx.session.scalars(sa.select(Visit).where(Visit.order_id == order_id).order_by(Visit.number)))


def open_visits(ctx: Ctx, order_ids: Sequence[int], user_id: int) -> dict[int, int]:
    """Order's id → the visit (its id) on which a person is right now."""
    if not order_ids:
        return {}
    query = sa.select(Visit.order_id, sa.func.min(Visit.id)).where(
        Visit.order_id.in_(order_ids), Visit.state == "on_site", Visit.technician_id == user_id
    )
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Visit.order_id))}


def open_visit(ctx: Ctx, order_id: int, user_id: int | None) -> Visit | None:
    """The visit on which a person is right now."""
    query = sa.select(Visit).where(Visit.order_id == order_id, Visit.state == "on_site")
    return ctx.session.scalar(query.where(Visit.technician_id == user_id).order_by(Visit.id).limit(1))


def on_site(ctx: Ctx, order_id: int) -> Visit | None:
    """A visit that is under way, whoever is there."""
    query = sa.select(Visit).where(Visit.order_id == order_id, Visit.state == "on_site")
    return ctx.session.scalar(query.order_by(Visit.id.desc()).limit(1))


def last_visit(ctx: Ctx, order_id: int) -> Visit | None:
    """The newest visit of an order."""
    query = sa.select(Visit).where(Visit.order_id == order_id)
    return ctx.session.scalar(query.order_by(Visit.number.desc()).limit(1))


def sent_before(ctx: Ctx, once: str) -> Sent | None:
    """What was sent under this key before."""
    return ctx.session.scalar(sa.select(Sent).where(Sent.once == once)) if once else None


def keeping_limits(ctx: Ctx) -> dict[str, int]:
    """Megabytes: of one photo (``largest``), and of all that wait on a phone (``most``)."""
    return {"largest": int(get_setting(ctx, "core.files.largest_mb")), "most": int(get_setting(ctx, KEPT_PHOTOS))}


def photos_of(ctx: Ctx, record: Any) -> list[Any]:
    """The pictures (attachments) that hang on a visit or a round."""
    return [a for a in attachments_of(ctx, record) if a.file.media_type in PHOTO_TYPES]


def appointment_of(ctx: Ctx, order: Order) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(from, until) as agreed with the customer; the promised moment where no appointment is kept."""
    return agreed_for(ctx, [order])[order.id]


def agreed_for(ctx: Ctx, found: Sequence[Order]) -> dict[int, tuple[dt.datetime | None, dt.datetime | None]]:
    """Order → (from, until) as agreed with the customer; one statement."""
    standing = standing_for(ctx, [o.id for o in found])
    return {
        o.id: (standing[o.id].starts_at, standing[o.id].ends_at) if o.id in standing else (o.promised_at, o.promised_at)
        for o in found
    }


# --- parts, signatures, ratings -------------------------------------------------------------------------------------


def parts_of(ctx: Ctx, order_id: int) -> list[PartLine]:
    """What is to be brought to an order and what was used on it."""
    return list(ctx.session.scalars(sa.select(PartLine).where(PartLine.order_id == order_id).order_by(PartLine.id)))


def get_part(ctx: Ctx, part_id: int) -> PartLine:
    """A part of an order; NotFound when there is none for this person."""
    query = sa.select(PartLine).join(
        Order, sa.and_(Order.id == PartLine.order_id, Order.company_id == PartLine.company_id)
    )
    row = ctx.session.scalar(query.where(PartLine.id == part_id))
    if row is None:
        raise NotFound("unknown_part", _("There is no such part."))
    return row


def to_bring(ctx: Ctx, order_ids: Sequence[int]) -> list[PartLine]:
    """What is still to be brought to these orders."""
    query = sa.select(PartLine).where(PartLine.order_id.in_(order_ids), PartLine.visit_id.is_(None))
    return list(ctx.session.scalars(query.where(PartLine.planned > 0).order_by(PartLine.kind, PartLine.id)))


def signatures_of(ctx: Ctx, order_id: int) -> list[Signature]:
    """The signatures on an order's visits, newest first, those replaced, too."""
    query = sa.select(Signature).where(Signature.order_id == order_id).order_by(Signature.id.desc())
    return list(ctx.session.scalars(query))


def signature_on(ctx: Ctx, visit_id: int) -> Signature | None:
    """The signature that stands on a visit."""
    query = sa.select(Signature).where(Signature.visit_id == visit_id, Signature.standing.is_(True))
    return ctx.session.scalar(query)


def ratings_of(ctx: Ctx, order_id: int) -> dict[int, Rating]:
    """Visit → the customer's rating of it."""
    return {r.visit_id: r for r in ctx.session.scalars(sa.select(Rating).where(Rating.order_id == order_id))}


def technician_ratings(ctx: Ctx, begins: dt.datetime, ends: dt.datetime) -> list[TechnicianRating]:
    """How technicians were graded at visits from ``begins`` until before ``ends``, in one statement.

    The grades stand evenly between 100 points for the best and 0 for the worst.
    """
    worst = len(GRADE_WORDS) - 1
    points = {grade: (100 * (worst - place) * 2 + worst) // (2 * worst) for place, grade in enumerate(GRADE_WORDS)}
    given = sa.and_(Rating.at >= begins, Rating.at < ends, Rating.technician_id.is_not(None), Rating.attitude != "")
    sums = [sa.func.sum(sa.case(points, value=getattr(Rating, aspect), else_=0)) for aspect in ASPECT_WORDS]
    query = sa.select(Rating.technician_id, sa.func.count(Rating.id), *sums).where(given)
    return [
        TechnicianRating(who, aspect, both(words), count, int(total))
        for who, count, *totals in ctx.session.execute(query.group_by(Rating.technician_id))
        for (aspect, words), total in zip(ASPECT_WORDS.items(), totals, strict=True)
    ]


def rating_of(ctx: Ctx, visit_id: int) -> Rating | None:
    """The customer's rating of a visit."""
    return ctx.session.scalar(sa.select(Rating).where(Rating.visit_id == visit_id))


# --- what other modules know ----------------------------------------------------------------------------------------


def offers(ctx: Ctx, order: Order) -> list[PartOffer] | None:
    """The parts that the stock's module offers; None when there is none, and parts are written by hand."""
    found = ask(ctx, "parts_for_order", order=order)
    return None if found is None else list(found)[:_OFFERED]


def loaner_of(ctx: Ctx, order: Order) -> Loaner | None:
    """What is on loan to the customer meanwhile, as the module that lends says."""
    return ask(ctx, "loaner", order=order)


def meters(ctx: Ctx, order: Order) -> list[Meter]:
    """The meters of the order's unit that this person may read."""
    if order.device_id is None:
        return []
    return [Meter(*told) for told in ask(ctx, "meters_of", device_id=order.device_id) or ()]


# --- today ----------------------------------------------------------------------------------------------------------


def orders_today(ctx: Ctx) -> list[Order]:
    """The orders to which this person goes: given to him or her and not done, most urgent first."""
    if ctx.actor.user_id is None:
        return []
    query = sa.select(Order).options(orm.joinedload(Order.customer), orm.joinedload(Order.product))
    query = query.options(orm.joinedload(Order.site))
    query = query.where(
        Order.assignee_id == ctx.actor.user_id,
        Order.is_open.is_(True),
        Order.state.in_(("dispatched", "working")),
        Order.kind.in_(VISITED),
    )
    return list(ctx.session.scalars(query.order_by(Order.urgent_at, Order.id).limit(MOST_TODAY)))


def visits_today(ctx: Ctx) -> list[Visit]:
    """This person's visits that are under way, and those that ended today."""
    if ctx.actor.user_id is None:
        return []
    since = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    query = visits_query().options(orm.joinedload(Visit.order)).where(Visit.technician_id == ctx.actor.user_id)
    query = query.where(sa.or_(Visit.state == "on_site", Visit.left_at >= since))
    return list(ctx.session.scalars(query.order_by(Visit.arrived_at, Visit.id).limit(MOST_TODAY)))


def arrival_clocks(ctx: Ctx, order_ids: Iterable[int]) -> dict[int, Clock]:
    """Order → its clock of arrival, where it has one that counts."""
    query = sa.select(Clock).where(
        Clock.record_kind == ORDER, Clock.kind == ARRIVAL, Clock.record_id.in_(list(order_ids)),
        Clock.state.in_(("running", "paused")),
    )  # fmt: skip
    return {c.record_id: c for c in ctx.session.scalars(query)}


def map_link(ctx: Ctx, order: Order) -> str:
    """Where a phone shows the way: the company's pattern, filled in; empty without an address."""
    from urllib.parse import quote

    site: Any = order.site
    told = [getattr(site, name, "") or "" for name in ("city", "district", "address")] if site is not None else []
    address = order.address or " ".join(p for p in told if p)
    known = site is not None and site.latitude is not None and site.longitude is not None
    if not address and not known:
        return ""
    pattern = str(get_setting(ctx, "service.map_link")).strip()
    if not pattern.startswith(("https://", "geo:")):
        return ""
    zero = Decimal(0)
    values = {
        "{latitude}": str(site.latitude if known else zero),
        "{longitude}": str(site.longitude if known else zero),
        "{address}": quote(address, safe=""),
    }
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern
