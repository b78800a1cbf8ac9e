"""The page of one step of the expiry ladder: what ends, what is to be done, how it went."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, RecordRef, _, mails_on, timeline
from core.web_api import RecordForms, current_ctx, needs, panels_of, plain_form, sent, timeline_items
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    FOLLOW_UP_ACTION_WORDS,
    FOLLOW_UP_SORT_WORDS,
    FOLLOW_UP_STATE_WORDS,
    VISIT_OUTCOME_WORDS,
    VisitData,
)
from plugins.warranty.forms import agreed as forms
from plugins.warranty.models.agreements import FollowUp
from plugins.warranty.queries import agreements
from plugins.warranty.queries import follow_ups as queries
from plugins.warranty.services import follow_ups as services
from plugins.warranty.views.blueprint import blueprint


@blueprint.get("/follow-ups/<int:record_id>")
@needs(life.SEE_FOLLOW_UPS)
def follow_up_page(record_id: int):
    """One step."""
    ctx = current_ctx()
    return _page(ctx, queries.get_follow_up(ctx, record_id))


def _page(ctx: Ctx, step: FollowUp, *, failed: Any = None, name: str = "", extra=(), status: int = 200):
    page = render_template(
        "warranty/follow_up.html",
        step=step,
        what=_(FOLLOW_UP_ACTION_WORDS[step.action]),
        sort=_(FOLLOW_UP_SORT_WORDS[step.sort]),
        state=_(VISIT_OUTCOME_WORDS[step.outcome] if step.outcome else FOLLOW_UP_STATE_WORDS[step.state]),
        about_url=_about_url(ctx, step),
        owner=agreements.names_of(ctx, [step.assignee_id]).get(step.assignee_id or 0, ""),
        role=queries.role_words(ctx, step.role),
        then_role=queries.role_words(ctx, step.then_role),
        before=queries.get_follow_up(ctx, step.follows_id) if step.follows_id else None,
        after=queries.next_of(ctx, step.id),
        successor=agreements.find_contract(ctx, step.successor_id),
        mails=mails_on(ctx, step),
        overdue=step.is_open and step.due_on < ctx.today,
        days_left=(step.expires_on - ctx.today).days,
        panels=panels_of(ctx, step),
        history=timeline_items(ctx, timeline(ctx, step)),
        forms=ACTS.forms(ctx, step, failed, name) if step.is_open or name else {},
        failed=name,
        extra=list(extra),
    )
    return page, status


def _about_url(ctx: Ctx, step: FollowUp) -> str:
    """The page of what ends, for those who may see it."""
    kind = ctx.registry.kinds.get(RecordRef(step.record_kind, step.record_id).kind)
    if kind is None or not kind.endpoint or (kind.view and not ctx.can(kind.view)):
        return ""
    return url_for(kind.endpoint, record_id=step.record_id)


def _report_form(ctx: Ctx, step: FollowUp) -> Any:
    """Report or result; a report begins with what is known."""
    if step.action != "report":
        return forms.ResultForm(formdata=sent(ctx, step, "finish"), version=step.version)
    draft = queries.report_draft(ctx, step)
    return forms.ReportForm(formdata=sent(ctx, step, "finish"), version=step.version, result=draft)


def _visit_form(ctx: Ctx, step: FollowUp) -> forms.VisitForm:
    return forms.VisitForm(formdata=sent(ctx, step, "visit"), version=step.version, visited_on=ctx.today)


def _give_form(ctx: Ctx, step: FollowUp) -> forms.PersonForm:
    form = forms.PersonForm(formdata=sent(ctx, step, "give"), version=step.version, user_id=step.assignee_id)
    form.user_id.choices = agreements.people(ctx)
    return form


def _do(ctx: Ctx, step_id: int, name: str, form: Any) -> str:
    if name == "give":
        services.give_follow_up(ctx, step_id, form.user_id.data, version=form.seen)
        return _("Given to {name}", name=dict(agreements.people(ctx)).get(form.user_id.data, ""))
    if name == "finish":
        done = services.finish_follow_up(ctx, step_id, form.result.data, version=form.seen)
        if done.then_role:
            return _("Done; {role} goes on", role=queries.role_words(ctx, done.then_role))
        return _("Done")
    if name == "drop":
        services.drop_follow_up(ctx, step_id, form.reason.data, version=form.seen)
        return _("No longer needed, recorded")
    data = VisitData(
        form.outcome.data,
        form.visited_on.data,
        form.result.data or "",
        form.reason.data or "",
        form.next_on.data,
        form.price.data,
    )
    done = services.record_visit(ctx, step_id, data, version=form.seen)
    follower = agreements.find_contract(ctx, done.successor_id)
    if follower is not None:
        return _("Renewed: {number} is drawn up and waits for approval", number=follower.number)
    return _("Visit recorded")


ACTS = RecordForms(
    {
        "finish": _report_form,
        "visit": _visit_form,
        "give": _give_form,
        "drop": plain_form("drop", forms.ReasonForm),
    },
    dict.fromkeys(("finish", "visit", "give", "drop"), life.WORK_FOLLOW_UPS),
    queries.get_follow_up,
    _page,
    _do,
    lambda number: url_for("warranty.follow_up_page", record_id=number),
)


@blueprint.post("/follow-ups/<int:record_id>/<action>")
@needs(life.SEE_FOLLOW_UPS)
def follow_up_act(record_id: int, action: str):
    """Carry one action out. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)
