"""The end of a complaint: the customer's word, closing, reopening, withdrawing, duplicates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    _,
    advance,
    cancel_clock,
    emit,
    find_clock,
    gates,
    get_setting,
    n_,
    notify,
    restart_clock,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.complaints import queries, rules
from plugins.complaints.contracts import ANSWER, CLOCKS, MEETING, RELAY, SILENCE, SOLUTION
from plugins.complaints.life import CLOSE, WITHDRAW, WORKFLOW
from plugins.complaints.models import NEVER, Complaint
from plugins.complaints.services.common import links_of, refresh_urgency, to_change
from plugins.complaints.services.handling import go_on
from plugins.complaints.services.progress import drop_calls


def confirm_content(ctx: Ctx, complaint_id: int, outcome: str = "", *, version: int | None = None) -> Complaint:
    """The customer said that he or she is content with the answer.

    That closes the complaint at once when its outcome is known (given now, or with the answer), the person may close
    complaints, and no condition is open; else closing remains the next step.
    """
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "confirm")
        complaint.confirmed_at = ctx.now
        complaint.outcome = _known_outcome(ctx, outcome) or complaint.outcome
        stop_clock(ctx, complaint, SILENCE)
        emit(ctx, "complaints.confirmed", complaint, links=links_of(complaint), number=complaint.number)
        if complaint.outcome and ctx.can(CLOSE) and not _missing(ctx, complaint):
            _close(ctx, complaint, None)
        return complaint


def _missing(ctx: Ctx, complaint: Complaint) -> list[Gate]:
    """The conditions of closing that are still open."""
    ctx.session.flush()
    return [g for g in gates(ctx, WORKFLOW.transition("close"), complaint) if g.open]


def _known_outcome(ctx: Ctx, outcome: str) -> str:
    if outcome and outcome not in {c.value for c in queries.outcomes(ctx)}:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=outcome), "outcome")
    return outcome


def close_silent(ctx: Ctx, complaint_id: int) -> Complaint:
    """The customer was told that silence closes the complaint, and the time told has run out.

    Its outcome is the one given with the answer, else the company's for this case. Where conditions are still open it
    stays, and whoever has it is told what is missing. Doing it twice changes nothing.
    """
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id)
        clock = find_clock(ctx, complaint, SILENCE)
        if complaint.state != "replied" or clock is None or clock.state != "running" or clock.due_at > ctx.now:
            return complaint
        complaint.outcome = complaint.outcome or str(get_setting(ctx, "complaints.silence_outcome"))
        complaint.silent_closed = True
        missing = _missing(ctx, complaint)
        cancel_clock(ctx, complaint, SILENCE)
        if not missing:
            emit(ctx, "complaints.silence_accepted", complaint, number=complaint.number, told=clock.started_at)
            _close(ctx, complaint, None)
            return complaint
        words = _("; ").join(g.text for g in missing)
        emit(ctx, "complaints.silence_over", complaint, number=complaint.number, missing=words)
        if complaint.assignee_id is not None:
            once = f"complaint {complaint.id} silence {clock.id}"
            text = N_("{number}: the customer said nothing more, but closing still waits for something")
            notify(ctx, [complaint.assignee_id], text, record=complaint, once=once, number=complaint.number)
        return complaint


def object_to_reply(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """The customer is not content: back to work, and the solution's clock goes on."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "object", reason=reason)
        complaint.silent_closed = False
        cancel_clock(ctx, complaint, SILENCE)
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
        complaint.outcome, complaint.outcome_text = _known_outcome(ctx, outcome), outcome_text.strip()
        _close(ctx, complaint, waive)
        return complaint


def _close(ctx: Ctx, complaint: Complaint, waive: Mapping[str, str] | None) -> None:
    advance(ctx, WORKFLOW, complaint, "close", waive=waive)
    for kind in (*CLOCKS, MEETING, SILENCE):
        stop_clock(ctx, complaint, kind)
    drop_calls(ctx, complaint)
    complaint.is_open, complaint.closed_at, complaint.urgent_at = False, ctx.now, NEVER
    label = queries.outcome_label(ctx, complaint.outcome)
    emit(ctx, "complaints.closed", complaint, links=links_of(complaint), number=complaint.number, outcome=label)


def reopen_complaint(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """Work goes on; the time for which it was closed counts as a pause of the solution's clock.

    After the company's number of days it is too late: the customer's matter then becomes a complaint of its own.
    """
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        days = int(get_setting(ctx, "complaints.reopen_days"))
        if days and complaint.closed_at is not None and ctx.now > complaint.closed_at + dt.timedelta(days=days):
            text = n_(
                "{number} was closed more than {n} day ago. Take a new complaint in as the same matter again.",
                "{number} was closed more than {n} days ago. Take a new complaint in as the same matter again.",
                days,
                number=complaint.number,
            )
            raise Conflict("too_late", text)
        advance(ctx, WORKFLOW, complaint, "reopen", reason=reason)
        complaint.is_open, complaint.closed_at, complaint.confirmed_at = True, None, None
        complaint.expected_at = None
        complaint.silent_closed = False
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
    for kind in (RELAY, ANSWER, SOLUTION, MEETING, SILENCE):
        cancel_clock(ctx, complaint, kind)
    drop_calls(ctx, complaint)
    complaint.is_open, complaint.closed_at, complaint.urgent_at = False, ctx.now, NEVER
