"""What the phone desk adds to "My work"."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, OpenWork, WorkItem, _
from plugins.callback.calling_contracts import MISSED
from plugins.callback.models import MissedCall
from plugins.callback.queries import desk as queries
from plugins.callback.queries.calling import clocks_of
from plugins.callback.services.desk import RECORD


def work(ctx: Ctx) -> list[WorkItem]:
    """Missed calls that this person calls back."""
    if ctx.actor.user_id is None or not ctx.can(RECORD):
        return []
    rows = queries.open_missed(ctx, ctx.actor.user_id)
    clocks = clocks_of(ctx, [row.id for row in rows], MISSED)
    return [
        WorkItem(
            title=row.caller or (row.customer.name if row.customer else "") or row.phone,
            url=url_for("callback.missed_page", record_id=row.id),
            number=str(row.id),
            kind=_("Missed call"),
            icon="phone-missed",
            due=clocks[row.id].due_at if row.id in clocks else row.due_at,
            clock=clocks.get(row.id),
            detail=row.phone,
            next_step=_("Call back"),
        )
        for row in rows
    ]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The missed calls that a person calls back."""
    count = queries.count_missed(ctx, MissedCall.assignee_id == user_id)
    return [OpenWork(_("Missed calls to be called back"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """Those that belong to a unit."""
    count = queries.count_missed(ctx, MissedCall.unit_id == unit_id)
    return [OpenWork(_("Missed calls to be called back"), count)] if count else []
