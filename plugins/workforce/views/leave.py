"""Pages of leave. The list is declared."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, _, gates, label, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    flash_done,
    flash_error,
    form_page,
    needs,
    panels_of,
    record_id,
    timeline_items,
    typed,
)
from plugins.workforce.contracts import LeaveData
from plugins.workforce.forms.common import ReasonForm
from plugins.workforce.forms.leave import LeaveForm
from plugins.workforce.forms.rosters import minutes
from plugins.workforce.lists.leave import ASK, PLAN, SEE, state_mark
from plugins.workforce.models import Leave
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import leave as queries
from plugins.workforce.services import leave as services
from plugins.workforce.views.blueprint import blueprint


@blueprint.get("/leave/<int:record_id>")
@needs(SEE)
def leave_page(record_id: int):
    """One leave: when, what it waits for, which duty it leaves empty."""
    ctx = current_ctx()
    return _page(ctx, queries.get_leave(ctx, record_id))


def _page(ctx: Ctx, row: Leave, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200):
    own = row.assignee_id == ctx.actor.user_id or ctx.can(PLAN)
    ways = {t.name: t for t in possible(ctx, services.WORKFLOW, row)} if own else {}
    waiting = gates(ctx, ways["agree"], row) if "agree" in ways else []
    shifts = duty.shifts_of(ctx, [row.assignee_id or 0], row.starts_at, row.ends_at)
    shown = render_template(
        "workforce/leave.html",
        leave=row,
        name=people.name_of(ctx, row.assignee_id),
        unit=people.unit_names(ctx).get(row.unit_id or 0, ""),
        kind=queries.kind_words(ctx, row.kind),
        when=queries.when_words(ctx, row),
        mark=state_mark(row.state),
        gates=waiting,
        shifts=[(s, duty.span_words(ctx, s.starts_at, s.ends_at)) for s in shifts],
        may={
            "agree": "agree" in ways,
            "refuse": "refuse" in ways,
            "withdraw": "withdraw" in ways and row.ends_at > ctx.now,
        },
        form=form or ReasonForm(formdata=None, version=row.version),
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return shown, status


@blueprint.route("/leave/new", methods=["GET", "POST"])
@needs(ASK)
def leave_new():
    """Ask for leave: one's own, or that of others with the right to plan."""
    ctx = current_ctx()
    me = ctx.actor.user_id
    given = record_id(request.args.get("person")) or me
    form = LeaveForm(formdata=typed(), version="", user_id=given, first=ctx.today, last=ctx.today)
    everybody = people.people(ctx)
    form.user_id.choices = everybody if ctx.can(PLAN) else [p for p in everybody if p[0] == me]
    form.kind.choices = [(code, label(words)) for code, words in queries.kinds(ctx).items()]

    def save() -> Leave:
        first, last = form.first.data, form.last.data
        assert first is not None
        assert last is not None
        data = LeaveData(
            form.user_id.data, form.kind.data, first, last, form.part.data, minutes(form.begins.data),
            minutes(form.ends.data), form.reason.data or "",
        )  # fmt: skip
        row = services.ask_leave(ctx, data)
        _agree(ctx, row.id)
        return row

    return form_page(
        form, save, "workforce/leave_form.html", lambda row: url_for("workforce.leave_page", record_id=row.id)
    )


def _agree(ctx: Ctx, leave_id: int, version: int | None = None) -> None:
    """Agree to it; where the rules want an approval, that is asked for and told."""
    try:
        services.agree_leave(ctx, leave_id, version=version)
    except Conflict as error:
        ctx.session.expire_all()
        flash_error(error)


@blueprint.post("/leave/<int:record_id>/agree")
@needs(ASK)
def leave_agree(record_id: int):
    """Let it count, or ask for the approval that it needs."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_leave(ctx, record_id)
    try:
        services.agree_leave(ctx, record_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _page(ctx, queries.get_leave(ctx, record_id), extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(_("Agreed"))
    return redirect(url_for("workforce.leave_page", record_id=record_id))


@blueprint.post("/leave/<int:record_id>/refuse")
@needs(PLAN)
def leave_refuse(record_id: int):
    """Refuse it, with a reason."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    return _ended(ctx, record_id, form, services.refuse_leave, _("Refused"))


@blueprint.post("/leave/<int:record_id>/withdraw")
@needs(ASK)
def leave_withdraw(record_id: int):
    """It is not taken after all."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    return _ended(ctx, record_id, form, services.withdraw_leave, _("Withdrawn"))


def _ended(ctx: Ctx, leave_id: int, form: ReasonForm, end, done: str):
    queries.get_leave(ctx, leave_id)
    return carry_out(
        form,
        lambda: end(ctx, leave_id, form.reason.data or "", version=form.seen),
        done,
        url_for("workforce.leave_page", record_id=leave_id),
        lambda extra, status: _page(ctx, queries.get_leave(ctx, leave_id), form, extra, status),
    )
