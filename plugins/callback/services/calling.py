"""Calling: the next call handed to one person and locked, what came of it, who takes over from whom."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    DomainError,
    Invalid,
    Membership,
    RecordRef,
    _,
    ask,
    both,
    emit,
    notify,
    people_with_role,
    rule,
    transaction,
)
from plugins.base.contracts import ComplaintTold, ContactData
from plugins.base.queries import get_customer, number_words, phones_of
from plugins.base.services import record_contact, settle_contact
from plugins.callback.calling_contracts import TRY_RESULTS, Came, ResultData
from plugins.callback.contracts import CALL, RESULT_WORDS, PreferenceData
from plugins.callback.models import Call, CallDraft, Need, Try
from plugins.callback.queries import calling as queries
from plugins.callback.queries import calls
from plugins.callback.queries.words import places
from plugins.callback.rules.calling import after_try
from plugins.callback.services.calls import change_state, keep_preference, pass_on
from plugins.callback.services.promises import LONGEST, open_promise

MAKE, LEAD = "callback.call.make", "callback.call.lead"
_COMPLAINT = N_("Complaint")
_NOBODY = N_("whoever is free")
MOST_TYPED = 40_000
"""Characters that a draft may have."""


# --- one person at one call -----------------------------------------------------------------------------------------


def next_call(ctx: Ctx) -> Call | None:
    """The next call that is due, locked to this person; the one that he or she is at already; None when none is due.

    Two people who ask at the same moment never get the same one: its row is locked, and those that another
    transaction holds are skipped.
    """
    ctx.require(MAKE)
    me = _me(ctx)
    with transaction(ctx):
        _one_call_at_a_time(ctx, me)
        held = queries.held_call(ctx, me)
        if held is not None:
            return held
        for query in (queries.abandoned_calls(ctx), queries.due_calls(ctx)):
            row = ctx.session.scalar(query.limit(1).with_for_update(skip_locked=True, of=Call))
            if row is not None:
                return _begin(ctx, row)
        return None


def take_call(ctx: Ctx, call_id: int) -> Call:
    """Take this very call, whether due or not. Raises Conflict when somebody else is at it, or this person at another.

    What was taken over from a colleague whose lock is over keeps the colleague's draft for him or her.
    """
    ctx.require(MAKE)
    me = _me(ctx)
    with transaction(ctx):
        _one_call_at_a_time(ctx, me)
        row = calls.get_call(ctx, call_id, lock=True)
        if row.state == "calling" and row.locked_by == me:
            return row
        if queries.is_held(ctx, row):
            raise _held_by_other(ctx, row)
        other = queries.held_call(ctx, me)
        if other is not None:
            raise Conflict("at_another", _("You are at another call. Enter its result, or give it back."))
        if row.state not in ("released", "calling"):
            raise Conflict("wrong_state", _("Only calls that were released can be made."))
        return _begin(ctx, row)


def _me(ctx: Ctx) -> int:
    if ctx.actor.user_id is None:
        raise Conflict("nobody", _("Only a person can call."))
    return ctx.actor.user_id


def _one_call_at_a_time(ctx: Ctx, me: int) -> None:
    """Who asks twice at once waits for the first answer, and gets the same call."""
    ctx.session.execute(sa.select(Membership.id).where(Membership.user_id == me).with_for_update())


def _begin(ctx: Ctx, row: Call) -> Call:
    if row.state == "released":
        change_state(row, "calling")
    row.locked_by, row.locked_at = ctx.actor.user_id, ctx.now
    ctx.session.flush()
    emit(ctx, "callback.call_begun", row, links=[row.customer], name=row.customer.name, by=ctx.actor.name)
    return row


def _held_by_other(ctx: Ctx, row: Call) -> Conflict:
    name = calls.names_of(ctx, [row.locked_by]).get(row.locked_by or 0, "")
    return Conflict("locked", _("{name} is at this call now. What you typed is kept here.", name=name))


def free_call(ctx: Ctx, call_id: int) -> Call:
    """Give a call back that one is at; who leads the calling frees those of others, too. What was typed is kept."""
    with transaction(ctx):
        row = calls.get_call(ctx, call_id, lock=True)
        if row.locked_by != ctx.actor.user_id or row.locked_by is None:
            ctx.require(LEAD)
        else:
            ctx.require(MAKE)
        if row.state != "calling":
            raise Conflict("not_held", _("Nobody is at this call any more."))
        name = calls.names_of(ctx, [row.locked_by]).get(row.locked_by or 0, "")
        _release(row)
        ctx.session.flush()
        emit(ctx, "callback.call_freed", row, name=name)
        return row


def _release(row: Call) -> None:
    change_state(row, "released")
    row.locked_by = row.locked_at = None


def save_draft(ctx: Ctx, call_id: int, fields: dict[str, Any]) -> None:
    """Keep what a person has typed on a call; the lock lasts on. Raises Conflict when another one is at it now."""
    ctx.require(MAKE)
    me = _me(ctx)
    with transaction(ctx):
        row = calls.get_call(ctx, call_id)
        if row.state == "calling" and row.locked_by != me and queries.is_held(ctx, row):
            raise _held_by_other(ctx, row)
        if sum(len(str(v)) for v in fields.values()) > MOST_TYPED:
            raise Invalid("too_long", _("That is too much text to be kept."))
        draft = queries.draft_of(ctx, call_id, me)
        if draft is None:
            draft = CallDraft(call_id=call_id, user_id=me, saved_at=ctx.now)
            ctx.session.add(draft)
        draft.fields, draft.saved_at = fields, ctx.now
        ctx.session.flush()


# --- the result -----------------------------------------------------------------------------------------------------


def record_result(ctx: Ctx, call_id: int, data: ResultData) -> Came:
    """Keep what came of an attempt: in the call register, on the call, and whatever follows from it, all or nothing.

    The same key again answers what it led to and does nothing. Raises Conflict when somebody else is at the call, or
    its result is there already; Invalid for what can't be kept. A lock that is over harms nobody as long as no one else
    has taken the call.
    """
    ctx.require(MAKE)
    me = _me(ctx)
    with transaction(ctx):
        row = calls.get_call(ctx, call_id, lock=True)
        known = queries.try_by_key(ctx, data.key)
        if known is not None:
            return Came(known.id, known.contact_id, row.state, row.next_try_at, again=True)
        _may_be_told(ctx, row, me)
        _check(ctx, row, data)
        needs = calls.needs_of(ctx, [row.id]).get(row.id, [])
        if row.state == "released":  # freed, or the lock was over: nobody else has it, so the result counts
            change_state(row, "calling")
        contact = _write_down(ctx, row, data, needs)
        row.attempts += 1
        row.result, row.note = data.result, data.note.strip()
        row.locked_by = row.locked_at = row.next_try_at = None
        then, told = ("", "") if data.result == "reached" else _not_reached(ctx, row, data, needs)
        if data.result == "reached":
            _reached(ctx, row, data)
        attempt = Try(
            key=data.key, call_id=row.id, at=ctx.now, by_id=me, by_name=ctx.actor.name[:120], result=data.result,
            then=then, phone=data.phone, note=row.note, contact_id=contact.id,
        )  # fmt: skip
        ctx.session.add(attempt)
        ctx.session.execute(sa.delete(CallDraft).where(CallDraft.call_id == row.id, CallDraft.user_id == me))
        ctx.session.flush()
        emit(
            ctx, "callback.call_tried", row, links=[row.customer, contact], name=row.customer.name,
            result=both(RESULT_WORDS[data.result]), by=ctx.actor.name, attempt=row.attempts,
        )  # fmt: skip
        _follow(ctx, row, data, contact)
        if told:
            _tell(ctx, row, attempt, told)
        return Came(attempt.id, contact.id, row.state, row.next_try_at)


def _may_be_told(ctx: Ctx, row: Call, me: int) -> None:
    if row.state == "calling" and row.locked_by == me:
        return
    if row.state == "calling":
        raise _held_by_other(ctx, row)
    if row.state != "released":
        raise Conflict("result_twice", _("This call has its result already."))
    if row.next_try_at is not None and queries.draft_of(ctx, row.id, me) is None:
        words = _("Somebody has tried this call meanwhile; take it anew to enter another attempt.")
        raise Conflict("result_twice", words)


def _check(ctx: Ctx, row: Call, data: ResultData) -> None:
    if data.result not in TRY_RESULTS:
        raise Invalid("bad_result", _("Choose what came of the call."), "result")
    if not data.key or len(data.key) > 80:
        raise Invalid("bad_key", _("The form lacks its key; open the call anew."))
    if len(data.note) > LONGEST:
        too_long = _("At most {n} characters; this has {length}.", n=LONGEST, length=len(data.note))
        raise Invalid("too_long", too_long, "note")
    numbers = {p.number for p in phones_of(ctx, row.customer_id)} | {row.phone}
    if data.phone and data.phone not in numbers:
        raise Invalid("bad_phone", _("Choose one of the customer's numbers."), "phone")
    if not numbers - {""}:
        raise Invalid("no_phone", _("This customer has no phone number; enter one first."), "phone")
    if data.result == "refused" and not data.note.strip():
        raise Invalid("missing", _("Write down why the customer wants no calls."), "note")
    if data.result != "reached" and (data.promise.strip() or data.complaint or data.fault):
        raise Invalid("not_reached", _("What a customer says can only be kept when he or she was reached."), "result")
    if (data.complaint or data.fault) and not data.note.strip():
        raise Invalid("missing", _("Write down what the customer says."), "note")


def _write_down(ctx: Ctx, row: Call, data: ResultData, needs: list[Need]):
    """The attempt in the call register, linked to the call."""
    why = _(", ").join(dict.fromkeys(calls.reason_words(ctx, need.reason) for need in needs))
    said = data.note.strip() or _(RESULT_WORDS[data.result])
    matter = "complaint" if data.complaint else "fault" if data.fault else "other"
    subject = _("Callback: {why}", why=why) if matter == "other" else said.partition("\n")[0]
    contact = record_contact(
        ctx,
        ContactData(
            channel="phone", direction="out", phone=_dialable(data.phone or row.phone), customer_id=row.customer_id,
            device_id=data.device_id or _device(needs), unit_id=row.unit_id, caller_name=row.customer.name,
            matter=matter, subject=subject[:200], text=said,
            external_key=f"callback:{data.key}",
        ),
    )  # fmt: skip
    if not (data.fault and data.fault_goes_on):
        settle_contact(ctx, contact.id, CALL, row.id)
    return contact


def _dialable(number: str) -> str:
    return number if number.startswith("+") else ""


def _device(needs: list[Need]) -> int | None:
    devices = {need.device_id for need in needs if need.device_id is not None}
    return devices.pop() if len(devices) == 1 else None


def _reached(ctx: Ctx, row: Call, data: ResultData) -> None:
    change_state(row, "done")
    row.done_at = ctx.now
    answers: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for name, values in data.answers.items():
        key, _dot, field = name.partition(".")
        answers[key][field] = values
    if answers:
        ask(ctx, "keep_answers", call=row, answers=dict(answers))


def _not_reached(ctx: Ctx, row: Call, data: ResultData, needs: list[Need]) -> tuple[str, str]:
    """(what becomes of the call, the role that is told of it or nothing)."""
    legal = any(need.legal for need in needs)
    facts = {"result": data.result, "attempt": row.attempts, "legal": legal}
    out = rule(ctx, "callback.retries", facts, record=row).outputs or {}
    last = dt.datetime.combine(max(row.due_until, ctx.today), dt.time.max, ctx.tz)
    then, row.next_try_at = after_try(str(out.get("then") or "plan_anew"), out.get("after"), ctx.now, last)
    told = str(out.get("tell") or "")
    if then == "end":
        change_state(row, "done")
        row.done_at = ctx.now
        return then, told
    change_state(row, "released")
    if then == "plan_anew":
        change_state(row, "missed")
    return then, told


def _tell(ctx: Ctx, row: Call, attempt: Try, role: str) -> None:
    """Who decides learns that attempts came to nothing."""
    wanted = [user_id for user_id in people_with_role(ctx, role) if user_id != ctx.actor.user_id]
    text = N_("{name} was not reached, attempts: {attempts}. The last one: {result}")
    facts = {"name": row.customer.name, "attempts": row.attempts, "result": both(RESULT_WORDS[attempt.result])}
    notify(ctx, wanted, text, record=row, once=f"{CALL}:{row.id}:{attempt.id}", **facts)


def _follow(ctx: Ctx, row: Call, data: ResultData, contact) -> None:
    """A wish for no calls, a wrong number, a promise, a complaint, a fault: each becomes what takes care of it."""
    if data.result == "refused":
        _no_calls(ctx, row.customer_id, data.note.strip())
    base: dict[str, Any] = {"customer_id": row.customer_id, "unit_id": row.unit_id, "call_id": row.id}
    if data.result == "wrong_number":
        number = number_words(ctx, data.phone or row.phone)
        text = _("The number {number} is wrong. Find the right one and enter it with the customer.", number=number)
        open_promise(ctx, "number", text, **base)
    if data.promise.strip():
        open_promise(
            ctx, "promise", data.promise, assignee_id=data.promise_for, until=data.promise_until, **base
        )  # fmt: skip
    if data.complaint:
        ref = _complain(ctx, row, data, contact)
        if ref is None:
            open_promise(ctx, "complaint", data.note, **base)
        else:
            settle_contact(ctx, contact.id, ref.kind, ref.id)
            emit(ctx, "callback.call_led_on", row, links=[ref], what=both(_COMPLAINT))
    if data.fault and not data.fault_goes_on:
        open_promise(ctx, "fault", data.note, **base)


def _complain(ctx: Ctx, row: Call, data: ResultData, contact) -> RecordRef | None:
    """The complaint that was opened; None where no module takes one in, or it can't be one there."""
    told = ComplaintTold(
        contact.subject, data.note.strip(), f"callback:{data.key}", about=RecordRef(CALL, row.id),
        about_number=str(row.id), customer_id=row.customer_id, device_id=contact.device_id,
        person_name=row.customer.name, person_phone=contact.phone_raw,
    )  # fmt: skip
    try:
        with ctx.session.begin_nested():
            return ask(ctx, "open_complaint", told=told)
    except DomainError:
        return None  # what the customer said is kept; a task sees to it


def _no_calls(ctx: Ctx, customer_id: int, reason: str) -> None:
    wishes = calls.preference_of(ctx, customer_id)
    data = PreferenceData(no_call=True, note=reason)
    if wishes is not None:
        note = "\n".join(filter(None, (wishes.note, reason)))[:LONGEST]
        data = PreferenceData(tuple(places(wishes.weekdays)), tuple(places(wishes.parts)), True, note)
    keep_preference(ctx, get_customer(ctx, customer_id).id, data)


# --- somebody is away -----------------------------------------------------------------------------------------------


def give_calls(ctx: Ctx, from_user_id: int, to_user_id: int | None, until: dt.date | None = None) -> int:
    """Give the calls ahead of somebody who is away or leaves to another person, or to nobody: then all may take them.

    ``until`` is the last day of those that go. A call that he or she is at goes, too. Answers how many.
    """
    ctx.require(LEAD)
    with transaction(ctx):
        if to_user_id is not None and (to_user_id == from_user_id or not calls.works_here(ctx, to_user_id)):
            raise Invalid("unknown_person", _("Choose somebody else who works here."), "to_id")
        names = calls.names_of(ctx, [from_user_id, to_user_id])
        rows = pass_on(ctx, from_user_id, to_user_id, until)
        if rows:
            to = names.get(to_user_id or 0, "") or both(_NOBODY)
            emit(ctx, "callback.calls_given", rows[0], name=names.get(from_user_id, ""), to=to, count=len(rows))
        return len(rows)
