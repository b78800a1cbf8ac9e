"""Reads for telling the customer how an order stands."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Ctx, Mail, find_clock
from plugins.base import queries as base_queries
from plugins.service.contracts import SOLUTION
from plugins.service.models import Order


def address_of(ctx: Ctx, order: Order) -> str:
    """The mail address of the customer's first contact person who has one."""
    people = base_queries.persons_of(ctx, order.customer_id) if order.customer_id else []
    return next((p.email for p in people if p.email), "")


def expected_finish(ctx: Ctx, order: Order) -> dt.datetime | None:
    """What was promised, else when the solution is due; None where neither is known or the moment is over."""
    clock = find_clock(ctx, order, SOLUTION)
    due = clock.due_at if clock is not None and clock.state in ("running", "paused") else None
    expected = order.promised_at or due
    return expected if expected is not None and expected > ctx.now else None


def mailed(ctx: Ctx, cause: str) -> bool:
    """Whether a mail was written for this cause."""
    return ctx.session.scalar(sa.select(Mail.id).where(Mail.cause == cause)) is not None
