"""Rows of who is sent to an order. Called by the verbs that move orders, inside their transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from core.api import Ctx, _
from plugins.service.models import Assignment, Order
from plugins.service.queries import dispatch as queries


def put_main(
    ctx: Ctx,
    order: Order,
    user_id: int,
    *,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    note: str = "",
    reasons: Sequence[Any] = (),
) -> Assignment:
    """Make somebody the main technician. Who was it before is withdrawn; a helper who becomes it is one no more.

    The same person again keeps the assignment, with the new time; after a visit it is a new one.
    """
    standing = queries.standing_of(ctx, order.id)
    before = next((a for a in standing if a.part == "main"), None)
    for helper in (a for a in standing if a.part == "helper" and starts_at is not None):
        helper.starts_at, helper.ends_at = starts_at, ends_at
    visited = before is not None and order.started_at is not None and before.at <= order.started_at
    if before is not None and before.user_id == user_id and not visited:
        before.starts_at, before.ends_at = starts_at or before.starts_at, ends_at or before.ends_at
        before.note = note or before.note
        before.reasons = list(reasons) or before.reasons
        return before
    for row in standing:
        if row.part == "main":
            end(ctx, row, _("Another visit") if row.user_id == user_id else _("Somebody else was sent"))
        elif row.user_id == user_id:
            end(ctx, row, _("Is the main technician now"))
    ctx.session.flush()
    return _new(ctx, order, user_id, "main", starts_at, ends_at, note, reasons)


def put_helper(ctx: Ctx, order: Order, user_id: int, main: Assignment) -> Assignment:
    """Send somebody along, at the same time."""
    return _new(ctx, order, user_id, "helper", main.starts_at, main.ends_at, "", ())


def end_all(ctx: Ctx, order: Order, reason: str) -> None:
    """Nobody is sent any more; those who were stay on record with the reason."""
    for row in queries.standing_of(ctx, order.id):
        end(ctx, row, reason)


def end(ctx: Ctx, row: Assignment, reason: str) -> None:
    """Withdraw one assignment with the reason."""
    row.standing, row.ended_at, row.ended_by, row.ended_reason = False, ctx.now, ctx.actor.name, reason.strip()


def _new(
    ctx: Ctx,
    order: Order,
    user_id: int,
    part: str,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    note: str,
    reasons: Sequence[Any],
) -> Assignment:
    row = Assignment(
        order_id=order.id,
        user_id=user_id,
        part=part,
        starts_at=starts_at,
        ends_at=ends_at if starts_at is not None else None,
        at=ctx.now,
        by_id=ctx.actor.user_id,
        by_name=ctx.actor.name,
        reasons=list(reasons),
        note=note.strip()[:400],
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row
