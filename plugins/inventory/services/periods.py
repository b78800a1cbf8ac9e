"""Closing periods of the stock book: what has been accounted for stays as it is."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, check_version, emit, transaction
from plugins.inventory.models import Book
from plugins.inventory.services.common import required

CLOSE = "inventory.period.close"


def book(ctx: Ctx) -> Book | None:
    """The company's stock book; None before the module was switched on."""
    return ctx.session.scalar(sa.select(Book))


def close_period(ctx: Ctx, until: dt.date, *, version: int | None = None) -> Book:
    """From now on nothing counts for a day up to ``until``, which is over; nobody's right changes that.

    Postings for earlier days that are under way are waited for.
    """
    ctx.require(CLOSE)
    with transaction(ctx):
        if until >= ctx.today:
            raise Invalid("not_over", _("Only days that are over can be closed."), "until")
        row = _locked(ctx)
        check_version(row, version)
        if row.closed_until is not None and until <= row.closed_until:
            words = _("The stock book is closed up to {day} already.", day=row.closed_until.isoformat())
            raise Conflict("closed_already", words)
        row.closed_until = until
        ctx.session.flush()
        emit(ctx, "inventory.period_closed", row, day=until.isoformat())
        return row


def reopen_period(ctx: Ctx, until: dt.date | None, reason: str, *, version: int | None = None) -> Book:
    """Open days again, down to ``until`` (None: all), with a reason."""
    ctx.require(CLOSE)
    with transaction(ctx):
        row = _locked(ctx)
        check_version(row, version)
        if row.closed_until is None or (until is not None and until >= row.closed_until):
            raise Conflict("open_already", _("These days are open."))
        why = required(reason, "reason", _("Give a reason."), 2000)
        row.closed_until = until
        ctx.session.flush()
        emit(ctx, "inventory.period_reopened", row, day=until.isoformat() if until else "–", reason=why)
        return row


def _locked(ctx: Ctx) -> Book:
    row = ctx.session.scalar(sa.select(Book).with_for_update().execution_options(populate_existing=True))
    if row is None:
        row = Book()
        ctx.session.add(row)
        ctx.session.flush()
    return row
