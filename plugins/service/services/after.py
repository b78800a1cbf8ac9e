"""Before, on and after a trip (DEF-6.2.5 to DEF-6.2.8): plan told, agreement to come back, return, review, costs.

A return begins when the work on an order is done, and begins anew when it goes on. Each step is kept for good with who,
when, result and note (``service_return_check``).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    advance,
    both,
    cancel_clock,
    check_version,
    emit,
    notify,
    put_checklist,
    restart_clock,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.service.after_contracts import (
    CLOCK_OF,
    COST_CHECK,
    HANDED_IN,
    QUALITY_WORDS,
    RETURN_LIST,
    RETURN_STEP_WORDS,
    RETURN_STEPS,
    REVIEW,
    BriefingData,
)
from plugins.service.after_life import AGREE, COSTS, RETURNS, REVIEW_RIGHT
from plugins.service.contracts import CONSENT_WORDS, ORDER
from plugins.service.life import WORK
from plugins.service.models import Agreement, Briefing, Order, Return, ReturnCheck
from plugins.service.queries import after as queries
from plugins.service.queries import money
from plugins.service.queries import orders as order_queries
from plugins.service.rules.after import next_stage, return_facts
from plugins.service.services.common import (
    chosen,
    links_of,
    lock,
    require_not_archived,
    require_open,
    required,
    runs,
    to_change,
)
from plugins.service.services.course import moment_of

WORKING = "working"


# --- before and on the trip -------------------------------------------------------------------------------------------


def brief(ctx: Ctx, order_id: int, data: BriefingData) -> Briefing:
    """DEF-6.2.5: the customer was told the plan; what whoever goes is to mind stands beside it."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        require_open(order)
        row = Briefing(
            order_id=order.id, at=moment_of(ctx, order, data.at), how=chosen(data.how, CONSENT_WORDS, "how"),
            told_to=required(data.told_to or order.person_name, "told_to", _("Say who was told."), 120),
            plan=required(data.plan, "plan", _("Say what the customer was told."), 4000),
            notes=data.notes.strip()[:4000], by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "service.briefed", order, links=links_of(order), number=order.number, who=row.told_to,
            how=both(CONSENT_WORDS[row.how]),
        )  # fmt: skip
        return row


def ask_to_leave(ctx: Ctx, order_id: int, note: str = "") -> int:
    """DEF-6.2.6: whoever is on site asks the department; those who may agree are told. Answers how many."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        _require_working(order)
        people = [user_id for user_id, _name in queries.who_agree(ctx, AGREE) if user_id != ctx.actor.user_id]
        emit(ctx, "service.leave_asked", order, links=links_of(order), number=order.number, note=note.strip()[:400])
        text = N_("{name} asks to come back from {number}: {note}")
        once = f"order {order.id} v{order.version} leave {ctx.now:%Y%m%d%H%M}"
        return notify(
            ctx, people, text, record=order, once=once, name=ctx.actor.name, number=order.number,
            note=note.strip()[:200] or order.subject[:80],
        )  # fmt: skip


def agree(ctx: Ctx, order_id: int, agreed_by_id: int | None = None, note: str = "") -> Agreement:
    """DEF-6.2.6: the department agrees that whoever is there comes back. Who may agree does so in his or her own name;
    anybody else names who agreed (by phone), and that person is told of it.
    """
    ctx.require(WORK if agreed_by_id else AGREE)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        _require_working(order)
        who, name = agreed_by_id or ctx.actor.user_id, ctx.actor.name
        if agreed_by_id is not None and agreed_by_id != ctx.actor.user_id:
            names = dict(queries.who_agree(ctx, AGREE))
            if agreed_by_id not in names:
                raise Invalid("may_not_agree", _("Choose somebody who may agree."), "agreed_by_id")
            name = names[agreed_by_id]
        elif not ctx.can(AGREE):
            raise Forbidden("not_yours", _("The department agrees, not whoever comes back."))
        row = Agreement(
            order_id=order.id, at=ctx.now, agreed_by_id=who, agreed_by=name, note=note.strip()[:400],
            by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "service.leave_agreed", order, links=links_of(order), number=order.number, name=name, note=row.note)
        text, told = N_("{name} recorded that you agreed to the return from {number}"), [who]
        if who == ctx.actor.user_id:
            text, told = N_("{name} agrees that you come back from {number}"), [order.assignee_id]
        people = [p for p in told if p is not None and p != ctx.actor.user_id]
        once = f"agreement {row.id}"
        notify(ctx, people, text, record=order, once=once, name=ctx.actor.name, number=order.number)
        return row


def _require_working(order: Order) -> None:
    if order.state != "working":
        raise Conflict("nobody_there", _("Nobody works on {number} now.", number=order.number))


# --- the return begins ------------------------------------------------------------------------------------------------


def begin_return(ctx: Ctx, order_id: int) -> Return | None:
    """The work is done: what the table of steps asks for is owed from now on, under its first time limit. Doing it
    twice changes nothing.
    """
    with transaction(ctx):
        order = order_queries.find_order(ctx, order_id)
        if order is None or order.done_at is None or order.state == "archived":
            return None
        lock(ctx, order)
        row, asked = queries.return_of(ctx, order.id), queries.owed(order)
        if row is None:
            return _opened(ctx, order, asked) if asked else None
        if row.stage == WORKING:
            row.asked = asked or row.asked
            _start(ctx, row, order)
        return row


def ask_for_return(ctx: Ctx, order_id: int, reason: str) -> Return:
    """Ask for all of it on one order, where the table does not: with the reason."""
    ctx.require(REVIEW_RIGHT)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        lock(ctx, order)
        if order.done_at is None or order.state not in ("done", "confirmed"):
            raise Conflict("not_done", _("{number} is not done yet.", number=order.number))
        if queries.return_of(ctx, order.id) is not None:
            raise Conflict("asked_already", _("It is asked for already."))
        reason = required(reason, "reason", _("Give a reason."), 400)
        row = _opened(ctx, order, {step: {} for step in RETURN_STEPS}, since=ctx.now)
        row.asked_reason = reason
        emit(ctx, "service.return_asked", row, links=_links(order), number=order.number, reason=reason)
        return row


def work_goes_on(ctx: Ctx, order_id: int) -> None:
    """The order was reopened, or the customer is not content: what was handed in and checked begins anew after it."""
    with transaction(ctx):
        row = queries.return_of(ctx, order_id)
        order = order_queries.find_order(ctx, order_id)
        if row is None or order is None or order.done_at is not None or row.stage == WORKING:
            return
        for kind in CLOCK_OF.values():
            cancel_clock(ctx, row, kind)
        if row.state != "due":
            advance(ctx, RETURNS, row, "begin_again")
        row.stage = WORKING
        emit(ctx, "service.return_paused", row, links=_links(order), number=order.number)


def _opened(ctx: Ctx, order: Order, asked: dict[str, Any], since: dt.datetime | None = None) -> Return:
    row = Return(order_id=order.id, state="due", stage=WORKING, asked=asked, since=since or order.done_at)
    ctx.session.add(row)
    ctx.session.flush()
    _start(ctx, row, order, since)
    return row


def _start(ctx: Ctx, row: Return, order: Order, since: dt.datetime | None = None) -> None:
    assert order.done_at is not None
    row.since, row.technician_id = since or order.done_at, order.assignee_id
    row.technician_name = (order_queries.member_name(ctx, order.assignee_id) or "") if order.assignee_id else ""
    row.stage = next_stage(row.asked, "due")
    if HANDED_IN in row.asked:
        put_checklist(ctx, row, RETURN_LIST)
    _clock(ctx, row, order, at=row.since)
    emit(ctx, "service.return_due", row, links=_links(order), number=order.number, step=_step(row.stage))
    if row.stage == HANDED_IN and row.technician_id not in (None, ctx.actor.user_id):
        text = N_("{number} is done: hand in report, sheet, expenses and material")
        once = f"return {row.id} {row.since:%Y%m%d%H%M%S}"
        notify(ctx, [row.technician_id], text, record=row, once=once, number=order.number)


# --- handed in, reviewed, checked -------------------------------------------------------------------------------------


def hand_in(ctx: Ctx, return_id: int, note: str = "", *, version: int | None = None) -> Return:
    """DEF-6.2.7: everything is there. Conflict with what is missing otherwise."""
    ctx.require(WORK)
    with transaction(ctx):
        row = _at(ctx, return_id, HANDED_IN, version)
        advance(ctx, RETURNS, row, "hand_in")
        _keep(ctx, row, HANDED_IN, "done", note)
        emit(ctx, "service.return_handed_in", row, links=_links(row.order), number=row.order.number, note=note[:400])
        _go_on(ctx, row, HANDED_IN)
        return row


def review(ctx: Ctx, return_id: int, quality: str, note: str = "", *, version: int | None = None) -> Return:
    """DEF-6.2.8: the quality of the work and the customer's rating, by somebody else than who did it."""
    ctx.require(REVIEW_RIGHT)
    with transaction(ctx):
        row = _at(ctx, return_id, REVIEW, version)
        if ctx.actor.user_id is not None and ctx.actor.user_id == row.technician_id:
            raise Forbidden("own_work", _("Somebody else has to review what you did yourself."))
        chosen(quality, QUALITY_WORDS, "quality")
        if quality != "good":
            note = required(note, "note", _("Say what is to be done better."), 4000)
        advance(ctx, RETURNS, row, "review")
        _keep(ctx, row, REVIEW, "done", note, quality=quality)
        emit(
            ctx, "service.return_reviewed", row, links=_links(row.order), number=row.order.number,
            quality=both(QUALITY_WORDS[quality]), grade=quality, technician=row.technician_id, note=note[:400],
        )  # fmt: skip
        _go_on(ctx, row, REVIEW)
        return row


def check_costs(ctx: Ctx, return_id: int, note: str = "", *, version: int | None = None) -> Return:
    """The expenses were checked against receipts; what is claimed and was not refused is accepted."""
    ctx.require(COSTS)
    with transaction(ctx):
        row = _at(ctx, return_id, COST_CHECK, version)
        if ctx.actor.user_id is not None and ctx.actor.user_id == row.technician_id:
            raise Forbidden("own_work", _("Somebody else has to check your own expenses."))
        advance(ctx, RETURNS, row, "check_costs")
        amount = queries.claimed(ctx, row.order_id)
        _keep(ctx, row, COST_CHECK, "done", note, amount=amount)
        emit(
            ctx, "service.costs_checked", row, links=_links(row.order), number=row.order.number,
            amount=money.money(ctx, amount), note=note[:400],
        )  # fmt: skip
        _go_on(ctx, row, COST_CHECK)
        return row


def send_back(ctx: Ctx, return_id: int, reason: str, *, version: int | None = None) -> Return:
    """What was handed in is not in order: back to whoever handed it in, with the reason. The time limit goes on."""
    with transaction(ctx):
        row = queries.get_return(ctx, return_id)
        lock(ctx, row)
        require_not_archived(row.order)
        check_version(row, version)
        ctx.require(COSTS if row.stage == COST_CHECK else REVIEW_RIGHT)
        if row.stage not in (REVIEW, COST_CHECK) or HANDED_IN not in row.asked:
            raise Conflict("nothing_to_send_back", _("There is nothing to send back."))
        reason = required(reason, "reason", _("Give a reason."), 1000)
        step = row.stage
        advance(ctx, RETURNS, row, "send_back", reason=reason)
        cancel_clock(ctx, row, CLOCK_OF[step])
        _keep(ctx, row, step, "refused", reason)
        row.stage = HANDED_IN
        if restart_clock(ctx, row, CLOCK_OF[HANDED_IN]) is None:
            _clock(ctx, row, row.order)
        facts = {"number": row.order.number, "reason": reason}
        emit(ctx, "service.return_sent_back", row, links=_links(row.order), **facts)
        if row.technician_id not in (None, ctx.actor.user_id):
            text = N_("{number}: what you handed in was sent back: {reason}")
            once = f"return {row.id} v{row.version} back"
            told = {"number": row.order.number, "reason": reason[:200]}
            notify(ctx, [row.technician_id], text, record=row, once=once, **told)
        return row


def waive(ctx: Ctx, return_id: int, reason: str, *, version: int | None = None) -> Return:
    """A special case: the step that comes next is left out, by somebody with the role of that step, with the reason."""
    with transaction(ctx):
        row = queries.get_return(ctx, return_id)
        lock(ctx, row)
        require_not_archived(row.order)
        check_version(row, version)
        step = row.stage
        if step not in RETURN_STEPS:
            raise Conflict("nothing_to_waive", _("There is nothing to waive."))
        role = waiving_role(row)
        if not may_waive(ctx, row):
            if not role:
                raise Forbidden("nobody", _("The rule table “Steps of orders” names no role that may waive this."))
            text = _("Only the role “{role}” may waive this.", role=order_queries.role_label(ctx, role))
            raise Forbidden("not_your_role", text)
        reason = required(reason, "reason", _("Give a reason."), 1000)
        way = {HANDED_IN: "waive_hand_in", REVIEW: "waive_review", COST_CHECK: "waive_costs"}[step]
        advance(ctx, RETURNS, row, way, reason=reason)
        _keep(ctx, row, step, "waived", reason, role=role)
        emit(
            ctx, "service.return_waived", row, links=_links(row.order), number=row.order.number, step=_step(step),
            reason=reason,
        )  # fmt: skip
        cancel_clock(ctx, row, CLOCK_OF[step])
        _go_on(ctx, row, step)
        return row


def waiving_role(row: Return) -> str:
    """The role that may waive the step that comes next (DEF-6.2.8: special cases as the general manager directs)."""
    return str((row.asked.get(row.stage) or {}).get("role") or "")


def may_waive(ctx: Ctx, row: Return) -> bool:
    """Whether this person may waive the step that comes next."""
    role = waiving_role(row)
    return row.stage in RETURN_STEPS and bool(role) and (ctx.actor.is_system or role in ctx.actor.roles)


def hand_over_returns(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """What somebody who leaves still has to hand in falls to another; answers how many."""
    with transaction(ctx):
        rows = queries.held_by(ctx, from_user_id)
        name = order_queries.member_name(ctx, to_user_id) or ""
        for row in rows:
            row.technician_id, row.technician_name = to_user_id, name
            emit(ctx, "service.return_passed", row, number=row.order.number, name=name)
        return len(rows)


# --- shared -----------------------------------------------------------------------------------------------------------


def _at(ctx: Ctx, return_id: int, step: str, version: int | None) -> Return:
    """The return, locked, when this step comes next."""
    row = queries.get_return(ctx, return_id)
    lock(ctx, row)
    require_not_archived(row.order)
    check_version(row, version)
    if row.stage == WORKING:
        raise Conflict("work_goes_on", _("{number} is being worked on again.", number=row.order.number))
    if row.stage != step:
        words = _(RETURN_STEP_WORDS[step])
        raise Conflict("not_this_step", _("“{step}” is not what comes next now.", step=words))
    return row


def _keep(ctx: Ctx, row: Return, step: str, result: str, note: str, **given: Any) -> None:
    if len(note) > 4000:
        text = _("At most {n} characters; this has {length}.", n=4000, length=len(note))
        raise Invalid("note_too_long", text, "note")
    check = ReturnCheck(
        return_id=row.id, at=ctx.now, step=step, result=result, note=note.strip(), by_id=ctx.actor.user_id,
        by_name=ctx.actor.name, **given,
    )  # fmt: skip
    ctx.session.add(check)
    ctx.session.flush()


def _go_on(ctx: Ctx, row: Return, step: str) -> None:
    """A step is behind: its clock stops, that of the next begins; nothing left means all checked."""
    stop_clock(ctx, row, CLOCK_OF[step])
    row.stage = next_stage(row.asked, row.state)
    if row.stage:
        _clock(ctx, row, row.order)
        return
    if row.state != "settled":
        advance(ctx, RETURNS, row, "settle")
    emit(ctx, "service.return_settled", row, links=_links(row.order), number=row.order.number)


def _clock(ctx: Ctx, row: Return, order: Order, *, at: dt.datetime | None = None) -> None:
    """Start the clock of the step that comes next, where the table has one."""
    if row.stage not in CLOCK_OF:
        return
    facts = return_facts(order, order_queries.product_group(order), order_queries.served_by_agent(order))
    if runs(ctx, CLOCK_OF[row.stage], facts):
        start_clock(ctx, row, CLOCK_OF[row.stage], facts, at=at)


def _step(stage: str) -> dict[str, str]:
    return both(RETURN_STEP_WORDS[stage])


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]
