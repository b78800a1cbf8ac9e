"""What was promised on a call, or has to be done after it: somebody keeps it until its time limit."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    both,
    cancel_clock,
    check_version,
    emit,
    notify,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.callback.calling_contracts import PROMISE, PROMISE_KIND_WORDS
from plugins.callback.models import Promise
from plugins.callback.queries import calling as queries
from plugins.callback.queries.calls import names_of, works_here

WORK = "callback.promise.work"
LONGEST = 2000


def open_promise(
    ctx: Ctx, kind: str, text: str, *, customer_id: int | None, unit_id: int | None = None,
    call_id: int | None = None, assignee_id: int | None = None, until: dt.date | None = None,
    source: RecordRef | None = None,
) -> Promise:  # fmt: skip
    """Open it for a person (this one unless said), due at the end of the day given, or as the rule table says."""
    text = words(text, _("Say what was promised."), "promise")
    who = assignee_id if assignee_id is not None else ctx.actor.user_id
    if who is not None and not works_here(ctx, who):
        raise Invalid("unknown_person", _("Choose somebody who works here."), "promise_for")
    due = dt.datetime.combine(until, dt.time(23, 59), ctx.tz).astimezone(dt.UTC) if until else None
    if due is not None and due <= ctx.now:
        raise Invalid("past", _("That day is over; choose today or later."), "promise_until")
    with transaction(ctx):
        row = Promise(
            kind=kind, text=text, customer_id=customer_id, unit_id=unit_id, call_id=call_id, assignee_id=who,
            source_kind=source.kind if source else "", source_ref=source.id if source else None,
            made_at=ctx.now, made_by=ctx.actor.name[:120], due_at=due or ctx.now,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        links = [row.customer, RecordRef("callback.call", call_id) if call_id else None, source]
        emit(ctx, "callback.promise_made", row, links=links, what=both(PROMISE_KIND_WORDS[kind]), text=text[:120])
        row.due_at = start_clock(ctx, row, PROMISE, {"kind": kind}, due=due).due_at
        emit(ctx, "callback.promise_due", row, due=row.due_at)
        _tell(ctx, row)
        return row


def words(text: str, missing: str, field: str) -> str:
    """What was written, neither empty nor too long."""
    text = text.strip()
    if not text:
        raise Invalid("missing", missing, field)
    if len(text) > LONGEST:
        raise Invalid(
            "too_long", _("At most {n} characters; this has {length}.", n=LONGEST, length=len(text)), field
        )  # fmt: skip
    return text


def _tell(ctx: Ctx, row: Promise) -> None:
    if row.assignee_id is not None and row.assignee_id != ctx.actor.user_id:
        text = N_("To do after a call: {what}")
        notify(ctx, [row.assignee_id], text, record=row, once=f"{PROMISE}:{row.id}:{row.version}", what=row.text[:120])


def _to_change(ctx: Ctx, promise_id: int, version: int | None) -> Promise:
    ctx.require(WORK)
    row = queries.get_promise(ctx, promise_id, lock=True)
    check_version(row, version)
    if row.state != "open":
        raise Conflict("ended_already", _("This has ended already."))
    return row


def keep_promise(ctx: Ctx, promise_id: int, result: str, *, version: int | None = None) -> Promise:
    """It is done; what came of it."""
    with transaction(ctx):
        row = _to_change(ctx, promise_id, version)
        row.result = words(result, _("Say what was done."), "result")
        row.state, row.ended_at, row.ended_by = "done", ctx.now, ctx.actor.name[:120]
        ctx.session.flush()
        emit(ctx, "callback.promise_kept", row, links=[row.customer], result=row.result[:200])
        stop_clock(ctx, row, PROMISE)
        return row


def give_up_promise(ctx: Ctx, promise_id: int, reason: str, *, version: int | None = None) -> Promise:
    """It is not done, for a reason."""
    with transaction(ctx):
        row = _to_change(ctx, promise_id, version)
        row.result = words(reason, _("Give a reason."), "result")
        row.state, row.ended_at, row.ended_by = "cancelled", ctx.now, ctx.actor.name[:120]
        ctx.session.flush()
        emit(ctx, "callback.promise_given_up", row, links=[row.customer], reason=row.result[:200])
        cancel_clock(ctx, row, PROMISE)
        return row


def give_promise(ctx: Ctx, promise_id: int, user_id: int, *, version: int | None = None) -> Promise:
    """Somebody else keeps it from now on; its time limit stays."""
    with transaction(ctx):
        row = _to_change(ctx, promise_id, version)
        if not works_here(ctx, user_id):
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        row.assignee_id = user_id
        ctx.session.flush()
        emit(ctx, "callback.promise_given", row, name=names_of(ctx, [user_id]).get(user_id, ""))
        _tell(ctx, row)
        return row


def hand_over_promises(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open ones of one person to another; answers how many."""
    with transaction(ctx):
        query = sa.select(Promise).where(Promise.assignee_id == from_user_id, Promise.state == "open")
        rows = list(ctx.session.scalars(query.order_by(Promise.id).with_for_update()))
        name = names_of(ctx, [to_user_id]).get(to_user_id, "")
        for row in rows:
            row.assignee_id = to_user_id
            ctx.session.flush()
            emit(ctx, "callback.promise_given", row, name=name)
        return len(rows)
