"""The life of a complaint: its states, the ways between them, and what closing waits for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _, get_setting
from plugins.complaints.contracts import COMPLAINT, KIND_WORDS, STATE_ICONS, STATE_WORDS, WRITTEN
from plugins.complaints.models import FINAL_STATES, OPEN_STATES, STATES, Complaint, Reply

VIEW = "complaints.complaint.view"
OPEN = "complaints.complaint.open"
CLASSIFY = "complaints.complaint.classify"
ASSIGN = "complaints.complaint.assign"
HANDLE = "complaints.complaint.handle"
CLOSE = "complaints.complaint.close"
REOPEN = "complaints.complaint.reopen"
WITHDRAW = "complaints.complaint.withdraw"


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
    wanted = {s.strip() for s in str(get_setting(ctx, "complaints.written_severities")).split(",")}
    if complaint.severity in wanted:
        written = bool(channels & set(WRITTEN))
        text = _("The answer was given in writing") if written else _("A written answer is missing")
        hint = _("Complaints of this severity are answered by letter, e-mail or portal.")
        gates.append(Gate("complaints.written", text, not written, "#reply", _("Answer"), hint))
    return gates


def _confirmed(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    if not get_setting(ctx, "complaints.confirmation_required"):
        return []
    given = complaint.confirmed_at is not None
    text = _("The customer is content") if given else _("The customer has not confirmed")
    return [Gate("complaints.confirmation", text, not given, "#confirm", _("Ask"))]


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
            gates=(_answered, _outcome_given, _confirmed),
        ),
        Transition("reopen", N_("Reopen"), ("closed",), "in_progress", REOPEN, True),
        Transition("withdraw", N_("Withdraw"), OPEN_STATES, "withdrawn", WITHDRAW, True),
        Transition("duplicate", N_("Mark as duplicate"), OPEN_STATES, "duplicate", WITHDRAW),
    ),
    fact_columns=(
        {"name": "kind", "label": N_("Kind"), "type": "choice", "choices": KIND_WORDS},
        {"name": "severity", "label": N_("Severity"), "type": "str"},
        {"name": "category", "label": N_("Category"), "type": "str", "optional": True},
        {"name": "channel", "label": N_("Channel"), "type": "str"},
        {"name": "injury", "label": N_("Somebody was hurt"), "type": "bool"},
    ),
    facts=_facts,
)
