"""The course of a visit: arriving, what is found and done, leaving. Each send has a key; the same key is done once."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal

import sqlalchemy as sa

from core.api import (
    Conflict,
    Ctx,
    Gate,
    Invalid,
    _,
    advance,
    ask,
    both,
    check_version,
    emit,
    put_checklist,
    require_all,
    transaction,
)
from plugins.service import visit_life
from plugins.service.contracts import VISITED, AppointmentData, ResultData
from plugins.service.life import WORK
from plugins.service.models import Order, Visit
from plugins.service.queries import appointments, orders
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import punctuality
from plugins.service.services import course
from plugins.service.services.common import chosen, links_of, refresh_urgency, require_open, required
from plugins.service.services.dispatching import appoint
from plugins.service.services.entitlement import put_cause, record_consent
from plugins.service.services.sending import known, locked, order_ref, remember, to_work_on
from plugins.service.services.signing import put_rating, put_signature
from plugins.service.visit_contracts import (
    AGAIN,
    CONTACTS_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    VISIT_OUTCOME_WORDS,
    EndData,
    Verdict,
    WorkData,
)

LONGEST_MINUTES = 7 * 24 * 60
"""More than a week on one visit is a slip of the finger."""
CHECKLISTS = {"conduct": "service.conduct", "vehicle": "service.vehicle"}
"""Step of the table ``service.steps`` → the checklist that a visit gets by it."""
MOST_TEXT = 4000


def arrive(ctx: Ctx, order_id: int, once: str, *, at: dt.datetime | None = None) -> Visit:
    """Somebody is there: the visit begins, and with the first one the work. Who is there already stays on that visit.

    The same ``once`` again answers the same visit. On an order that is done a visit may be written down afterwards.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = locked(ctx, order_id)
        before = known(ctx, once)
        if before is not None:
            return before
        there = queries.open_visit(ctx, order.id, ctx.actor.user_id)
        if there is not None:
            return there
        require_open(order)
        if order.kind not in VISITED:
            raise Invalid("no_visit", _("Nobody visits the customer for {number}.", number=order.number))
        moment = _moment(ctx, order, at)
        if order.state in ("requested", "accepted", "dispatched"):
            course.start(ctx, order.id, at=moment)
        agreed = queries.appointment_of(ctx, order)
        visit = Visit(
            order_id=order.id, number=_next_number(ctx, order.id), state="on_site",
            technician_id=ctx.actor.user_id, technician_name=ctx.actor.name, arrived_at=moment,
            agreed_from=agreed[0], agreed_until=agreed[1], outcome="",
        )  # fmt: skip
        ctx.session.add(visit)
        ctx.session.flush()
        remember(ctx, once, "arrive", visit)
        late = punctuality(moment, *agreed)
        emit(
            ctx, "service.arrived", visit, links=[*links_of(order), order_ref(order)], number=order.number,
            n=visit.number, name=ctx.actor.name, at=moment, late=late.minutes if late and late.word == "late" else 0,
        )  # fmt: skip
        for step, code in CHECKLISTS.items():
            if step in order.steps:
                put_checklist(ctx, visit, code)
        return visit


def save_work(ctx: Ctx, visit_id: int, data: WorkData, once: str, *, version: int | None = None) -> Visit:
    """Keep what was found and done. Another cause than known decides anew who pays; readings go to whoever keeps them.

    Sent again with the same ``once`` it changes nothing.
    """
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is not None:
            return visit
        _require_there(visit)
        check_version(visit, version)
        order = visit.order
        differed, found = visit.differs == "yes", visit.further == "found"
        visit.differs = chosen(data.differs, DIFFERS_WORDS, "differs")
        visit.differs_text = _said(data.differs == "yes", data.differs_text, "differs_text", _("Say what differs."))
        visit.further = chosen(data.further, FURTHER_WORDS, "further")
        text = _("Say what else the customer told, or you saw.")
        visit.further_text = _said(data.further == "found", data.further_text, "further_text", text)
        swapped = visit.contacts == "exchanged"
        _put_contacts(visit, data)
        visit.done_text, visit.tested = _text(data.done_text, "done_text"), _text(data.tested, "tested")
        visit.travel_minutes = _minutes(data.travel_minutes, "travel_minutes")
        visit.work_minutes = _minutes(data.work_minutes, "work_minutes")
        _take_readings(ctx, visit, order, data, once)
        remember(ctx, once, "work", visit)
        if data.cause:
            put_cause(ctx, order, data.cause, data.cause_text)
        _tell_work(ctx, visit, order, differed, found)
        if visit.contacts == "exchanged" and not swapped:
            facts = {"number": order.number, "who": visit.contact_who}
            emit(ctx, "service.contacts_exchanged", visit, links=[order_ref(order)], **facts)
        return visit


def judge(ctx: Ctx, visit_id: int, cause: str, once: str) -> Verdict:
    """The cause found on site, as soon as it is chosen: who pays is decided anew, and answered in words."""
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is None:
            _require_there(visit)
            remember(ctx, once, "cause", visit)
            put_cause(ctx, visit.order, cause)
            emit(ctx, "service.visit_saved", visit, links=[order_ref(visit.order)], number=visit.order.number)
        return verdict(ctx, visit.order)


def consent_on_site(ctx: Ctx, visit_id: int, how: str, who: str, note: str, once: str) -> Visit:
    """The customer agrees to pay for what the cause found has made paid, while the technician is there (GS-11)."""
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is None:
            _require_there(visit)
            remember(ctx, once, "consent", visit)
            record_consent(ctx, visit.order_id, how, who, note)
        return visit


def end_visit(ctx: Ctx, visit_id: int, data: EndData, once: str) -> Visit:
    """Leave: with the customer's rating and signature, and the outcome; all of it or nothing.

    The order is done by that, once nobody else is there; with the outcome ``again`` it waits for another visit.
    """
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is not None:
            return visit
        if visit.state != "on_site":
            raise Conflict("ended_already", _("This visit has ended already; what was sent first counts."))
        order = visit.order
        if not data.outcome:
            raise Invalid("outcome_missing", _("Choose the outcome."), "outcome")
        visit.outcome = chosen(data.outcome, [c for c in VISIT_OUTCOME_WORDS if c], "outcome")
        visit.left_at = _left(ctx, visit, data.left_at)
        if data.rating is not None:
            put_rating(ctx, visit, data.rating)
        if data.signature is not None:
            put_signature(ctx, visit, data.signature)
        if visit.outcome == AGAIN:
            _plan_again(ctx, visit, data)
        remember(ctx, once, "end", visit)
        ctx.session.flush()
        advance(ctx, visit_life.WORKFLOW, visit, "end")
        facts = {"number": order.number, "n": visit.number, "outcome": both(VISIT_OUTCOME_WORDS[visit.outcome])}
        emit(ctx, "service.left", visit, links=[*links_of(order), order_ref(order)], **facts)
        _move_order(ctx, visit, order)
        return visit


def _move_order(ctx: Ctx, visit: Visit, order: Order) -> None:
    """What the end of a visit means for its order; nothing while somebody else is still there, or it is done."""
    still = sa.select(Visit.id).where(Visit.order_id == order.id, Visit.state == "on_site", Visit.id != visit.id)
    if order.state != "working" or ctx.session.scalar(still.limit(1)) is not None:
        return
    if visit.outcome == AGAIN:
        course.come_again(ctx, order.id, visit.again_reason)
        _agree_again(ctx, visit, order)
        return
    course.finish(ctx, order.id, ResultData(visit.outcome, visit.done_text, finished_at=visit.left_at))


def _agree_again(ctx: Ctx, visit: Visit, order: Order) -> None:
    """The new time as an appointment in the company's slot; only promised where no slot has it, or somebody who was
    sent can't go then: whoever dispatches sees to that.
    """
    assert visit.again_at is not None
    local = visit.again_at.astimezone(ctx.tz)
    fitting = (s for s in appointments.slots(ctx) if s.starts <= local.time() and _before(local.time(), s.ends))
    slot = next(fitting, None)
    order.promised_at = visit.again_at
    if slot is not None:
        day = local.date() + dt.timedelta(days=slot.ends == dt.time())
        ends = dt.datetime.combine(day, slot.ends, ctx.tz)
        given = AppointmentData(visit.again_at, ends, order.person_name, "in_person", reason=visit.again_reason[:400])
        with suppress(Conflict), ctx.session.begin_nested():
            appoint(ctx, order.id, given)
    refresh_urgency(ctx, order)
    when = {"at": visit.again_at, "number": order.number}
    emit(ctx, "service.follow_up_agreed", order, links=links_of(order), **when)


def _before(moment: dt.time, end: dt.time) -> bool:
    return moment < end or end == dt.time()


def _plan_again(ctx: Ctx, visit: Visit, data: EndData) -> None:
    """GS-12: why it could not be solved, and when somebody comes again."""
    visit.again_reason = required(data.again_reason, "again_reason", _("Say why somebody has to come again."), 1000)
    if data.again_at is None:
        raise Invalid("again_at_missing", _("Agree a new time with the customer."), "again_at")
    if data.again_at <= ctx.now:
        raise Invalid("in_past", _("The new time has to lie ahead."), "again_at")
    visit.again_at = data.again_at


def verdict(ctx: Ctx, order: Order) -> Verdict:
    """Who pays as it stands, in the words of a note for the technician."""
    decided = orders.entitlements_of(ctx, order.id)[:1]
    changed = bool(decided) and decided[0].before in ("free", "contract")
    text = order.coverage_words
    if not order.work_kind:
        return Verdict("warn", _("A person decides who pays"), text)
    if order.work_kind == "paid":
        by_hand = order.coverage_ref is None
        needs = by_hand and order.consent_at is None and "consent" in order.steps
        others = () if by_hand else tuple(_asked_by_others(ctx, order))
        tone = "bad" if needs or others else "warn"
        return Verdict(tone, _("Now paid") if changed else _("Paid"), text, needs, others)
    titles = {"free": _("Free of charge"), "contract": _("By contract"), "administration": _("Administration")}
    return Verdict("ok", titles[order.work_kind], text)


def _asked_by_others(ctx: Ctx, order: Order) -> list[Gate]:
    """What other modules ask for before paid work on an order is done."""
    found = require_all(ctx, "check_transition", record=order, transition="finish")
    return [g for g in found if g.open and not g.key.startswith("service.")]


# --- what was entered ------------------------------------------------------------------------------------------------


def _require_there(visit: Visit) -> None:
    if visit.state != "on_site":
        raise Conflict("ended_already", _("This visit has ended already; what was sent first counts."))


def _next_number(ctx: Ctx, order_id: int) -> int:
    return (ctx.session.scalar(sa.select(sa.func.max(Visit.number)).where(Visit.order_id == order_id)) or 0) + 1


def _moment(ctx: Ctx, order: Order, at: dt.datetime | None) -> dt.datetime:
    if at is None:
        return ctx.now
    if at > ctx.now:
        raise Invalid("in_future", _("That can't have happened later than now."), "at")
    if at < order.received_at:
        raise Invalid("before_call", _("That can't have happened before the order came in."), "at")
    return at


def _left(ctx: Ctx, visit: Visit, at: dt.datetime | None) -> dt.datetime:
    moment = at or ctx.now
    if moment > ctx.now:
        raise Invalid("in_future", _("That can't have happened later than now."), "left_at")
    if moment < visit.arrived_at:
        raise Invalid("left_before", _("Nobody leaves before arriving."), "left_at")
    return moment


def _text(text: str, field: str) -> str:
    text = (text or "").strip()
    if len(text) > MOST_TEXT:
        said = _("At most {n} characters; this has {length}.", n=MOST_TEXT, length=len(text))
        raise Invalid(f"{field}_too_long", said, field)
    return text


def _said(needed: bool, text: str, field: str, message: str, longest: int = 0) -> str:
    return required(text, field, message, longest or MOST_TEXT) if needed else ""


def _minutes(value: int | None, field: str) -> int | None:
    if value is not None and not 0 <= value <= LONGEST_MINUTES:
        raise Invalid("bad_minutes", _("Minutes, 0 or more."), field)
    return value


def _take_readings(ctx: Ctx, visit: Visit, order: Order, data: WorkData, once: str) -> None:
    """Hand new readings to the module that keeps them; what it refuses is told at the field."""
    before = {r["code"]: Decimal(r["value"]) for r in visit.readings}
    offered = {m.code: m for m in queries.meters(ctx, order)} if data.readings else {}
    kept = list(visit.readings)
    for code, value in data.readings.items():
        if code not in offered or before.get(code) == value:
            continue
        try:
            ask(ctx, "take_reading", device_id=order.device_id, code=code, value=value, key=f"{once}:{code}"[:120])
        except Invalid as error:
            raise Invalid(error.code, error.message, f"meter-{code}") from error
        kept = [r for r in kept if r["code"] != code]
        kept.append({"code": code, "label": offered[code].label, "value": f"{value:f}"})
    visit.readings = kept


def _put_contacts(visit: Visit, data: WorkData) -> None:
    """DEF-7.3: ours was left with the customer, and theirs is noted; or why not."""
    visit.contacts = chosen(data.contacts, CONTACTS_WORDS, "contacts")
    swapped = data.contacts == "exchanged"
    visit.contact_who = _said(swapped, data.contact_who, "contact_who", _("Note who is there for us to call."), 120)
    visit.contact_phone = _said(swapped, data.contact_phone, "contact_phone", _("Note the number to call."), 60)
    why = _("Say why no contacts were exchanged.")
    visit.contacts_why = _said(data.contacts == "none", data.contacts_why, "contacts_why", why)


def _tell_work(ctx: Ctx, visit: Visit, order: Order, differed: bool, found: bool) -> None:
    facts = {"number": order.number}
    links = [order_ref(order)]
    if visit.differs == "yes" and not differed:
        emit(ctx, "service.differs", visit, links=links, text=visit.differs_text[:400], **facts)
    if visit.further == "found" and not found:
        emit(ctx, "service.further_found", visit, links=links, text=visit.further_text[:400], **facts)
    emit(ctx, "service.visit_saved", visit, links=links, **facts)

