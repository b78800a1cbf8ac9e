"""Working a complaint: who has it, handing it back or on with a reason, findings, and answers to the customer."""

from __future__ import annotations

import datetime as dt

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    _,
    advance,
    cancel_clock,
    emit,
    get_setting,
    notify,
    pause_clock,
    queue_mail,
    resume_clock,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.complaints import queries, rules
from plugins.complaints.contracts import ANSWER, CALL, CHANNEL_WORDS, RELAY, SILENCE, SOLUTION, CauseFound
from plugins.complaints.life import ASSIGN, HANDLE, VIEW, WORKFLOW
from plugins.complaints.models import OPEN_STATES, Complaint, Reply
from plugins.complaints.services.causes import put_cause
from plugins.complaints.services.common import (
    PAUSED,
    RUNNING,
    links_of,
    note_hands,
    refresh_urgency,
    required,
    solution_clock,
    to_change,
)
from plugins.complaints.services.judging import received_on
from plugins.complaints.services.progress import drop_calls

WAITING = N_("Waiting for the customer")
"""The reason for which the solution's clock stands still after an answer."""


def accept(ctx: Ctx, complaint_id: int, *, version: int | None = None) -> Complaint:
    """Take a complaint on oneself; the time limit for relaying it is met by that."""
    ctx.require(HANDLE)
    if ctx.actor.user_id is None:
        raise Invalid("nobody", _("Only a person can take a complaint on."), "user_id")
    return _give(ctx, complaint_id, ctx.actor.user_id, version)


def assign(ctx: Ctx, complaint_id: int, user_id: int, *, version: int | None = None) -> Complaint:
    """Give a complaint to a person who works here. Taking it on oneself needs only the right to handle complaints."""
    ctx.require(HANDLE if user_id == ctx.actor.user_id else ASSIGN)
    return _give(ctx, complaint_id, user_id, version)


def _give(ctx: Ctx, complaint_id: int, user_id: int, version: int | None) -> Complaint:
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        _require_open(complaint)
        name = queries.active_member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        before = (complaint.unit_id, complaint.assignee_id)
        complaint.assignee_id = user_id
        if complaint.state != "received":
            complaint.accepted_at = complaint.accepted_at or ctx.now
            stop_clock(ctx, complaint, RELAY)
            refresh_urgency(ctx, complaint)
        note_hands(ctx, complaint, "assigned", before)
        emit(ctx, "complaints.assigned", complaint, number=complaint.number, name=name, user_id=user_id)
        if user_id != ctx.actor.user_id:
            notify(
                ctx,
                [user_id],
                N_("Complaint {number} was given to you: {subject}"),
                record=complaint,
                once=f"complaint {complaint.id} v{complaint.version} assigned",
                number=complaint.number,
                subject=complaint.subject[:80],
            )
        return complaint


def hand_back(ctx: Ctx, complaint_id: int, reason: str, *, version: int | None = None) -> Complaint:
    """The department is the wrong one: back to where complaints are classified, with a reason (GS-24)."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        before = (complaint.unit_id, complaint.assignee_id)
        advance(ctx, WORKFLOW, complaint, "hand_back", reason=reason)
        headquarters = queries.headquarters(ctx)
        complaint.unit_id = headquarters.id if headquarters else None
        complaint.routing, complaint.routing_note = "", ""
        _passed(ctx, complaint, "handed_back", before, reason.strip(), None)
        _told_on(ctx, "complaints.handed_back", complaint, reason)
        return complaint


def hand_on(
    ctx: Ctx, complaint_id: int, unit_id: int, reason: str, *, user_id: int | None = None, version: int | None = None
) -> Complaint:
    """Pass a complaint on to another department, perhaps to a person in it, with a reason (GS-24)."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        unit = queries.find_unit(ctx, unit_id)
        if unit is None:
            raise Invalid("unknown_unit", _("Choose a department."), "unit_id")
        if unit.id == complaint.unit_id and complaint.routing == "routed":
            raise Invalid("same_unit", _("“{name}” has it already.", name=unit.name), "unit_id")
        if user_id is not None and queries.active_member_name(ctx, user_id) is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        before = (complaint.unit_id, complaint.assignee_id)
        advance(ctx, WORKFLOW, complaint, "hand_on", reason=reason)
        complaint.unit_id, complaint.routing, complaint.routing_note = unit.id, "by_hand", ""
        _passed(ctx, complaint, "handed_on", before, reason.strip(), user_id)
        _told_on(ctx, "complaints.handed_on", complaint, reason)
        return complaint


def _passed(
    ctx: Ctx, complaint: Complaint, verb: str, before: tuple[int | None, int | None], reason: str, user_id: int | None
) -> None:
    """Whoever has it now has the whole time for relaying it again, unless it was never taken on."""
    complaint.assignee_id, complaint.accepted_at = user_id, None
    facts = rules.limit_facts(complaint, complaint.received_at.astimezone(ctx.tz).date())
    start_clock(ctx, complaint, RELAY, facts)
    refresh_urgency(ctx, complaint)
    note_hands(ctx, complaint, verb, before, reason=reason)


def _told_on(ctx: Ctx, event: str, complaint: Complaint, reason: str) -> None:
    department = queries.unit_name(ctx, complaint.unit_id)
    values = {"number": complaint.number, "department": department, "reason": reason.strip()}
    emit(ctx, event, complaint, links=links_of(complaint), **values)


def write_findings(
    ctx: Ctx, complaint_id: int, findings: str, found: CauseFound | None = None, *, version: int | None = None
) -> Complaint:
    """Write down what the department found out, and the root cause if it is known; the customer is answered next."""
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "find")
        complaint.findings = required(findings, "findings", _("Write down what you found out."))
        emit(ctx, "complaints.findings_written", complaint, number=complaint.number)
        if found is not None:
            put_cause(ctx, complaint, found)
        return complaint


def reply(
    ctx: Ctx,
    complaint_id: int,
    text: str,
    channel: str = "phone",
    *,
    sent_at: dt.datetime | None = None,
    silence_told: bool = False,
    outcome: str = "",
    mail_to: str = "",
    mail_subject: str = "",
    mail_locale: str | None = None,
    version: int | None = None,
) -> Complaint:
    """Record what the customer was answered (GS-25). The first answer meets the time limit for answering.

    While the customer's word is awaited the solution's time limit stands still, if the company wants it so
    (setting ``complaints.pause_while_waiting``). ``silence_told`` says that the customer was told that silence closes
    the case: the time that the table ``complaints.silence`` gives then runs from the answer. ``outcome`` is what the
    case ends with if the customer does not object. ``mail_to``: the answer itself goes to this address by mail, and
    was given by no other channel.
    """
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        advance(ctx, WORKFLOW, complaint, "reply")
        words = required(text, "text", _("Write what the customer was answered."))
        if channel not in CHANNEL_WORDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=channel), "channel")
        if outcome and outcome not in {c.value for c in queries.outcomes(ctx)}:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=outcome), "outcome")
        at = sent_at or ctx.now
        if not complaint.received_at <= at <= ctx.now:
            raise Invalid(
                "bad_moment", _("An answer is given after the complaint came in, and not later than now."), "sent_at"
            )
        told = silence_told and bool(get_setting(ctx, "complaints.close_by_silence"))
        if mail_to:
            channel = "email"
        given = Reply(
            complaint_id=complaint.id,
            text=words,
            channel=channel,
            sent_at=at,
            silence_told=told,
            by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )
        ctx.session.add(given)
        if mail_to:
            _mail(ctx, complaint, given, mail_to, mail_subject, mail_locale)
        complaint.replied_at = complaint.replied_at or at
        complaint.confirmed_at = None
        complaint.outcome = outcome or complaint.outcome
        stop_clock(ctx, complaint, RELAY, at=at)
        stop_clock(ctx, complaint, ANSWER, at=at)
        stop_clock(ctx, complaint, CALL, at=at)
        wait_for_customer(ctx, complaint)
        cancel_clock(ctx, complaint, SILENCE)
        drop_calls(ctx, complaint)
        refresh_urgency(ctx, complaint)
        emit(ctx, "complaints.replied", complaint, links=links_of(complaint), number=complaint.number, channel=channel)
        if told:
            facts = rules.silence_facts(complaint, channel, received_on(ctx, complaint))
            clock = start_clock(ctx, complaint, SILENCE, facts, at=at)
            emit(ctx, "complaints.silence_told", complaint, number=complaint.number, until=clock.due_at)
        return complaint


def _mail(ctx: Ctx, complaint: Complaint, given: Reply, to: str, subject: str, locale: str | None) -> None:
    """Send an answer by mail, once."""
    ctx.session.flush()
    title = subject.strip() or _("Your complaint {number}", number=complaint.number)
    queue_mail(
        ctx, to, title, given.text, cause=queries.cause_of_mail(given.id), record=complaint, locale=locale
    )


def wait_for_customer(ctx: Ctx, complaint: Complaint) -> None:
    """Let the solution's clock stand still, if the company wants it so."""
    clock = solution_clock(ctx, complaint)
    if get_setting(ctx, "complaints.pause_while_waiting") and clock is not None and clock.state == RUNNING:
        pause_clock(ctx, complaint, SOLUTION, WAITING)


def go_on(ctx: Ctx, complaint: Complaint) -> None:
    """Let the solution's clock go on if it stood still for the customer."""
    clock = solution_clock(ctx, complaint)
    if clock is not None and clock.state == PAUSED:
        resume_clock(ctx, complaint, SOLUTION)


def add_note(ctx: Ctx, complaint_id: int, text: str) -> None:
    """Write a remark on the complaint's timeline, for colleagues."""
    ctx.require(VIEW)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id)
        emit(ctx, "complaints.noted", complaint, note=required(text, "text", _("Write something."), 2000))


def hand_over_work(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open complaints of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        rows = queries.open_of(ctx, from_user_id)
        for complaint in rows:
            before = (complaint.unit_id, complaint.assignee_id)
            complaint.assignee_id = to_user_id
            note_hands(ctx, complaint, "assigned", before, reason=_("Handed over because a colleague left"))
            name = queries.active_member_name(ctx, to_user_id) or ""
            emit(ctx, "complaints.assigned", complaint, number=complaint.number, name=name, user_id=to_user_id)
        return len(rows)


def _require_open(complaint: Complaint) -> None:
    if complaint.state not in OPEN_STATES:
        raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=complaint.number))
