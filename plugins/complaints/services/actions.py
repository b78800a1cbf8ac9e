"""Corrective and preventive actions: opened for complaints or a cause, done, and checked for their effect (QMS-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from core.api import (
    N_,
    Clock,
    Conflict,
    Ctx,
    Invalid,
    _,
    advance,
    cancel_clock,
    check_version,
    clocks_on,
    emit,
    get_setting,
    next_number,
    notify,
    restart_clock,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.complaints import following, queries
from plugins.complaints.contracts import ACTION, ACTION_CHECK, ACTION_DUE, ActionData
from plugins.complaints.life import ACTIONS, HANDLE, WORK_ACTIONS
from plugins.complaints.models import (
    ACTION_KINDS,
    NEVER,
    OPEN_STATES,
    ActionSource,
    CauseAction,
    Complaint,
)
from plugins.complaints.rules import earliest
from plugins.complaints.services.common import RUNNING, required, to_change

_WEIGHT = {"minor": 0, "serious": 1, "critical": 2}


def open_action(ctx: Ctx, data: ActionData, *, follows: CauseAction | None = None) -> CauseAction:
    """Open an action: number, owner, and the clock until it must be done (as the table says, or ``due_on``).

    It is as severe as the most severe complaint for which it is taken, which the table of time limits may ask for.
    """
    ctx.require(WORK_ACTIONS)
    with transaction(ctx):
        title = required(data.title, "title", _("Say in a few words what is to be done."), 200)
        if data.kind not in ACTION_KINDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.kind), "kind")
        complaints = [queries.get_complaint(ctx, i) for i in sorted(set(data.complaint_ids))]
        tree = following.tree(ctx)
        cause_id = data.cause_id or next((c.cause_id for c in complaints if c.cause_id), None)
        if cause_id is not None and cause_id not in tree.by_id:
            raise Invalid("unknown_cause", _("Choose one of the causes."), "cause_id")
        unit_id = data.unit_id or (tree.department_of(cause_id) if cause_id else None)
        if data.unit_id is not None and queries.find_unit(ctx, data.unit_id) is None:
            raise Invalid("unknown_department", _("Choose one of the departments."), "unit_id")
        name = _person(ctx, data.assignee_id)
        action = CauseAction(
            number=next_number(ctx, ACTION, get_setting(ctx, "complaints.action_pattern")),
            kind=data.kind,
            title=title,
            text=data.text.strip(),
            cause_id=cause_id,
            follows_id=follows.id if follows else None,
            origin=data.origin.strip()[:400] or (follows.origin if follows else ""),
            origin_cut=dict(data.origin_cut) or (dict(follows.origin_cut) if follows else {}),
            severity=_most_severe([c.severity for c in complaints] + ([follows.severity] if follows else [])),
            unit_id=unit_id,
            assignee_id=data.assignee_id,
            opened_at=ctx.now,
        )
        ctx.session.add(action)
        ctx.session.flush()
        sources = {c.id for c in complaints}
        if follows is not None:
            sources |= {c.id for c in following.sources_of(ctx, follows.id)}
        ctx.session.add_all(ActionSource(action_id=action.id, complaint_id=i) for i in sorted(sources))
        ctx.session.flush()
        _start(ctx, action, ACTION_DUE, data.due_on)
        emit(
            ctx,
            "complaints.action_opened",
            action,
            links=complaints,
            number=action.number,
            title=title,
            name=name or queries.unit_name(ctx, unit_id) or _("nobody yet"),
            due=action.urgent_at,
        )
        _tell_owner(ctx, action)
        return action


def _most_severe(severities: Iterable[str]) -> str:
    return max(severities, key=lambda s: _WEIGHT.get(s, 1), default="minor")


def _person(ctx: Ctx, user_id: int | None) -> str:
    name = queries.active_member_name(ctx, user_id) if user_id is not None else ""
    if name is None:
        raise Invalid("unknown_person", _("Choose somebody who works here."), "assignee_id")
    return name


def _facts(ctx: Ctx, action: CauseAction) -> dict:
    return {"kind": action.kind, "severity": action.severity, "received": ctx.today}


def _start(ctx: Ctx, action: CauseAction, kind: str, day: dt.date | None = None) -> None:
    due = dt.datetime.combine(day, dt.time(23, 59), ctx.tz) if day else None
    if due is not None and due <= ctx.now:
        raise Invalid("due_too_early", _("The due date must not be in the past."), "due_on")
    start_clock(ctx, action, kind, _facts(ctx, action), due=due)
    _refresh(ctx, action)


def _refresh(ctx: Ctx, action: CauseAction) -> None:
    action.urgent_at = earliest((c.due_at for c in clocks_on(ctx, action) if c.state == RUNNING), NEVER)


def _tell_owner(ctx: Ctx, action: CauseAction) -> None:
    if action.assignee_id is not None and action.assignee_id != ctx.actor.user_id:
        once = f"action {action.id} v{action.version} {action.assignee_id}"
        text = N_("Action {number} is yours: {title}")
        notify(ctx, [action.assignee_id], text, record=action, once=once, number=action.number, title=action.title[:80])


def _to_change(ctx: Ctx, action_id: int, version: int | None) -> CauseAction:
    action = following.get_action(ctx, action_id)
    check_version(action, version)
    return action


def give_action(
    ctx: Ctx, action_id: int, user_id: int, unit_id: int | None = None, *, version: int | None = None
) -> CauseAction:
    """Give an open action to a person, and to a department if one is named."""
    ctx.require(WORK_ACTIONS)
    with transaction(ctx):
        action = _to_change(ctx, action_id, version)
        if not action.is_open:
            raise Conflict("not_open", _("{number} has ended.", number=action.number))
        if unit_id is not None and queries.find_unit(ctx, unit_id) is None:
            raise Invalid("unknown_department", _("Choose one of the departments."), "unit_id")
        name = _person(ctx, user_id)
        action.assignee_id, action.unit_id = user_id, unit_id or action.unit_id
        emit(ctx, "complaints.action_given", action, number=action.number, name=name, user_id=user_id)
        _tell_owner(ctx, action)
        return action


def finish_action(ctx: Ctx, action_id: int, result: str, *, version: int | None = None) -> CauseAction:
    """It is done: what was done is kept, and the clock until its effect is checked starts."""
    with transaction(ctx):
        action = _to_change(ctx, action_id, version)
        advance(ctx, ACTIONS, action, "finish")
        action.result = required(result, "result", _("Write what was done."))
        action.done_at = ctx.now
        stop_clock(ctx, action, ACTION_DUE)
        _start(ctx, action, ACTION_CHECK)
        emit(ctx, "complaints.action_done", action, number=action.number, due=action.urgent_at)
        return action


def return_action(ctx: Ctx, action_id: int, reason: str, *, version: int | None = None) -> CauseAction:
    """It was not done after all: back to work, its clock goes on."""
    with transaction(ctx):
        action = _to_change(ctx, action_id, version)
        advance(ctx, ACTIONS, action, "return", reason=reason)
        action.done_at = None
        cancel_clock(ctx, action, ACTION_CHECK)
        restart_clock(ctx, action, ACTION_DUE)
        _refresh(ctx, action)
        emit(ctx, "complaints.action_returned", action, number=action.number, reason=reason.strip())
        return action


def check_action(
    ctx: Ctx, action_id: int, effective: bool, text: str, *, version: int | None = None
) -> CauseAction:
    """Judge its effect. One without effect is followed by a new action for the same complaints, with a new clock."""
    with transaction(ctx):
        action = _to_change(ctx, action_id, version)
        words = required(text, "text", _("Write how its effect was checked."))
        advance(ctx, ACTIONS, action, "effective" if effective else "ineffective", reason=words)
        action.check_text, action.checked_at, action.checked_by = words, ctx.now, ctx.actor.name
        action.is_open, action.urgent_at = False, NEVER
        stop_clock(ctx, action, ACTION_CHECK)
        name = "complaints.action_effective" if effective else "complaints.action_ineffective"
        emit(ctx, name, action, links=following.sources_of(ctx, action.id), number=action.number, reason=words)
        if not effective:
            unit, owner = action.unit_id, action.assignee_id
            again = ActionData(action.title, action.kind, words, action.cause_id, (), unit, owner)
            open_action(ctx, again, follows=action)
        return action


def cancel_action(ctx: Ctx, action_id: int, reason: str, *, version: int | None = None) -> CauseAction:
    """It is given up, for a reason; complaints that wait for an action wait again."""
    with transaction(ctx):
        action = _to_change(ctx, action_id, version)
        advance(ctx, ACTIONS, action, "cancel", reason=reason)
        action.is_open, action.urgent_at = False, NEVER
        cancel_clock(ctx, action, ACTION_DUE)
        links = following.sources_of(ctx, action.id)
        emit(ctx, "complaints.action_cancelled", action, links=links, number=action.number, reason=reason.strip())
        return action


def need_no_action(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """Say why the cause of a complaint calls for no corrective action; closing then no longer waits for one."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        if complaint.state not in OPEN_STATES:
            raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=complaint.number))
        complaint.no_action_reason = required(reason, "reason", _("Give a reason."))
        emit(ctx, "complaints.no_action_needed", complaint, number=complaint.number, reason=complaint.no_action_reason)
        return complaint


def hand_over_actions(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open actions of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        rows = following.open_actions_of(ctx, from_user_id, 10_000)
        for action in rows:
            action.assignee_id = to_user_id
            name = queries.active_member_name(ctx, to_user_id) or ""
            emit(ctx, "complaints.action_given", action, number=action.number, name=name, user_id=to_user_id)
        return len(rows)


def refresh_actions(ctx: Ctx) -> None:
    """Reckon the deadline of every open action anew: the module was off, and its clocks moved."""
    with transaction(ctx):
        rows = ctx.session.scalars(sa.select(CauseAction).where(CauseAction.is_open.is_(True)).order_by(CauseAction.id))
        due = dict(
            ctx.session.execute(
                sa.select(Clock.record_id, sa.func.min(Clock.due_at))
                .where(Clock.record_kind == ACTION, Clock.state == RUNNING)
                .group_by(Clock.record_id)
            ).all()
        )
        changed = 0
        for action in rows:
            moment = due.get(action.id, NEVER)
            if action.urgent_at != moment:
                action.urgent_at = moment
                changed += 1
        if changed:
            emit(ctx, "complaints.urgency_refreshed", complaints=changed)
