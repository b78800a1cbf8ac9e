"""What is done about what surveys bring up: bad scores without a complaint, improvements (GS-27), summaries to read."""

from __future__ import annotations

import datetime as dt

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
    emit,
    find_clock,
    get_setting,
    next_number,
    notify,
    people_with_role,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.callback.models.surveys import NEVER, Campaign, Invitation, SurveyTask
from plugins.callback.queries import surveys
from plugins.callback.survey_contracts import TASK, TaskData
from plugins.callback.survey_life import TASKS, WORK


def open_improvement(ctx: Ctx, data: TaskData) -> SurveyTask:
    """Open an improvement with an owner, due on the day given or as the table says."""
    ctx.require(WORK)
    with transaction(ctx):
        title = data.title.strip()
        if not title or len(title) > 200:
            raise Invalid("title", _("Say in at most 200 characters what is to be done."), "title")
        if data.assignee_id is None:
            raise Invalid("owner_missing", _("Say who does it."), "assignee_id")
        campaign = surveys.get_campaign(ctx, data.campaign_id) if data.campaign_id else None
        card = surveys.get_card(ctx, data.invitation_id) if data.invitation_id else None
        return _open(
            ctx, "improvement", title, data.text.strip(), assignee_id=_person(ctx, data.assignee_id),
            campaign=campaign or (card.campaign if card else None), card=card, due_on=data.due_on,
        )  # fmt: skip


def open_case(ctx: Ctx, card: Invitation, title: str, text: str, role: str) -> SurveyTask:
    """A bad score that no complaint takes care of, for whoever holds a role; inside the caller's transaction."""
    return _open(ctx, "case", title, text, role=role, campaign=card.campaign, card=card)


def open_reading(ctx: Ctx, campaign: Campaign, role: str, title: str, text: str) -> SurveyTask:
    """A summary of which those with a role take note; inside the caller's transaction."""
    return _open(ctx, "summary", title, text, role=role, campaign=campaign)


def _open(
    ctx: Ctx, kind: str, title: str, text: str, *, assignee_id: int | None = None, role: str = "",
    campaign: Campaign | None = None, card: Invitation | None = None, due_on: dt.date | None = None,
) -> SurveyTask:  # fmt: skip
    row = SurveyTask(
        number=next_number(ctx, TASK, get_setting(ctx, "callback.survey_task_pattern")), kind=kind, title=title,
        text=text, assignee_id=assignee_id, role=role, unit_id=card.unit_id if card else None,
        campaign_id=campaign.id if campaign else None, invitation_id=card.id if card else None, opened_at=ctx.now,
        opened_by=ctx.actor.name,
    )  # fmt: skip
    due = dt.datetime.combine(due_on, dt.time(23, 59), ctx.tz).astimezone(dt.UTC) if due_on else None
    if due is not None and due <= ctx.now:
        raise Invalid("due_too_early", _("The due date must not be in the past."), "due_on")
    ctx.session.add(row)
    ctx.session.flush()
    emit(ctx, "callback.task_opened", row, links=[card, campaign], number=row.number, title=title)
    clock = start_clock(ctx, row, TASK, {"kind": kind}, due=due)
    row.urgent_at = clock.due_at
    emit(ctx, "callback.task_due", row, number=row.number, due=clock.due_at)
    _tell(ctx, row)
    return row


def _person(ctx: Ctx, user_id: int) -> int:
    if surveys.works_here(ctx, user_id) is None:
        raise Invalid("unknown_person", _("Choose somebody who works here."), "assignee_id")
    return user_id


def _tell(ctx: Ctx, row: SurveyTask) -> None:
    people = [row.assignee_id] if row.assignee_id is not None else people_with_role(ctx, row.role)
    text = N_("Task {number} is for you: {title}")
    wanted = [p for p in people if p != ctx.actor.user_id]
    notify(ctx, wanted, text, record=row, once=f"{TASK}:{row.id}:{row.version}", number=row.number, title=row.title)


def _to_change(ctx: Ctx, task_id: int, version: int | None) -> SurveyTask:
    row = surveys.get_task(ctx, task_id, lock=True)
    check_version(row, version)
    if row.state != "open":
        raise Conflict("ended_already", _("This has ended already."))
    return row


def finish_task(ctx: Ctx, task_id: int, result: str, *, version: int | None = None) -> SurveyTask:
    """Report that it was done, and what came of it."""
    with transaction(ctx):
        row = _to_change(ctx, task_id, version)
        _end(ctx, row, "finish", _result(result, _("Say what was done.")))
        emit(ctx, "callback.task_done", row, number=row.number, result=row.result[:200])
        stop_clock(ctx, row, TASK)
        return row


def cancel_task(ctx: Ctx, task_id: int, reason: str, *, version: int | None = None) -> SurveyTask:
    """Give it up, for a reason."""
    with transaction(ctx):
        row = _to_change(ctx, task_id, version)
        _end(ctx, row, "cancel", _result(reason, _("Give a reason.")))
        emit(ctx, "callback.task_cancelled", row, number=row.number, reason=row.result[:200])
        cancel_clock(ctx, row, TASK)
        return row


def _result(text: str, message: str) -> str:
    text = text.strip()
    if not text or len(text) > 4000:
        raise Invalid("result", message, "result")
    return text


def _end(ctx: Ctx, row: SurveyTask, way: str, result: str) -> None:
    advance(ctx, TASKS, row, way, reason=result)
    row.result, row.ended_at, row.ended_by, row.urgent_at = result, ctx.now, ctx.actor.name, NEVER
    ctx.session.flush()


def give_task(ctx: Ctx, task_id: int, user_id: int, *, version: int | None = None) -> SurveyTask:
    """Give it to somebody, or take it oneself."""
    ctx.require(WORK)
    with transaction(ctx):
        row = _to_change(ctx, task_id, version)
        row.assignee_id = _person(ctx, user_id)
        ctx.session.flush()
        name = surveys.names_of(ctx, [user_id])[user_id]
        emit(ctx, "callback.task_given", row, number=row.number, name=name, user_id=user_id)
        _tell(ctx, row)
        return row


def hand_over(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open tasks of one person to another; answers how many."""
    with transaction(ctx):
        rows = surveys.open_tasks_of(ctx, from_user_id)
        name = surveys.names_of(ctx, [to_user_id]).get(to_user_id, "")
        for row in rows:
            row.assignee_id = to_user_id
            ctx.session.flush()
            emit(ctx, "callback.task_given", row, number=row.number, name=name, user_id=to_user_id)
        return len(rows)


def refresh_urgency(ctx: Ctx) -> None:
    """Put the deadline of the running time limit on open tasks: clocks stand still while the module is off."""
    with transaction(ctx):
        rows = surveys.open_tasks(ctx)
        clocks = surveys.clocks_of(ctx, [row.id for row in rows])
        changed = 0
        for row in rows:
            clock = clocks.get(row.id)
            moment = clock.due_at if clock is not None and clock.state == "running" else NEVER
            if row.urgent_at != moment:
                row.urgent_at = moment
                changed += 1
        if changed:
            emit(ctx, "callback.urgency_refreshed", tasks=changed)


def time_limit(ctx: Ctx, row: SurveyTask) -> Clock | None:
    """The newest time limit of a task."""
    return find_clock(ctx, row, TASK)
