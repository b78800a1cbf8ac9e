"""The end of an order: the customer's word or silence, closing, reopening, archiving, cancelling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    _,
    advance,
    both,
    cancel_clock,
    emit,
    find_clock,
    gates,
    get_setting,
    n_,
    notify,
    start_given_clock,
    stop_clock,
    transaction,
)
from plugins.service.contracts import OUTCOME_WORDS, SILENCE, TIMED
from plugins.service.life import WORK, WORKFLOW
from plugins.service.models import NEVER, Order
from plugins.service.queries import orders as queries
from plugins.service.queries.repaired import repair_of
from plugins.service.services.common import links_of, lock, to_change
from plugins.service.services.course import put_resumed, work_again


def confirm(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """The customer says that it is solved (TEC-3)."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        advance(ctx, WORKFLOW, order, "confirm")
        order.confirmed_at = ctx.now
        stop_clock(ctx, order, SILENCE)
        emit(ctx, "service.confirmed", order, links=links_of(order), number=order.number)
        return order


def tell_silence(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """The customer was told: without a word in so many days (the step's) the order closes by itself."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        days = (order.steps.get("silence") or {}).get("days")
        if not days:
            text = _("Silence closes nothing here: the rule table “Steps of orders” says no days.")
            raise Conflict("no_silence", text)
        if order.state != "done":
            raise Conflict("not_done", _("{number} is not done yet.", number=order.number))
        limit = {"limit": int(days), "unit": "calendar_days", "calendar": "always"}
        clock = start_given_clock(ctx, order, SILENCE, limit, plugin="service")
        emit(ctx, "service.silence_told", order, links=links_of(order), number=order.number, until=clock.due_at)
        return order


def close_silent(ctx: Ctx, order_id: int) -> Order:
    """The customer, told so, said nothing in time. Closes it; where something is missing it stays, and whoever has it
    is told what. Doing it twice changes nothing.
    """
    with transaction(ctx):
        order = queries.get_order(ctx, order_id)
        clock = find_clock(ctx, order, SILENCE)
        if order.state != "done" or clock is None or clock.state != "running" or clock.due_at > ctx.now:
            return order
        order.silent_closed = True
        missing = _missing(ctx, order)
        cancel_clock(ctx, order, SILENCE)
        if not missing:
            emit(ctx, "service.silence_accepted", order, number=order.number, told=clock.started_at)
            _close(ctx, order, None)
            return order
        words = _("; ").join(g.text for g in missing)
        emit(ctx, "service.silence_over", order, number=order.number, missing=words)
        if order.assignee_id is not None:
            once = f"order {order.id} silence {clock.id}"
            text = N_("{number}: the customer said nothing more, but closing still waits for something")
            notify(ctx, [order.assignee_id], text, record=order, once=once, number=order.number)
        return order


def close(
    ctx: Ctx, order_id: int, *, waive: Mapping[str, str] | None = None, version: int | None = None
) -> Order:
    """Close an order. Conflict with the open conditions in ``details["gates"]`` when some are; closing what is closed
    already is a Conflict, too, and changes nothing.

    ``waive`` maps keys of conditions to reasons, for those with the right to waive.
    """
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        if order.state == "closed":
            raise Conflict("closed_already", _("{number} is closed already.", number=order.number))
        _close(ctx, order, waive)
        return order


def reopen(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """Work goes on, within the company's number of days; the time for which it was closed counts as a pause."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        days = int(get_setting(ctx, "service.reopen_days"))
        if days and order.closed_at is not None and ctx.now > order.closed_at + dt.timedelta(days=days):
            text = n_(
                "{number} was closed more than {n} day ago. Take a new order in.",
                "{number} was closed more than {n} days ago. Take a new order in.", days, number=order.number,
            )  # fmt: skip
            raise Conflict("too_late", text)
        advance(ctx, WORKFLOW, order, "reopen", reason=reason)
        work_again(ctx, order)
        emit(ctx, "service.reopened", order, links=links_of(order), number=order.number, reason=reason.strip())
        return order


def archive(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """Everything is together: into the archive. An archived order stays as it is."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        lock(ctx, order)
        advance(ctx, WORKFLOW, order, "archive")
        order.archived_at = ctx.now
        emit(ctx, "service.archived", order, links=links_of(order), number=order.number)
        return order


def refuse(ctx: Ctx, order_id: int, reason: str) -> Order:
    """An application to send something in is not accepted (REP-3.5): whoever may accept it may refuse it, too."""
    return _cancel(ctx, order_id, reason, "refuse")


def cancel(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """Nothing is to be done any more; its time limits no longer apply, whoever was sent is told."""
    return _cancel(ctx, order_id, reason, "cancel", version)


def _cancel(ctx: Ctx, order_id: int, reason: str, way: str, version: int | None = None) -> Order:
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        if order.waiting:
            put_resumed(ctx, order)
        advance(ctx, WORKFLOW, order, way, reason=reason)
        for kind in (*TIMED, SILENCE):
            cancel_clock(ctx, order, kind)
        order.is_open, order.closed_at, order.urgent_at = False, ctx.now, NEVER
        emit(ctx, "service.cancelled", order, links=links_of(order), number=order.number, reason=reason.strip())
        if order.assignee_id is not None and order.assignee_id != ctx.actor.user_id:
            text = N_("Order {number} was cancelled: {reason}")
            once = f"order {order.id} cancelled"
            notify(
                ctx, [order.assignee_id], text, record=order, once=once, number=order.number,
                reason=reason.strip()[:200],
            )  # fmt: skip
        return order




def _missing(ctx: Ctx, order: Order) -> list[Gate]:
    ctx.session.flush()
    return [g for g in gates(ctx, WORKFLOW.transition("close"), order) if g.open]


def _close(ctx: Ctx, order: Order, waive: Mapping[str, str] | None) -> None:
    if order.state not in ("done", "confirmed"):
        raise Invalid("not_done", _("{number} is not done yet.", number=order.number))
    advance(ctx, WORKFLOW, order, "close", waive=waive)
    for kind in (*TIMED, SILENCE):
        stop_clock(ctx, order, kind)
    order.is_open, order.closed_at, order.urgent_at = False, ctx.now, NEVER
    emit(
        ctx, "service.closed", order, links=links_of(order), number=order.number,
        outcome=both(OUTCOME_WORDS[order.outcome]), repair=repair_of(ctx, order),
    )  # fmt: skip
