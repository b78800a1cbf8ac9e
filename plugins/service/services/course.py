"""The course of an order: accepted, dispatched, worked on, waiting, done. Each a verb; the states move by ``life``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    _,
    advance,
    both,
    cancel_clock,
    clocks_on,
    emit,
    notify,
    pause_clock,
    restart_clock,
    resume_clock,
    stop_clock,
    transaction,
)
from plugins.service.contracts import (
    ARRIVAL,
    ASSIGNMENT,
    OUTCOME_WORDS,
    PROPOSAL,
    REPAIR,
    RESPONSE,
    SILENCE,
    SOLUTION,
    TIMED,
    WAITING_WORDS,
    ResultData,
)
from plugins.service.life import VIEW, WORK, WORKFLOW
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.queries.people import sending
from plugins.service.rules.orders import stands_still
from plugins.service.services.assignments import end_all, put_main
from plugins.service.services.common import (
    PAUSED,
    RUNNING,
    chosen,
    links_of,
    pause_outputs,
    refresh_urgency,
    require_open,
    required,
    to_change,
)
from plugins.service.services.entitlement import put_cause
from plugins.service.services.rma import follow_acceptance


def accept(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """Take a request on as an order: the customer has a first answer, somebody is to be found for it."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        advance(ctx, WORKFLOW, order, "accept")
        accepted(ctx, order)
        return order


def accepted(ctx: Ctx, order: Order) -> None:
    """What accepting means beside the state."""
    order.accepted_at = order.accepted_at or ctx.now
    stop_clock(ctx, order, RESPONSE)
    refresh_urgency(ctx, order)
    emit(ctx, "service.accepted", order, links=links_of(order), number=order.number)
    follow_acceptance(ctx, order)


def dispatch(
    ctx: Ctx,
    order_id: int,
    user_id: int,
    note: str = "",
    *,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    reasons: Sequence[Any] = (),
    waive: Mapping[str, str] | None = None,
    version: int | None = None,
) -> Order:
    """Send a person, at a time perhaps; one sent before is replaced. A request is accepted by that, even when sending
    has to wait (for an approval, say): somebody has taken it on. ``waive`` maps gates to reasons, for those with the
    right.
    """
    with transaction(ctx):
        name = queries.member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
    if queries.get_order(ctx, order_id).state == "requested":
        version = accept(ctx, order_id, version=version).version
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        with sending(ctx, order, user_id, starts_at):
            advance(ctx, WORKFLOW, order, "dispatch", waive=waive)
        put_main(ctx, order, user_id, starts_at=starts_at, ends_at=ends_at, note=note, reasons=reasons)
        order.assignee_id, order.dispatched_at = user_id, order.dispatched_at or ctx.now
        for kind in (PROPOSAL, ASSIGNMENT):
            stop_clock(ctx, order, kind)
        refresh_urgency(ctx, order)
        emit(
            ctx, "service.dispatched", order, links=links_of(order), number=order.number, name=name, user_id=user_id,
            note=note.strip(),
        )  # fmt: skip
        if user_id != ctx.actor.user_id:
            text = N_("Order {number} was given to you: {subject}")
            once = f"order {order.id} v{order.version} dispatched"
            notify(
                ctx, [user_id], text, record=order, once=once, number=order.number, subject=order.subject[:80]
            )
        return order


def recall(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """Take the order back from whoever was sent, with the reason; somebody else is to be found."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        advance(ctx, WORKFLOW, order, "recall", reason=reason)
        before, order.assignee_id = order.assignee_id, None
        end_all(ctx, order, reason)
        name = (queries.member_name(ctx, before) if before is not None else None) or ""
        told = {"number": order.number, "name": name, "reason": reason.strip()}
        emit(ctx, "service.recalled", order, links=links_of(order), **told)
        if before is not None and before != ctx.actor.user_id:
            text = N_("Order {number} was taken back from you: {reason}")
            once = f"order {order.id} v{order.version} recalled"
            notify(ctx, [before], text, record=order, once=once, number=order.number, reason=reason.strip()[:200])
        return order


def start(ctx: Ctx, order_id: int, *, at: dt.datetime | None = None, version: int | None = None) -> Order:
    """Work begins: somebody is on site, or the unit is on the bench. ``at`` is when, now unless said."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        moment = moment_of(ctx, order, at)
        advance(ctx, WORKFLOW, order, "start")
        order.started_at = order.started_at or moment
        if order.assignee_id is None:
            order.assignee_id = ctx.actor.user_id
        for kind in (PROPOSAL, ASSIGNMENT, ARRIVAL):
            stop_clock(ctx, order, kind, at=moment)
        refresh_urgency(ctx, order)
        emit(ctx, "service.started", order, links=links_of(order), number=order.number, at=moment)
        return order


def come_again(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """It could not be solved this time (GS-12): another visit is to be arranged, the reason is kept."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        advance(ctx, WORKFLOW, order, "come_again", reason=reason)
        emit(ctx, "service.comes_again", order, links=links_of(order), number=order.number, reason=reason.strip())
        return order


def finish(ctx: Ctx, order_id: int, given: ResultData, *, version: int | None = None) -> Order:
    """The work is done: outcome, what was done, and the cause. A cause that makes it paid asks for consent first."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        ctx.require(WORK)
        if given.cause:
            put_cause(ctx, order, given.cause, given.cause_text)
        if not given.outcome:
            raise Invalid("outcome_missing", _("Choose the outcome."), "outcome")
        order.outcome = chosen(given.outcome, tuple(OUTCOME_WORDS), "outcome")
        order.result = given.text.strip()
        finished(ctx, order, moment_of(ctx, order, given.finished_at))
        return order


def finished(ctx: Ctx, order: Order, moment: dt.datetime, way: str = "finish") -> None:
    """Move an order whose outcome is written down to done, inside the transaction of whoever calls.

    ``way`` ``settle``: by phone, which is free and needs nobody's consent.
    """
    ctx.session.flush()
    advance(ctx, WORKFLOW, order, way)
    order.done_at = moment
    for kind in TIMED:
        stop_clock(ctx, order, kind, at=moment)
    refresh_urgency(ctx, order)
    emit(
        ctx, "service.done", order, links=links_of(order), number=order.number,
        outcome=both(OUTCOME_WORDS[order.outcome]),
    )  # fmt: skip


def object_to_result(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """The customer is not content: somebody has to see to it again, and the solution's clock goes on."""
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        advance(ctx, WORKFLOW, order, "object", reason=reason)
        work_again(ctx, order)
        emit(ctx, "service.objected", order, links=links_of(order), number=order.number, reason=reason.strip())
        return order


def work_again(ctx: Ctx, order: Order) -> None:
    """What was finished goes on; the time in between counts as a pause of the solution's clock."""
    order.done_at = order.confirmed_at = order.closed_at = None
    order.outcome, order.silent_closed, order.is_open = "", False, True
    stop_silence(ctx, order)
    for kind in (SOLUTION, REPAIR):
        restart_clock(ctx, order, kind)
    refresh_urgency(ctx, order)


def stop_silence(ctx: Ctx, order: Order) -> None:
    """Silence closes nothing any more."""
    cancel_clock(ctx, order, SILENCE)


# --- waiting ----------------------------------------------------------------------------------------------------------


def wait(ctx: Ctx, order_id: int, waiting: str, reason: str, *, version: int | None = None) -> Order:
    """It can't go on for now; clocks whose row of the table says so stand still."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        put_waiting(ctx, order, waiting, reason)
        return order


def put_waiting(ctx: Ctx, order: Order, waiting: str, reason: str) -> None:
    """Let an order wait, inside the transaction of whoever calls; see ``wait``."""
    if not waiting:
        raise Invalid("waiting_missing", _("Say what it waits for."), "waiting")
    chosen(waiting, tuple(WAITING_WORDS), "waiting")
    reason = required(reason, "reason", _("Give a reason."), 400)
    if order.waiting:
        text = _("{number} waits already: {reason}", number=order.number, reason=order.waiting_reason)
        raise Conflict("waits_already", text)
    order.waiting, order.waiting_reason, order.waiting_since = waiting, reason, ctx.now
    for clock in clocks_on(ctx, order):
        if clock.state == RUNNING and stands_still(pause_outputs(ctx, clock), waiting):
            pause_clock(ctx, order, clock.kind, WAITING_WORDS[waiting])
    refresh_urgency(ctx, order)
    emit(
        ctx, "service.waits", order, links=links_of(order), number=order.number, what=both(WAITING_WORDS[waiting]),
        reason=reason,
    )  # fmt: skip


def resume(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """What it waited for is there: it goes on, and so do its clocks."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if not order.waiting:
            raise Conflict("waits_for_nothing", _("{number} waits for nothing.", number=order.number))
        put_resumed(ctx, order)
        return order


def put_resumed(ctx: Ctx, order: Order) -> None:
    """Let an order that waits go on, inside the transaction of whoever calls; see ``resume``."""
    if not order.waiting:
        return
    what = both(WAITING_WORDS[order.waiting])
    order.waiting, order.waiting_reason, order.waiting_since = "", "", None
    for clock in clocks_on(ctx, order):
        if clock.state == PAUSED:
            resume_clock(ctx, order, clock.kind)
    refresh_urgency(ctx, order)
    emit(ctx, "service.goes_on", order, links=links_of(order), number=order.number, what=what)


# --- remarks, hands ---------------------------------------------------------------------------------------------------


def add_note(ctx: Ctx, order_id: int, text: str) -> None:
    """Write a remark on the order's timeline, for colleagues."""
    ctx.require(VIEW)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        emit(ctx, "service.noted", order, note=required(text, "text", _("Write something."), 2000))


def hand_over_work(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open orders of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        rows = queries.open_of(ctx, from_user_id)
        name = queries.member_name(ctx, to_user_id) or ""
        for order in rows:
            order.assignee_id = to_user_id
            emit(ctx, "service.handed_over", order, number=order.number, name=name, user_id=to_user_id)
        return len(rows)


def moment_of(ctx: Ctx, order: Order, at: dt.datetime | None) -> dt.datetime:
    """A moment at which something happened: not later than now, not before the order came in."""
    if at is None:
        return ctx.now
    if at > ctx.now:
        raise Invalid("in_future", _("That can't have happened later than now."), "at")
    if at < order.received_at:
        raise Invalid("before_call", _("That can't have happened before the order came in."), "at")
    return at
