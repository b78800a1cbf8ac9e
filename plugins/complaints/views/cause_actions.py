"""Corrective and preventive actions: the page of one, and what may be done to it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, decisions_on, possible, timeline
from core.web_api import (
    RecordForms,
    clock_views,
    current_ctx,
    decision_view_of,
    flash_done,
    needs,
    own_ids,
    plain_form,
    sent,
    timeline_items,
    typed,
)
from plugins.complaints import figures, following, forms, life, queries, services
from plugins.complaints.contracts import ActionData
from plugins.complaints.counted_list import cut_words
from plugins.complaints.labels import Words
from plugins.complaints.models import CauseAction
from plugins.complaints.views.blueprint import blueprint


@blueprint.route("/actions/new", methods=["GET", "POST"])
@needs(life.WORK_ACTIONS)
def action_new():
    """An action that no single complaint caused: for a cause of the tree, or for a number of the statistics."""
    ctx = current_ctx()
    cut = figures.read_cut(request.args, ctx.today) if "begins" in request.args else None
    form = forms.NewActionForm(formdata=typed(), **_prefilled(ctx, cut))
    _offer(ctx, form)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = services.open_action(ctx, _data(form, cut))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Action {number} opened", number=made.number))
                return redirect(url_for("complaints.action_page", record_id=made.id))
    address = url_for("complaints.action_new", **(figures.cut_arguments(cut) if cut is not None else {}))
    return render_template("complaints/action_new.html", form=form, extra=extra, address=address), status


def _prefilled(ctx: Ctx, cut: figures.Cut | None) -> dict[str, Any]:
    """What the statistics say already: how many there were, how many before, and the cause."""
    if cut is None:
        return {"version": "", "assignee_id": ctx.actor.user_id or 0}
    total = figures.total(ctx, cut)
    words = _("{what}: {n}, before {before}", what=cut_words(ctx, cut), n=total.now, before=total.before)
    cause = figures.number_of(cut.cause.removesuffix("!")) or 0
    return {"version": "", "assignee_id": ctx.actor.user_id or 0, "origin": words[:400], "cause_id": cause}


def _offer(ctx: Ctx, form: forms.OpenActionForm) -> None:
    forms.offer_causes(ctx, form)
    forms.offer_departments(ctx, form.unit_id, _("that of the cause"))
    form.assignee_id.choices = [(0, _("Nobody yet")), *queries.people(ctx)]


def _data(form: forms.NewActionForm, cut: figures.Cut | None) -> ActionData:
    return ActionData(
        form.title.data or "",
        form.kind.data,
        form.text.data or "",
        form.cause_id.data or None,
        (),
        form.unit_id.data or None,
        form.assignee_id.data or None,
        form.due_on.data,
        form.origin.data or "",
        figures.cut_arguments(cut) if cut is not None else {},
    )


@blueprint.get("/actions/<int:record_id>")
@needs(life.SEE_ACTIONS)
def action_page(record_id: int):
    """Everything about one action."""
    ctx = current_ctx()
    return _page(ctx, following.get_action(ctx, record_id))


def _page(ctx: Ctx, action: CauseAction, *, failed: Any = None, name: str = "", extra=(), status: int = 200):
    made = {key: make(ctx, action) for key, make in ACTS.makers.items() if key != name}
    if name:
        made[name] = failed
    follows = following.get_action(ctx, action.follows_id) if action.follows_id else None
    page = render_template(
        "complaints/action.html",
        action=action,
        words=Words(ctx),
        clocks=clock_views(ctx, action),
        decisions=[decision_view_of(ctx, d) for d in decisions_on(ctx, action)],
        history=timeline_items(ctx, timeline(ctx, action)),
        sources=following.sources_of(ctx, action.id),
        follows=follows,
        effect=figures.effect_of(ctx, action),
        origin_url=_origin_url(ctx, action),
        followed_by=following.followed_by(ctx, action.id),
        cause_path=following.tree(ctx).path_words(action.cause_id),
        owner=queries.names_of(ctx, [action.assignee_id]).get(action.assignee_id or 0, ""),
        can={t.name for t in possible(ctx, life.ACTIONS, action)},
        forms={key: own_ids(key, form) for key, form in made.items()},
        failed=name,
        extra=list(extra),
    )
    return page, status


def _origin_url(ctx: Ctx, action: CauseAction) -> str:
    """The statistics that showed what the action is for; empty where there are none, or not for this person."""
    if not action.origin_cut or not ctx.can("complaints.figures.view"):
        return ""
    cut = figures.read_cut(action.origin_cut, ctx.today)
    return url_for("complaints.statistics_page", **figures.cut_arguments(cut))


def _give_form(ctx: Ctx, action: CauseAction) -> forms.GiveActionForm:
    form = forms.GiveActionForm(
        formdata=sent(ctx, action, "give"), version=action.version, user_id=action.assignee_id
    )
    form.user_id.choices = queries.people(ctx)
    return form


def _carry_out(ctx: Ctx, action_id: int, name: str, form: Any) -> str:
    if name == "give":
        services.give_action(ctx, action_id, form.user_id.data, version=form.seen)
        return _("Given to {name}", name=queries.active_member_name(ctx, form.user_id.data) or "")
    if name == "finish":
        services.finish_action(ctx, action_id, form.result.data, version=form.seen)
        return _("Done; its effect is checked next")
    if name == "check":
        effective = form.effect.data == "effective"
        services.check_action(ctx, action_id, effective, form.text.data, version=form.seen)
        return _("Effective, recorded") if effective else _("Not effective; a new action was opened")
    if name == "return":
        services.return_action(ctx, action_id, form.reason.data, version=form.seen)
        return _("Back to work")
    services.cancel_action(ctx, action_id, form.reason.data, version=form.seen)
    return _("Given up")


ACTS = RecordForms(
    makers={
        "give": _give_form,
        "finish": plain_form("finish", forms.ResultForm, "finish"),
        "check": plain_form("check", forms.CheckForm, "check"),
        "return": plain_form("return", forms.ReasonForm, "return"),
        "cancel": plain_form("cancel", forms.ReasonForm, "cancel"),
    },
    rights={
        "give": life.WORK_ACTIONS,
        "finish": life.WORK_ACTIONS,
        "check": life.CHECK_ACTIONS,
        "return": life.CHECK_ACTIONS,
        "cancel": life.CHECK_ACTIONS,
    },
    find=following.get_action,
    page=_page,
    do=_carry_out,
    back=lambda action_id: url_for("complaints.action_page", record_id=action_id),
)


@blueprint.post("/actions/<int:record_id>/<action>")
@needs(life.SEE_ACTIONS)
def action_act(record_id: int, action: str):
    """Carry one step out. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)
