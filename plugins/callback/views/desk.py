"""The phone desk: who answers the service phone, missed calls, calling back. The list of missed calls is declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import (
    carry_out,
    clock_view_of,
    clock_views,
    current_ctx,
    form_page,
    needs,
    paged,
    panels_of,
    timeline_items,
    typed,
)
from plugins.base.contracts import DutyPlan
from plugins.callback.calling_contracts import ATTRIBUTION_WORDS, MISSED, MissedData
from plugins.callback.forms.desk import MissedForm, SaidForm, WhyForm
from plugins.callback.lists.missed import consequence_mark, state_mark
from plugins.callback.models import MissedCall
from plugins.callback.queries import desk as queries
from plugins.callback.queries.calling import clocks_of
from plugins.callback.queries.calls import names_of
from plugins.callback.rules.desk import at
from plugins.callback.services import desk as services
from plugins.callback.services.desk import JUDGE, RECORD
from plugins.callback.views.blueprint import blueprint
from plugins.callback.views.days import duty_days

SEE = "callback.desk.view"
ROWS = 20


@blueprint.get("/desk/")
@needs(SEE)
def desk_page():
    """The phone desk today: who answers, where nobody does, what was missed, who is to be called back."""
    ctx = current_ctx()
    days = queries.days_shown(ctx)
    start = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    plan = queries.plan_of(ctx, start, start + dt.timedelta(days=days))
    waiting = _page(ctx, queries.waiting(ctx), (MissedCall.due_at, "asc"), (MissedCall.id, "asc"), name="waiting")
    missed = _page(
        ctx, queries.missed_on(ctx, ctx.today), (MissedCall.at, "desc"), (MissedCall.id, "desc"), name="missed"
    )
    month = ctx.today.replace(day=1)
    return render_template(
        "callback/desk.html",
        plan=plan,
        rosters=queries.rosters(ctx) if plan is None else (),
        now=_now(ctx, plan),
        days=duty_days(ctx, plan, ctx.today, days) if plan is not None else (),
        missed=[(row, consequence_mark(row)) for row in missed.rows],
        missed_pager=missed.pager(_at("missed")),
        waiting=waiting.rows,
        waiting_pager=waiting.pager(_at("waiting")),
        clocks={n: clock_view_of(ctx, c) for n, c in clocks_of(ctx, [r.id for r in waiting.rows], MISSED).items()},
        names=names_of(ctx, [row.assignee_id for row in waiting.rows]),
        month=queries.month_of_people(ctx, month, ctx.today),
        month_words=f"{month:%Y-%m}",
        may_record=ctx.can(RECORD),
    )


def _page(ctx: Ctx, query: Any, *order: Any, name: str) -> Any:
    """One of the two tables of the page; each has its own place in the address."""
    return paged(ctx, query, order, size=ROWS, cursor=request.args.get(name))


def _at(name: str) -> Callable[[str], str]:
    kept: dict[str, Any] = {key: request.args[key] for key in ("waiting", "missed") if key in request.args}
    return lambda cursor: url_for("callback.desk_page", **{**kept, name: cursor})


def _now(ctx: Ctx, plan: DutyPlan | None) -> dict[str, Any]:
    """Who answers at this moment; whether somebody has to."""
    if plan is None:
        return {"open": False, "people": []}
    window = next(iter(at(plan.windows, ctx.now)), None)
    people = [(span.name, span.ends_at.astimezone(ctx.tz)) for span in at(plan.people, ctx.now)]
    return {"open": window is not None, "people": people}


@blueprint.route("/missed/new", methods=["GET", "POST"])
@needs(RECORD)
def missed_new():
    """Record a missed call by hand."""
    ctx = current_ctx()
    form = MissedForm(formdata=typed(), version="", at=ctx.now)

    def save() -> MissedCall:
        assert form.at.data is not None
        data = MissedData(form.at.data, form.phone.data or "", form.caller.data or "", form.note.data or "")
        return services.record_missed(ctx, data)[0]

    return form_page(
        form, save, "callback/missed_form.html", lambda row: url_for("callback.missed_page", record_id=row.id)
    )


@blueprint.get("/missed/<int:record_id>")
@needs(SEE)
def missed_page(record_id: int):
    """One missed call: who had to answer, what follows, who calls back."""
    ctx = current_ctx()
    return _missed(ctx, queries.get_missed(ctx, record_id))


def _missed(ctx: Ctx, row: MissedCall, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    said = failed if isinstance(failed, SaidForm) else SaidForm(formdata=None, version=row.version)
    why = failed if isinstance(failed, WhyForm) else WhyForm(formdata=None, version=row.version)
    own = row.answerable_id is not None and row.answerable_id == ctx.actor.user_id
    page = render_template(
        "callback/missed.html",
        row=row,
        mark=state_mark(row),
        consequence=consequence_mark(row),
        attribution=_(ATTRIBUTION_WORDS[row.attribution]),
        caller=names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, ""),
        clocks=clock_views(ctx, row),
        may_call=ctx.can(RECORD) and row.state == "open",
        may_object=own and row.consequence == "stands",
        may_judge=ctx.can(JUDGE) and not own and row.consequence in ("stands", "appealed"),
        said=said,
        why=why,
        failed=failed,
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return page, status


def _acted(record_id: int, form: Any, do: Any) -> Any:
    ctx = current_ctx()
    queries.get_missed(ctx, record_id)
    return carry_out(
        form,
        lambda: do(ctx),
        _("Saved"),
        url_for("callback.missed_page", record_id=record_id),
        lambda extra, status: _missed(ctx, queries.get_missed(ctx, record_id), form, extra, status),
    )


@blueprint.post("/missed/<int:record_id>/end")
@needs(RECORD)
def missed_end(record_id: int):
    """The customer was called back, or is not (``step`` leave)."""
    form = SaidForm(formdata=request.form)
    end = services.leave_missed if request.form.get("step") == "leave" else services.called_back
    return _acted(record_id, form, lambda ctx: end(ctx, record_id, form.result.data or "", version=form.seen))


@blueprint.post("/missed/<int:record_id>/object")
@needs(SEE)
def missed_object(record_id: int):
    """The person who had to answer objects."""
    form = WhyForm(formdata=request.form)
    return _acted(
        record_id, form, lambda ctx: services.object_to(ctx, record_id, form.why.data or "", version=form.seen)
    )


@blueprint.post("/missed/<int:record_id>/judge")
@needs(JUDGE)
def missed_judge(record_id: int):
    """Waive the consequence (``step`` waive), or let it stand."""
    form = WhyForm(formdata=request.form)
    waive = request.form.get("step") == "waive"
    return _acted(
        record_id, form,
        lambda ctx: services.judge_missed(
            ctx, record_id, waive=waive, reason=form.why.data or "", version=form.seen
        ),
    )  # fmt: skip
