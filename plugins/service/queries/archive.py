"""Reads of the archive: what may go into it, what is in it and until when it is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, get_setting
from plugins.service.models import AWAITED_STATES, Expense, Order, Rma, Slip
from plugins.service.queries import daybook
from plugins.service.queries import orders as order_queries
from plugins.service.queries.dispatch import midnight


def rows_of(_ctx: Ctx) -> sa.Select:
    """Orders that are closed or archived, with what columns show of others."""
    query = sa.select(Order).where(Order.state.in_(("closed", "archived")))
    return query.options(orm.joinedload(Order.customer), orm.joinedload(Order.office))


def found_by(text: str) -> Any:
    """What the list of orders is searched by, and numbers of vouchers."""
    return sa.or_(order_queries.search_clause(text), daybook.voucher_numbered(text.strip()[:100]))


# --- what goes into it ------------------------------------------------------------------------------------------------


def days_of(ctx: Ctx) -> int:
    """After so many days closed orders go into the archive (setting)."""
    return int(get_setting(ctx, "service.archive_days"))


def ripe_until(ctx: Ctx, days: int) -> dt.datetime:
    """What was closed before this moment was closed at least so many days ago."""
    return midnight(ctx, ctx.today - dt.timedelta(days=days - 1))


def _ripe(until: dt.datetime) -> Any:
    return sa.and_(Order.state == "closed", Order.closed_at < until)


def count_ripe(ctx: Ctx, days: int) -> int:
    """How many orders were closed at least so many days ago."""
    return ctx.session.scalar(sa.select(sa.func.count(Order.id)).where(_ripe(ripe_until(ctx, days)))) or 0


def next_ripe(ctx: Ctx, until: str, after_id: int, limit: int) -> list[Order]:
    """The next orders to archive after an id; ``until`` is ``ripe_until`` as text."""
    ripe = _ripe(dt.datetime.fromisoformat(until))
    return list(ctx.session.scalars(sa.select(Order).where(ripe, Order.id > after_id).order_by(Order.id).limit(limit)))


def still_open(ctx: Ctx, order_id: int) -> dict[str, list[str]]:
    """What of an order is not done with: numbers of returned parts, of expenses, of slips that wait to be judged."""
    returns = sa.select(Rma.number).where(Rma.order_id == order_id, Rma.state.in_((*AWAITED_STATES, "examined")))
    expenses = sa.select(Expense.number).where(
        Expense.order_id == order_id, Expense.state.in_(("planned", "allowed"))
    )
    slips = sa.select(Slip.number).where(Slip.order_id == order_id, Slip.state == "waiting")
    asked = {"returns": returns.order_by(Rma.id), "expenses": expenses.order_by(Expense.id), "slips": slips}
    return {name: [str(number) for number in ctx.session.scalars(query)] for name, query in asked.items()}


# --- how long it is kept ----------------------------------------------------------------------------------------------


def kept_years(ctx: Ctx) -> int:
    """For so many years archived orders are kept (setting); 0: for good."""
    return int(get_setting(ctx, "service.retention_years"))


def kept_until(years: int, archived_on: dt.date) -> dt.date | None:
    """The last day on which an order archived on a day has to be kept; None: for good."""
    if not years:
        return None
    try:
        return archived_on.replace(year=archived_on.year + years)
    except ValueError:  # the 29th of February
        return archived_on.replace(year=archived_on.year + years, day=28)


def _over(ctx: Ctx) -> Any:
    """Archived orders that need not be kept any longer."""
    edge = kept_until(-kept_years(ctx), ctx.today)
    return sa.and_(Order.state == "archived", Order.archived_at < midnight(ctx, edge)) if edge else sa.false()


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    clauses = {
        "ripe": lambda: _ripe(ripe_until(ctx, days_of(ctx))),
        "closed": lambda: Order.state == "closed",
        "archived": lambda: Order.state == "archived",
        "over": lambda: _over(ctx),
    }
    return clauses.get(tab, clauses["archived"])()
