"""Wishes about calls, quarters, calls that a person plans or cancels by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, check_version, emit, get_setting, transaction
from plugins.base.queries import get_customer, phones_of
from plugins.callback.contracts import CallData, MoveData, PreferenceData
from plugins.callback.models import Call, CallDraft, Need, Period, Preference
from plugins.callback.models.calls import AHEAD, CALL_MOVES, HELD, RESULTS
from plugins.callback.queries import calls as queries
from plugins.callback.queries.contacts import asked_by_phone
from plugins.callback.queries.duty import capacity
from plugins.callback.rules.calendar import month_of, quarter_of

PLAN, WISHES = "callback.call.plan", "callback.preference.edit"


def save_preference(
    ctx: Ctx, customer_id: int, data: PreferenceData, *, version: int | None = None
) -> Preference:
    """Note how a customer wishes to be called. Calls that are planned already are moved when the plan is next made."""
    ctx.require(WISHES)
    return keep_preference(ctx, customer_id, data, version=version)


def keep_preference(
    ctx: Ctx, customer_id: int, data: PreferenceData, *, version: int | None = None
) -> Preference:
    """The same for a service that has asked for its own right: whoever calls hears what the customer wishes."""
    with transaction(ctx):
        customer = get_customer(ctx, customer_id)
        row = queries.preference_of(ctx, customer.id)
        if row is not None:
            check_version(row, version)
        weekdays = _mask(data.weekdays, 7, "weekdays", _("Choose at least one weekday."))
        parts = _mask(data.parts, 3, "parts", _("Choose at least one part of the day."))
        if len(data.note) > 2000:
            raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=2000, length=len(data.note)),
                          "note")  # fmt: skip
        if row is None:
            row = Preference(customer_id=customer.id)
            ctx.session.add(row)
        if data.no_call and not row.no_call:
            row.no_call_since = ctx.today
        elif not data.no_call:
            row.no_call_since = None
        row.weekdays, row.parts, row.no_call, row.note = weekdays, parts, data.no_call, data.note.strip()
        if row.no_call:
            end_calls(ctx, customer.id)
        ctx.session.flush()
        emit(ctx, "callback.preference_saved", row, links=[customer], name=customer.name, no_call=row.no_call)
        return row


def end_calls(ctx: Ctx, customer_id: int) -> None:
    """Who wishes no calls gets none, from this moment on; those that the law asks for stay."""
    query = sa.select(Call).where(Call.customer_id == customer_id, Call.state.in_(AHEAD)).order_by(Call.id)
    rows = list(ctx.session.scalars(query.with_for_update()))
    needs = queries.needs_of(ctx, [row.id for row in rows])
    for row in rows:
        own = needs.get(row.id, [])
        if not any(need.legal for need in own):
            change_state(row, "cancelled")
            for need in own:
                need.left_out = "no_call"


def _mask(chosen: tuple[int, ...], size: int, field: str, words: str) -> int:
    if not chosen:
        raise Invalid("missing", words, field)
    if any(not 0 <= place < size for place in chosen):
        raise Invalid("bad_value", _("Choose one of the values offered."), field)
    return sum(1 << place for place in set(chosen))


def open_period(ctx: Ctx, day: dt.date) -> Period:
    """The quarter in which ``day`` lies; opened when it is the first time that somebody asks for it."""
    with transaction(ctx):
        found = queries.period_on(ctx, day)
        if found is not None:
            return found
        first, last, code = quarter_of(day)
        row = Period(code=code, first=first, last=last)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "callback.period_opened", row, code=code)
        return row


def add_call(ctx: Ctx, data: CallData) -> Call:
    """Plan a call by hand, on a day of which the person is sure: it stays there when the plan is made anew.

    Raises Conflict when the customer wishes no calls, is called that day already, or often enough that month.
    """
    ctx.require(PLAN)
    with transaction(ctx):
        customer = get_customer(ctx, data.customer_id)
        if data.reason not in queries.reasons(ctx):
            raise Invalid("bad_reason", _("Choose one of the values offered."), "reason")
        if data.part not in (0, 1, 2):
            raise Invalid("bad_part", _("Choose one of the values offered."), "part")
        if data.day < ctx.today:
            raise Invalid("past", _("That day is over; choose today or later."), "day")
        _callable(ctx, customer.id)
        _room_for(ctx, customer.id, data.day)
        _can_make(ctx, dict(queries.agent_choices(ctx)), MoveData(data.day, data.part, data.agent_id))
        period = open_period(ctx, data.day)
        call = Call(
            period_id=period.id, customer_id=customer.id, unit_id=customer.unit_id, assignee_id=data.agent_id,
            phone=_phone_of(ctx, customer.id), due_from=data.day, due_until=data.day, day=data.day, part=data.part,
            state="released", pinned=True,
        )  # fmt: skip
        ctx.session.add(call)
        ctx.session.flush()
        ctx.session.add(
            Need(
                key=f"hand:{call.id}", period_id=period.id, call_id=call.id, customer_id=customer.id,
                reason=data.reason, due_from=data.day, due_until=data.day, questionnaire=data.questionnaire,
            )
        )  # fmt: skip
        ctx.session.flush()
        emit(ctx, "callback.call_planned", call, links=[customer], name=customer.name, day=data.day)
        return call


def _callable(ctx: Ctx, customer_id: int) -> None:
    wishes = queries.preference_of(ctx, customer_id)
    if wishes is not None and wishes.no_call:
        raise Conflict("no_call", _("This customer wishes no calls."), "customer_id")
    if not _phone_of(ctx, customer_id):
        raise Conflict("no_phone", _("This customer has no phone number; enter one first."), "customer_id")


def _phone_of(ctx: Ctx, customer_id: int) -> str:
    phones = phones_of(ctx, customer_id)
    return phones[0].number if phones else ""


def _room_for(ctx: Ctx, customer_id: int, day: dt.date, but: int = 0) -> None:
    """At most one call a day and N a month for each customer, whatever the reasons."""
    first, last = month_of(day)
    query = sa.select(Call.day).where(
        Call.customer_id == customer_id, Call.day >= first, Call.day <= last, Call.state.in_(HELD), Call.id != but
    )
    days = list(ctx.session.scalars(query))
    if day in days:
        raise Conflict("same_day", _("This customer is called on that day already."), "day")
    days += asked_by_phone(ctx, first, last, lambda column: column == customer_id).get(customer_id, [])
    most = int(get_setting(ctx, "callback.month_limit"))
    if len(days) >= most:
        words = _("This customer is called {n} times that month already, and no more are allowed.", n=len(days))
        raise Conflict("month_full", words, "day")


def move_call(ctx: Ctx, call_id: int, data: MoveData, *, version: int | None = None) -> Call:
    """Put a call on another day, in another part of it, or give it to somebody else. It stays there from now on.

    Raises Conflict where a law of the plan stands against it: the span of its reasons, the customer's wishes, one call
    a day, so many a month.
    """
    ctx.require(PLAN)
    with transaction(ctx):
        row = queries.get_call(ctx, call_id, lock=True)
        check_version(row, version)
        if row.state not in AHEAD:
            raise Conflict("not_ahead", _("Only a call that is still to be made can be changed."))
        if data.part not in (0, 1, 2):
            raise Invalid("bad_part", _("Choose one of the values offered."), "part")
        if data.day < ctx.today:
            raise Invalid("past", _("That day is over; choose today or later."), "day")
        if data.day != row.day and not row.due_from <= data.day <= row.due_until:
            words = _("This call is due from {first} to {last}.", first=row.due_from, last=row.due_until)
            raise Conflict("not_due", words, "day")
        _wished(ctx, row.customer_id, data)
        if data.day != row.day:
            _room_for(ctx, row.customer_id, data.day, but=row.id)
        names = dict(queries.agent_choices(ctx))
        _can_make(ctx, names, data, but=row.id)
        row.day, row.part, row.assignee_id, row.pinned = data.day, data.part, data.agent_id, True
        ctx.session.flush()
        emit(ctx, "callback.call_moved", row, day=row.day, name=names.get(data.agent_id or 0, ""))
        return row


def _wished(ctx: Ctx, customer_id: int, data: MoveData) -> None:
    wishes = queries.preference_of(ctx, customer_id)
    if wishes is not None and not wishes.weekdays >> data.day.weekday() & 1:
        raise Conflict("not_wished", _("The customer wishes no calls on that weekday."), "day")
    if wishes is not None and not wishes.parts >> data.part & 1:
        raise Conflict("not_wished", _("The customer wishes no calls in that part of the day."), "part")


def _can_make(ctx: Ctx, names: Mapping[int, str], data: MoveData, but: int = 0) -> None:
    """Whether the person is there at that time, and not full."""
    if data.agent_id is None:
        return
    if data.agent_id not in names:
        raise Invalid("unknown_person", _("Choose somebody who makes calls."), "agent_id")
    room = capacity(ctx, data.day, data.day).room.get((data.day, data.part, data.agent_id), 0)
    query = sa.select(sa.func.count()).select_from(Call)
    query = query.where(Call.day == data.day, Call.part == data.part, Call.assignee_id == data.agent_id)
    taken = ctx.session.scalar(query.where(Call.state.in_(HELD), Call.id != but)) or 0
    if not room:
        words = _("{name} does not work at that time.", name=names[data.agent_id])
        raise Conflict("not_there", words, "agent_id")
    if taken >= room:
        words = _("{name} has {n} calls at that time and can make no more.", name=names[data.agent_id], n=taken)
        raise Conflict("full", words, "agent_id")


def cancel_call(ctx: Ctx, call_id: int, reason: str, *, version: int | None = None) -> Call:
    """It is not made, with a reason; what it served is left out of the plan."""
    ctx.require(PLAN)
    with transaction(ctx):
        row = queries.get_call(ctx, call_id, lock=True)
        check_version(row, version)
        if row.state not in AHEAD:
            raise Conflict("not_ahead", _("Only a call that is still to be made can be changed."))
        text = reason.strip()
        if not text:
            raise Invalid("missing", _("Give a reason."), "reason")
        change_state(row, "cancelled")
        for need in queries.needs_of(ctx, [row.id]).get(row.id, []):
            need.left_out = "cancelled"
        ctx.session.flush()
        emit(ctx, "callback.call_cancelled", row, reason=text[:2000], day=row.day)
        return row


def note_made(ctx: Ctx, call_id: int, result: str, note: str = "") -> Call:
    """A call was made now, without the calling screen: its result is noted."""
    ctx.require(PLAN)
    with transaction(ctx):
        row = queries.get_call(ctx, call_id, lock=True)
        if row.state != "released":
            raise Conflict("wrong_state", _("That is not possible now: somebody has dealt with this call already."))
        if result not in RESULTS or not result:
            raise Invalid("bad_result", _("Choose one of the values offered."), "result")
        change_state(row, "calling")
        change_state(row, "done")
        row.result, row.note, row.done_at, row.attempts = result, note.strip()[:2000], ctx.now, row.attempts + 1
        ctx.session.flush()
        emit(ctx, "callback.call_noted", row, day=row.day, result=result)
        return row


def change_state(call: Call, state: str) -> None:
    """Bring a call into another state. Raises Conflict where the life of a call does not lead there."""
    if state not in CALL_MOVES[call.state]:
        raise Conflict("wrong_state", _("That is not possible now: somebody has dealt with this call already."))
    call.state = state


def pass_on(ctx: Ctx, from_user_id: int, to_user_id: int | None, until: dt.date | None = None) -> list[Call]:
    """The calls that a person is dealt or is at, now another's: a call in progress is free again, and what was typed on
    it goes with it. One that belongs to a colleague stays the colleague's.
    """
    at_it = sa.and_(Call.state == "calling", Call.locked_by == from_user_id)
    query = sa.select(Call).where(sa.or_(Call.assignee_id == from_user_id, at_it))
    query = query.where(Call.state.in_((*AHEAD, "calling")))
    if until is not None:
        query = query.where(Call.day <= until)
    rows = list(ctx.session.scalars(query.order_by(Call.id).with_for_update()))
    for row in rows:
        if row.assignee_id == from_user_id:
            row.assignee_id = to_user_id
        if row.state == "calling" and row.locked_by == from_user_id:
            change_state(row, "released")
            row.locked_by = row.locked_at = None
    ctx.session.flush()
    if to_user_id is not None:
        _pass_on_drafts(ctx, rows, from_user_id, to_user_id)
    return rows


def _pass_on_drafts(ctx: Ctx, rows: Sequence[Call], from_user_id: int, to_user_id: int) -> None:
    """What was typed and not sent yet; what the other has typed on the same call already stands."""
    query = sa.select(CallDraft).where(CallDraft.user_id.in_((from_user_id, to_user_id)))
    drafts = list(ctx.session.scalars(query.where(CallDraft.call_id.in_([row.id for row in rows]))))
    taken = {draft.call_id for draft in drafts if draft.user_id == to_user_id}
    for draft in drafts:
        if draft.user_id == from_user_id and draft.call_id not in taken:
            promised = {"promise_for": [str(to_user_id)]} if "promise_for" in draft.fields else {}
            draft.user_id, draft.fields = to_user_id, {**draft.fields, **promised}
    ctx.session.flush()


def hand_over_calls(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give a person's calls ahead to another one; answers how many. The plan made anew levels them again."""
    with transaction(ctx):
        rows = pass_on(ctx, from_user_id, to_user_id)
        if rows:
            names = queries.names_of(ctx, [to_user_id])
            emit(ctx, "callback.calls_handed_over", rows[0], count=len(rows), to=names.get(to_user_id, ""))
        return len(rows)
