"""Customers' items: taken in against a receipt, worked on, tested, inspected, handed back (VCH-6 to 8, REP-5).

An item is changed under a lock on its row, so that two people can't hand it back at once.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    both,
    cancel_document,
    check_version,
    documents_of,
    emit,
    find_clock,
    get_setting,
    issue_document,
    next_number,
    notify,
    start_clock,
    stop_clock,
    transaction,
    use_locale,
)
from plugins.service.contracts import APPLICATION, CONSENT_WORDS, ORDER, REPAIR
from plugins.service.life import ACCEPT, WORK
from plugins.service.models import Application, BenchEntry, BenchTest, Custody, Item, Order
from plugins.service.queries import orders as order_queries
from plugins.service.queries import workshop as queries
from plugins.service.rules.workshop import MAY_GO_BACK, passed, plain_number, point_ok, repair_state, wrong_answer
from plugins.service.services import closing, course
from plugins.service.services.common import (
    chosen,
    facts_for_limits,
    links_of,
    lock,
    refresh_urgency,
    require_not_archived,
    require_open,
    required,
    runs,
    short,
    to_change,
)
from plugins.service.services.rma import follow_entry
from plugins.service.workshop_contracts import (
    ITEM,
    RECEIPT,
    RETURN_WORDS,
    VERDICT_WORDS,
    EntryData,
    ItemData,
    ReturnData,
    TestData,
)

TAKE = "service.item.take"
INSPECT = "service.item.inspect"
MOST_MINUTES = 24 * 60


def review_application(
    ctx: Ctx, order_id: int, verdict: str, told_how: str, note: str = "", *, version: int | None = None
) -> Order:
    """The application to send something in was reviewed and the customer told (REP-3.5).

    Accepted: so is the order. Refused: the order ends, with the reason; once it was accepted, only who may cancel it
    may still refuse. More asked: the order waits for the customer.
    """
    ctx.require(ACCEPT)
    chosen(verdict, tuple(VERDICT_WORDS), "verdict")
    chosen(told_how, tuple(CONSENT_WORDS), "told_how")
    note = note.strip()
    if verdict != "accepted":
        required(note, "note", _("Say what the customer was told."), 400)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if order.kind not in ("workshop", "analysis"):
            text = _("{number} is not about something sent in.", number=order.number)
            raise Invalid("no_application", text, "verdict")
        row = Application(
            order_id=order.id, at=ctx.now, verdict=verdict, told_how=told_how, note=note, by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        stop_clock(ctx, order, APPLICATION)
        refresh_urgency(ctx, order)
        ctx.session.flush()
        emit(
            ctx, "service.application_reviewed", order, links=links_of(order), number=order.number,
            verdict=both(VERDICT_WORDS[verdict]), how=both(CONSENT_WORDS[told_how]), note=note,
        )  # fmt: skip
        if verdict == "accepted" and order.state == "requested":
            course.accept(ctx, order.id)
        elif verdict == "refused":
            (closing.refuse if order.state == "requested" else closing.cancel)(ctx, order.id, note)
        elif verdict == "more" and not order.waiting:
            course.put_waiting(ctx, order, "customer", note)
        return order


def take_in(ctx: Ctx, order_id: int, data: ItemData, *, version: int | None = None) -> Item:
    """Take something of the customer's in, against a numbered receipt (VCH-6). From now on the repair is timed.

    The same ``once`` twice answers the first item.
    """
    ctx.require(TAKE)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        known = queries.by_once(ctx, data.once)
        if known is not None:
            return known
        require_open(order)
        at = course.moment_of(ctx, order, data.taken_at)
        if data.return_on is not None and data.return_on < at.astimezone(ctx.tz).date():
            raise Invalid("returned_earlier", _("It goes back on the day it came, or later."), "return_on")
        looks = _("Write down how it looks: the customer signs for it.")
        item = Item(
            number=next_number(ctx, ITEM, str(get_setting(ctx, "service.item_pattern"))),
            order_id=order.id,
            name=short(data.name, "name", 200) or _name(order),
            serial=short(data.serial, "serial", 80) or _serial(order),
            condition=required(data.condition, "condition", looks, 4000),
            accessories=short(data.accessories, "accessories", 2000),
            from_name=short(data.from_name, "from_name", 120) or order.person_name,
            taken_at=at,
            taken_by_id=ctx.actor.user_id,
            taken_by=ctx.actor.name,
            holder_id=ctx.actor.user_id,
            place=short(data.place, "place", 120),
            return_on=data.return_on,
            once=data.once[:80] or None,
        )
        ctx.session.add(item)
        ctx.session.flush()
        _hand(ctx, item, "taken_in", item.from_name, ctx.actor.user_id, ctx.actor.name, at=at)
        stop_clock(ctx, order, APPLICATION, at=at)
        facts = facts_for_limits(ctx, order)
        if find_clock(ctx, order, REPAIR) is None and runs(ctx, REPAIR, facts):
            start_clock(ctx, order, REPAIR, facts, at=at)
        refresh_urgency(ctx, order)
        emit(
            ctx, "service.item_taken", item, links=_links(order), number=item.number, name=item.name,
            from_name=item.from_name,
        )  # fmt: skip
        issue_document(ctx, RECEIPT, item)
        return item


def pass_on(
    ctx: Ctx, item_id: int, user_id: int, place: str = "", note: str = "", *, version: int | None = None
) -> Item:
    """Hand an item to a colleague, or put it elsewhere; who had it, who has it and when is kept."""
    ctx.require(TAKE)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        name = order_queries.member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        place, note = short(place, "place", 120), short(note, "note", 400)
        if user_id == item.holder_id and place == item.place:
            raise Invalid("nothing_changes", _("{name} has it there already.", name=name), "user_id")
        before = _holder_name(ctx, item)
        item.holder_id, item.place = user_id, place
        _hand(ctx, item, "passed", before, user_id, name, note=note)
        emit(
            ctx, "service.item_passed", item, links=_links(item.order), number=item.number, before=before, name=name,
            place=place,
        )  # fmt: skip
        if user_id != ctx.actor.user_id:
            text = N_("{number} was handed to you: {name}")
            once = f"item {item.id} v{item.version} passed"
            notify(ctx, [user_id], text, record=item, once=once, number=item.number, name=item.name[:80])
        return item


def set_return_day(ctx: Ctx, item_id: int, day: dt.date | None, *, version: int | None = None) -> Item:
    """Enter the day on which the customer gets the item back (VCH-7); None: not promised."""
    ctx.require(TAKE)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        if day is not None and day < ctx.today:
            raise Invalid("day_passed", _("That day has passed."), "return_on")
        item.return_on = day
        emit(
            ctx, "service.item_promised", item, links=_links(item.order), number=item.number,
            day=day.isoformat() if day else "",
        )  # fmt: skip
        return item


# --- on the bench -----------------------------------------------------------------------------------------------------


def add_entry(ctx: Ctx, item_id: int, data: EntryData, *, version: int | None = None) -> BenchEntry:
    """Write time worked or a part used on the repair card (VCH-7). A test that passed before no longer counts."""
    ctx.require(WORK)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        require_open(item.order)
        chosen(data.kind, ("work", "part"), "kind")
        what = required(data.what, "what", _("Say what was done, or which part it is."), 200)
        work = data.kind == "work"
        if work and not (data.minutes and 0 < data.minutes <= MOST_MINUTES):
            raise Invalid("bad_minutes", _("Minutes are between 1 and {n}.", n=MOST_MINUTES), "minutes")
        if not work and not (data.quantity is not None and data.quantity > 0):
            raise Invalid("bad_quantity", _("How many were used?"), "quantity")
        row = BenchEntry(
            item_id=item.id, at=ctx.now, kind=data.kind, what=what, minutes=data.minutes if work else None,
            code="" if work else short(data.code, "code", 60), quantity=None if work else data.quantity,
            by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "service.item_worked", item, links=_links(item.order), number=item.number, what=what,
            amount=_minutes(row.minutes) if row.minutes else plain_number(row.quantity or Decimal(0)),
        )  # fmt: skip
        follow_entry(ctx, item, row)
        return row


def strike_entry(ctx: Ctx, item_id: int, entry_id: int, reason: str) -> BenchEntry:
    """Strike a wrong line of the card out; it stays readable."""
    ctx.require(WORK)
    with transaction(ctx):
        item = _here(ctx, item_id, None)
        row = queries.get_entry(ctx, item.id, entry_id)
        if row.struck_at is not None:
            raise Conflict("struck_already", _("It is struck out already."))
        row.struck_at, row.struck_by = ctx.now, ctx.actor.name
        row.struck_reason = required(reason, "reason", _("Give a reason."), 400)
        emit(
            ctx, "service.item_struck", item, links=_links(item.order), number=item.number, what=row.what,
            reason=row.struck_reason,
        )  # fmt: skip
        follow_entry(ctx, item, row)
        return row


def record_test(ctx: Ctx, item_id: int, data: TestData, *, version: int | None = None) -> BenchTest:
    """Record the test after repair (REP-5): every point of the checklist. One that fails sends it back to the bench.

    Raises Invalid with ``problems`` by point for what is missing.
    """
    ctx.require(WORK)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        order = item.order
        require_open(order)
        code, points = queries.test_points(ctx, order)
        shown = _points(points, data)
        row = BenchTest(
            item_id=item.id, at=ctx.now, passed=passed(shown), checklist=code, points=shown,
            note=short(data.note, "note", 400), by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        bad = [p["text"] for p in shown if not p["ok"]]
        facts: dict[str, Any] = {"number": item.number}
        if bad:
            facts["points"] = {lang: "; ".join(str(t.get(lang) or "") for t in bad)[:300] for lang in ("en", "zh")}
        if not bad and all(_state(ctx, i) == "passed" for i in queries.here_of(ctx, order.id)):
            stop_clock(ctx, order, REPAIR)
            refresh_urgency(ctx, order)
        emit(ctx, "service.item_failed" if bad else "service.item_tested", item, links=_links(order), **facts)
        if bad and item.holder_id not in (None, ctx.actor.user_id):
            text = N_("{number} failed the test: back to the bench")
            once = f"item {item.id} test {row.id}"
            notify(ctx, [item.holder_id], text, record=item, once=once, number=item.number)
        return row


def inspect(ctx: Ctx, item_id: int, note: str = "", *, version: int | None = None) -> Item:
    """The head has looked at it (VCH-7): only after a test that counts, where a test is asked for."""
    ctx.require(INSPECT)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        require_open(item.order)
        if "test" in item.order.steps and _state(ctx, item) != "passed":
            raise Conflict("not_tested", _("{number} has not passed its test yet.", number=item.number))
        item.inspected_at, item.inspected_by_id, item.inspected_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        item.inspection = short(note, "note", 400)
        emit(ctx, "service.item_inspected", item, links=_links(item.order), number=item.number, note=item.inspection)
        return item


# --- back to the customer ---------------------------------------------------------------------------------------------


def hand_back(ctx: Ctx, item_id: int, data: ReturnData, *, version: int | None = None) -> Item:
    """Hand an item back: who took it or the tracking number, the signature or why there is none, and the receipt,
    voided or with the reason why it did not come back (VCH-7). Also for orders that were cancelled.
    """
    ctx.require(TAKE)
    with transaction(ctx):
        item = _here(ctx, item_id, version)
        order = item.order
        if order.state not in MAY_GO_BACK:
            text = N_("{number} is still being worked on: finish the order or cancel it, then hand it back.")
            raise Conflict("not_done", _(text, number=order.number))
        if data.how not in RETURN_WORDS:
            raise Invalid("how_missing", _("Say how it goes back."), "how")
        to = short(data.to, "to", 120) or order.person_name
        if data.how == "posted" and not data.tracking.strip():
            raise Invalid("tracking_missing", _("Give the carrier and the tracking number."), "tracking")
        signed, why = short(data.signed_by, "signed_by", 120), short(data.unsigned_reason, "unsigned_reason", 400)
        if not signed and not why:
            raise Invalid("unsigned", _("Who signed for it? If nobody did, give the reason."), "signed_by")
        reason = short(data.receipt_reason, "receipt_reason", 400)
        if not data.receipt_back and not reason:
            text = _("The receipt is taken back and voided. If it can't be, give the reason.")
            raise Invalid("receipt_missing", text, "receipt_reason")
        before = _holder_name(ctx, item)
        item.state, item.returned_at, item.returned_how, item.returned_to = "returned", ctx.now, data.how, to
        item.returned_by, item.tracking = ctx.actor.name, short(data.tracking, "tracking", 80)
        item.signed_by, item.unsigned_reason = signed, "" if signed else why
        item.receipt = "voided" if data.receipt_back else "lost"
        item.receipt_reason = "" if data.receipt_back else reason
        item.holder_id, item.place = None, ""
        _hand(ctx, item, "returned", before, None, to, note=item.tracking)
        facts = {"number": item.number, "how": both(RETURN_WORDS[data.how]), "to": to}
        emit(ctx, "service.item_returned", item, links=_links(order), **facts)
        if data.receipt_back:
            _void_receipts(ctx, item)
            emit(ctx, "service.receipt_voided", item, number=item.number)
        else:
            emit(ctx, "service.receipt_lost", item, number=item.number, reason=reason)
        return item


def hand_over_items(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Whoever leaves hands what he or she has of customers to a successor; answers how many items."""
    with transaction(ctx):
        rows = queries.held_by(ctx, from_user_id)
        name = order_queries.member_name(ctx, to_user_id) or ""
        for item in rows:
            before = _holder_name(ctx, item)
            item.holder_id = to_user_id
            _hand(ctx, item, "passed", before, to_user_id, name)
            emit(ctx, "service.item_passed", item, number=item.number, before=before, name=name, place=item.place)
        return len(rows)


# --- shared -----------------------------------------------------------------------------------------------------------


def _here(ctx: Ctx, item_id: int, version: int | None) -> Item:
    """The item, locked, while it is with us."""
    item = queries.get_item(ctx, item_id)
    lock(ctx, item)
    require_not_archived(item.order)
    check_version(item, version)
    if item.state != "here":
        raise Conflict("returned_already", _("{number} was handed back already.", number=item.number))
    return item


def _hand(
    ctx: Ctx, item: Item, what: str, from_name: str, to_id: int | None, to_name: str, *, note: str = "",
    at: dt.datetime | None = None,
) -> None:  # fmt: skip
    ctx.session.add(
        Custody(
            item_id=item.id, at=at or ctx.now, what=what, from_name=from_name, to_id=to_id, to_name=to_name,
            place=item.place, note=note, by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )
    )


def _void_receipts(ctx: Ctx, item: Item) -> None:
    for document in documents_of(ctx, RecordRef(ITEM, item.id)):
        if document.kind == RECEIPT and document.cancelled_at is None:
            with use_locale(document.locale):
                reason = _("Taken back when the item was handed back")
            cancel_document(ctx, document.id, reason)


def _holder_name(ctx: Ctx, item: Item) -> str:
    query = sa.select(Custody.to_name).where(Custody.item_id == item.id).order_by(Custody.id.desc()).limit(1)
    return ctx.session.scalar(query) or ""


def _state(ctx: Ctx, item: Item) -> str:
    return repair_state(queries.entries_of(ctx, item.id), queries.tests_of(ctx, item.id))


def _points(points: list[Any], data: TestData) -> list[dict[str, Any]]:
    """What each point of the checklist showed; Invalid, by point, for what is missing or no answer."""
    messages = {
        "missing": _("Answer this point."),
        "bad_choice": _("Choose one of the answers."),
        "no_number": _("Enter a number."),
        "remark": _("It is not OK: say what is wrong."),
    }
    problems, shown = {}, []
    for item in points:
        value, remark = (text.strip()[:400] for text in data.answers.get(item.code, ("", "")))
        lacks = wrong_answer(item, value, remark)
        if lacks:
            problems[item.code] = messages[lacks]
        ok = point_ok(item, value)
        shown.append({"text": dict(item.text), "type": item.type, "value": value, "ok": ok, "remark": remark})
    if problems:
        raise Invalid("test_incomplete", _("The test is not complete."), problems=problems)
    if not points:
        raise Conflict("no_points", _("The rule table “Tests after repair” names no checklist for this order."))
    return shown


def _minutes(minutes: int) -> dict[str, str]:
    found = {}
    for locale in ("en", "zh"):
        with use_locale(locale):
            found[locale] = _("{n} min", n=minutes)
    return found


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]


def _name(order: Order) -> str:
    product = order.product
    name = " ".join(p for p in (product.name, product.model) if p) if product is not None else ""
    return (name or order.subject)[:200]


def _serial(order: Order) -> str:
    return ((order.device.serial if order.device is not None else "") or order.serial_told)[:80]
