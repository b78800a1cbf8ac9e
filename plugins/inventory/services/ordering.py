"""Purchase orders: made of what was approved, sent, received in part or whole, closed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    NotFound,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    next_numbers,
    transaction,
)
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.contracts import (
    ORDER,
    ORDER_STATE_WORDS,
    Arrival,
    Circumstances,
    OrderData,
    Posted,
    ReceiptLine,
)
from plugins.inventory.models import PurchaseOrder, PurchaseOrderLine, PurchaseRequestLine
from plugins.inventory.models.places import INSIDE
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries import purchasing as request_queries
from plugins.inventory.queries.parts import part_words
from plugins.inventory.queries.places import first_of, get_location
from plugins.inventory.queries.suppliers import sources_of, terms_of
from plugins.inventory.rules.ordering import refused
from plugins.inventory.rules.sourcing import cost
from plugins.inventory.services import stock
from plugins.inventory.services.common import fitting, required
from plugins.inventory.services.evaluating import require_approved
from plugins.inventory.services.posting import posted_before, what_words
from plugins.inventory.services.purchasing import DECIDE
from plugins.inventory.services.purchasing import WORKFLOW as REQUEST_WORKFLOW

MOST_SOURCES = 50


def _facts(ctx: Ctx, row: PurchaseOrder, _transition: str) -> dict:
    supplier = queries.get_order(ctx, row.id).supplier
    return {"amount": row.amount, "title": f"{row.number} {supplier.name if supplier else ''}".strip()}


WORKFLOW = Workflow(
    ORDER,
    (
        State("made", ORDER_STATE_WORDS["made"], "circle-dashed"),
        State("sent", ORDER_STATE_WORDS["sent"], "send"),
        State("received", ORDER_STATE_WORDS["received"], "package-check"),
        State("closed", ORDER_STATE_WORDS["closed"], "archive", final=True),
        State("cancelled", ORDER_STATE_WORDS["cancelled"], "circle-x", final=True),
    ),
    (
        Transition("send", N_("Send the order"), ("made",), "sent", DECIDE),
        Transition("receive", N_("Everything has come"), ("made", "sent"), "received", stock.RECEIVE),
        Transition("reopen", N_("Something is to come again"), ("received",), "sent", stock.REVERSE),
        Transition("close", N_("Close the purchase order"), ("sent",), "closed", DECIDE, True),
        Transition("cancel", N_("Cancel the purchase order"), ("made", "sent"), "cancelled", DECIDE, True),
    ),
    facts=_facts,
)


# --- making ---------------------------------------------------------------------------------------------------------


def order_request(ctx: Ctx, request_id: int, *, version: int | None = None) -> list[PurchaseOrder]:
    """Make the orders of an approved request: one for each supplier and location to which it delivers."""
    with transaction(ctx):
        request = request_queries.get_request(ctx, request_id, lock=True)
        check_version(request, version)
        lines = request_queries.lines_of(ctx, request.id)
        advance(ctx, REQUEST_WORKFLOW, request, "order")
        groups: dict[tuple[int, int], list[PurchaseRequestLine]] = defaultdict(list)
        main = first_of(ctx, "warehouse").id
        for line in lines:
            if line.supplier_id is None or line.price is None:
                raise Conflict("not_priced", _("Every line needs a supplier and a price before it is ordered."))
            groups[(line.supplier_id, line.location_id or main)].append(line)
        require_approved(ctx, [get_supplier(ctx, supplier_id) for supplier_id in sorted({g[0] for g in groups})])
        numbers = next_numbers(ctx, ORDER, str(get_setting(ctx, "inventory.order_pattern")), len(groups))
        made = []
        for number, ((supplier_id, to_id), some) in zip(numbers, sorted(groups.items()), strict=True):
            made.append(_order(ctx, number, supplier_id, to_id, request.id, some))
        ctx.session.flush()
        emit(
            ctx, "inventory.purchase_ordered", request, links=made, number=request.number, orders=", ".join(numbers)
        )
        return made


def _order(
    ctx: Ctx, number: str, supplier_id: int, to_id: int, request_id: int, lines: Sequence[PurchaseRequestLine]
) -> PurchaseOrder:
    row = PurchaseOrder(
        number=number, supplier_id=supplier_id, to_id=to_id, request_id=request_id, made_at=ctx.now,
        made_by=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    wanted: dict[int, PurchaseOrderLine] = {}
    for line in lines:
        known = wanted.get(line.part_id)
        if known is not None and known.price != line.price:
            words = _("{part} stands there twice, at different prices: make it one line.", part=line.part.code)
            raise Conflict("two_prices", words)
        if known is not None:
            known.quantity += line.quantity
            continue
        theirs = (s.their_number for s in sources_of(ctx, line.part_id, MOST_SOURCES) if s.supplier_id == supplier_id)
        wanted[line.part_id] = PurchaseOrderLine(
            order_id=row.id, part_id=line.part_id, quantity=line.quantity, price=line.price or Decimal(0),
            their_number=next(theirs, ""),
        )  # fmt: skip
    ctx.session.add_all(wanted.values())
    row.amount = sum((cost(line.price, line.quantity) for line in wanted.values()), Decimal(0))
    ctx.session.flush()
    return row


def change_order(ctx: Ctx, order_id: int, data: OrderData, *, version: int | None = None) -> PurchaseOrder:
    """Write down what the supplier confirmed, when and where it arrives; while something is still to come."""
    ctx.require(DECIDE)
    with transaction(ctx):
        row = queries.get_order(ctx, order_id, lock=True)
        check_version(row, version)
        if row.state not in queries.OPEN_STATES:
            raise Conflict("not_open", _("{number} is no longer open.", number=row.number))
        if get_location(ctx, data.to_id).kind not in INSIDE:
            raise Invalid("outside", _("Choose a location inside the company."), "to_id")
        row.to_id, row.expected_on = data.to_id, data.expected_on
        row.their_reference = fitting(data.their_reference, "their_reference", 80)
        row.note = fitting(data.note, "note", 2000)
        ctx.session.flush()
        emit(ctx, "inventory.order_changed", row, number=row.number)
        return row


def send_order(ctx: Ctx, order_id: int, *, version: int | None = None) -> PurchaseOrder:
    """It was sent to the supplier today; it is expected after the longest of the lead times of its parts."""
    with transaction(ctx):
        row = queries.get_order(ctx, order_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "send")
        row.sent_on = ctx.today
        if row.expected_on is None:
            terms = terms_of(ctx, [line.part_id for line in queries.lines_of(ctx, row.id)])
            days = [t.days for offers in terms.values() for t in offers if t.supplier_id == row.supplier_id]
            usual = row.supplier.lead_days if row.supplier else 0
            row.expected_on = ctx.today + dt.timedelta(days=max(days, default=usual))
        ctx.session.flush()
        emit(ctx, "inventory.order_sent", row, number=row.number, expected=row.expected_on)
        return row


# --- receiving ------------------------------------------------------------------------------------------------------


def receive_order(
    ctx: Ctx, order_id: int, arrivals: Sequence[Arrival], to_id: int, *, once: str = "", version: int | None = None
) -> Posted:
    """Take in what came of an order, in part or whole, through the stock's own receiving.

    More than was ordered is refused, but for the share that the company allows. Of two people who receive the same
    order at once one is told that it has changed (``version``); a request sent twice is posted once.
    """
    ctx.require(stock.RECEIVE)
    with transaction(ctx):
        row = queries.get_order(ctx, order_id, lock=True)
        known = posted_before(ctx, once)
        if known:
            return Posted(known, again=True)
        if version is not None and row.version != version:
            words = _("Somebody received on {number} a moment ago. Look at what is still to come.", number=row.number)
            raise Conflict("stale", words, current={"version": row.version})
        if row.state not in queries.OPEN_STATES:
            raise Conflict("not_open", _("{number} is no longer open.", number=row.number))
        lines = {line.id: line for line in queries.lines_of(ctx, row.id)}
        receipts = _receipts(ctx, lines, arrivals)
        given = Circumstances("", RecordRef(ORDER, row.id), None, once)
        posted = stock.receive(ctx, receipts, to_id, given)
        row.receipts += 1
        for arrival in arrivals:
            lines[arrival.line_id].received += arrival.quantity
        if all(line.open == 0 for line in lines.values()):
            advance(ctx, WORKFLOW, row, "receive")
        ctx.session.flush()
        told = part_words(ctx, {line.part_id for line in lines.values()})
        what = what_words([(told[lines[a.line_id].part_id], a.quantity) for a in arrivals])
        emit(ctx, "inventory.order_received", row, number=row.number, what=what)
        return posted


def _receipts(ctx: Ctx, lines: dict[int, PurchaseOrderLine], arrivals: Sequence[Arrival]) -> list[ReceiptLine]:
    if not arrivals:
        raise Invalid("nothing", _("Enter what has come."))
    over = int(get_setting(ctx, "inventory.over_delivery"))
    found = []
    for arrival in arrivals:
        line = lines.get(arrival.line_id)
        if line is None:
            raise NotFound("unknown_line", _("There is no such line."))
        left = refused(line.quantity, line.received, arrival.quantity, over)
        if left is not None:
            part = part_words(ctx, [line.part_id])[line.part_id]
            words = _(
                "Part {part}: {left} may still come, {arriving} were entered. Have more ordered, or send it back.",
                part=part.code, left=part.amount(left), arriving=part.amount(arrival.quantity),
            )  # fmt: skip
            raise Conflict("over_delivery", words, field=f"quantity_{line.id}")
        whole = ReceiptLine(line.part_id, arrival.quantity, None, arrival.batch)
        if not arrival.serials:
            found.append(whole)
            continue
        if arrival.quantity != len(arrival.serials):
            words = _("{n} serial numbers for {quantity} pieces.", n=len(arrival.serials), quantity=arrival.quantity)
            raise Invalid("serials", words, f"serials_{line.id}")
        found += [replace(whole, quantity=Decimal(1), serial=serial) for serial in arrival.serials]
    return found


def recount(ctx: Ctx, order_id: int) -> None:
    """What came in for an order was reversed: its lines are put to what the moves say, and it is open again."""
    with transaction(ctx):
        row = queries.get_order(ctx, order_id, lock=True)
        there = queries.received_of(ctx, row.id)
        lines = queries.lines_of(ctx, row.id)
        wrong = [line for line in lines if line.received != there.get(line.part_id, Decimal(0))]
        if not wrong:
            return
        for line in wrong:
            line.received = there.get(line.part_id, Decimal(0))
        row.receipts += 1
        if row.state == "received" and any(line.open for line in lines):
            row.sent_on = row.sent_on or ctx.today
            advance(ctx, WORKFLOW, row, "reopen")
        ctx.session.flush()
        emit(ctx, "inventory.order_recounted", row, number=row.number)


# --- ending ---------------------------------------------------------------------------------------------------------


def close_order(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> PurchaseOrder:
    """What has not come does not come any more, with a reason; it counts as coming no longer."""
    return _end(ctx, order_id, "close", reason, version)


def cancel_order(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> PurchaseOrder:
    """It is not bought after all, with a reason. Raises Conflict once something has come."""
    return _end(ctx, order_id, "cancel", reason, version)


def _end(ctx: Ctx, order_id: int, transition: str, reason: str, version: int | None) -> PurchaseOrder:
    ctx.require(DECIDE)
    with transaction(ctx):
        row = queries.get_order(ctx, order_id, lock=True)
        check_version(row, version)
        required(reason, "reason", _("Give a reason."), 2000)
        if transition == "cancel" and any(line.received for line in queries.lines_of(ctx, row.id)):
            raise Conflict("came", _("Something of {number} has come already: close it instead.", number=row.number))
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        row.ended_reason = reason.strip()
        ctx.session.flush()
        event = "inventory.order_closed" if transition == "close" else "inventory.order_cancelled"
        emit(ctx, event, row, number=row.number, reason=row.ended_reason)
        return row
