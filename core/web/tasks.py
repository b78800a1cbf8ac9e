"""Background work as pages: one's own (with a right everybody's), how far it is, what came out; stop, try again."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask import request as http

from core.errors import DomainError
from core.files import files_of, size_words
from core.i18n import _, label
from core.paging import paged
from core.tasks import (
    CANCELLED,
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    VIEW_ALL,
    Task,
    cancel_task,
    find_task,
    may_open_files,
    retry_task,
    tasks_query,
)
from core.web.current import cursor_argument, pager_of
from core.web.gate import MEMBER, needs
from core.web.shell import may_open
from core.web.ui import Tab

blueprint = Blueprint("tasks", __name__)


def state_words() -> dict[str, tuple[str, str, str]]:
    """State → (words, kind of tag, icon)."""
    return {
        QUEUED: (_("Waiting"), "", "clock"),
        RUNNING: (_("Running"), "info", "loader"),
        DONE: (_("Done"), "ok", "circle-check"),
        FAILED: (_("Failed"), "bad", "octagon-alert"),
        CANCELLED: (_("Stopped"), "", "ban"),
    }


@blueprint.get("/tasks")
@needs(MEMBER)
def tasks_list():
    """Background work, newest first: the person's own, or everybody's for those who may see it."""
    ctx = g.ctx
    everybody = ctx.can(VIEW_ALL) and http.args.get("whose") == "all"
    page = paged(ctx, tasks_query(ctx, everybody=everybody), [(Task.id, "desc")], cursor=cursor_argument())
    tabs = []
    if ctx.can(VIEW_ALL):
        tabs = [
            Tab(_("My own"), url_for("tasks.tasks_list"), None, not everybody),
            Tab(_("Everybody's"), url_for("tasks.tasks_list", whose="all"), None, everybody),
        ]
    return render_template(
        "web/tasks.html",
        rows=page.rows,
        pager=pager_of(page),
        tabs=tabs,
        everybody=everybody,
        states=state_words(),
        label=label,
        live=any(not task.ended for task in page.rows),
        held=_held(ctx, page.rows),
    )


def _held(ctx, rows) -> set[int]:
    """Those that wait because their module is off."""
    return {t.id for t in rows if not t.ended and t.plugin != "core" and t.plugin not in ctx.enabled}


@blueprint.get("/tasks/<int:record_id>")
@needs(MEMBER)
def task_page(record_id: int):
    """One piece of background work: how far it is, what came out, its files."""
    ctx = g.ctx
    task = find_task(ctx, record_id)
    return render_template(
        "web/task.html",
        task=task,
        states=state_words(),
        label=label,
        files=[(f, size_words(f.size)) for f in files_of(ctx, task)] if may_open_files(ctx, task) else [],
        result_url=result_url(ctx, task),
        held=bool(_held(ctx, [task])),
        ahead=_ahead(ctx, task),
        own=task.owner_id == ctx.actor.user_id,
    )


def result_url(ctx, task: Task) -> str:
    """The page of its result, where its kind has one that this person may open."""
    kind = ctx.registry.task_kinds.get(task.kind)
    if kind is None or not kind.endpoint or not may_open(ctx, kind.endpoint):
        return ""
    return url_for(kind.endpoint, record_id=task.id)


def _ahead(ctx, task: Task) -> int:
    """How many of its kind are to be done before it."""
    if task.state != QUEUED or not task.alone:
        return 0
    query = sa.select(sa.func.count(Task.id)).where(
        Task.kind == task.kind, Task.state.in_((QUEUED, RUNNING)), Task.id < task.id
    )
    return ctx.session.scalar(query) or 0


@blueprint.post("/tasks/<int:task_id>/cancel")
@needs(MEMBER)
def task_cancel(task_id: int):
    """Stop it."""
    return _change(cancel_task, task_id, _("It stops before its next step."))


@blueprint.post("/tasks/<int:task_id>/retry")
@needs(MEMBER)
def task_retry(task_id: int):
    """Queue it again."""
    return _change(retry_task, task_id, _("Queued again; it goes on where it was."))


def _change(action, task_id: int, done: str):
    try:
        action(g.ctx, task_id)
        flash(done, "ok")
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.message, "bad")
    return redirect(url_for("tasks.task_page", record_id=task_id))
