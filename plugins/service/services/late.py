"""Promises that will not be kept (VCH-9): reported to the head at once with reason, new time and the help that is asked
for; the head answers under a clock; the customer is told.
"""

from __future__ import annotations

import datetime as dt

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
    fill_in,
    notify,
    queue_mail,
    start_clock,
    stop_clock,
    transaction,
    written,
)
from plugins.base import queries as archive
from plugins.service.contracts import ORDER
from plugins.service.late_contracts import (
    LATE_ANSWER_WORDS,
    LATE_CLOCK,
    LATE_HOW_WORDS,
    LATE_MAIL,
    LATE_STEP,
    PROMISE_WORDS,
    LateData,
)
from plugins.service.life import DISPATCH, WORK
from plugins.service.models import LateReport, Order
from plugins.service.queries import late as queries
from plugins.service.queries import orders as order_queries
from plugins.service.queries import routing
from plugins.service.services.common import chosen, links_of, lock, require_not_archived, required, runs, to_change

AHEAD = ("accepted", "dispatched", "working")


def report_late(ctx: Ctx, order_id: int, data: LateData) -> LateReport:
    """Whoever is sent will not keep the time promised: the head is told at once, and has to answer under a clock."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        lock(ctx, order)
        known = queries.by_once(ctx, data.once)
        if known is not None:
            return known
        _require_ahead(order)
        promise = queries.promise_of(ctx, order)
        if promise is None:
            raise Conflict("nothing_promised", _("Nothing is promised for {number}.", number=order.number))
        reason = required(data.reason, "reason", _("Say why."), 400)
        if data.new_at is None:
            raise Invalid("new_missing", _("Give the new time."), "new_at")
        if data.new_at <= max(ctx.now, promise[1]):
            text = _("The new time is later than what was promised, {time}.", time=_moment(ctx, promise[1]))
            raise Invalid("not_later", text, "new_at")
        chosen(data.told_how, LATE_HOW_WORDS, "told_how")
        for former in queries.open_of(ctx, order.id):
            _over(ctx, former)
        row = _made(ctx, order, promise, reason)
        row.new_at, row.help, row.once = data.new_at, data.help.strip()[:400], data.once[:80] or None
        _customer_told(ctx, order, row, data.told_how, data.mail_to)
        _tell(ctx, order, row)
        return row


def warn_late(ctx: Ctx, order_id: int, clock_id: int, promise: str, due: dt.datetime) -> LateReport | None:
    """The warning of a time limit: where the table of steps has the step, the head is told without anybody reporting.

    Told twice it changes nothing; nor when somebody has reported it already.
    """
    with transaction(ctx):
        order = order_queries.find_order(ctx, order_id)
        if order is None or LATE_STEP not in order.steps or order.state not in AHEAD:
            return None
        once = f"clock:{clock_id}"
        if queries.by_once(ctx, once) is not None or queries.open_of(ctx, order.id):
            return None
        row = _made(ctx, order, (promise, due), "")
        row.automatic, row.once = True, once
        _tell(ctx, order, row)
        if order.assignee_id is not None:
            text = N_("{number}: the time promised, {due}, is near. Report at once if you can't keep it.")
            told = {"number": order.number, "due": due}
            notify(ctx, [order.assignee_id], text, record=order, once=f"late {row.id} assignee", **told)
        return row


def answer_late(
    ctx: Ctx, report_id: int, answer: str, text: str = "", *, told_how: str = "", mail_to: str = "",
    version: int | None = None,
) -> LateReport:  # fmt: skip
    """The head's answer: the new time is agreed, help is sent, somebody else goes, or the promise is kept after all."""
    ctx.require(DISPATCH)
    with transaction(ctx):
        row = queries.get_report(ctx, report_id)
        order = row.order
        lock(ctx, row)
        require_not_archived(order)
        check_version(row, version)
        if row.state != "open":
            raise Conflict("answered_already", _("It was answered already."))
        if not answer:
            raise Invalid("answer_missing", _("Choose what is done about it."), "answer")
        chosen(answer, LATE_ANSWER_WORDS, "answer")
        if answer == "agreed" and row.new_at is None:
            raise Invalid("no_new_time", _("No new time was given; agree one with the customer first."), "answer")
        if answer in ("helped", "reassigned"):
            text = required(text, "text", _("Say who goes."), 400)
        row.state, row.answer, row.answer_text = "answered", answer, text.strip()[:400]
        row.answered_at, row.answered_by_id, row.answered_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        stop_clock(ctx, row, LATE_CLOCK)
        if answer == "agreed":
            order.promised_at = row.new_at
        if row.told_at is None and (told_how or mail_to):
            chosen(told_how, LATE_HOW_WORDS, "told_how")
            _customer_told(ctx, order, row, told_how, mail_to)
        emit(
            ctx, "service.late_answered", row, links=_links(order), number=order.number,
            answer=both(LATE_ANSWER_WORDS[answer]), text=row.answer_text,
        )  # fmt: skip
        told = [p for p in (row.by_id, order.assignee_id) if p is not None and p != ctx.actor.user_id]
        words = N_("{number}, late: {answer} {note}")
        facts = {"number": order.number, "answer": both(LATE_ANSWER_WORDS[answer]), "note": row.answer_text[:160]}
        notify(ctx, sorted(set(told)), words, record=order, once=f"late {row.id} answered", **facts)
        return row


def tell_customer(ctx: Ctx, report_id: int, told_how: str, mail_to: str = "") -> LateReport:
    """The customer was told of the new time, or is told by mail now."""
    ctx.require(WORK)
    with transaction(ctx):
        row = queries.get_report(ctx, report_id)
        lock(ctx, row)
        require_not_archived(row.order)
        if row.told_at is not None:
            raise Conflict("told_already", _("The customer was told already."))
        if not told_how and not mail_to.strip():
            raise Invalid("how_missing", _("Say how the customer was told."), "told_how")
        chosen(told_how, LATE_HOW_WORDS, "told_how")
        _customer_told(ctx, row.order, row, told_how, mail_to)
        facts = {"number": row.order.number, "how": both(LATE_HOW_WORDS[row.told_how])}
        emit(ctx, "service.late_told", row, links=_links(row.order), **facts)
        return row


def settle_late(ctx: Ctx, order_id: int) -> None:
    """Work has begun, is done, or will not be: reports that still wait for the head have settled themselves."""
    with transaction(ctx):
        order = order_queries.find_order(ctx, order_id)
        if order is None:
            return
        for row in queries.open_of(ctx, order.id):
            before_work = row.promise in ("appointment", "arrival")
            if order.state not in AHEAD or before_work and order.started_at is not None:
                _over(ctx, row)


# --- shared -----------------------------------------------------------------------------------------------------------


def _require_ahead(order: Order) -> None:
    if order.state not in AHEAD:
        raise Conflict("not_ahead", _("{number} is not being worked on now.", number=order.number))


def _made(ctx: Ctx, order: Order, promise: tuple[str, dt.datetime], reason: str) -> LateReport:
    row = LateReport(
        order_id=order.id, at=ctx.now, promise=promise[0], due_at=promise[1], reason=reason,
        by_id=ctx.actor.user_id, by_name=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    facts = {"kind": order.kind, "urgency": order.urgency}
    if runs(ctx, LATE_CLOCK, facts):
        start_clock(ctx, row, LATE_CLOCK, facts)
    return row


def _tell(ctx: Ctx, order: Order, row: LateReport) -> None:
    ctx.session.flush()
    facts = {
        "number": order.number, "what": both(PROMISE_WORDS[row.promise]), "due": row.due_at, "reason": row.reason,
        "new": row.new_at,
    }  # fmt: skip
    emit(ctx, "service.late_warned" if row.automatic else "service.late_reported", row, links=_links(order), **facts)
    role = routing.route_of(ctx, order).tell_role
    people = [p for p in routing.told_in(ctx, role, order.unit_id) if p != ctx.actor.user_id]
    text = N_("{number} will miss its time ({due}): {reason}")
    if row.automatic:
        text = N_("{number}: the time promised, {due}, is near, and nobody has reported")
    told = {"number": order.number, "due": row.due_at, "reason": row.help or row.reason}
    notify(ctx, people, text, record=row, once=f"late {row.id} head", **told)


def _over(ctx: Ctx, row: LateReport) -> None:
    row.state = "over"
    cancel_clock(ctx, row, LATE_CLOCK)
    emit(ctx, "service.late_over", row, links=_links(row.order), number=row.order.number)


def _customer_told(ctx: Ctx, order: Order, row: LateReport, told_how: str, mail_to: str) -> None:
    mail_to = mail_to.strip()
    if mail_to:
        if row.new_at is None:
            raise Invalid("no_new_time", _("Give the new time."), "new_at")
        locale = archive.language_of(ctx, order.customer_id, email=mail_to, name=order.person_name)
        facts = {
            "number": order.number, "subject": order.subject, "name": order.person_name or "–",
            "promised": written(row.due_at.astimezone(ctx.tz), locale),
            "new": written(row.new_at.astimezone(ctx.tz), locale), "company": ctx.company.name,
        }  # fmt: skip
        subject, body = fill_in(ctx, LATE_MAIL, facts, locale)
        queue_mail(ctx, mail_to, subject, body, cause=f"service late {row.id}", record=order, locale=locale)
        told_how = "email"
    if told_how:
        row.told_at, row.told_how = ctx.now, told_how


def _moment(ctx: Ctx, at: dt.datetime) -> str:
    return f"{at.astimezone(ctx.tz):%Y-%m-%d %H:%M}"


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]
