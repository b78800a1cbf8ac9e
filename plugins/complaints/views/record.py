"""The page of one complaint: next step, steps, clocks, why things were decided, what happened, what is missing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import structlog
from flask import render_template, request
from wtforms.validators import InputRequired

from core.api import (
    N_,
    Ctx,
    DomainError,
    Event,
    StoredDecision,
    _,
    decisions_on,
    fill_in,
    gates,
    get_setting,
    mail_ready,
    possible,
    templates_of,
    timeline,
    unit_by_code,
)
from core.web_api import (
    DecisionView,
    Step,
    TimelineItem,
    clock_views,
    current_ctx,
    decision_view_of,
    flash_error,
    has_endpoint,
    moment,
    needs,
    own_ids,
    panels_of,
    plain_form,
    record_id,
    sent,
    timeline_items,
)
from plugins.base import queries as base_queries
from plugins.complaints import following, forms, life, panels, queries
from plugins.complaints.contracts import ANSWER_CHANNEL_WORDS, DUTY_WORDS, MATTER_WORDS, REPLIES, STATE_WORDS
from plugins.complaints.labels import Words
from plugins.complaints.models import NEVER, OPEN_STATES, Complaint
from plugins.complaints.views.blueprint import blueprint

log = structlog.get_logger("sanbao.complaints")

HISTORY = 30
REPEATED = 6
"""How many of the complaints that it repeats are listed."""
LABELS = {
    "state": N_("State"),
    "unit_id": N_("Department"),
    "assignee_id": N_("Assignee"),
    "category": N_("Category"),
    "nature": N_("Nature"),
    "severity": N_("Severity"),
    "kind": N_("Kind"),
    "outcome": N_("Outcome"),
    "outcome_text": N_("Result in words"),
    "findings": N_("Findings"),
    "region": N_("Region"),
    "responsible_unit_id": N_("Responsible department"),
    "responsible_id": N_("Responsible person"),
    "delegate_id": N_("Delegate"),
    "no_action_reason": N_("Why no action is needed"),
}
PEOPLE, UNITS = ("assignee_id", "responsible_id", "delegate_id"), ("unit_id", "responsible_unit_id")
"""The columns whose changes the timeline shows."""


@blueprint.get("/<int:record_id>")
@needs(life.VIEW)
def complaint_page(record_id: int):
    """Everything about one complaint."""
    ctx = current_ctx()
    return page_of(ctx, queries.get_complaint(ctx, record_id))


def page_of(
    ctx: Ctx,
    complaint: Complaint,
    *,
    failed: Any = None,
    action: str = "",
    extra: list[str] | None = None,
    status: int = 200,
):
    """The page; ``failed`` is the form of ``action`` with what was typed, ``extra`` what is wrong beside its fields."""
    before = record_id(request.args.get("before"))
    events = timeline(ctx, complaint, before_id=before, limit=HISTORY + 1)
    names = _names(ctx, complaint, events)
    words = Words(ctx)
    step, anchor = panels.next_step(ctx, complaint)
    shown = {
        "complaint": complaint,
        "words": words,
        "steps": _steps(ctx, complaint),
        "clocks": clock_views(ctx, complaint),
        "decisions": _decisions(ctx, complaint),
        "history": [_item(ctx, e, words, names) for e in events[:HISTORY]],
        "earlier": events[HISTORY - 1].id if len(events) > HISTORY else None,
        "gates": _gates(ctx, complaint),
        "replies": queries.replies_of(ctx, complaint.id),
        "mails": queries.mails_of_replies(ctx, complaint),
        "answers": templates_of(ctx, REPLIES),
        "hands": queries.handovers_of(ctx, complaint.id),
        "names": names,
        "can": {t.name for t in possible(ctx, life.WORKFLOW, complaint)},
        "next_step": step,
        "next_anchor": anchor,
        "forms": _forms(ctx, complaint, failed, action),
        "failed": action,
        "extra": extra or [],
        "panels": panels_of(ctx, complaint),
        "phones": _phone(complaint),
        "never": NEVER,
        "open_states": OPEN_STATES,
        "duplicate_of": queries.get_complaint(ctx, complaint.duplicate_of_id) if complaint.duplicate_of_id else None,
        "links": {k: has_endpoint(k) for k in ("base.customer_page", "base.unit_page", "base.contact_page")},
        **_following(ctx, complaint),
        "answered": following.answer_of(ctx, complaint.id) if complaint.channel == "questionnaire" else None,
        "matters": MATTER_WORDS,
        "told": queries.progress_of(ctx, complaint.id),
        "expected": queries.expected_finish(ctx, complaint) if complaint.is_open else None,
        "product": base_queries.get_product(ctx, complaint.product_id) if complaint.product_id else None,
        "unit_badges": base_queries.unit_badges(ctx, [complaint.device_id] if complaint.device_id else ()).get(
            complaint.device_id or 0, []
        ),
    }
    return render_template("complaints/complaint.html", **shown), status


def _following(ctx: Ctx, complaint: Complaint) -> dict[str, Any]:
    """What follows from a complaint: cause, meetings, actions, gifts, linked and repeated complaints."""
    tree = following.tree(ctx)
    lead_id = complaint.lead_id or complaint.id
    members = following.group_of(ctx, lead_id)
    lead = queries.find_complaint(ctx, complaint.lead_id) if complaint.lead_id else complaint
    group = [lead, *members] if lead is not None else members
    repeated = queries.repeated_by(ctx, complaint, REPEATED) if complaint.repeats else []
    return {
        "cause_path": tree.path_words(complaint.cause_id),
        "meetings": following.meetings_of(ctx, complaint.id) if complaint.duty or complaint.met_at else [],
        "duty_role": queries.role_label(ctx, complaint.duty_role) if complaint.duty else "",
        "actions": following.actions_of(ctx, complaint.id) if ctx.can(life.SEE_ACTIONS) else [],
        "rewards": following.rewards_of(ctx, complaint.id) if complaint.kind == "suggestion" else [],
        "group": group if members else [],
        "lead": lead if members else None,
        "repeated": repeated,
        "repeated_elsewhere": max(0, complaint.repeats - len(repeated)) if len(repeated) < REPEATED else 0,
        "repeat_days": queries.repeat_days(ctx),
        "again_of": queries.find_complaint(ctx, complaint.again_of_id),
        "may": {
            "meet": complaint.is_open and ctx.can(life.MEET),
            "link": complaint.is_open and ctx.can(life.HANDLE),
            "tell": complaint.is_open and ctx.can(life.HANDLE),
            "act": ctx.can(life.WORK_ACTIONS) and ctx.can(life.SEE_ACTIONS),
        },
    }


def _phone(complaint: Complaint) -> str:
    return "".join(c for c in complaint.person_phone if c in "+0123456789")


def _steps(ctx: Ctx, c: Complaint) -> list[Step]:
    """The stages of its life: done, current, still ahead."""
    done = {
        "received": (True, c.received_at),
        "routed": (c.state != "received", None),
        "accepted": (c.accepted_at is not None or c.replied_at is not None, c.accepted_at),
        "answered": (c.replied_at is not None, c.replied_at),
        "confirmed": (c.confirmed_at is not None or c.state == "closed", c.confirmed_at),
        "closed": (not c.is_open, c.closed_at),
    }
    labels = {
        "received": _("Taken in"),
        "routed": _("Routed"),
        "accepted": _("Accepted"),
        "answered": _("Answered"),
        "confirmed": _("Customer content"),
        "closed": _("Closed"),
    }
    if c.state in ("withdrawn", "duplicate"):
        return [Step(labels["received"], "done"), Step(_(STATE_WORDS[c.state]), "done")]
    current = next((k for k, (is_done, _at) in done.items() if not is_done), "")
    return [
        Step(
            labels[key],
            "done" if is_done else "cur" if key == current else "",
            moment(at, ctx.now, ctx.tz, today=True) if at else "",
        )
        for key, (is_done, at) in done.items()
    ]


@dataclass(frozen=True)
class Decided:
    """Decisions on a complaint in words: of each table the one in force, those before, those on time limits."""

    newest: list[DecisionView]
    earlier: list[DecisionView]
    limits: list[DecisionView]


def _decisions(ctx: Ctx, complaint: Complaint) -> Decided:
    """Newest first, routing before severity before who meets the customer; twelve at most."""
    order = {"complaints.routing": 0, "complaints.severity": 1, "complaints.attention": 2}
    stored = sorted(decisions_on(ctx, complaint), key=lambda d: (order.get(d.table_name, 3), -d.id))
    shown = Decided([], [], [])
    known: set[str] = set()
    for d in stored[:12]:
        place = shown.limits if d.table_name not in order else shown.earlier if d.table_name in known else shown.newest
        place.append(decision_view_of(ctx, d, verdict=_verdict(ctx, d)))
        known.add(d.table_name)
    return shown


def _verdict(ctx: Ctx, decision: StoredDecision) -> str:
    """What was decided, with names of departments and roles instead of codes; empty where codes say it all."""
    out = decision.outputs[0] if decision.outputs else {}
    if decision.table_name == "complaints.routing" and out.get("department"):
        unit = unit_by_code(ctx, str(out["department"]), required=False)
        if unit is None:
            return _("Department “{code}”, which is missing here", code=out["department"])
        return _("To {department}", department=unit.name)
    if decision.table_name == "complaints.severity" and out.get("severity"):
        words = queries.choice_label(ctx, "complaints.severity", "severity", str(out["severity"]))
        if not out.get("tell_role"):
            return words
        return _(
            "{severity}, {role} is told at once", severity=words, role=queries.role_label(ctx, str(out["tell_role"]))
        )
    owed = DUTY_WORDS.get(str(out.get("duty"))) if decision.table_name == "complaints.attention" else None
    if owed:
        return _("{role}: {duty}", role=queries.role_label(ctx, str(out.get("role") or "")), duty=_(owed).lower())
    return ""


def _gates(ctx: Ctx, complaint: Complaint) -> list:
    """What closing waits for; empty where closing is not next."""
    transition = life.WORKFLOW.transition("close")
    return gates(ctx, transition, complaint) if complaint.state in transition.sources else []


def _names(ctx: Ctx, complaint: Complaint, events: list[Event]) -> dict[str, dict[int, str]]:
    """Names of the people and departments that the page speaks of."""
    hands = queries.handovers_of(ctx, complaint.id)
    own = (complaint.assignee_id, complaint.delegate_id, complaint.responsible_id)
    people = {*own, *(h.from_user_id for h in hands), *(h.to_user_id for h in hands)}
    for event in events:
        for change in event.changes or []:
            for name in PEOPLE:
                people.update(v for v in change.get("fields", {}).get(name, ()) if isinstance(v, int))
    units = {u.id: u.name for u in queries.all_units(ctx)}
    return {"people": queries.names_of(ctx, people), "units": units}


def _item(ctx: Ctx, event: Event, words: Words, names: dict[str, dict[int, str]]) -> TimelineItem:
    """An event in words, with the changes that mean something to staff."""
    plain = timeline_items(ctx, [event])[0]
    changes = []
    for change in event.changes or []:
        if change.get("table") != Complaint.__tablename__ or change.get("verb") != "changed":
            continue
        for name, (old, new) in change.get("fields", {}).items():
            if name in LABELS:
                changes.append((_(LABELS[name]), _value(words, names, name, old), _value(words, names, name, new)))
    return TimelineItem(plain.who, plain.text, plain.at, plain.icon, _kind(event.name), changes)


def _value(words: Words, names: dict[str, dict[int, str]], name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if name in PEOPLE:
        return names["people"].get(value, str(value))
    if name in UNITS:
        return names["units"].get(value, str(value))
    by_name = {
        "state": words.state_words,
        "category": words.category,
        "severity": words.severity,
        "outcome": words.outcome,
        "kind": words.kind,
    }
    return by_name[name](value) if name in by_name else str(value)


def _kind(name: str) -> str:
    kinds = {
        "complaints.replied": "out",
        "complaints.progress_mailed": "out",
        "complaints.progress_told": "out",
        "complaints.closed": "ok",
        "complaints.confirmed": "ok",
        "core.clock_met": "ok",
        "core.clock_breached": "bad",
        "complaints.department_missing": "bad",
        "complaints.objected": "bad",
        "complaints.customer_met": "out",
        "complaints.silence_accepted": "ok",
        "complaints.repeat_recognised": "bad",
        "complaints.action_ineffective": "bad",
        "complaints.action_effective": "ok",
        "complaints.reward_delivered": "ok",
    }
    return kinds.get(name, "")


def _forms(ctx: Ctx, complaint: Complaint, failed: Any, action: str) -> dict[str, Any]:
    """Every form that the page may show, filled with what is known; the failed one with what was typed."""
    made = {name: make(ctx, complaint) for name, make in MAKERS.items() if name != action}
    if action:
        made[action] = failed
    return {name: own_ids(name, form) for name, form in made.items()}


def make_classify(ctx: Ctx, c: Complaint) -> forms.ClassifyForm:
    form = forms.ClassifyForm(
        formdata=_sent(ctx, c, "classify"),
        prefix="",
        version=c.version,
        kind=c.kind,
        category=c.category,
        nature=c.nature,
        severity=c.severity if c.severity_by_hand else "",
        region=c.region,
        injury=bool(c.injury),
        in_batch=bool(c.in_batch),
        unusable=bool(c.unusable),
    )
    forms.offer_choices(ctx, form, category_needed=True)
    return form


def make_assign(ctx: Ctx, c: Complaint) -> forms.AssignForm:
    form = forms.AssignForm(
        formdata=_sent(ctx, c, "assign"), version=c.version, user_id=ctx.actor.user_id
    )
    forms.offer_people(form, queries.may_be_given(ctx))
    return form


def make_hand_on(ctx: Ctx, c: Complaint) -> forms.HandOnForm:
    form = forms.HandOnForm(formdata=_sent(ctx, c, "hand_on"), version=c.version)
    form.unit_id.choices = [(u.id, u.name) for u in queries.departments(ctx) if u.id != c.unit_id]
    forms.offer_people(form, queries.handlers(ctx), nobody=True)
    return form


def make_close(ctx: Ctx, c: Complaint) -> forms.CloseForm:
    form = forms.CloseForm(
        formdata=_sent(ctx, c, "close"),
        version=c.version,
        outcome=c.outcome,
        outcome_text=c.outcome_text,
    )
    forms.offer_outcomes(ctx, form)
    return form


def _cause_form(ctx: Ctx, c: Complaint, action: str, kind: type, **prefilled: Any):
    form = kind(
        formdata=_sent(ctx, c, action),
        version=c.version,
        cause_id=c.cause_id or 0,
        responsible_unit_id=c.responsible_unit_id or 0,
        responsible_id=c.responsible_id or 0,
        **prefilled,
    )
    forms.offer_causes(ctx, form, keep=c.cause_id)
    forms.offer_departments(ctx, form.responsible_unit_id, _("that of the cause"))
    form.responsible_id.choices = [(0, _("nobody in particular")), *queries.people(ctx)]
    return form


def make_cause(ctx: Ctx, c: Complaint) -> forms.CauseForm:
    form = _cause_form(ctx, c, "cause", forms.CauseForm)
    form.cause_id.validators = [InputRequired()]
    return form


def make_find(ctx: Ctx, c: Complaint) -> forms.FindingsForm:
    return _cause_form(ctx, c, "find", forms.FindingsForm, findings=c.findings)


def make_reply(ctx: Ctx, c: Complaint) -> forms.ReplyForm:
    sent = _sent(ctx, c, "reply")
    start = {"text": c.findings} if sent is not None else _from_template(ctx, c)
    form = forms.ReplyForm(formdata=sent, version=c.version, outcome=c.outcome, **start)
    if "mail_subject" in start:
        form.text.render_kw = {"rows": 10}
    forms.offer_outcomes(ctx, form)
    addresses = queries.addresses_of(ctx, c)
    form.mail_to.choices = [("", _("No, it was told otherwise")), *((a, f"{name} <{a}>") for a, name in addresses)]
    if not addresses or not mail_ready():
        del form.mail_to, form.mail_subject, form.mail_locale
    if not get_setting(ctx, "complaints.close_by_silence"):
        del form.silence_told
    return form


def _from_template(ctx: Ctx, c: Complaint) -> dict[str, str]:
    """Text and subject of the template that was chosen, filled in with what is known; else the findings."""
    code, locale = request.args.get("template", ""), request.args.get("language", "")
    if code not in {t.code for t in templates_of(ctx, REPLIES)} or locale not in ("zh", "en"):
        return {"text": c.findings}
    try:
        subject, text = fill_in(ctx, code, queries.facts_for_answer(ctx, c), locale)
    except DomainError as error:
        flash_error(error)
        return {"text": c.findings}
    return {"text": text, "mail_subject": subject, "mail_locale": locale}


def make_progress(ctx: Ctx, c: Complaint) -> forms.ProgressForm:
    call = next((p for p in reversed(queries.progress_of(ctx, c.id)) if p.state == "to_call"), None)
    form = forms.ProgressForm(
        formdata=_sent(ctx, c, "progress"),
        version=c.version,
        text=call.text if call is not None else "",
        call_id=call.id if call is not None else "",
        token=secrets.token_hex(12),
    )
    addresses = queries.addresses_of(ctx, c)
    form.mail_to.choices = [("", _("No, it was told otherwise")), *((a, f"{name} <{a}>") for a, name in addresses)]
    if not addresses or not mail_ready():
        del form.mail_to
    return form


def make_confirm(ctx: Ctx, c: Complaint) -> forms.ConfirmForm:
    form = forms.ConfirmForm(
        formdata=_sent(ctx, c, "confirm"), version=c.version, outcome=c.outcome
    )
    forms.offer_outcomes(ctx, form)
    return form


def make_delegate(ctx: Ctx, c: Complaint) -> forms.DelegateForm:
    form = forms.DelegateForm(
        formdata=_sent(ctx, c, "delegate"),
        version=c.version,
        user_id=c.delegate_id,
        reason=c.delegate_reason,
    )
    form.user_id.choices = queries.people(ctx)
    return form


def make_meet(ctx: Ctx, c: Complaint) -> forms.MeetForm:
    form = forms.MeetForm(
        formdata=_sent(ctx, c, "meet"),
        version=c.version,
        who_id=c.delegate_id or ctx.actor.user_id,
    )
    form.who_id.choices = queries.people(ctx)
    return form


def make_answer_group(ctx: Ctx, c: Complaint) -> forms.GroupAnswerForm:
    form = forms.GroupAnswerForm(
        formdata=_sent(ctx, c, "answer_group"), version=c.version, text=c.findings
    )
    form.channel.choices = [("", _("by the way each came in")), *((k, _(w)) for k, w in ANSWER_CHANNEL_WORDS.items())]
    return form


def make_close_group(ctx: Ctx, c: Complaint) -> forms.CloseForm:
    form = forms.CloseForm(
        formdata=_sent(ctx, c, "close_group"), version=c.version, outcome=c.outcome
    )
    forms.offer_outcomes(ctx, form)
    return form


def make_action(ctx: Ctx, c: Complaint) -> forms.OpenActionForm:
    form = forms.OpenActionForm(
        formdata=_sent(ctx, c, "action"),
        version=c.version,
        cause_id=c.cause_id or 0,
        assignee_id=ctx.actor.user_id or 0,
    )
    forms.offer_causes(ctx, form, keep=c.cause_id)
    forms.offer_departments(ctx, form.unit_id, _("that of the cause"))
    form.assignee_id.choices = [(0, _("Nobody yet")), *queries.people(ctx)]
    return form


def make_no_action(ctx: Ctx, c: Complaint) -> forms.ReasonForm:
    return forms.ReasonForm(formdata=_sent(ctx, c, "no_action"), version=c.version, reason=c.no_action_reason)


def _sent(ctx: Ctx, complaint: Complaint, action: str) -> Any:
    """What this request sends to that form, or what was typed there before an approval was asked for."""
    return sent(ctx, complaint, action, action)


MAKERS = {
    "classify": make_classify,
    "assign": make_assign,
    "hand_on": make_hand_on,
    "hand_back": plain_form("hand_back", forms.ReasonForm, "hand_back"),
    "find": make_find,
    "reply": make_reply,
    "object": plain_form("object", forms.ReasonForm, "object"),
    "close": make_close,
    "cause": make_cause,
    "delegate": make_delegate,
    "meet": make_meet,
    "link": plain_form("link", forms.LinkForm, "link"),
    "unlink": plain_form("unlink", forms.VersionForm, "unlink"),
    "answer_group": make_answer_group,
    "close_group": make_close_group,
    "action": make_action,
    "no_action": make_no_action,
    "reward": plain_form("reward", forms.RewardForm, "reward"),
    "reopen": plain_form("reopen", forms.ReasonForm, "reopen"),
    "withdraw": plain_form("withdraw", forms.ReasonForm, "withdraw"),
    "duplicate": plain_form("duplicate", forms.DuplicateForm, "duplicate"),
    "note": plain_form("note", forms.NoteForm, "note"),
    "confirm": make_confirm,
    "progress": make_progress,
    "steps_on": plain_form("steps_on", forms.VersionForm, "steps_on"),
    "steps_off": plain_form("steps_off", forms.VersionForm, "steps_off"),
}
