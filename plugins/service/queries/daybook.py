"""Reads of the day book: entries of a day, vouchers drawn and filed, what does not agree. Built from the call register,
orders and documents; what is filed is the only thing that is kept beside them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Document, NotFound, OrgUnit, _
from plugins.service.contracts import INQUIRY, ORDER
from plugins.service.daybook_contracts import VOUCHER, Entry
from plugins.service.models import Assignment, BookDay, Filing, Order
from plugins.service.queries import dispatch, orders

CONTACT = "base.contact"
BACK = ("done", "confirmed", "closed")
"""States of an order whose signed voucher should be back."""


def contact_model(ctx: Ctx) -> Any:
    """The class of the call register's entries."""
    return ctx.registry.kinds[CONTACT].model


# --- conditions -------------------------------------------------------------------------------------------------------


def _drawn() -> Any:
    return sa.and_(
        Document.company_id == Order.company_id, Document.record_kind == ORDER, Document.record_id == Order.id,
        Document.kind == VOUCHER, Document.cancelled_at.is_(None),
    )  # fmt: skip


def has_voucher() -> Any:
    """A voucher was drawn for the order."""
    return sa.exists().where(_drawn())


def not_filed() -> Any:
    """The work is done, and a voucher of the order is not filed."""
    filed = sa.exists().where(
        Filing.company_id == Document.company_id, Filing.document_id == Document.id, Filing.standing.is_(True)
    )
    return sa.and_(Order.state.in_(BACK), sa.exists().where(sa.and_(_drawn(), ~filed)))


def filed() -> Any:
    """All vouchers of the order are filed."""
    found = sa.exists().where(
        Filing.company_id == Order.company_id, Filing.order_id == Order.id, Filing.standing.is_(True)
    )
    return sa.and_(found, ~sa.and_(Order.state.in_(BACK), not_filed()))


def asks_voucher() -> Any:
    """Orders for which a voucher is drawn: not inquiries, nor what was cancelled."""
    return sa.and_(Order.kind != INQUIRY, Order.state != "cancelled")


def voucher_numbered(text: str) -> Any:
    """The order has a voucher whose number begins so."""
    return sa.exists().where(sa.and_(_drawn(), Document.number.istartswith(text, autoescape=True)))


def tab_clause(_ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    clauses = {
        "no_voucher": lambda: sa.and_(asks_voucher(), Order.contact_id.is_not(None), ~has_voucher()),
        "no_entry": lambda: sa.and_(Order.contact_id.is_(None), has_voucher()),
        "not_filed": not_filed,
        "filed": filed,
        "drawn": has_voucher,
        "all": lambda: Order.kind != INQUIRY,
    }
    return clauses.get(tab, clauses["all"])()


def span(ctx: Ctx, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a day begins and ends at the company."""
    return dispatch.midnight(ctx, day), dispatch.midnight(ctx, day + dt.timedelta(days=1))


# --- a day ------------------------------------------------------------------------------------------------------------


def entries(ctx: Ctx, unit: OrgUnit, day: dt.date) -> sa.Select:
    """The calls and letters of a day that a unit serves: by the order they became, else by who took them."""
    model = contact_model(ctx)
    first, last = span(ctx, day)
    mine = sa.exists().where(
        Order.company_id == model.company_id, Order.contact_id == model.id, Order.unit_id == unit.id
    )
    elsewhere = sa.exists().where(Order.company_id == model.company_id, Order.contact_id == model.id)
    own = model.unit_id == unit.id
    if unit.kind == "headquarters":
        own = sa.or_(own, model.unit_id.is_(None))
    query = sa.select(model).where(model.received_at >= first, model.received_at < last, model.direction == "in")
    return query.where(sa.or_(mine, sa.and_(own, ~elsewhere)))


def without_entry(ctx: Ctx, unit: OrgUnit, day: dt.date) -> sa.Select:
    """The orders of a day that are no entry of the call register."""
    return _orders_of(ctx, unit, day).where(Order.contact_id.is_(None), Order.kind != INQUIRY)


def _orders_of(ctx: Ctx, unit: OrgUnit, day: dt.date) -> sa.Select:
    first, last = span(ctx, day)
    query = sa.select(Order).where(Order.received_at >= first, Order.received_at < last, Order.unit_id == unit.id)
    return query.options(orm.joinedload(Order.customer), orm.joinedload(Order.product))


def figures(ctx: Ctx, unit: OrgUnit, day: dt.date) -> dict[str, int]:
    """How many entries, vouchers and differences a day has; what is left to dispatch, and not filed, until its end."""
    first, last = span(ctx, day)
    model = contact_model(ctx)
    of_day = sa.and_(Order.received_at >= first, Order.received_at < last, Order.unit_id == unit.id)
    until = sa.and_(Order.received_at < last, Order.unit_id == unit.id)
    filed_today = sa.select(Filing.id).join(
        Order, sa.and_(Order.id == Filing.order_id, Order.company_id == Filing.company_id)
    )
    asked = {
        "entries": entries(ctx, unit, day).with_only_columns(model.id),
        "vouchers": sa.select(Order.id).where(of_day, has_voucher()),
        "filed": filed_today.where(
            Filing.standing.is_(True), Filing.filed_at >= first, Filing.filed_at < last, Order.unit_id == unit.id
        ),
        "no_voucher": sa.select(Order.id).where(of_day, tab_clause(ctx, "no_voucher")),
        "no_entry": sa.select(Order.id).where(of_day, tab_clause(ctx, "no_entry")),
        "not_filed": sa.select(Order.id).where(until, not_filed()),
        "carried": sa.select(Order.id).where(until, dispatch.to_dispatch()),
    }
    columns = []
    for name, query in asked.items():
        some = query.limit(orders.COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(name))
    row = ctx.session.execute(sa.select(*columns)).one()
    return {name: getattr(row, name) for name in asked}


def lines(ctx: Ctx, contacts: Sequence[Any]) -> list[Entry]:
    """Entries of the call register with what became of them; a fixed number of statements."""
    ids = [c.id for c in contacts]
    query = sa.select(Order).where(Order.contact_id.in_(ids)).options(orm.joinedload(Order.product))
    found: dict[int, list[Order]] = {}
    for order in ctx.session.scalars(query.order_by(Order.id)):
        found.setdefault(order.contact_id or 0, []).append(order)
    made = order_lines(ctx, [o for rows in found.values() for o in rows])
    by_order = {e.order.id: e for e in made}  # type: ignore[attr-defined]
    result = []
    for contact in contacts:
        own = found.get(contact.id, [])
        if not own:
            became = contact.outcome and contact.outcome != ORDER
            result.append(Entry(contact, None, state="other" if became else "waiting"))
        for order in own:
            line = by_order[order.id]
            result.append(
                Entry(contact, order, line.vouchers, line.technician, line.dispatcher, line.state)
            )
    return result


def order_lines(ctx: Ctx, rows: Sequence[Order]) -> list[Entry]:
    """Orders with their vouchers, who goes and who sent them; a fixed number of statements."""
    ids = [o.id for o in rows]
    vouchers = vouchers_of(ctx, ids)
    sent: dict[int, Assignment] = {}
    query = sa.select(Assignment).where(Assignment.order_id.in_(ids), Assignment.part == "main")
    for assignment in ctx.session.scalars(query.order_by(Assignment.id)):
        sent[assignment.order_id] = assignment
    names = orders.names_of(ctx, [*(a.user_id for a in sent.values()), *(o.assignee_id for o in rows)])
    result = []
    for order in rows:
        own = vouchers.get(order.id, [])
        shown = [(d.number, f.place if f is not None else "") for d, f in own]
        by = sent.get(order.id)
        result.append(
            Entry(
                None, order, shown, names.get(order.assignee_id or 0, ""), by.by_name if by is not None else "",
                state_of(order, own),
            )
        )
    return result


def state_of(order: Order, vouchers: Sequence[tuple[Document, Filing | None]]) -> str:
    """How an entry stands: cleared when its signed vouchers are back and filed (VCH-4)."""
    if order.state == "cancelled":
        return "cancelled"
    if order.kind == INQUIRY:
        return "open" if order.is_open else "cleared"
    if not vouchers:
        return "no_voucher"
    if order.state in (*BACK, "archived"):
        return "cleared" if all(f is not None for _d, f in vouchers) else "not_filed"
    return "open"


# --- vouchers ---------------------------------------------------------------------------------------------------------


def vouchers_of(ctx: Ctx, order_ids: Iterable[int]) -> dict[int, list[tuple[Document, Filing | None]]]:
    """Order → its vouchers that were not cancelled, each with where it is filed; two statements."""
    ids = list(order_ids)
    query = sa.select(Document).where(
        Document.record_kind == ORDER, Document.record_id.in_(ids), Document.kind == VOUCHER,
        Document.cancelled_at.is_(None),
    )  # fmt: skip
    documents = list(ctx.session.scalars(query.order_by(Document.id)))
    filings = sa.select(Filing).where(Filing.order_id.in_(ids), Filing.standing.is_(True))
    by_document = {f.document_id: f for f in ctx.session.scalars(filings)}
    found: dict[int, list[tuple[Document, Filing | None]]] = {}
    for document in documents:
        found.setdefault(document.record_id, []).append((document, by_document.get(document.id)))
    return found


def filings_of(ctx: Ctx, order_id: int) -> list[Filing]:
    """Every filing of an order's vouchers, those taken out, too; the newest first."""
    query = sa.select(Filing).where(Filing.order_id == order_id).order_by(Filing.id.desc())
    return list(ctx.session.scalars(query))


def get_filing(ctx: Ctx, order_id: int, filing_id: int) -> Filing:
    """A filing of an order; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(Filing).where(Filing.id == filing_id, Filing.order_id == order_id))
    if row is None:
        raise NotFound("unknown_filing", _("This order has no such filing."))
    return row


# --- closed days ------------------------------------------------------------------------------------------------------


def unit_of_book(ctx: Ctx, unit_id: int | None) -> OrgUnit | None:
    """The unit whose book is looked at: the one asked for, one's own, the headquarters."""
    allowed = ctx.actor.unit_ids
    for wanted in (unit_id, orders.own_unit(ctx)):
        if wanted is not None and (allowed is None or wanted in allowed):
            unit = orders.find_unit(ctx, wanted)
            if unit is not None:
                return unit
    if allowed is None:
        return orders.headquarters(ctx)
    return next((u for u in orders.units(ctx) if u.id in allowed), None)


def units_of_book(ctx: Ctx) -> list[OrgUnit]:
    """The units whose books this person may look at."""
    allowed = ctx.actor.unit_ids
    return [u for u in orders.units(ctx) if allowed is None or u.id in allowed]


def closed_day(ctx: Ctx, unit_id: int, day: dt.date) -> BookDay | None:
    """The day, where it was closed."""
    return ctx.session.scalar(sa.select(BookDay).where(BookDay.unit_id == unit_id, BookDay.day == day))


def get_day(ctx: Ctx, day_id: int) -> BookDay:
    """A closed day; NotFound when there is none for this person."""
    row = ctx.session.scalar(sa.select(BookDay).where(BookDay.id == day_id))
    if row is None:
        raise NotFound("unknown_day", _("There is no such day, or it is not meant for you."))
    return row


def closed_before(ctx: Ctx, unit_id: int, day: dt.date, limit: int = 7) -> list[BookDay]:
    """The newest closed days of a unit before a day."""
    query = sa.select(BookDay).where(BookDay.unit_id == unit_id, BookDay.day < day)
    return list(ctx.session.scalars(query.order_by(BookDay.day.desc()).limit(limit)))
