"""Reads."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, NotFound, _
from sitepass.models import LENT, RETURNED, WANTED, Pass


def get_pass(ctx: Ctx, pass_id: int) -> Pass:
    """The pass with this id; NotFound when there is none in this company."""
    row = ctx.session.scalar(sa.select(Pass).where(Pass.id == pass_id))
    if row is None:
        raise NotFound("unknown_pass", _("There is no such site pass."), "pass_id")
    return row


def passes_of(ctx: Ctx, customer_id: int) -> list[Pass]:
    """A customer's passes that are not back yet, those with us first."""
    query = sa.select(Pass).where(Pass.customer_id == customer_id, Pass.state != RETURNED)
    return list(ctx.session.scalars(query.order_by(Pass.state, Pass.id)))


def lent_by(ctx: Ctx, customer_id: int) -> list[Pass]:
    """A customer's passes that are with us."""
    query = sa.select(Pass).where(Pass.customer_id == customer_id, Pass.state == LENT).order_by(Pass.id)
    return list(ctx.session.scalars(query))


def late_passes(ctx: Ctx, limit: int = 50) -> list[Pass]:
    """Passes that should be back, the longest overdue first."""
    query = sa.select(Pass).where(Pass.state == LENT, Pass.back_by < ctx.today)
    return list(ctx.session.scalars(query.order_by(Pass.back_by, Pass.id).limit(limit)))


def wanted_for_event(ctx: Ctx, event_id: int) -> Pass | None:
    """The pass that an event made us want, if it did so already."""
    return ctx.session.scalar(sa.select(Pass).where(Pass.source_event_id == event_id))


def open_count(ctx: Ctx) -> int:
    """How many passes are wanted or with us."""
    return ctx.session.scalar(sa.select(sa.func.count(Pass.id)).where(Pass.state.in_((WANTED, LENT)))) or 0


def count_of(ctx: Ctx, customer_id: int) -> int:
    """How many passes, returned ones too, are of a customer."""
    return ctx.session.scalar(sa.select(sa.func.count(Pass.id)).where(Pass.customer_id == customer_id)) or 0
