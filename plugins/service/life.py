"""The life of a service order: its states, the ways between them, and what each way waits for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Gate, RecordRef, State, Transition, Workflow, _, documents_of
from plugins.service.contracts import (
    CHANNEL_WORDS,
    FAULTS,
    KIND_WORDS,
    ORDER,
    RECEIPT_SLIP,
    STATE_ICONS,
    STATE_WORDS,
    URGENCY_WORDS,
    VISITED,
    WORK_KIND_WORDS,
)
from plugins.service.models import FINAL_STATES, STATES, Guidance, Order

VIEW = "service.order.view"
OPEN = "service.order.open"
ACCEPT = "service.order.accept"
DISPATCH = "service.order.dispatch"
WORK = "service.order.work"
CLOSE = "service.order.close"
REOPEN = "service.order.reopen"
CANCEL = "service.order.cancel"
ARCHIVE = "service.order.archive"
ENTITLE = "service.order.entitle"
EDIT_RULES = "service.rules.edit"

WITHOUT_A_VISIT = ("solved_by_phone", "answered", "refused")
"""Outcomes for which nobody has to have been there."""


def archived_words(order: Order) -> str:
    """Why nothing of an order is changed any more; empty while it may be (DEF-10)."""
    return _("{number} is archived and stays as it is.", number=order.number) if order.state == "archived" else ""


def frozen(_ctx: Ctx, row: Any) -> str:
    """The same of what belongs to an order; for the kinds of records."""
    return archived_words(row if isinstance(row, Order) else row.order)


def _entitled(ctx: Ctx, order: Order) -> list[Gate]:
    """VCH-1: the kind of work is known."""
    known = bool(order.work_kind)
    text = _(WORK_KIND_WORDS[order.work_kind]) if known else _("Who pays is not decided yet")
    return [Gate("service.entitlement", text, not known, "#entitlement", _("Decide who pays"))]


def _guided(ctx: Ctx, order: Order) -> list[Gate]:
    """DEF-6.2.3: guidance by phone first, where the company's table asks for it."""
    if "guidance" not in order.steps:
        return []
    given = ctx.session.scalar(sa.select(Guidance.id).where(Guidance.order_id == order.id).limit(1)) is not None
    text = _("Guidance by phone was tried") if given else _("Guidance by phone comes first")
    return [Gate("service.guidance", text, not given, "#guidance", _("Record it"))]


def _consented(ctx: Ctx, order: Order) -> list[Gate]:
    """No paid work before recorded consent, where a person decided that it is paid.

    Where a module decides on coverage, that module also asks for the consent to its quote.
    """
    if "consent" not in order.steps or order.coverage_ref is not None or order.outcome == "refused":
        return []
    given = order.consent_at is not None
    text = _("The customer agreed to pay") if given else _("The customer has not agreed to pay yet")
    hint = "" if given else _("Paid work begins only after the customer's recorded consent.")
    return [Gate("service.consent", text, not given, "#consent", _("Record it"), hint)]


def _slipped(ctx: Ctx, order: Order) -> list[Gate]:
    """FLW-4: entered in the ledger, the customer has a receipt slip, where the company's table asks for it."""
    if "receipt_slip" not in order.steps:
        return []
    kept = documents_of(ctx, RecordRef(ORDER, order.id))
    issued = any(d.kind == RECEIPT_SLIP and d.cancelled_at is None for d in kept)
    text = _("The receipt slip is issued") if issued else _("The receipt slip is not issued yet")
    return [Gate("service.receipt_slip", text, not issued, "#documents", _("Issue it"))]


def _begun(ctx: Ctx, order: Order) -> list[Gate]:
    """Work is done only where somebody began it, unless it was settled without a visit."""
    if order.kind not in VISITED or order.outcome in WITHOUT_A_VISIT:
        return []
    begun = order.started_at is not None
    text = _("Somebody was there") if begun else _("Nobody was there yet")
    return [Gate("service.begun", text, not begun, "#work", _("Begin"))]


def _found(ctx: Ctx, order: Order) -> list[Gate]:
    """The cause, for work on a fault; the outcome, for all work (IVD-5)."""
    found = []
    if order.kind in FAULTS and order.outcome != "refused":
        text = _("The cause is given") if order.cause else _("The cause is missing")
        found.append(Gate("service.cause", text, not order.cause, "#result", _("Fill in")))
    text = _("The outcome is given") if order.outcome else _("The outcome is missing")
    return [*found, Gate("service.outcome", text, not order.outcome, "#result", _("Fill in"))]


def _confirmed(ctx: Ctx, order: Order) -> list[Gate]:
    """TEC-3: the customer's word, where the company's table asks for it."""
    if "confirmation" not in order.steps:
        return []
    given = order.confirmed_at is not None or order.silent_closed
    text = _("The customer has confirmed") if given else _("The customer has not confirmed")
    return [Gate("service.confirmation", text, not given, "#confirmation", _("Ask"))]


def _goes_on(ctx: Ctx, order: Order) -> list[Gate]:
    """What waits is not finished meanwhile."""
    text = _("Waits for nothing") if not order.waiting else _("It waits: {reason}", reason=order.waiting_reason)
    return [Gate("service.waiting", text, bool(order.waiting), "#waiting", _("Go on"))] if order.waiting else []


def _facts(ctx: Ctx, order: Order, transition: str) -> dict[str, Any]:
    """What a company's rules may depend on."""
    return {
        "kind": order.kind,
        "work_kind": order.work_kind or None,
        "urgency": order.urgency,
        "channel": order.channel,
        "title": order.subject,
    }


WORKFLOW = Workflow(
    ORDER,
    tuple(State(name, STATE_WORDS[name], STATE_ICONS[name], final=name in FINAL_STATES) for name in STATES),
    (
        Transition("accept", N_("Accept"), ("requested",), "accepted", ACCEPT),
        Transition(
            "dispatch", N_("Dispatch"), ("accepted", "dispatched"), "dispatched", DISPATCH,
            gates=(_entitled, _guided, _consented),
        ),
        Transition("recall", N_("Take back from the technician"), ("dispatched",), "accepted", DISPATCH, True),
        Transition(
            "start", N_("Begin the work"), ("accepted", "dispatched"), "working", WORK, gates=(_consented, _slipped)
        ),
        Transition("come_again", N_("Another visit is needed"), ("working",), "accepted", WORK, True),
        Transition(
            "finish", N_("Work done"), ("accepted", "dispatched", "working"), "done", WORK,
            gates=(_found, _begun, _consented, _goes_on),
        ),
        Transition(
            "settle", N_("Solved without a visit"), ("accepted", "dispatched"), "done", WORK, gates=(_found, _goes_on)
        ),
        Transition("object", N_("The customer is not content"), ("done", "confirmed"), "accepted", WORK, True),
        Transition("confirm", N_("The customer confirms"), ("done",), "confirmed", WORK),
        Transition(
            "close", N_("Close the order"), ("done", "confirmed"), "closed", CLOSE,
            gates=(_entitled, _found, _confirmed, _goes_on),
        ),
        Transition("reopen", N_("Reopen"), ("closed",), "accepted", REOPEN, True),
        Transition("archive", N_("Archive"), ("closed",), "archived", ARCHIVE),
        Transition("refuse", N_("Refuse the application"), ("requested",), "cancelled", ACCEPT, True),
        Transition(
            "cancel", N_("Cancel"), ("requested", "accepted", "dispatched", "working"), "cancelled", CANCEL, True
        ),
    ),
    fact_columns=(
        {"name": "kind", "label": N_("Kind"), "type": "choice", "choices": KIND_WORDS},
        {
            "name": "work_kind",
            "label": N_("Kind of work"),
            "type": "choice",
            "choices": {k: w for k, w in WORK_KIND_WORDS.items() if k},
            "optional": True,
        },
        {"name": "urgency", "label": N_("Urgency"), "type": "choice", "choices": URGENCY_WORDS},
        {"name": "channel", "label": N_("Channel"), "type": "choice", "choices": CHANNEL_WORDS},
    ),
    facts=_facts,
)
