"""Corrective and preventive actions: the page of one, and what may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, decisions_on, possible, timeline
from core.web_api import (
    clock_views,
    current_ctx,
    decision_view_of,
    flash_done,
    kept_form,
    needs,
    timeline_items,
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
    form = forms.NewActionForm(formdata=request.form if request.method == "POST" else None, **_prefilled(ctx, cut))
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
    shown = {key: make(ctx, action) for key, make in MAKERS.items() if key != name}
    if name:
        shown[name] = failed
    for key, form in shown.items():
        for field in form:  # several forms stand on one page; their fields must not share ids
            field.id = f"{key}-{field.short_name}"
            field.label.field_id = field.id
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
        forms=shown,
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


def _simple(name: str, kind: type):
    def make(ctx: Ctx, action: CauseAction):
        return kind(formdata=request.form if _is(name) else kept_form(ctx, action, name), version=action.version)

    return make


def _give_form(ctx: Ctx, action: CauseAction) -> forms.GiveActionForm:
    form = forms.GiveActionForm(
        formdata=request.form if _is("give") else None, version=action.version, user_id=action.assignee_id
    )
    form.user_id.choices = queries.people(ctx)
    return form


def _is(name: str) -> bool:
    return request.method == "POST" and (request.view_args or {}).get("action") == name


MAKERS: dict[str, Callable[[Ctx, CauseAction], Any]] = {
    "give": _give_form,
    "finish": _simple("finish", forms.ResultForm),
    "check": _simple("check", forms.CheckForm),
    "return": _simple("return", forms.ReasonForm),
    "cancel": _simple("cancel", forms.ReasonForm),
}
RIGHTS = {
    "give": life.WORK_ACTIONS,
    "finish": life.WORK_ACTIONS,
    "check": life.CHECK_ACTIONS,
    "return": life.CHECK_ACTIONS,
    "cancel": life.CHECK_ACTIONS,
}


@blueprint.post("/actions/<int:record_id>/<action>")
@needs(life.SEE_ACTIONS)
def action_act(record_id: int, action: str):
    """Carry one step out. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in MAKERS:
        abort(404)
    ctx.require(RIGHTS[action])
    row = following.get_action(ctx, record_id)
    form = MAKERS[action](ctx, row)
    if not form.validate():
        return _page(ctx, row, failed=form, name=action, status=422)
    try:
        done = _carry_out(ctx, record_id, action, form)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        row = following.get_action(ctx, record_id)
        form.version.raw_data, form.version.data = None, row.version
        return _page(ctx, row, failed=form, name=action, extra=form.refuse(error), status=error.status)
    flash_done(done)
    return redirect(url_for("complaints.action_page", record_id=record_id))


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
