"""Work that is done, or goes on again; approvals of expenses that were granted."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.service.after_contracts import EXPENSE
from plugins.service.contracts import ORDER
from plugins.service.services import after, expenses


def done(ctx: Ctx, event: Event) -> None:
    """The work on an order is done: what it owes is due from now on (DEF-6.2.7)."""
    if event.record_kind == ORDER and event.record_id is not None:
        after.begin_return(ctx, event.record_id)


def goes_on(ctx: Ctx, event: Event) -> None:
    """The work on an order goes on again."""
    if event.record_kind == ORDER and event.record_id is not None:
        after.work_goes_on(ctx, event.record_id)


def granted(ctx: Ctx, event: Event) -> None:
    """An expense was approved beforehand (DEF-7.4)."""
    if event.record_kind == EXPENSE and event.record_id is not None:
        expenses.allowance_granted(ctx, event.record_id, event.occurred_at)
