"""Approvals: what waits for me, what I asked for, what I answered; one request; the panel on a record's page."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Flask, abort, flash, g, redirect, render_template, request, url_for

from core import hooks
from core.approvals import chains, queries
from core.approvals import services as approvals
from core.approvals.models import DONE, GRANTED, REFUSED, USED, VOID, WAITING, WITHDRAWN, Approval
from core.approvals.people import (
    answerable_for,
    deputies_listed,
    end_deputy,
    holders,
    name_deputy,
    staff,
    votes_of,
)
from core.clocks import Clock
from core.context import Ctx
from core.contributions import Panel, WorkItem
from core.decisions.store import StoredDecision
from core.errors import DomainError
from core.events import RecordRef, timeline
from core.i18n import N_, _, label, n_
from core.notifications import role_name
from core.paging import paged
from core.web.current import cursor_argument, pager_of, record_id
from core.web.entered import repeat_of
from core.web.explain import clock_view_of, decision_view_of
from core.web.gate import MEMBER, needs
from core.web.shell import may_open
from core.web.timeline import timeline_items
from core.web.ui import DecisionView, Step, Tab
from core.workflow import possible

blueprint = Blueprint("approvals", __name__)

STATE_WORDS = {
    WAITING: N_("waits"),
    GRANTED: N_("approved, not done yet"),
    USED: N_("approved and done"),
    REFUSED: N_("refused"),
    WITHDRAWN: N_("withdrawn"),
    VOID: N_("void"),
}
STATE_ICONS = {
    WAITING: ("hourglass", "warn"),
    GRANTED: ("circle-check", "ok"),
    USED: ("circle-check", "ok"),
    REFUSED: ("circle-x", "bad"),
    WITHDRAWN: ("undo-2", ""),
    VOID: ("ban", ""),
}
_ROLES = re.compile(r"\|[\w|.-]+\|")
TABS = {"todo": N_("To approve"), "asked": N_("Asked for by me"), "done": N_("Answered by me")}


def init_app(app: Flask) -> None:
    """The pages, the panel on records' pages, and the lines of "My work"."""
    app.register_blueprint(blueprint)
    registry = app.extensions["sanbao"]["registry"]
    hooks.answer_from_core(registry, "record_panels", "approvals", panels)
    hooks.answer_from_core(registry, "work_items", "approvals", work)


# --- lists ----------------------------------------------------------------------------------------------------------


@blueprint.get("/approvals")
@needs(MEMBER)
def approvals_list():
    """To approve, asked for by me, answered by me; deputies."""
    return _list_page({}, {})


def _list_page(typed: dict[str, str], errors: dict[str, str], status: int = 200):
    ctx = g.ctx
    tab = request.args.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    query = {
        "todo": queries.waiting_for_me,
        "asked": queries.asked_by_me,
        "done": queries.answered_by_me,
    }[tab](ctx)
    if query is None:
        query = sa.select(Approval).where(sa.false())
    page = paged(ctx, query, [(Approval.id, "desc")], cursor=cursor_argument())
    names = {p.id: p.name for p in staff(ctx).values()}
    listed = deputies_listed(ctx, None if ctx.can("core.users.manage") else ctx.actor.user_id)
    here = "approvals.approvals_list"
    return render_template(
        "approvals/list.html",
        tabs=[Tab(_(text), url_for(here, tab=key), current=key == tab) for key, text in TABS.items()],
        tab=tab,
        rows=_rows(ctx, page.rows),
        pager=pager_of(page),
        people=sorted(((i, n) for i, n in names.items() if i != ctx.actor.user_id), key=lambda p: p[1]),
        deputies=[(d, names.get(d.person_id, ""), names.get(d.deputy_id, "")) for d in listed],
        typed=typed,
        errors=errors,
    ), status


def _rows(ctx: Ctx, found: list[Approval]) -> list[dict[str, Any]]:
    """What the list shows of each request, in a fixed number of statements."""
    steps = queries.current_steps(ctx, [a.id for a in found])
    clocks = _clocks(ctx, [a.id for a in found if a.state == WAITING])
    return [
        {
            "approval": a,
            "action": action_words(ctx, a),
            "kind": _kind_words(ctx, a),
            "state": _(STATE_WORDS[a.state]),
            "icon": STATE_ICONS[a.state],
            "who": chains.step_words(ctx, steps[a.id][0]) if a.id in steps else "",
            "step": _("step {n} of {all}", n=steps[a.id][0].number, all=steps[a.id][1]) if a.id in steps else "",
            "clock": clock_view_of(ctx, clocks[a.id]) if a.id in clocks else None,
        }
        for a in found
    ]


def _clocks(ctx: Ctx, ids: list[int]) -> dict[int, Clock]:
    """Request → its running clock."""
    if not ids:
        return {}
    query = sa.select(Clock).where(
        Clock.record_kind == approvals.KIND, Clock.record_id.in_(ids), Clock.state.in_(("running", "paused"))
    )
    return {clock.record_id: clock for clock in ctx.session.scalars(query)}


def action_words(ctx: Ctx, approval: Approval) -> str:
    """The transition in words."""
    return _(ctx.registry.workflows[approval.record_kind].transition(approval.transition).label)


def _kind_words(ctx: Ctx, approval: Approval) -> str:
    return _(ctx.registry.kinds[approval.record_kind].label)


def work(ctx: Ctx) -> list[WorkItem]:
    """What waits for this person's approval, on "My work": the oldest first, a page full at most."""
    if not any(chains.was_used(ctx, kind) for kind in ctx.registry.workflows):
        return []
    query = queries.waiting_for_me(ctx)
    if query is None:
        return []
    found = list(ctx.session.scalars(query.order_by(Approval.id).limit(50)))
    clocks = _clocks(ctx, [a.id for a in found])
    return [
        WorkItem(
            title=_("{action}: {number}", action=action_words(ctx, a), number=a.record_number),
            url=url_for("approvals.approval_page", record_id=a.id),
            number=a.record_number,
            kind=_("Approval"),
            icon="stamp",
            due=clocks[a.id].due_at if a.id in clocks else None,
            clock=clocks.get(a.id),
            detail=_(", ").join(x for x in (a.title, _("asked by {name}", name=a.asked_by_name)) if x),
            next_step=_("Approve or refuse"),
        )
        for a in found
    ]


# --- one request ----------------------------------------------------------------------------------------------------


@blueprint.get("/approvals/<int:record_id>")
@needs(MEMBER)
def approval_page(record_id: int):
    """One request: what it is about, why it is needed, who answered what, and the buttons for who may answer."""
    approval = approvals.get_approval(g.ctx, record_id)
    approvals.look_again(g.ctx, record_id)
    return _page(approval)


def _page(approval: Approval, *, typed: str = "", error: str = "", status: int = 200):
    ctx = g.ctx
    events = timeline(ctx, RecordRef(approvals.KIND, approval.id), limit=50)
    return render_template(
        "approvals/approval.html",
        a=approval,
        action=action_words(ctx, approval),
        kind=_kind_words(ctx, approval),
        record_url=record_url(ctx, approval),
        history=timeline_items(ctx, events),
        typed=typed,
        error=error,
        **view(ctx, approval),
    ), status


def view(ctx: Ctx, approval: Approval) -> dict[str, Any]:
    """What page and panel show of a request."""
    steps = approvals.steps_listed(ctx, approval.id)
    votes = votes_of(ctx, approval.id)
    now = next((s for s in steps if s.state == WAITING), None)
    voted = [v.holder_id for v in votes if now is not None and v.step_id == now.id]
    mine = answerable_for(ctx, approval, now, voted) if now is not None else []
    clock = approvals.clock_on(ctx, approval.id) if now is not None and now.limit_amount else None
    stored = ctx.session.get_one(StoredDecision, approval.decision_id)
    needed = n_("{n} step needed", "{n} steps needed", len(steps))
    return {
        "state": _(STATE_WORDS[approval.state]),
        "state_icon": STATE_ICONS[approval.state],
        "steps": [_step_view(ctx, s, votes) for s in steps],
        "votes": [(v, next(s for s in steps if s.id == v.step_id)) for v in votes],
        "now": now,
        "may_answer_for": [(p.id, p.name) for p in mine],
        "is_mine": ctx.actor.user_id is not None and ctx.actor.user_id == approval.asked_by_id,
        "clock": clock_view_of(ctx, clock) if clock is not None else None,
        "why": replace(_with_role_names(ctx, decision_view_of(ctx, stored, verdict=needed)), alternatives=()),
        "ended_why": _(approval.ended_why) if approval.state == VOID else approval.ended_why,
        "ended": approval.state not in (WAITING, GRANTED),
        "repeat": repeat_of(ctx, approval),
        "nobody": chains.step_words(ctx, now) if now and not holders(ctx, approval.asked_by_id, now) else "",
    }


def _with_role_names(ctx: Ctx, why: DecisionView) -> DecisionView:
    """The roles of the asker, which are one fact of the table, by their names."""

    def named(text: str) -> str:
        if "|" not in text:
            return text
        return _ROLES.sub(lambda m: _(", ").join(label(role_name(ctx, c)) for c in m[0].strip("|").split("|")), text)

    of = _("Roles of the asker")
    facts = [replace(f, value=named(f.value), source=named(f.source)) if f.label == of else f for f in why.facts]
    return replace(why, facts=facts)


def _step_view(ctx: Ctx, step, votes) -> Step:
    given = [v for v in votes if v.step_id == step.id]
    note = _(", ").join(
        v.holder_name if v.by_id == v.holder_id else _("{name} for {holder}", name=v.by_name, holder=v.holder_name)
        for v in given
    )
    if step.state == REFUSED:
        note = _("refused: {who}", who=note)
    elif not note and step.holders == "all":
        note = _("all of them")
    state = "done" if step.state == DONE else "cur" if step.state == WAITING else ""
    return Step(chains.step_words(ctx, step), state, note)


def record_url(ctx: Ctx, approval: Approval) -> str:
    """The page of the record, for those who may open it."""
    kind = ctx.registry.kinds[approval.record_kind]
    if not kind.endpoint or not may_open(ctx, kind.endpoint):
        return ""
    if ctx.session.get(kind.model, approval.record_id) is None:
        return ""
    return url_for(kind.endpoint, record_id=approval.record_id)


# --- what may be done -----------------------------------------------------------------------------------------------


@blueprint.post("/approvals/ask")
@needs(MEMBER)
def approval_ask():
    """Ask for an approval from the panel on a record's page."""
    ctx = g.ctx
    kind = request.form.get("kind", "")
    number = record_id(request.form.get("record"))
    transition = request.form.get("transition", "")
    workflow = ctx.registry.workflows.get(kind)
    known = workflow is not None and transition in {t.name for t in workflow.transitions}
    if not known or number is None or ctx.registry.owner_of("workflows", kind) not in ctx.enabled:
        abort(404)
    try:
        made = approvals.ask(ctx, RecordRef(kind, number), transition, request.form.get("reason", ""))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
        return redirect(_record_page(ctx, kind, number))
    flash(_("Asked for; {who} was told", who=approvals.waiting_words(ctx, made)), "ok")
    return redirect(_record_page(ctx, kind, number))


def _record_page(ctx: Ctx, kind: str, number: int) -> str:
    endpoint = ctx.registry.kinds[kind].endpoint
    if not endpoint or not may_open(ctx, endpoint):
        return url_for("approvals.approvals_list", tab="asked")
    return url_for(endpoint, record_id=number, _anchor="approval")


@blueprint.post("/approvals/<int:record_id>/answer")
@needs(MEMBER)
def approval_answer(record_id: int):
    """Approve or refuse; what was typed stays when something is missing."""
    ctx = g.ctx
    approval = approvals.get_approval(ctx, record_id)
    reason = request.form.get("reason", "")
    for_id = request.form.get("for", type=int)
    approves = request.form.get("verdict") == "approve"
    try:
        approvals.answer(
            ctx, record_id, request.form.get("step", 0, type=int), approves=approves, reason=reason, for_id=for_id
        )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        approval = approvals.get_approval(ctx, record_id)
        return _page(approval, typed=reason, error=error.message, status=error.status)
    if approval.state == VOID:
        flash(_("Void: the record was changed in the meantime. It has to be asked for again."), "bad")
    else:
        flash(_("Approved") if approves else _("Refused"), "ok")
    return redirect(url_for("approvals.approval_page", record_id=record_id))


@blueprint.post("/approvals/<int:record_id>/withdraw")
@needs(MEMBER)
def approval_withdraw(record_id: int):
    """Take a request back."""
    try:
        approvals.withdraw(g.ctx, record_id, request.form.get("reason", ""))
        flash(_("Withdrawn"), "ok")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
    return redirect(url_for("approvals.approval_page", record_id=record_id))


@blueprint.post("/approvals/deputies")
@needs(MEMBER)
def deputy_add():
    """Name a deputy for some days."""
    ctx = g.ctx
    typed = {name: request.form.get(name, "").strip() for name in ("deputy_id", "from_day", "to_day", "reason")}
    days, errors = {}, {}
    for name in ("from_day", "to_day"):
        try:
            days[name] = dt.date.fromisoformat(typed[name])
        except ValueError:
            errors[name] = _("“{text}” is not a date. Write it like 2026-11-23.", text=typed[name])
    if not errors:
        try:
            deputy_id = record_id(typed["deputy_id"]) or 0
            name_deputy(ctx, deputy_id, days["from_day"], days["to_day"], typed["reason"][:400])
        except DomainError as error:
            if error.status in (403, 404):
                raise
            errors[error.field or "deputy_id"] = error.message
    if errors:
        return _list_page(typed, errors, 422)
    flash(_("Saved."), "ok")
    return redirect(url_for("approvals.approvals_list"))


@blueprint.post("/approvals/deputies/<int:row_id>/end")
@needs(MEMBER)
def deputy_end(row_id: int):
    """The deputy stands in no longer."""
    end_deputy(g.ctx, row_id)
    flash(_("Saved."), "ok")
    return redirect(url_for("approvals.approvals_list"))


# --- the panel on a record's page -----------------------------------------------------------------------------------


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of any record with a workflow: what waits, what would need an approval, what was decided before."""
    kind = next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")
    workflow = ctx.registry.workflows.get(kind)
    if workflow is None or not chains.was_used(ctx, kind):
        return []
    ref = RecordRef(kind, record.id)
    if request.method == "GET" and (waiting := approvals.open_request(ctx, ref)) is not None:
        approvals.look_again(ctx, waiting.id)
    requests = approvals.requests_on(ctx, ref)
    current = next((a for a in requests if a.state in (WAITING, GRANTED)), None)
    outdated = current is not None and approvals.changed_since(ctx, current, record)
    needed = []
    if current is None or outdated:
        for transition in possible(ctx, workflow, record):
            plans = chains.steps_of(ctx, record, chains.decide(ctx, record, transition.name))
            if plans:
                who = _(", then ").join(chains.step_words(ctx, plan) for plan in plans)
                needed.append((transition.name, _(transition.label), who))
    if not requests and not needed:
        return []
    earlier = [a for a in requests if a is not current]
    data = {
        "kind": kind,
        "record": record,
        "current": current,
        "outdated": outdated,
        "shown": view(ctx, current) if current is not None else None,
        "action": action_words(ctx, current) if current is not None else "",
        "needed": needed,
        "earlier": [(a, action_words(ctx, a), _(STATE_WORDS[a.state]), STATE_ICONS[a.state]) for a in earlier],
    }
    return [Panel(_("Approval"), "approvals/_panel.html", data, order=10, acts=True)]
