"""The verbs of returns (RMA): expected, sent, received, examined, done with; chased when nobody sends them (AG-15).

Other modules book what comes in by the events: ``service.rma_received``, ``service.rma_examined`` and
``service.rma_closed`` carry the number, what it is, its part and serial number, quantity, unit and disposal.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    DomainError,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    advance,
    both,
    cancel_clock,
    check_version,
    emit,
    fill_in,
    find_clock,
    get_setting,
    next_number,
    notify,
    queue_mail,
    start_clock,
    stop_clock,
    transaction,
    written,
)
from plugins.base import queries as archive
from plugins.service.contracts import CONSENT_WORDS, KIND_WORDS, ORDER
from plugins.service.models import AWAITED_STATES, NEVER, BenchEntry, Item, Order, PartLine, Rma
from plugins.service.queries import orders as order_queries
from plugins.service.queries import rma as queries
from plugins.service.queries import routing
from plugins.service.rma_contracts import (
    CHASE,
    DISPOSAL_WORDS,
    PURPOSE_WORDS,
    RESULT_MAIL,
    RESULT_WORDS,
    RMA,
    RMA_ARRIVE,
    RMA_EXAMINE,
    RMA_SEND,
    RMA_STATE_WORDS,
    WHAT_WORDS,
    ExamineData,
    ReceiveData,
    RmaData,
    SendData,
)
from plugins.service.rma_life import RECEIVE, SEND, WORKFLOW
from plugins.service.rules.rma import HEADQUARTERS, OWNER, UNIT, Chase, due_steps, same_serial
from plugins.service.services.common import chosen, links_of, lock, require_not_archived, required, runs, short

CLOCK_OF = {"expected": RMA_SEND, "sent": RMA_ARRIVE, "received": RMA_EXAMINE}
"""State → the clock that runs in it."""
MOST = Decimal(10) ** 6


# --- expected ---------------------------------------------------------------------------------------------------------


def expect(ctx: Ctx, order_id: int, data: RmaData) -> Rma:
    """Record by hand that something has to come back from an order. The same ``once`` twice answers the first."""
    ctx.require(SEND)
    with transaction(ctx):
        order = order_queries.get_order(ctx, order_id)
        known = queries.by_once(ctx, data.once)
        if known is not None:
            return known
        require_not_archived(order)
        if order.state == "cancelled":
            raise Conflict("not_open", _("{number} is over; nothing more comes back from it.", number=order.number))
        chosen(data.what, WHAT_WORDS, "what")
        chosen(data.purpose, PURPOSE_WORDS, "purpose")
        if data.owner_id is not None and order_queries.member_name(ctx, data.owner_id) is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "owner_id")
        if data.to_unit_id is not None and order_queries.find_unit(ctx, data.to_unit_id) is None:
            raise Invalid("unknown_unit", _("Choose an organisation unit."), "to_unit_id")
        required(data.name, "name", _("Say what it is."), 200)
        if not data.quantity.is_finite() or not 0 < data.quantity < MOST:
            raise Invalid("bad_quantity", _("A quantity is a number above 0."), "quantity")
        return _expect(ctx, order, data)


def _expect(ctx: Ctx, order: Order, data: RmaData) -> Rma:
    top = order_queries.headquarters(ctx)
    item = Rma(
        number=next_number(ctx, RMA, str(get_setting(ctx, "service.rma_pattern"))), order_id=order.id,
        what=data.what, purpose=data.purpose, name=data.name.strip()[:200],
        part_number=short(data.part_number, "part_number", 80), serial=short(data.serial, "serial", 80),
        quantity=data.quantity, reason=short(data.reason, "reason", 400), source=data.source,
        owner_id=data.owner_id or order.assignee_id or ctx.actor.user_id,
        to_unit_id=data.to_unit_id or (top.id if top is not None else None),
        expected_at=ctx.now, expected_by=ctx.actor.name, once=data.once[:80] or None, state="expected", chased=[],
    )  # fmt: skip
    ctx.session.add(item)
    ctx.session.flush()
    _follow_clock(ctx, item)
    emit(
        ctx, "service.rma_expected", item, links=_links(order), **_what_it_is(item), reason=item.reason,
        purpose=both(PURPOSE_WORDS[item.purpose]),
    )  # fmt: skip
    return item


def follow_part(ctx: Ctx, order: Order, row: PartLine) -> None:
    """A part was used on a visit, or not after all: the faulty one comes back where the table says so."""
    if row.kind == "part":
        _follow(ctx, order, f"part:{row.id}", row.used or Decimal(0), row.name, row.number)


def follow_entry(ctx: Ctx, item: Item, entry: BenchEntry) -> None:
    """The same for a part on a repair card."""
    if entry.kind == "part":
        quantity = Decimal(0) if entry.struck_at is not None else entry.quantity or Decimal(0)
        _follow(ctx, item.order, f"entry:{entry.id}", quantity, entry.what, entry.code)


def follow_unit_exchange(ctx: Ctx, device_id: int, source: str) -> None:
    """A whole unit was exchanged for another one: it comes back where the table says so. Told twice it is one return;
    nothing happens where no order was about it.
    """
    with transaction(ctx):
        order = queries.exchanged_on(ctx, device_id)
        if order is not None:
            name, serial = unit_words(order)
            _follow(ctx, order, source, Decimal(1), name, "", what="unit", serial=serial)


def follow_acceptance(ctx: Ctx, order: Order) -> None:
    """A return for analysis was accepted: its unit is expected where the table says so (ISO-5.2.5)."""
    if order.kind != "analysis":
        return
    name, serial = unit_words(order)
    _follow(ctx, order, f"order:{order.id}", Decimal(1), name, "", what="unit", serial=serial, purpose="analysis")


def unit_words(order: Order) -> tuple[str, str]:
    """(what the unit of an order is, its serial number)."""
    product = order.product
    name = " ".join(p for p in (product.name, product.model) if p) if product is not None else order.subject
    return name[:200], ((order.device.serial if order.device is not None else "") or order.serial_told)[:80]


def _follow(
    ctx: Ctx, order: Order, source: str, quantity: Decimal, name: str, part_number: str, *, what: str = "part",
    serial: str = "", purpose: str = "exchange",
) -> None:  # fmt: skip
    known = queries.by_source(ctx, source)
    if not quantity:
        if known is not None and known.state == "expected":
            _withdraw(ctx, known, _("The part was not used after all"))
        return
    back, unit, why = queries.comes_back(ctx, order, what, name, part_number)
    if known is None and back:
        data = RmaData(
            name, what, purpose, part_number, serial or "", quantity, why, to_unit_id=unit.id if unit else None,
            source=source,
        )
        _expect(ctx, order, data)
    elif known is not None and (
        (known.state == "withdrawn" and back) or (known.state == "expected" and known.quantity != quantity)
    ):
        _expected_again(ctx, known, quantity, name, part_number)


def _expected_again(ctx: Ctx, item: Rma, quantity: Decimal, name: str, part_number: str) -> None:
    """The part from which the need came has another quantity, or is used after all."""
    item.quantity, item.name, item.part_number = quantity, name, part_number
    if item.state == "withdrawn":
        item.state, item.end_reason, item.ended_at, item.ended_by = "expected", "", None, ""
    _follow_clock(ctx, item)
    emit(ctx, "service.rma_changed", item, links=_links(item.order), **_what_it_is(item))


def withdraw(ctx: Ctx, rma_id: int, reason: str, *, version: int | None = None) -> Rma:
    """It does not have to come back after all; the reason is kept."""
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        advance(ctx, WORKFLOW, item, "withdraw", reason=reason)
        _withdraw(ctx, item, required(reason, "reason", _("Give a reason."), 400))
        return item


def _withdraw(ctx: Ctx, item: Rma, reason: str) -> None:
    item.state = "withdrawn"
    _end(ctx, item, reason)
    _follow_clock(ctx, item)
    emit(ctx, "service.rma_withdrawn", item, links=_links(item.order), number=item.number, reason=reason)


def pass_on(ctx: Ctx, rma_id: int, user_id: int, *, version: int | None = None) -> Rma:
    """Somebody else sends it."""
    ctx.require(SEND)
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        name = order_queries.member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "owner_id")
        if item.state != "expected":
            raise Conflict("wrong_state", _("{number} is {state} already.", number=item.number, state=_state(item)))
        item.owner_id = user_id
        emit(ctx, "service.rma_passed", item, links=_links(item.order), number=item.number, name=name)
        return item


def hand_over_returns(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Whoever leaves gives what he or she has to send to a successor; answers how many."""
    with transaction(ctx):
        rows = queries.owned_by(ctx, from_user_id)
        name = order_queries.member_name(ctx, to_user_id) or ""
        for item in rows:
            item.owner_id = to_user_id
            emit(ctx, "service.rma_passed", item, number=item.number, name=name)
        return len(rows)


# --- sent and received ------------------------------------------------------------------------------------------------


def send(ctx: Ctx, rma_id: int, data: SendData, *, version: int | None = None) -> Rma:
    """It was sent: by which carrier, with which tracking number, when."""
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        carrier = required(data.carrier, "carrier", _("Say how it was sent: the carrier, or who takes it along."), 80)
        at = _moment(ctx, data.sent_at, item.expected_at, "sent_at")
        advance(ctx, WORKFLOW, item, "send")
        item.carrier, item.tracking = carrier, short(data.tracking, "tracking", 80)
        item.sent_at, item.sent_by = at, ctx.actor.name
        item.serial = short(data.serial, "serial", 80) or item.serial
        stop_clock(ctx, item, RMA_SEND, at=at)
        _follow_clock(ctx, item)
        emit(
            ctx, "service.rma_sent", item, links=_links(item.order), **_what_it_is(item), carrier=carrier,
            tracking=item.tracking,
        )  # fmt: skip
        return item


def receive(ctx: Ctx, rma_id: int, data: ReceiveData, *, version: int | None = None) -> Rma:
    """It has come in. Another serial number than the expected one is taken only on purpose and with the reason; the
    words name the return to which that number belongs, where there is one. What turns up after its order was archived
    is a find for an order of its own: nothing of an archived order is changed any more (DEF-10).
    """
    with transaction(ctx):
        item = _locked(ctx, rma_id, None)
        if item.received_at is not None and item.state in ("received", "examined", "closed"):
            text = _("{number} has come in already: {time}, received by {name}.", number=item.number,
                     time=_day(ctx, item.received_at), name=item.received_by)  # fmt: skip
            raise Conflict("received_already", text)
        check_version(item, version)
        _require_there(ctx, item)
        condition = required(data.condition, "condition", _("Write down how it looks."), 4000)
        at = _moment(ctx, data.received_at, item.sent_at or item.expected_at, "received_at")
        serial = short(data.serial, "serial", 80)
        verdict, why = _compared(ctx, item, serial, data)
        advance(ctx, WORKFLOW, item, "receive")
        item.condition, item.serial_received = condition, serial
        item.serial_verdict, item.serial_reason = verdict, why
        item.received_at, item.received_by = at, ctx.actor.name
        item.ended_at, item.ended_by, item.end_reason = None, "", ""
        for kind in (RMA_SEND, RMA_ARRIVE):
            stop_clock(ctx, item, kind, at=at)
        _follow_clock(ctx, item)
        emit(
            ctx, "service.rma_received", item, links=_links(item.order), **_what_it_is(item),
            condition=condition[:300], serial_received=serial, taken=verdict == "taken",
            to=item.to_unit.code if item.to_unit else "", order=item.order.number,
        )  # fmt: skip
        if verdict == "taken":
            facts = {"number": item.number, "serial": serial, "expected": item.serial, "reason": why}
            emit(ctx, "service.rma_differs", item, links=_links(item.order), **facts)
        return item


def _compared(ctx: Ctx, item: Rma, serial: str, data: ReceiveData) -> tuple[str, str]:
    """(verdict on the serial number, reason); Invalid, in words, when it is another one and nobody decided."""
    if not item.serial:
        return ("unknown" if serial else ""), ""
    if not serial:
        if item.what == "unit" and not data.take_it:
            text = _("Enter the serial number: {serial} is expected.", serial=item.serial)
            raise Invalid("serial_missing", text, "serial")
        return "", ""
    if same_serial(serial, item.serial):
        return "same", ""
    if not data.take_it:
        other = queries.awaited_with_serial(ctx, serial)
        message = N_("This is {serial}; {expected} is expected. Take it all the same with the reason, or refuse it.")
        text = _(message, serial=serial, expected=item.serial)
        if other is not None and other.id != item.id:
            message = N_("This is {serial}, which belongs to {number}: receive it there. {expected} is expected here.")
            text = _(message, serial=serial, expected=item.serial, number=other.number)
        raise Invalid("another_serial", text, "serial")
    text = _("Say why another one is taken.")
    return "taken", required(data.reason, "reason", text, 400)


def refuse(ctx: Ctx, rma_id: int, reason: str, *, version: int | None = None) -> Rma:
    """What came in is not what was expected: it goes back, and the expected one is still to be sent."""
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        _require_there(ctx, item)
        reason = required(reason, "reason", _("Say what came instead, and what becomes of it."), 400)
        advance(ctx, WORKFLOW, item, "refuse", reason=reason)
        item.carrier = item.tracking = item.sent_by = ""
        item.sent_at = None
        _follow_clock(ctx, item)
        emit(ctx, "service.rma_refused", item, links=_links(item.order), number=item.number, reason=reason)
        if item.owner_id is not None and item.owner_id != ctx.actor.user_id:
            text = N_("{number} was refused at receiving: {reason}")
            once = f"return {item.id} v{item.version} refused"
            notify(ctx, [item.owner_id], text, record=item, once=once, number=item.number, reason=reason[:200])
        return item


# --- examined, done with ----------------------------------------------------------------------------------------------


def examine(ctx: Ctx, rma_id: int, data: ExamineData, *, version: int | None = None) -> Rma:
    """Record what examining it showed. What is for analysis needs words."""
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        _require_there(ctx, item)
        if not data.result:
            raise Invalid("result_missing", _("Choose the result."), "result")
        chosen(data.result, RESULT_WORDS, "result")
        text = data.text.strip()
        if item.purpose == "analysis" or data.result == "not_examined":
            text = required(text, "text", _("Write down what was found."), 8000)
        advance(ctx, WORKFLOW, item, "examine")
        item.result, item.result_text = data.result, text[:8000]
        item.examined_at, item.examined_by = ctx.now, ctx.actor.name
        stop_clock(ctx, item, RMA_EXAMINE)
        _follow_clock(ctx, item)
        emit(
            ctx, "service.rma_examined", item, links=_links(item.order), **_what_it_is(item),
            result=both(RESULT_WORDS[item.result]), code=item.result,
        )  # fmt: skip
        return item


def tell_result(
    ctx: Ctx, rma_id: int, how: str, to: str, mail_to: str = "", *, version: int | None = None
) -> Rma:
    """The customer was told the result of the analysis; by mail it is sent now, by the company's template."""
    ctx.require(RECEIVE)
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        if not item.result:
            raise Conflict("not_examined", _("{number} has not been examined yet.", number=item.number))
        chosen(how, CONSENT_WORDS, "how")
        mail_to = mail_to.strip()
        if how == "email" and "@" not in mail_to:
            raise Invalid("mail_missing", _("Enter the customer's mail address."), "mail_to")
        item.told_at, item.told_how = ctx.now, how
        item.told_to = short(to, "to", 160) or item.order.person_name
        if how == "email":
            item.told_to = mail_to[:160]
            locale = archive.language_of(
                ctx, item.order.customer_id, email=mail_to, name=item.order.person_name
            )
            subject, body = fill_in(ctx, RESULT_MAIL, _mail_facts(ctx, item, item.order.person_name, locale), locale)
            cause = f"service return {item.id} result v{item.version}"
            queue_mail(ctx, mail_to, subject, body, cause=cause, record=item, locale=locale)
        facts = {"number": item.number, "who": item.told_to, "how": both(CONSENT_WORDS[how])}
        emit(ctx, "service.rma_told", item, links=_links(item.order), **facts)
        return item


def close(ctx: Ctx, rma_id: int, disposal: str, note: str = "", *, version: int | None = None) -> Rma:
    """Done with it: what became of the thing itself. Stock and supplier's claims are other modules' business."""
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        _require_there(ctx, item)
        if not disposal:
            raise Invalid("disposal_missing", _("Say what becomes of it."), "disposal")
        chosen(disposal, DISPOSAL_WORDS, "disposal")
        advance(ctx, WORKFLOW, item, "close")
        item.disposal = disposal
        _end(ctx, item, short(note, "note", 400))
        emit(
            ctx, "service.rma_closed", item, links=_links(item.order), **_what_it_is(item), result=item.result,
            disposal=both(DISPOSAL_WORDS[disposal]), code=disposal,
        )  # fmt: skip
        return item


def write_off(ctx: Ctx, rma_id: int, reason: str, *, version: int | None = None) -> Rma:
    """It will not come back; the reason is kept. Should it turn up before its order is archived, it can still be
    received.
    """
    with transaction(ctx):
        item = _locked(ctx, rma_id, version)
        reason = required(reason, "reason", _("Give a reason."), 400)
        advance(ctx, WORKFLOW, item, "write_off", reason=reason)
        _end(ctx, item, reason)
        _follow_clock(ctx, item)
        facts = {**_what_it_is(item), "reason": reason}
        emit(ctx, "service.rma_written_off", item, links=_links(item.order), **facts)
        return item


# --- chasing ----------------------------------------------------------------------------------------------------------


def chase(ctx: Ctx) -> int:
    """Chase what is overdue, by the company's table; answers how many steps were taken. Twice does each once."""
    taken = 0
    for rma_id in queries.to_chase(ctx):
        with transaction(ctx):
            item = queries.get_return(ctx, rma_id)
            lock(ctx, item)
            taken += _chase(ctx, item)
    return taken


def _chase(ctx: Ctx, item: Rma) -> int:
    clock = find_clock(ctx, item, CLOCK_OF.get(item.state, ""))
    if clock is None or clock.state != "running":
        item.chase_at = None
        emit(ctx, "service.rma_rested", item, number=item.number)
        return 0
    ripe, _next = due_steps(queries.chasing(ctx, item), item.state, clock.due_at, ctx.now, item.chased)
    for step in ripe:
        people = _people(ctx, item, step)
        names = [n for n in (order_queries.member_name(ctx, p) for p in people) if n]
        item.chased = [
            *item.chased, {"step": f"{item.state}:{step.key}", "at": ctx.now.isoformat(), "to": ", ".join(names)}
        ]
        _tell(ctx, item, step, people, clock.due_at)
    _put_chase(ctx, item, clock.due_at)
    if ripe:
        told = ", ".join(str(c["to"]) for c in item.chased[-len(ripe):] if c["to"])
        emit(ctx, "service.rma_chased", item, links=_links(item.order), number=item.number, who=told or "–")
    else:
        emit(ctx, "service.rma_rested", item, number=item.number)
    return len(ripe)


def _people(ctx: Ctx, item: Rma, step: Chase) -> list[int]:
    """Whom a step of chasing tells: who has to send it, or a role in the serving unit or at headquarters."""
    if step.tell == OWNER:
        return [item.owner_id] if item.owner_id is not None else []
    unit_id = item.order.unit_id if step.tell == UNIT else item.to_unit_id if step.tell == HEADQUARTERS else None
    return routing.told_in(ctx, step.role, unit_id)


def _tell(ctx: Ctx, item: Rma, step: Chase, people: list[int], due: dt.datetime) -> None:
    once = f"return {item.id} {item.state} {step.key}"
    text = N_("{number}: {name} is overdue ({state})")
    if people:
        notify(
            ctx, people, text, record=item, once=once, number=item.number, name=item.name[:80],
            state=both(RMA_STATE_WORDS[item.state]),
        )  # fmt: skip
    for user_id, (name, address) in order_queries.addresses_of(ctx, people).items():
        locale = ctx.company.locale
        facts = _mail_facts(ctx, item, name, locale) | {"due": _day(ctx, due, locale)}
        subject, body = fill_in(ctx, CHASE, facts, locale)
        queue_mail(ctx, address, subject, body, cause=f"service {once} {user_id}", record=item, locale=locale)


# --- shared -----------------------------------------------------------------------------------------------------------


def refresh_urgency(ctx: Ctx) -> None:
    """Put the deadline of each return anew: the module was off, and its clocks moved."""
    with transaction(ctx):
        due = queries.running_due(ctx)
        changed = 0
        for item in queries.awaited(ctx):
            moment = due.get(item.id, NEVER)
            if item.urgent_at != moment:
                item.urgent_at, changed = moment, changed + 1
        if changed:
            emit(ctx, "service.rma_refreshed", returns=changed)


def _follow_clock(ctx: Ctx, item: Rma) -> None:
    """Run the clock of the state, and no other, where the table ``service.rma_limits`` has a limit for it."""
    wanted = CLOCK_OF.get(item.state)
    for kind in CLOCK_OF.values():
        if kind != wanted:
            cancel_clock(ctx, item, kind)
    facts = queries.limit_facts(item)
    due = None
    if wanted is not None and runs(ctx, wanted, facts):
        at = {"expected": item.expected_at, "sent": item.sent_at, "received": item.received_at}[item.state]
        again = find_clock(ctx, item, wanted)
        at = ctx.now if again is not None and again.state != "running" else at
        due = start_clock(ctx, item, wanted, facts, at=at).due_at
    item.urgent_at = due or NEVER
    _put_chase(ctx, item, due)


def _put_chase(ctx: Ctx, item: Rma, due: dt.datetime | None) -> None:
    """When somebody is to be chased next."""
    item.chase_at = None
    if due is not None and item.state in AWAITED_STATES:
        steps = queries.chasing(ctx, item)
        past = {c["step"] for c in item.chased}
        later = [due + dt.timedelta(days=c.after) for c in steps if f"{item.state}:{c.key}" not in past]
        item.chase_at = min(later, default=None)


def _end(ctx: Ctx, item: Rma, reason: str) -> None:
    item.ended_at, item.ended_by, item.end_reason = ctx.now, ctx.actor.name, reason
    item.urgent_at, item.chase_at = NEVER, None


def _locked(ctx: Ctx, rma_id: int, version: int | None) -> Rma:
    item = queries.get_return(ctx, rma_id)
    if item.order.state == "archived" and item.state == "written_off":
        kind = KIND_WORDS["analysis"]
        text = _(
            "{number} is archived and stays as it is. What has turned up goes on an order of its own: {kind}.",
            number=item.order.number, kind=_(kind),
        )  # fmt: skip
        raise Conflict("archived", text)
    require_not_archived(item.order)
    lock(ctx, item)
    check_version(item, version)
    return item


def _require_there(ctx: Ctx, item: Rma) -> None:
    """Only people of where it arrives receive, examine and settle it: never the agent who has to send it."""
    bound = ctx.actor.unit_ids
    if bound is not None and item.to_unit_id not in bound:
        unit = item.to_unit.name if item.to_unit is not None else ""
        raise Forbidden("not_there", _("{unit} receives and examines it.", unit=unit or _("Headquarters")))


def may_settle(ctx: Ctx, item: Rma) -> bool:
    """Whether this person receives and examines it."""
    try:
        _require_there(ctx, item)
    except DomainError:
        return False
    return ctx.can(RECEIVE)


def _moment(ctx: Ctx, at: dt.datetime | None, first: dt.datetime, field: str) -> dt.datetime:
    if at is None:
        return ctx.now
    if at > ctx.now:
        raise Invalid("in_future", _("That can't have happened later than now."), field)
    if at < first - dt.timedelta(days=1):
        raise Invalid("too_early", _("That can't have happened before it was expected."), field)
    return at


def _state(item: Rma) -> str:
    return _(RMA_STATE_WORDS[item.state])


def _day(ctx: Ctx, at: dt.datetime, locale: str | None = None) -> str:
    return written(at.astimezone(ctx.tz).date(), locale or ctx.locale)


def _what_it_is(item: Rma) -> dict[str, Any]:
    """The facts by which other modules book it."""
    return {
        "number": item.number, "name": item.name, "what": item.what, "part_number": item.part_number,
        "serial": item.serial, "quantity": f"{item.quantity.normalize():f}",
    }  # fmt: skip


def _mail_facts(ctx: Ctx, item: Rma, name: str, locale: str) -> dict[str, Any]:
    words = both(RESULT_WORDS[item.result]) if item.result else {"en": "", "zh": ""}
    return {
        "number": item.number, "order": item.order.number, "what": item.name, "serial": item.serial or "–",
        "name": name, "unit": item.to_unit.name if item.to_unit is not None else "", "due": "",
        "result": words[locale], "text": item.result_text, "company": ctx.company.name,
    }  # fmt: skip


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]
