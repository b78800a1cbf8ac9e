"""The life of a complaint: its states, the ways between them, and what closing waits for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _, get_setting
from plugins.complaints import following, queries
from plugins.complaints.contracts import (
    ACTION,
    ACTION_STATE_ICONS,
    ACTION_STATE_WORDS,
    CHANNEL_WORDS,
    COMPLAINT,
    KIND_WORDS,
    STATE_ICONS,
    STATE_WORDS,
    WRITTEN,
)
from plugins.complaints.models import (
    ACTION_OPEN_STATES,
    ACTION_STATES,
    FINAL_STATES,
    OPEN_STATES,
    STATES,
    Complaint,
    Reply,
)
from plugins.complaints.rules import codes_of

VIEW = "complaints.complaint.view"
OPEN = "complaints.complaint.open"
CLASSIFY = "complaints.complaint.classify"
ASSIGN = "complaints.complaint.assign"
HANDLE = "complaints.complaint.handle"
CLOSE = "complaints.complaint.close"
REOPEN = "complaints.complaint.reopen"
WITHDRAW = "complaints.complaint.withdraw"
MEET = "complaints.complaint.meet"
SEE_ACTIONS = "complaints.action.view"
WORK_ACTIONS = "complaints.action.work"
CHECK_ACTIONS = "complaints.action.check"


def _outcome_given(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    given = bool(complaint.outcome)
    text = _("The outcome is given") if given else _("The outcome is missing")
    return [
        Gate("complaints.outcome", text, not given, "#close", _("Fill in"), _("Choose it in the form for closing."))
    ]


def _answered(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    channels = set(ctx.session.scalars(sa.select(Reply.channel).where(Reply.complaint_id == complaint.id)))
    text = _("The customer was answered") if channels else _("The customer has not been answered")
    gates = [Gate("complaints.reply", text, not channels, "#reply", _("Answer"))]
    if complaint.severity in codes_of(str(get_setting(ctx, "complaints.written_severities"))):
        written = bool(channels & set(WRITTEN))
        text = _("The answer was given in writing") if written else _("A written answer is missing")
        hint = _("Complaints of this severity are answered by letter, e-mail or portal.")
        gates.append(Gate("complaints.written", text, not written, "#reply", _("Answer"), hint))
    return gates


def _confirmed(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    if not get_setting(ctx, "complaints.confirmation_required"):
        return []
    given = complaint.confirmed_at is not None or complaint.silent_closed
    text = _("The customer is content") if given else _("The customer has not confirmed")
    return [Gate("complaints.confirmation", text, not given, "#confirmation", _("Ask"))]


def _met(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    """VCH-22: the head or the delegate met the customer, and has the complaint where the rule says so."""
    if not complaint.duty:
        return []
    role = queries.role_label(ctx, complaint.duty_role)
    met = complaint.met_at is not None
    text = _("The customer was met") if met else _("{role} or a delegate has not met the customer", role=role)
    found = [Gate("complaints.meeting", text, not met, "#meeting", _("Record the meeting"))]
    if complaint.duty == "handle":
        has = complaint.assignee_id
        held = has is not None and (
            has == complaint.delegate_id or complaint.duty_role in queries.roles_of(ctx, has)
        )
        text = _("{role} or a delegate has it", role=role) if held else _("{role} has to take it on", role=role)
        found.append(Gate("complaints.head", text, not held, "#assign", _("Assign")))
    return found


def _cause_found(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    """The root cause, and an action against it, where the company's settings or the cause itself ask for them."""
    unfounded = complaint.outcome in codes_of(str(get_setting(ctx, "complaints.unfounded_outcomes")))
    if complaint.kind != "complaint" or unfounded:
        return []
    found = []
    if complaint.severity in codes_of(str(get_setting(ctx, "complaints.cause_severities"))):
        given = complaint.cause_id is not None
        text = _("The root cause is given") if given else _("The root cause is missing")
        found.append(Gate("complaints.cause", text, not given, "#cause", _("Fill in")))
    wanted = complaint.severity in codes_of(str(get_setting(ctx, "complaints.action_severities")))
    if wanted or (complaint.cause_id is not None and following.tree(ctx).needs_action(complaint.cause_id)):
        taken = any(a.state != "cancelled" for a in following.actions_of(ctx, complaint.id))
        settled = taken or bool(complaint.no_action_reason)
        text = _("An action against the cause is missing")
        if settled:
            text = _("An action is under way") if taken else _("The reason why no action is needed is given")
        hint = _("Open a corrective action, or give the reason why none is needed.")
        found.append(Gate("complaints.action", text, not settled, "#actions", _("Open an action"), hint))
    return found


def _facts(ctx: Ctx, complaint: Complaint, transition: str) -> dict[str, Any]:
    """What a company's rules may depend on."""
    return {
        "kind": complaint.kind,
        "severity": complaint.severity,
        "category": complaint.category or None,
        "channel": complaint.channel,
        "injury": bool(complaint.injury),
        "title": complaint.subject,
    }


WORKFLOW = Workflow(
    COMPLAINT,
    tuple(State(name, STATE_WORDS[name], STATE_ICONS[name], final=name in FINAL_STATES) for name in STATES),
    (
        Transition("classify", N_("Classify"), ("received", "in_progress", "to_answer"), "in_progress", CLASSIFY),
        Transition("find", N_("Write down findings"), ("in_progress",), "to_answer", HANDLE),
        Transition("hand_back", N_("Hand back"), ("in_progress", "to_answer"), "received", HANDLE, True),
        Transition("hand_on", N_("Hand on"), ("received", "in_progress", "to_answer"), "in_progress", HANDLE, True),
        Transition("reply", N_("Answer the customer"), ("in_progress", "to_answer", "replied"), "replied", HANDLE),
        Transition("confirm", N_("The customer is content"), ("replied",), "replied", HANDLE),
        Transition("object", N_("The customer is not content"), ("replied",), "in_progress", HANDLE, True),
        Transition(
            "close",
            N_("Close the case"),
            ("in_progress", "to_answer", "replied"),
            "closed",
            CLOSE,
            gates=(_answered, _outcome_given, _confirmed, _met, _cause_found),
        ),
        Transition("reopen", N_("Reopen"), ("closed",), "in_progress", REOPEN, True),
        Transition("withdraw", N_("Withdraw"), OPEN_STATES, "withdrawn", WITHDRAW, True),
        Transition("duplicate", N_("Mark as duplicate"), OPEN_STATES, "duplicate", WITHDRAW),
    ),
    fact_columns=(
        {"name": "kind", "label": N_("Kind"), "type": "choice", "choices": KIND_WORDS},
        {"name": "severity", "label": N_("Severity"), "type": "str", "of": "complaints.severity:severity"},
        {
            "name": "category",
            "label": N_("Category"),
            "type": "str",
            "of": "complaints.routing:category",
            "optional": True,
        },
        {"name": "channel", "label": N_("Channel"), "type": "choice", "choices": CHANNEL_WORDS},
        {"name": "injury", "label": N_("Somebody was hurt"), "type": "bool"},
    ),
    facts=_facts,
)

ACTIONS = Workflow(
    ACTION,
    tuple(
        State(name, ACTION_STATE_WORDS[name], ACTION_STATE_ICONS[name], final=name not in ACTION_OPEN_STATES)
        for name in ACTION_STATES
    ),
    (
        Transition("finish", N_("Report it done"), ("open",), "done", WORK_ACTIONS),
        Transition("return", N_("Back to work"), ("done",), "open", CHECK_ACTIONS, True),
        Transition("effective", N_("Effective"), ("done",), "effective", CHECK_ACTIONS),
        Transition("ineffective", N_("Not effective"), ("done",), "ineffective", CHECK_ACTIONS, True),
        Transition("cancel", N_("Give up"), ("open",), "cancelled", CHECK_ACTIONS, True),
    ),
)
