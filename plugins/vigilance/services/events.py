"""Adverse events: told, gathered, stopped, reported, claimed, concluded, closed (INS-5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    both,
    cancel_clock,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    people_with_role,
    rule,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import CUSTOMER, PRODUCT, UNIT
from plugins.vigilance.contracts import (
    CAUSE_WORDS,
    DUTIES,
    DUTY_CLOCK,
    DUTY_WORDS,
    EVENT,
    HARM_WORDS,
    STATE_WORDS,
    Details,
    EventData,
)
from plugins.vigilance.models import AdverseEvent, Duty
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services.common import chosen, fitting, required

VIEW = "vigilance.event.view"
OPEN = "vigilance.event.open"
WORK = "vigilance.event.work"
CLOSE = "vigilance.event.close"
PATIENT = "vigilance.patient.view"
TO_DO = ("open", "sent")


def _gathered(_ctx: Ctx, row: AdverseEvent) -> list[Gate]:
    return [
        Gate("vigilance.operation", _("how it was operated"), not row.operation, "#details"),
        Gate("vigilance.usage", _("for what it was used"), not row.usage, "#details"),
    ]


def _duties_done(ctx: Ctx, row: AdverseEvent) -> list[Gate]:
    return [
        Gate(f"vigilance.{duty.kind}", _(DUTY_WORDS[duty.kind]), duty.state in TO_DO, f"#duty-{duty.kind}")
        for duty in queries.duties_of(ctx, row.id)
        if duty.state != "dropped"
    ]


def _workflow_facts(_ctx: Ctx, row: AdverseEvent, _transition: str) -> dict[str, Any]:
    return {"harm": row.harm, "title": f"{row.number} {row.subject}"}


WORKFLOW = Workflow(
    EVENT,
    (
        State("reported", STATE_WORDS["reported"], "siren"),
        State("investigating", STATE_WORDS["investigating"], "microscope"),
        State("concluded", STATE_WORDS["concluded"], "clipboard-check"),
        State("closed", STATE_WORDS["closed"], "circle-check", final=True),
    ),
    (
        Transition("investigate", N_("Investigate"), ("reported",), "investigating", WORK, gates=(_gathered,)),
        Transition("conclude", N_("Write down the cause"), ("investigating", "concluded"), "concluded", WORK),
        Transition("close", N_("Close the adverse event"), ("concluded",), "closed", CLOSE, gates=(_duties_done,)),
        Transition("reopen", N_("Reopen the adverse event"), ("closed",), "concluded", CLOSE, True),
    ),
    fact_columns=({"name": "harm", "label": N_("Harm"), "type": "choice", "choices": HARM_WORDS},),
    facts=_workflow_facts,
)


def open_event(ctx: Ctx, data: EventData) -> AdverseEvent:
    """Take an adverse event in. Those whom the company's table names are told at once; what it asks for gets its time
    limits, which count from now.
    """
    ctx.require(OPEN)
    subject = required(data.subject, "subject", _("Say in a few words what happened."), 200)
    chosen(data.harm, HARM_WORDS, "harm")
    if data.happened_on is not None and data.happened_on > ctx.today:
        raise Invalid("to_come", _("That day is still to come."), "happened_on")
    with transaction(ctx):
        device = base_queries.get_unit(ctx, data.device_id) if data.device_id else None
        row = AdverseEvent(
            number=next_number(ctx, EVENT, str(get_setting(ctx, "vigilance.pattern"))),
            state="reported", subject=subject, harm=data.harm, several=data.several, abroad=data.abroad,
            customer_id=data.customer_id or (device.customer_id if device else None),
            device_id=device.id if device else None,
            product_id=data.product_id or (device.product_id if device else None),
            batch=fitting(data.batch, "batch", 80) or (device.batch if device else ""),
            told_by=fitting(data.told_by, "told_by", 120), told_phone=fitting(data.told_phone, "told_phone", 60),
            happened_on=data.happened_on, learned_at=ctx.now, course=fitting(data.course, "course", 8000),
            patient=fitting(data.patient, "patient", 4000),
            about_kind=data.about.kind if data.about else "", about_ref=data.about.id if data.about else None,
            opened_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "vigilance.event_opened", row, links=about_of(row), number=row.number, subject=row.subject,
            harm=both(HARM_WORDS[row.harm]),
        )  # fmt: skip
        _settle_duties(ctx, row)
        return row


def about_of(row: AdverseEvent) -> list[RecordRef]:
    """Whom and what an event is about."""
    named = (
        (UNIT, row.device_id), (CUSTOMER, row.customer_id), (PRODUCT, row.product_id), (row.about_kind, row.about_ref),
    )  # fmt: skip
    return [RecordRef(kind, number) for kind, number in named if kind and number is not None]


def gather(ctx: Ctx, event_id: int, details: Details, *, version: int | None = None) -> AdverseEvent:
    """Write down what was gathered; when operation and use are known, the event is being investigated. What follows
    from another harm is added, what no longer follows is dropped.
    """
    ctx.require(WORK)
    with transaction(ctx):
        row = _to_change(ctx, event_id, version)
        row.operation = fitting(details.operation, "operation", 8000)
        row.usage = fitting(details.usage, "usage", 8000)
        row.course = fitting(details.course, "course", 8000) or row.course
        row.harm = chosen(details.harm or row.harm, HARM_WORDS, "harm")
        row.several, row.abroad = details.several, details.abroad
        ctx.session.flush()
        emit(ctx, "vigilance.event_gathered", row, number=row.number, harm=both(HARM_WORDS[row.harm]))
        if row.state == "reported" and row.operation and row.usage:
            advance(ctx, WORKFLOW, row, "investigate")
            ctx.session.flush()
            emit(ctx, "vigilance.event_investigated", row, number=row.number)
        _settle_duties(ctx, row)
        return row


def write_patient(ctx: Ctx, event_id: int, patient: str, *, version: int | None = None) -> AdverseEvent:
    """Write down what is known of the patient; those who may see patients do. The history holds none of it."""
    ctx.require(WORK)
    ctx.require(PATIENT)
    with transaction(ctx):
        row = _to_change(ctx, event_id, version)
        row.patient = fitting(patient, "patient", 4000)
        ctx.session.flush()
        emit(ctx, "vigilance.patient_written", row, number=row.number)
        return row


def show_patient(ctx: Ctx, event_id: int, reason: str) -> str:
    """What is known of the patient. Needs a right of its own and a reason; each look is kept on the event."""
    ctx.require(PATIENT)
    reason = required(reason, "reason", _("Say for what you need to know it."), 400)
    with transaction(ctx):
        row = queries.get_event(ctx, event_id)
        emit(ctx, "vigilance.patient_shown", row, who=ctx.actor.name, reason=reason)
        return row.patient


def conclude(ctx: Ctx, event_id: int, cause: str, finding: str, *, version: int | None = None) -> AdverseEvent:
    """Write down the cause and what was found. The device's own fault: the maker is to be told."""
    with transaction(ctx):
        row = _to_change(ctx, event_id, version)
        if not cause:
            raise Invalid("missing", _("Choose the cause."), "cause")
        row.cause = chosen(cause, CAUSE_WORDS, "cause")
        row.finding = required(finding, "finding", _("Say what was found."), 8000)
        advance(ctx, WORKFLOW, row, "conclude")
        ctx.session.flush()
        emit(ctx, "vigilance.event_concluded", row, number=row.number, cause=both(CAUSE_WORDS[cause]))
        _settle_duties(ctx, row)
        return row


def close(ctx: Ctx, event_id: int, *, version: int | None = None) -> AdverseEvent:
    """Close it; refused while anything it asks for is not done, a stop-use notice not confirmed among them."""
    with transaction(ctx):
        row = _to_change(ctx, event_id, version)
        advance(ctx, WORKFLOW, row, "close")
        row.closed_at = ctx.now
        ctx.session.flush()
        emit(ctx, "vigilance.event_closed", row, links=about_of(row), number=row.number)
        return row


def reopen(ctx: Ctx, event_id: int, reason: str, *, version: int | None = None) -> AdverseEvent:
    """Open it again, with the reason."""
    with transaction(ctx):
        row = queries.get_event(ctx, event_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "reopen", reason=reason)
        row.closed_at = None
        ctx.session.flush()
        emit(ctx, "vigilance.event_reopened", row, number=row.number, reason=fitting(reason, "reason", 2000))
        return row


def _to_change(ctx: Ctx, event_id: int, version: int | None) -> AdverseEvent:
    row = queries.get_event(ctx, event_id, lock=True)
    check_version(row, version)
    if row.state == "closed":
        raise Conflict("closed", _("{number} is closed. Reopen it first.", number=row.number))
    return row


# --- what it asks for -----------------------------------------------------------------------------------------------


def _settle_duties(ctx: Ctx, row: AdverseEvent) -> None:
    """What the company's table asks for now against what there is; whom it names is told, each once."""
    facts = {"harm": row.harm, "several": row.several, "abroad": row.abroad}
    ruling = rule(ctx, DUTIES, facts | ({"cause": row.cause} if row.cause else {}), record=row)
    known = {duty.kind: duty for duty in queries.duties_of(ctx, row.id)}
    wanted: set[str] = set()
    for out in ruling.decision.all_outputs:
        kind = str(out.get("duty") or "")
        if kind:
            wanted.add(kind)
            _want(ctx, row, kind, known, facts)
        _tell(ctx, row, kind, str(out.get("role") or ""))
    for kind, duty in known.items():
        if kind not in wanted and duty.state == "open":
            duty.state = "dropped"
            ctx.session.flush()
            emit(ctx, "vigilance.duty_dropped", duty, links=[row], what=both(DUTY_WORDS[kind]))
            cancel_clock(ctx, duty, DUTY_CLOCK)


def _want(ctx: Ctx, row: AdverseEvent, kind: str, known: dict[str, Duty], facts: dict[str, Any]) -> None:
    duty = known.get(kind)
    if duty is not None and duty.state != "dropped":
        return
    if duty is None:
        duty = known[kind] = Duty(event_id=row.id, kind=kind, state="open")
        ctx.session.add(duty)
    duty.state = "open"
    ctx.session.flush()
    emit(ctx, "vigilance.duty_opened", duty, links=[row], what=both(DUTY_WORDS[kind]), number=row.number)
    start_clock(ctx, duty, DUTY_CLOCK, {**facts, "duty": kind}, at=_since(ctx, row, kind))


def _since(ctx: Ctx, row: AdverseEvent, kind: str) -> dt.datetime:
    """Reports count from when we learned of the event; what only follows from a cause, from when that was found."""
    return ctx.now if kind == "maker" and row.cause else row.learned_at


def _tell(ctx: Ctx, row: AdverseEvent, kind: str, role: str) -> None:
    people = people_with_role(ctx, role) if role else []
    if kind:
        text = N_("{number}: {what}. {subject}")
        words = {"what": both(DUTY_WORDS[kind])}
    else:
        text, words = N_("Adverse event {number}: {subject}. {harm}"), {"harm": both(HARM_WORDS[row.harm])}
    notify(
        ctx, people, text, record=row, once=f"vigilance {row.id} {kind or 'opened'}", number=row.number,
        subject=row.subject, **words,
    )  # fmt: skip


def send_stop(ctx: Ctx, duty_id: int, person: str, note: str = "", *, version: int | None = None) -> Duty:
    """The user was told to stop using it at once; it is done when the user has confirmed that."""
    ctx.require(WORK)
    with transaction(ctx):
        duty = _duty(ctx, duty_id, version, ("open",))
        if duty.kind != "stop":
            raise Conflict("no_notice", _("Only a stop-use notice is confirmed."))
        duty.person = required(person, "person", _("Say who was told."), 120)
        duty.note = fitting(note, "note", 4000)
        duty.state, duty.sent_at, duty.sent_by = "sent", ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "vigilance.stop_sent", duty, links=[duty.event], person=duty.person)
        return duty


def finish(
    ctx: Ctx, duty_id: int, person: str, reference: str = "", note: str = "", *, version: int | None = None
) -> Duty:
    """It was done: who was told, the number of the report or claim. A stop-use notice needs to be sent first; it is
    finished by the user's confirmation.
    """
    ctx.require(WORK)
    with transaction(ctx):
        duty = _duty(ctx, duty_id, version, TO_DO)
        if duty.kind == "stop" and duty.state != "sent":
            raise Conflict("not_told", _("Tell the user first; then write down who confirmed it."))
        duty.person = required(person, "person", _("Say who was told."), 120)
        duty.reference = fitting(reference, "reference", 120)
        if duty.kind in ("report", "claim") and not duty.reference:
            raise Invalid("missing", _("Enter the number of the report or of the claim."), "reference")
        duty.note = fitting(note, "note", 4000) or duty.note
        duty.state, duty.done_at, duty.done_by = "done", ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(
            ctx, "vigilance.duty_done", duty, links=[duty.event], what=both(DUTY_WORDS[duty.kind]), person=duty.person,
            reference=duty.reference,
        )  # fmt: skip
        stop_clock(ctx, duty, DUTY_CLOCK)
        return duty


def _duty(ctx: Ctx, duty_id: int, version: int | None, states: tuple[str, ...]) -> Duty:
    duty = queries.get_duty(ctx, duty_id, lock=True)
    check_version(duty, version)
    if duty.state not in states:
        raise Conflict("done_already", _("This has ended already."))
    return duty
