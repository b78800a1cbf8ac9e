"""The end of a complaint: the customer's word, closing, reopening, withdrawing, duplicates."""

from __future__ import annotations

from collections.abc import Mapping

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    _,
    advance,
    cancel_clock,
    emit,
    restart_clock,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.complaints import queries, rules
from plugins.complaints.contracts import ANSWER, CLOCKS, RELAY, SOLUTION
from plugins.complaints.life import CLOSE, WITHDRAW, WORKFLOW
from plugins.complaints.models import NEVER, Complaint
from plugins.complaints.services.common import links_of, refresh_urgency, to_change
from plugins.complaints.services.handling import go_on


def confirm_content(ctx: Ctx, complaint_id: int, *, version: int | None = None) -> Complaint:
    """The customer said that he or she is content with the answer."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "confirm")
        complaint.confirmed_at = ctx.now
        emit(ctx, "complaints.confirmed", complaint, links=links_of(complaint), number=complaint.number)
        return complaint


def object_to_reply(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """The customer is not content: back to work, and the solution's clock goes on."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "object", reason=reason)
        go_on(ctx, complaint)
        refresh_urgency(ctx, complaint)
        links = links_of(complaint)
        emit(ctx, "complaints.objected", complaint, links=links, number=complaint.number, reason=reason.strip())
        return complaint


def close_complaint(
    ctx: Ctx,
    complaint_id: int,
    outcome: str,
    outcome_text: str = "",
    *,
    waive: Mapping[str, str] | None = None,
    version: int | None = None,
) -> Complaint:
    """Close a complaint with its outcome. Conflict with the open conditions in ``details["gates"]`` when some are.

    ``waive`` maps keys of conditions to reasons, for those with the right to waive.
    """
    ctx.require(CLOSE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        outcomes = {c.value for c in queries.outcomes(ctx)}
        if outcome and outcome not in outcomes:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=outcome), "outcome")
        complaint.outcome, complaint.outcome_text = outcome, outcome_text.strip()
        advance(ctx, WORKFLOW, complaint, "close", waive=waive)
        for kind in CLOCKS:
            stop_clock(ctx, complaint, kind)
        complaint.is_open, complaint.closed_at, complaint.urgent_at = False, ctx.now, NEVER
        label = queries.outcome_label(ctx, outcome)
        emit(ctx, "complaints.closed", complaint, links=links_of(complaint), number=complaint.number, outcome=label)
        return complaint


def reopen_complaint(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """Work goes on; the time for which it was closed counts as a pause of the solution's clock."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "reopen", reason=reason)
        complaint.is_open, complaint.closed_at, complaint.confirmed_at = True, None, None
        if restart_clock(ctx, complaint, SOLUTION) is None:
            facts = rules.limit_facts(complaint, complaint.received_at.astimezone(ctx.tz).date())
            start_clock(ctx, complaint, SOLUTION, facts)
        refresh_urgency(ctx, complaint)
        links = links_of(complaint)
        emit(ctx, "complaints.reopened", complaint, links=links, number=complaint.number, reason=reason.strip())
        return complaint


def withdraw_complaint(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """The customer takes it back, or it was none; its time limits no longer apply."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "withdraw", reason=reason)
        _end_without_answer(ctx, complaint)
        links = links_of(complaint)
        emit(ctx, "complaints.withdrawn", complaint, links=links, number=complaint.number, reason=reason.strip())
        return complaint


def mark_duplicate(ctx: Ctx, complaint_id: int, of_number: str, *, version: int | None = None) -> Complaint:
    """It is the same matter as another complaint, which goes on alone; the two are linked."""
    ctx.require(WITHDRAW)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        other = queries.by_number(ctx, of_number.strip())
        if other is None:
            raise Invalid("unknown_number", _("There is no complaint {number}.", number=of_number.strip()), "of_number")
        if other.id == complaint.id:
            raise Invalid("same_complaint", _("It can't be a duplicate of itself."), "of_number")
        if other.state == "duplicate":
            raise Conflict(
                "chain", _("{number} is a duplicate itself. Name the first one.", number=other.number), "of_number"
            )
        advance(ctx, WORKFLOW, complaint, "duplicate")
        complaint.duplicate_of_id = other.id
        _end_without_answer(ctx, complaint)
        emit(
            ctx,
            "complaints.marked_duplicate",
            complaint,
            links=[*links_of(complaint), other],
            number=complaint.number,
            other=other.number,
        )
        return complaint


def _end_without_answer(ctx: Ctx, complaint: Complaint) -> None:
    for kind in (RELAY, ANSWER, SOLUTION):
        cancel_clock(ctx, complaint, kind)
    complaint.is_open, complaint.closed_at, complaint.urgent_at = False, ctx.now, NEVER
