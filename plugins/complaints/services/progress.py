"""Telling the customer at each step how a complaint stands, and when it is expected to be finished (MKT-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    NotFound,
    _,
    both,
    cancel_clock,
    emit,
    fill_in,
    get_setting,
    mail_ready,
    notify,
    queue_mail,
    rule,
    start_given_clock,
    stop_clock,
    transaction,
    use_locale,
)
from plugins.base import queries as archive
from plugins.complaints import queries, rules
from plugins.complaints.contracts import BY_HAND, CALL, CHANNEL_WORDS, STEP_WORDS
from plugins.complaints.life import HANDLE
from plugins.complaints.models import OPEN_STATES, Complaint, Progress
from plugins.complaints.services.common import links_of, required, to_change

TABLE, LIMITS = "complaints.progress", "complaints.calls"


def tell_step(ctx: Ctx, complaint_id: int, step: str, occasion: str) -> Progress | None:
    """Tell the customer that a complaint has reached a step, in the way that the table ``complaints.progress`` says.

    By mail where an address is known; else somebody is asked to call. ``occasion`` tells one time that a step is
    reached from another, so that nothing is told twice. Answers what was told or is to be told by phone, else None.
    """
    with transaction(ctx):
        complaint = queries.find_complaint(ctx, complaint_id)
        if complaint is None or not _wanted(ctx, complaint, step) or _known(ctx, complaint_id, occasion):
            return None
        facts = rules.progress_facts(complaint, step, ctx.today)
        how = str((rule(ctx, TABLE, facts).outputs or {}).get("how") or "none")
        expected = queries.expected_finish(ctx, complaint) if complaint.is_open else None
        address = next((a for a, _name in queries.addresses_of(ctx, complaint)), "")
        subject, text = _words(ctx, complaint, step, expected, address)
        to_agree = complaint.is_open and expected is None and how != "none"
        by_mail = bool(text and address) and mail_ready() and how in ("mail", "mail_or_call") and not to_agree
        if not by_mail and not ((how in ("call", "mail_or_call") or to_agree) and queries.phone_of(ctx, complaint)):
            return None
        drop_calls(ctx, complaint)
        told = Progress(
            complaint_id=complaint.id,
            step=step,
            occasion=occasion,
            state="told" if by_mail else "to_call",
            channel="email" if by_mail else "phone",
            text=text,
            expected_at=expected,
            created_at=ctx.now,
            told_at=ctx.now if by_mail else None,
            by_name=ctx.actor.name if by_mail else "",
        )
        ctx.session.add(told)
        ctx.session.flush()
        if by_mail:
            _mail(ctx, complaint, told, address, subject)
        else:
            _ask_to_call(ctx, complaint, told, facts)
        return told


def _wanted(ctx: Ctx, complaint: Complaint, step: str) -> bool:
    """Whether this customer is to be told, and the step is still the one at which the complaint stands."""
    if not get_setting(ctx, "complaints.tell_progress") or not complaint.tell_progress:
        return False
    return complaint.state == "closed" if step == "closed" else complaint.state in OPEN_STATES


def _known(ctx: Ctx, complaint_id: int, occasion: str) -> bool:
    query = sa.select(Progress.id).where(Progress.complaint_id == complaint_id, Progress.occasion == occasion)
    return ctx.session.scalar(query) is not None


def _words(
    ctx: Ctx, complaint: Complaint, step: str, expected: dt.datetime | None, address: str = ""
) -> tuple[str, str]:
    """Subject and text in the language of whom they are for; empty where the template asks for what is not known."""
    facts = queries.facts_for_progress(ctx, complaint, expected)
    late = complaint.is_open and expected is None
    locale = archive.language_of(ctx, complaint.customer_id, email=address, name=complaint.person_name)
    try:
        return fill_in(ctx, f"complaints.progress_{'late' if late else step}", facts, locale)
    except Invalid:
        return "", ""


def _mail(ctx: Ctx, complaint: Complaint, told: Progress, address: str, subject: str) -> None:
    cause = queries.cause_of_progress(told.id)
    locale = archive.language_of(ctx, complaint.customer_id, email=address, name=complaint.person_name)
    queue_mail(ctx, address, subject, told.text, cause=cause, record=complaint, locale=locale)
    _emit(ctx, "complaints.progress_mailed", complaint, told)


def _ask_to_call(ctx: Ctx, complaint: Complaint, told: Progress, facts: Mapping[str, Any]) -> None:
    """The call waits under a time limit; where the company's table gives none, it waits without."""
    _emit(ctx, "complaints.progress_call_due", complaint, told)
    ruling = rule(ctx, LIMITS, facts, record=complaint)
    limit = ruling.outputs or {}
    if limit.get("limit") is not None:
        ctx.session.flush()
        start_given_clock(
            ctx, complaint, CALL, limit, plugin="complaints", escalate_to=str(limit.get("role") or ""),
            decision_id=ruling.stored.id if ruling.stored else None,
        )
    if complaint.assignee_id is not None and complaint.assignee_id != ctx.actor.user_id:
        text = N_("Call the customer of {number}: {step}")
        notify(
            ctx, [complaint.assignee_id], text, record=complaint, once=f"call {told.id}", number=complaint.number,
            step=both(STEP_WORDS[told.step]),
        )


def _emit(ctx: Ctx, name: str, complaint: Complaint, told: Progress) -> None:
    expected: Any = told.expected_at
    if expected is None:
        expected = both(N_("still open") if complaint.is_open else N_("settled"))
    emit(
        ctx, name, complaint, links=links_of(complaint), number=complaint.number, step=both(STEP_WORDS[told.step]),
        expected=expected, channel=both(CHANNEL_WORDS[told.channel]),
    )


def tell_progress(
    ctx: Ctx,
    complaint_id: int,
    text: str,
    channel: str = "phone",
    *,
    expected_at: dt.datetime | None = None,
    mail_to: str = "",
    call_id: int | None = None,
    once: str | None = None,
    version: int | None = None,
) -> Progress:
    """Record that the customer was told how the complaint stands, and when it is expected to be finished.

    ``call_id`` is the call that was asked for and is made by this. ``mail_to``: it goes out by mail to this address.
    ``once`` names one sending of a form: sent twice, it is recorded once.
    """
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        if once and (known := _by_occasion(ctx, complaint_id, f"hand:{once}")) is not None:
            return known
        words = required(text, "text", _("Write what the customer was told."))
        if channel not in CHANNEL_WORDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=channel), "channel")
        if expected_at is not None and expected_at <= ctx.now:
            raise Invalid("expected_past", _("The expected finish must lie ahead."), "expected_at")
        told = _call(ctx, complaint, call_id) if call_id else _new(ctx, complaint, once)
        stop_clock(ctx, complaint, CALL)
        told.text, told.state = words, "told"
        told.channel = "email" if mail_to else channel
        told.told_at, told.by_id, told.by_name = ctx.now, ctx.actor.user_id, ctx.actor.name
        if complaint.is_open:
            complaint.expected_at = expected_at or complaint.expected_at
            told.expected_at = queries.expected_finish(ctx, complaint)
        ctx.session.add(told)
        ctx.session.flush()
        drop_calls(ctx, complaint)
        if mail_to:
            with use_locale(ctx.company.locale):
                subject = _("How it stands with your complaint {number}", number=complaint.number)
            _mail(ctx, complaint, told, mail_to, subject)
        else:
            _emit(ctx, "complaints.progress_told", complaint, told)
        return told


def _by_occasion(ctx: Ctx, complaint_id: int, occasion: str) -> Progress | None:
    query = sa.select(Progress).where(Progress.complaint_id == complaint_id, Progress.occasion == occasion)
    return ctx.session.scalar(query)


def _new(ctx: Ctx, complaint: Complaint, once: str | None) -> Progress:
    occasion = f"hand:{once}" if once else None
    return Progress(complaint_id=complaint.id, step=BY_HAND, occasion=occasion, created_at=ctx.now)


def _call(ctx: Ctx, complaint: Complaint, call_id: int) -> Progress:
    query = sa.select(Progress).where(Progress.id == call_id, Progress.complaint_id == complaint.id)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_call", _("There is no such call to make."))
    if row.state != "to_call":
        raise Conflict("call_made", _("Somebody has called the customer meanwhile, or the call is no longer needed."))
    return row


def drop_calls(ctx: Ctx, complaint: Complaint) -> None:
    """Calls that were asked for and not made are no longer needed: the customer learned something newer."""
    query = sa.select(Progress).where(Progress.complaint_id == complaint.id, Progress.state == "to_call")
    for row in ctx.session.scalars(query.order_by(Progress.id)):
        row.state = "dropped"
    cancel_clock(ctx, complaint, CALL)


def tell_of_steps(ctx: Ctx, complaint_id: int, wanted: bool, *, version: int | None = None) -> Complaint:
    """Tell the customer of this complaint at each step, or no longer; calls not made yet are then not needed."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        if complaint.tell_progress != wanted:
            complaint.tell_progress = wanted
            if not wanted:
                drop_calls(ctx, complaint)
            name = "complaints.progress_on" if wanted else "complaints.progress_off"
            emit(ctx, name, complaint, number=complaint.number)
        return complaint
