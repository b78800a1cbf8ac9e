"""Asking for leave, agreeing, refusing, withdrawing; whoever plans is told of shifts that it leaves empty."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    State,
    Transition,
    Workflow,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    people_with_role,
    transaction,
)
from plugins.workforce.contracts import LEAVE, LEAVE_PART_WORDS, LEAVE_STATE_WORDS, LeaveData
from plugins.workforce.models import Leave
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import leave as queries
from plugins.workforce.rules.duty import leave_span
from plugins.workforce.services.common import member

ASK, PLAN = "workforce.leave.ask", "workforce.leave.plan"


def _facts(ctx: Ctx, row: Leave, _transition: str) -> Mapping[str, Any]:
    hours = Decimal(int((row.ends_at - row.starts_at).total_seconds())) / 3600
    name = people.name_of(ctx, row.assignee_id)
    return {
        "leave_kind": row.kind,
        "days": (hours / 24).quantize(Decimal("0.01")),
        "on_duty": bool(duty.shifts_of(ctx, [row.assignee_id or 0], row.starts_at, row.ends_at)),
        "title": _("{name}: {kind}", name=name, kind=queries.kind_words(ctx, row.kind)),
    }


WORKFLOW = Workflow(
    LEAVE,
    (
        State("asked", LEAVE_STATE_WORDS["asked"], "circle-dashed"),
        State("agreed", LEAVE_STATE_WORDS["agreed"], "circle-check"),
        State("refused", LEAVE_STATE_WORDS["refused"], "circle-x", final=True),
        State("withdrawn", LEAVE_STATE_WORDS["withdrawn"], "undo-2", final=True),
    ),
    (
        Transition("agree", N_("Agree to the leave"), ("asked",), "agreed", ASK),
        Transition("refuse", N_("Refuse the leave"), ("asked",), "refused", PLAN, True),
        Transition("withdraw", N_("Withdraw the leave"), ("asked", "agreed"), "withdrawn", ASK, True),
    ),
    fact_columns=(
        {"name": "leave_kind", "label": N_("Kind of leave"), "type": "str"},
        {"name": "days", "label": N_("Days"), "type": "decimal"},
        {"name": "on_duty", "label": N_("Has duty in that time"), "type": "bool"},
    ),
    facts=_facts,
)


def ask_leave(ctx: Ctx, data: LeaveData) -> Leave:
    """Record that somebody wants to be away: oneself, or others with the right to plan.

    Whether it needs an approval is said by the company's table when it is agreed to (``agree_leave``).
    """
    ctx.require(ASK)
    with transaction(ctx):
        holder = member(ctx, data.user_id)
        _require_own(ctx, holder.user_id)
        if data.kind not in queries.kinds(ctx):
            raise Invalid("bad_kind", _("Choose one of the values offered."), "kind")
        if data.part not in LEAVE_PART_WORDS:
            raise Invalid("bad_part", _("Choose one of the values offered."), "part")
        if data.last < data.first:
            raise Invalid("bad_dates", _("It can't end before it begins."), "last")
        span = leave_span(data.first, data.last, data.part, data.begins, data.ends, queries.noon(ctx), ctx.tz)
        if span[1] <= span[0]:
            raise Invalid("bad_times", _("The end must be later than the beginning."), "ends")
        others = queries.leave_of(ctx, [holder.user_id], *span, states=("asked", "agreed")).get(holder.user_id)
        if others:
            words = _("{number} is in the same time: {when}.", number=others[0].number,
                      when=queries.when_words(ctx, others[0]))  # fmt: skip
            raise Conflict("overlaps", words, "first")
        row = Leave(
            number=next_number(ctx, LEAVE, str(get_setting(ctx, "workforce.leave_pattern"))),
            kind=data.kind,
            starts_at=span[0],
            ends_at=span[1],
            reason=data.reason.strip()[:2000],
            unit_id=holder.unit_id,
            assignee_id=holder.user_id,
            asked_at=ctx.now,
            asked_by=ctx.actor.name,
        )
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "workforce.leave_asked", row, number=row.number, name=holder.user.name,
            when=queries.when_words(ctx, row), user_id=holder.user_id,
        )
        return row


def agree_leave(ctx: Ctx, leave_id: int, *, version: int | None = None) -> Leave:
    """The leave counts from now on. Where the company's table asks for an approval, that is asked for instead."""
    with transaction(ctx):
        row = _to_change(ctx, leave_id, version)
        advance(ctx, WORKFLOW, row, "agree")
        ctx.session.flush()
        name = people.name_of(ctx, row.assignee_id)
        when = queries.when_words(ctx, row)
        emit(ctx, "workforce.leave_agreed", row, number=row.number, name=name, when=when, user_id=row.assignee_id)
        empty = duty.shifts_of(ctx, [row.assignee_id or 0], row.starts_at, row.ends_at)
        if empty:
            planners = people_with_role(ctx, str(get_setting(ctx, "workforce.planner_role")))
            text = N_("{name} is away {when} and has duty in that time; shifts to fill: {count}")
            once = f"leave {row.id} {row.version}"
            notify(ctx, planners, text, record=row, once=once, name=name, when=when, count=len(empty))
        return row


def refuse_leave(ctx: Ctx, leave_id: int, reason: str, *, version: int | None = None) -> Leave:
    """Refuse it, with a reason."""
    return _end(ctx, leave_id, "refuse", reason, version)


def withdraw_leave(ctx: Ctx, leave_id: int, reason: str, *, version: int | None = None) -> Leave:
    """It is not taken after all; one that has ended stays as it was."""
    row = queries.get_leave(ctx, leave_id)
    if row.ends_at <= ctx.now:
        raise Conflict("over", _("{number} is over; it stays on record.", number=row.number))
    return _end(ctx, leave_id, "withdraw", reason, version)


def _end(ctx: Ctx, leave_id: int, transition: str, reason: str, version: int | None) -> Leave:
    with transaction(ctx):
        row = _to_change(ctx, leave_id, version)
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        row.ended_reason = reason.strip()[:2000]
        ctx.session.flush()
        name = people.name_of(ctx, row.assignee_id)
        event = "workforce.leave_refused" if transition == "refuse" else "workforce.leave_withdrawn"
        emit(ctx, event, row, number=row.number, name=name, reason=row.ended_reason, user_id=row.assignee_id)
        if row.assignee_id is not None and row.assignee_id != ctx.actor.user_id:
            text = N_("Your leave {number} was refused: {reason}")
            if transition != "refuse":
                text = N_("Your leave {number} was withdrawn: {reason}")
            once = f"leave {row.id} {row.state}"
            notify(ctx, [row.assignee_id], text, record=row, once=once, number=row.number, reason=row.ended_reason)
        return row


def _to_change(ctx: Ctx, leave_id: int, version: int | None) -> Leave:
    row = queries.get_leave(ctx, leave_id, lock=True)
    check_version(row, version)
    _require_own(ctx, row.assignee_id)
    return row


def _require_own(ctx: Ctx, user_id: int | None) -> None:
    if user_id != ctx.actor.user_id and not ctx.can(PLAN):
        raise Forbidden("not_yours", _("You can only ask for leave of your own. Planners can do it for others."))


def approved(ctx: Ctx, leave_id: int) -> None:
    """What the approval of a leave leads to; nothing where it went on without it."""
    row = queries.get_leave(ctx, leave_id)
    if row.state == "asked":
        agree_leave(ctx, leave_id)


def refused(ctx: Ctx, leave_id: int, reason: str) -> None:
    """What a refused approval of a leave leads to; nothing where it went on without it."""
    row = queries.get_leave(ctx, leave_id)
    if row.state == "asked":
        refuse_leave(ctx, leave_id, reason or _("Not approved"))
