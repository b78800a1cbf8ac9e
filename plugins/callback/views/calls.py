"""Pages of calls and of customers' wishes about them. The list is declared."""

from __future__ import annotations

from flask import render_template, request, url_for

from core.api import Ctx, _, label, timeline
from core.web_api import (
    VersionForm,
    carry_out,
    current_ctx,
    first_line,
    form_page,
    needs,
    panels_of,
    timeline_items,
    typed,
)
from plugins.base.queries import get_customer
from plugins.callback.contracts import PART_WORDS, RESULT_WORDS, CallData, MoveData, PreferenceData
from plugins.callback.forms.calls import CallForm, MoveForm, PreferenceForm
from plugins.callback.forms.common import ReasonForm
from plugins.callback.lists.calls import PLAN, SEE, WISHES, state_mark
from plugins.callback.models import Call, Preference
from plugins.callback.models.calls import AHEAD, ALL_DAYS, ALL_PARTS
from plugins.callback.queries import calls as queries
from plugins.callback.queries.words import places, wishes_words
from plugins.callback.services import calls as services
from plugins.callback.services.calling import MAKE
from plugins.callback.views.blueprint import blueprint


@blueprint.get("/calls/<int:record_id>")
@needs(SEE)
def call_page(record_id: int):
    """One call: whom, when, why."""
    ctx = current_ctx()
    return _call(ctx, queries.get_call(ctx, record_id))


def _call(ctx: Ctx, row: Call, failed: VersionForm | None = None, extra: list[str] | None = None, status: int = 200):
    form = failed if isinstance(failed, ReasonForm) else ReasonForm(formdata=None, version=row.version)
    move = failed if isinstance(failed, MoveForm) else _move_form(row)
    _offer(ctx, move)
    customer = get_customer(ctx, row.customer_id)
    period = queries.get_period(ctx, row.period_id)
    needs_ = queries.needs_of(ctx, [row.id]).get(row.id, [])
    shown = render_template(
        "callback/call.html",
        call=row,
        customer=customer,
        period=period,
        needs=[(need, queries.reason_words(ctx, need.reason)) for need in needs_],
        agent=queries.names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, ""),
        part=_(PART_WORDS[row.part]),
        result=_(RESULT_WORDS[row.result]),
        wishes=wishes_words(queries.preference_of(ctx, customer.id)),
        mark=state_mark(row.state),
        may_call=ctx.can(MAKE) and row.state in ("released", "calling"),
        may_plan_anew=ctx.can(PLAN) and row.state == "missed",
        may_plan=ctx.can(PLAN) and row.state in AHEAD,
        form=form,
        move=move,
        failed=failed,
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return shown, status


def _move_form(row: Call) -> MoveForm:
    return MoveForm(formdata=None, version=row.version, day=row.day, part=row.part, agent_id=row.assignee_id or 0)


def _offer(ctx: Ctx, form: MoveForm | CallForm) -> None:
    """The people who make calls; labels in the language of the moment."""
    form.agent_id.choices = first_line(_("nobody yet"), queries.agent_choices(ctx))
    form.part.choices = [(key, _(words)) for key, words in PART_WORDS.items()]


@blueprint.post("/calls/<int:record_id>/move")
@needs(PLAN)
def call_move(record_id: int):
    """Put it on another day, in another part of it, or give it to somebody else."""
    ctx = current_ctx()
    form = MoveForm(formdata=request.form)
    _offer(ctx, form)
    queries.get_call(ctx, record_id)

    def save() -> Call:
        day = form.day.data
        assert day is not None
        data = MoveData(day, form.part.data, form.agent_id.data or None)
        return services.move_call(ctx, record_id, data, version=form.seen)

    return carry_out(
        form, save, _("Moved"), url_for("callback.call_page", record_id=record_id),
        lambda extra, status: _call(ctx, queries.get_call(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.route("/customers/<int:customer_id>/calls/new", methods=["GET", "POST"])
@needs(PLAN)
def call_new(customer_id: int):
    """Plan a call to a customer by hand."""
    ctx = current_ctx()
    customer = get_customer(ctx, customer_id)
    form = CallForm(formdata=typed(), version="", day=ctx.today, reason="hand", agent_id=ctx.actor.user_id or 0)
    form.reason.choices = [(code, label(words)) for code, words in queries.reasons(ctx).items()]
    _offer(ctx, form)

    def save() -> Call:
        day = form.day.data
        assert day is not None
        data = CallData(customer.id, day, form.reason.data or "", form.agent_id.data or None, form.part.data)
        return services.add_call(ctx, data)

    return form_page(
        form, save, "callback/call_form.html", lambda row: url_for("callback.call_page", record_id=row.id),
        customer=customer,
    )  # fmt: skip


@blueprint.post("/calls/<int:record_id>/cancel")
@needs(PLAN)
def call_cancel(record_id: int):
    """It is not made, with a reason."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_call(ctx, record_id)
    return carry_out(
        form,
        lambda: services.cancel_call(ctx, record_id, form.reason.data or "", version=form.seen),
        _("Cancelled"),
        url_for("callback.call_page", record_id=record_id),
        lambda extra, status: _call(ctx, queries.get_call(ctx, record_id), form, extra, status),
    )


@blueprint.route("/customers/<int:customer_id>/wishes", methods=["GET", "POST"])
@needs(WISHES)
def preference_edit(customer_id: int):
    """Note how a customer wishes to be called."""
    ctx = current_ctx()
    customer = get_customer(ctx, customer_id)
    row = queries.preference_of(ctx, customer.id)
    form = PreferenceForm(
        formdata=typed(), version=row.version if row else "", no_call=bool(row and row.no_call),
        weekdays=places(row.weekdays if row else ALL_DAYS), parts=places(row.parts if row else ALL_PARTS),
        note=row.note if row else "",
    )  # fmt: skip

    def save() -> Preference:
        data = PreferenceData(
            tuple(form.weekdays.data or ()), tuple(form.parts.data or ()), bool(form.no_call.data),
            form.note.data or "",
        )  # fmt: skip
        return services.save_preference(ctx, customer.id, data, version=form.seen if row else None)

    return form_page(
        form, save, "callback/preference_form.html",
        lambda _row: url_for("base.customer_page", record_id=customer.id), customer=customer,
    )  # fmt: skip
