"""Money of orders: charges told, collected, invoiced, handed over to finance (GS-11, VCH-5, VCH-8, AG-11).

Nothing is changed once written: a wrong charge or payment is taken back by a counter-entry. The order's row is locked
while its money moves, so that two people see one balance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from core.api import (
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    ask,
    both,
    cancel_clock,
    check_version,
    emit,
    find_clock,
    get_setting,
    next_number,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.base.contracts import ChargeTold
from plugins.service.contracts import ORDER
from plugins.service.life import archived_words
from plugins.service.models import CashHandover, Charge, Invoice, Order, Payment, Unpaid
from plugins.service.models.money import CHARGE_KINDS, METHODS, MODES, PAYERS
from plugins.service.money_contracts import (
    CASH,
    CHARGE_WORDS,
    HANDOVER,
    INVOICE,
    METHOD_WORDS,
    PAY_STEP,
    PAYER_WORDS,
    PAYMENT,
    ChargeData,
    PaymentData,
)
from plugins.service.queries import money as queries
from plugins.service.queries import orders as order_queries
from plugins.service.rules.money import NOUGHT, amount_of, fits
from plugins.service.services.common import chosen, links_of, lock, require_not_archived, required, to_change
from plugins.service.services.course import moment_of

CHARGE = "service.money.charge"
COLLECT = "service.money.collect"
SETTLE = "service.money.settle"
SEE = "service.money.view"
CENTS = 2


# --- charges --------------------------------------------------------------------------------------------------------


def add_charge(ctx: Ctx, order_id: int, data: ChargeData) -> Charge:
    """Put a charge on an order: at the price of a list, or by hand with the reason. What is free stands there, too."""
    ctx.require(CHARGE)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        known = queries.twin(ctx, Charge, data.once)
        if known is not None:
            return known
        chosen(data.kind, CHARGE_KINDS, "kind")
        chosen(data.payer, PAYERS, "payer")
        if not data.quantity > 0 or not fits(data.quantity, 6):
            raise Invalid("bad_quantity", _("How many?"), "quantity")
        label, price, source, why = data.label.strip(), data.unit_price, "hand", data.reason.strip()
        least = NOUGHT
        if price is None:
            label, price, why, least = _by_list(ctx, order, data)
            source = "list"
        elif not why:
            text = _("Give the reason for a price by hand: what was agreed, by which list on paper.")
            raise Invalid("reason_missing", text, "reason")
        if price < 0 or not fits(price, CENTS):
            raise Invalid("bad_price", _("A price is 0 or more, with 2 decimals at most."), "unit_price")
        label = required(label, "label", _("Say what is charged."), 200)
        amount = max(amount_of(data.quantity, price), least)
        row = _charge(ctx, order, data.kind, label, data.quantity, price, data.payer, source, why, amount)
        row.code, row.once = data.code.strip()[:60], data.once[:80] or None
        ctx.session.flush()
        _tell_charge(ctx, "service.charged", order, row)
        return row


def may_charge(ctx: Ctx, ref: RecordRef) -> bool | None:
    """Whether this person may put a charge on an order now; None for what is no order."""
    if ref.kind != ORDER:
        return None
    order = order_queries.find_order(ctx, ref.id)
    return order is not None and ctx.can(CHARGE) and not archived_words(order)


def charge_told(ctx: Ctx, told: ChargeTold) -> str | None:
    """Put on an order what another module wants the customer to pay, once per key; None for what is no order."""
    if told.ref.kind != ORDER:
        return None
    data = ChargeData(
        "other", told.label[:200], unit_price=told.amount, reason=(told.reason or told.label)[:400], once=told.key[:80]
    )
    row = add_charge(ctx, told.ref.id, data)
    number = order_queries.get_order(ctx, told.ref.id).number
    return _("{amount} charged on order {number}.", amount=queries.money(ctx, row.amount), number=number)


def take_quote(ctx: Ctx, order_id: int) -> list[Charge]:
    """Put what the customer accepted in a quote on the order, where a module keeps quotes; once per line.

    Raises Conflict when there is no accepted quote.
    """
    ctx.require(CHARGE)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        lines = ask(ctx, "charges_of_quote", order=order)
        if not lines:
            raise Conflict("no_quote", _("The customer has accepted no quote for {number}.", number=order.number))
        made = []
        for line in lines:
            once = f"quote:{order.id}:{line['key']}"[:80]
            if queries.twin(ctx, Charge, once) is not None:
                continue
            row = _charge(
                ctx, order, line["kind"], str(line["label"])[:200], Decimal(line["quantity"]),
                Decimal(line["unit_price"]), line["payer"], "quote", str(line["why"]),
                amount_of(Decimal(1), Decimal(line["amount"])),
            )  # fmt: skip
            row.code, row.once = str(line.get("code") or "")[:60], once
            ctx.session.flush()
            _tell_charge(ctx, "service.charged", order, row)
            made.append(row)
        if not made:
            raise Conflict("taken_already", _("The lines of the quote stand here already."))
        return made


def counter_charge(ctx: Ctx, order_id: int, charge_id: int, reason: str) -> Charge:
    """Take a charge back by a counter-entry; both stay."""
    ctx.require(CHARGE)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        wrong = queries.get_charge(ctx, order.id, charge_id)
        if wrong.counters_id is not None or queries.countered(ctx, Charge, wrong.id):
            raise Conflict("countered_already", _("It was taken back already."))
        reason = required(reason, "reason", _("Give a reason."), 400)
        row = _charge(
            ctx, order, wrong.kind, wrong.label, -wrong.quantity, wrong.unit_price, wrong.payer, "counter", reason,
            -wrong.amount,
        )  # fmt: skip
        row.code, row.counters_id = wrong.code, wrong.id
        ctx.session.flush()
        _tell_charge(ctx, "service.charge_countered", order, row)
        return row


def _by_list(ctx: Ctx, order: Order, data: ChargeData) -> tuple[str, Decimal, str, Decimal]:
    """What it is called, its price, where that comes from, and the least that is charged."""
    found = ask(
        ctx, "price_of_charge", order=order, kind=data.kind, code=data.code.strip(), quantity=data.quantity
    )
    if found is None and data.kind == "part":
        found = ask(ctx, "part_price", order=order, code=data.code.strip())
    if found is None:
        text = _("No price list has a price for it. Enter the price by hand, with the reason.")
        raise Invalid("no_price", text, "unit_price")
    label = data.label.strip() or str(found["label"])
    return label, Decimal(found["unit_price"]), str(found["why"]), Decimal(found.get("minimum") or 0)


def _charge(
    ctx: Ctx, order: Order, kind: str, label: str, quantity: Decimal, price: Decimal, payer: str, source: str, why: str,
    amount: Decimal | None = None,
) -> Charge:  # fmt: skip
    row = Charge(
        order_id=order.id, at=ctx.now, kind=kind, label=label, quantity=quantity, unit_price=price,
        amount=amount_of(quantity, price) if amount is None else amount, payer=payer, source=source, why=why[:400],
        by_id=ctx.actor.user_id, by_name=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    return row


def _tell_charge(ctx: Ctx, event: str, order: Order, row: Charge) -> None:
    emit(
        ctx, event, order, links=links_of(order), number=order.number, label=row.label,
        amount=queries.money(ctx, row.amount), kind=both(CHARGE_WORDS[row.kind]), payer=both(PAYER_WORDS[row.payer]),
        reason=row.why,
    )  # fmt: skip


# --- paying ---------------------------------------------------------------------------------------------------------


def collect(ctx: Ctx, order_id: int, data: PaymentData) -> Payment:
    """Write down what a customer paid. Cash has to reach finance from now on, under its own clock (GS-11).

    Where the invoice comes first (VCH-5), it has to be written before. The same ``once`` twice answers the first.
    """
    ctx.require(COLLECT)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        known = queries.twin(ctx, Payment, data.once)
        if known is not None:
            return known
        chosen(data.method, METHODS, "method")
        if not data.amount > 0 or not fits(data.amount, CENTS):
            raise Invalid("bad_amount", _("An amount is more than 0, with 2 decimals at most."), "amount")
        at = moment_of(ctx, order, data.paid_at)
        now = queries.balance_of(ctx, order.id)
        planned = queries.collection_of(ctx, order, now.charged)
        mode = chosen(data.mode or planned.mode, MODES, "mode")
        why = data.mode_reason.strip()[:400]
        if mode != planned.mode and not why:
            raise Invalid("mode_reason_missing", _("Say why it is not collected as the table says."), "mode_reason")
        if mode == "invoice_first" and now.invoiced < now.paid + data.amount:
            text = _("The invoice comes first: record it, or choose another way with the reason.")
            raise Conflict("invoice_first", text, "mode")
        row = _payment(ctx, order, "payment", data.amount, data.method, mode, at, data.note.strip()[:400])
        row.mode_reason, row.payer_name = why, (data.payer_name.strip() or order.person_name)[:120]
        row.once = data.once[:80] or None
        row.hand_over = data.method == "cash"
        row.holder_id = ctx.actor.user_id if row.hand_over else None
        ctx.session.flush()
        facts = queries.limit_facts(order, mode, data.method)
        if row.hand_over:
            start_clock(ctx, row, CASH, facts, at=at)
        _invoice_clock(ctx, order, facts, at)
        _tell_payment(ctx, "service.paid", order, row)
        return row


def refund(
    ctx: Ctx, order_id: int, amount: Decimal, method: str, reason: str, *, once: str = ""
) -> Payment:
    """Give money back, by finance: no more than was paid. The reason is kept."""
    ctx.require(SETTLE)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        known = queries.twin(ctx, Payment, once)
        if known is not None:
            return known
        chosen(method, METHODS, "method")
        reason = required(reason, "reason", _("Give a reason."), 400)
        now = queries.balance_of(ctx, order.id)
        if not amount > 0 or not fits(amount, CENTS):
            raise Invalid("bad_amount", _("An amount is more than 0, with 2 decimals at most."), "amount")
        if amount > now.paid:
            text = _("{paid} was paid; no more goes back.", paid=queries.money(ctx, now.paid))
            raise Invalid("too_much", text, "amount")
        row = _payment(ctx, order, "refund", -amount, method, "on_spot", ctx.now, reason)
        row.once = once[:80] or None
        ctx.session.flush()
        _settle_invoice(ctx, order)
        _tell_payment(ctx, "service.refunded", order, row)
        return row


def correct(ctx: Ctx, payment_id: int, reason: str) -> Payment:
    """Take a payment back that was written down wrongly, by a counter-entry; both stay.

    Cash that was not handed over yet: by who wrote it down. Everything else: by finance.
    """
    with transaction(ctx):
        wrong = queries.get_payment(ctx, payment_id)
        order = _locked(ctx, wrong.order_id)
        lock(ctx, wrong)
        own = wrong.hand_over and wrong.handover_id is None and wrong.holder_id == ctx.actor.user_id
        ctx.require(COLLECT if own else SETTLE)
        if wrong.kind == "correction" or queries.countered(ctx, Payment, wrong.id):
            raise Conflict("countered_already", _("It was taken back already."))
        if wrong.hand_over and wrong.handover_id is not None:
            text = _("Its cash is on the way to finance: it is confirmed or refused first.")
            raise Conflict("on_the_way", text)
        reason = required(reason, "reason", _("Give a reason."), 400)
        row = _payment(ctx, order, "correction", -wrong.amount, wrong.method, wrong.mode, ctx.now, reason)
        row.counters_id = wrong.id
        if wrong.hand_over:
            wrong.hand_over, wrong.holder_id = False, None
            cancel_clock(ctx, wrong, CASH)
        ctx.session.flush()
        _settle_invoice(ctx, order)
        _tell_payment(ctx, "service.payment_corrected", order, row)
        return row


def _payment(
    ctx: Ctx, order: Order, kind: str, amount: Decimal, method: str, mode: str, at: dt.datetime, note: str
) -> Payment:
    row = Payment(
        number=next_number(ctx, PAYMENT, str(get_setting(ctx, "service.payment_pattern"))), order_id=order.id,
        kind=kind, amount=amount, method=method, mode=mode, paid_at=at, note=note, received_by=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    return row


def _tell_payment(ctx: Ctx, event: str, order: Order, row: Payment) -> None:
    emit(
        ctx, event, row, links=_links(order), number=row.number, amount=queries.money(ctx, abs(row.amount)),
        method=both(METHOD_WORDS[row.method]), reason=row.note,
    )  # fmt: skip


# --- invoices -------------------------------------------------------------------------------------------------------


def record_invoice(ctx: Ctx, order_id: int, number: str, day: dt.date, amount: Decimal) -> Invoice:
    """Write down an invoice that was written: its number, day and amount. A number is used once in the company."""
    ctx.require(COLLECT)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        number = required(number, "number", _("Enter the number of the invoice."), 40)
        if queries.invoice_numbered(ctx, number) is not None:
            raise Conflict("number_taken", _("The invoice {number} is recorded already.", number=number), "number")
        if not amount > 0 or not fits(amount, CENTS):
            raise Invalid("bad_amount", _("An amount is more than 0, with 2 decimals at most."), "amount")
        if day > ctx.today:
            raise Invalid("in_future", _("That can't have happened later than now."), "invoiced_on")
        row = Invoice(
            order_id=order.id, number=number, invoiced_on=day, amount=amount, at=ctx.now, by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        _settle_invoice(ctx, order)
        emit(
            ctx, "service.invoiced", order, links=links_of(order), number=order.number, invoice=number,
            amount=queries.money(ctx, amount),
        )  # fmt: skip
        return row


def cancel_invoice(ctx: Ctx, order_id: int, invoice_id: int, reason: str) -> Invoice:
    """An invoice was cancelled; its number stays."""
    ctx.require(SETTLE)
    with transaction(ctx):
        order = _locked(ctx, order_id)
        row = queries.get_invoice(ctx, order.id, invoice_id)
        if row.cancelled_at is not None:
            raise Conflict("cancelled_already", _("It is cancelled already."))
        row.cancel_reason = required(reason, "reason", _("Give a reason."), 400)
        row.cancelled_at, row.cancelled_by = ctx.now, ctx.actor.name
        emit(
            ctx, "service.invoice_cancelled", order, links=links_of(order), number=order.number, invoice=row.number,
            reason=row.cancel_reason,
        )  # fmt: skip
        return row


def begin_invoice_clock(ctx: Ctx, order_id: int, at: dt.datetime) -> None:
    """The work is done, or the item went back: what is to be invoiced first is invoiced on that day (VCH-5, VCH-8)."""
    with transaction(ctx):
        order = order_queries.find_order(ctx, order_id)
        if order is None:
            return
        now = queries.balance_of(ctx, order.id)
        mode = queries.collection_of(ctx, order, now.charged).mode
        if now.charged > now.invoiced and (mode != "on_spot" or now.to_invoice > 0):
            _invoice_clock(ctx, order, queries.limit_facts(order, mode), at)


def _invoice_clock(ctx: Ctx, order: Order, facts: dict[str, Any], at: dt.datetime) -> None:
    now = queries.balance_of(ctx, order.id)
    clock = find_clock(ctx, order, INVOICE)
    running = clock is not None and clock.state in ("running", "paused")
    lacks = now.to_invoice > 0 or now.charged > now.invoiced
    if lacks and not running and queries.collection_of(ctx, order, now.charged).invoice != "none":
        start_clock(ctx, order, INVOICE, facts, at=at)


def _settle_invoice(ctx: Ctx, order: Order) -> None:
    """The invoice's clock ends when all that was paid, and charged, is invoiced."""
    now = queries.balance_of(ctx, order.id)
    if now.invoiced > 0 and now.to_invoice == 0:
        stop_clock(ctx, order, INVOICE)
    elif now.paid == 0 and now.charged == 0:
        cancel_clock(ctx, order, INVOICE)


# --- cash to finance --------------------------------------------------------------------------------------------------


def hand_over_cash(ctx: Ctx, payment_ids: Sequence[int], *, once: str = "") -> CashHandover:
    """Hand cash over to finance: one's own payments, as one sum. It waits for finance to count it."""
    ctx.require(COLLECT)
    with transaction(ctx):
        known = queries.twin(ctx, CashHandover, once)
        if known is not None:
            return known
        rows = [queries.get_payment(ctx, i) for i in sorted(set(payment_ids))]
        if not rows:
            raise Invalid("nothing_chosen", _("Choose the payments whose cash is handed over."))
        for row in rows:
            lock(ctx, row)
            if not row.hand_over or row.handover_id is not None or row.holder_id != ctx.actor.user_id:
                raise Conflict("not_yours", _("{number} is not cash that you have to hand over.", number=row.number))
        handover = CashHandover(
            number=next_number(ctx, HANDOVER, str(get_setting(ctx, "service.handover_pattern"))),
            from_id=ctx.actor.user_id, from_name=ctx.actor.name, amount=sum((r.amount for r in rows), NOUGHT),
            handed_at=ctx.now, once=once[:80] or None,
        )  # fmt: skip
        ctx.session.add(handover)
        ctx.session.flush()
        for row in rows:
            row.handover_id = handover.id
        emit(
            ctx, "service.cash_given", handover, links=_of_orders(rows), number=handover.number,
            amount=queries.money(ctx, handover.amount), name=handover.from_name,
        )  # fmt: skip
        return handover


def confirm_cash(
    ctx: Ctx, handover_id: int, counted: Decimal, reason: str = "", *, version: int | None = None
) -> CashHandover:
    """Somebody of finance has counted it; a difference is recorded with the reason. Not by who handed it over."""
    ctx.require(SETTLE)
    with transaction(ctx):
        handover = _given(ctx, handover_id, version)
        if counted < 0 or not fits(counted, CENTS):
            raise Invalid("bad_amount", _("An amount is 0 or more, with 2 decimals at most."), "counted")
        reason = reason.strip()[:400]
        if counted != handover.amount and not reason:
            text = _("{counted} is not {amount}: say why.", counted=queries.money(ctx, counted),
                     amount=queries.money(ctx, handover.amount))  # fmt: skip
            raise Invalid("difference", text, "reason")
        rows = queries.payments_with(ctx, handover.id)
        handover.state, handover.counted, handover.difference_reason = "confirmed", counted, reason
        handover.settled_at, handover.settled_by_id, handover.settled_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        for row in rows:
            row.hand_over, row.holder_id = False, None
            stop_clock(ctx, row, CASH, at=handover.handed_at)
        differs = counted != handover.amount
        emit(
            ctx, "service.cash_differs" if differs else "service.cash_confirmed", handover, links=_of_orders(rows),
            number=handover.number, amount=queries.money(ctx, handover.amount), counted=queries.money(ctx, counted),
            reason=reason,
        )  # fmt: skip
        return handover


def refuse_cash(ctx: Ctx, handover_id: int, reason: str, *, version: int | None = None) -> CashHandover:
    """Finance did not get it: the cash is still with who collected it, and its clock runs on."""
    ctx.require(SETTLE)
    with transaction(ctx):
        handover = _given(ctx, handover_id, version)
        rows = queries.payments_with(ctx, handover.id)
        handover.state, handover.refuse_reason = "refused", required(reason, "reason", _("Give a reason."), 400)
        handover.settled_at, handover.settled_by_id, handover.settled_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        for row in rows:
            row.handover_id = None
        emit(
            ctx, "service.cash_refused", handover, links=_of_orders(rows), number=handover.number,
            reason=handover.refuse_reason,
        )  # fmt: skip
        return handover


def _given(ctx: Ctx, handover_id: int, version: int | None) -> CashHandover:
    handover = queries.get_handover(ctx, handover_id)
    lock(ctx, handover)
    check_version(handover, version)
    if handover.state != "given":
        raise Conflict("settled_already", _("{number} was settled already.", number=handover.number))
    if handover.from_id is not None and handover.from_id == ctx.actor.user_id:
        raise Forbidden("own_cash", _("Somebody else of finance counts what you handed over."))
    return handover


def pass_cash(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Whoever leaves gives the cash that is not handed over to a successor; answers how many payments."""
    with transaction(ctx):
        rows = queries.cash_with(ctx, from_user_id)
        name = order_queries.member_name(ctx, to_user_id) or ""
        for row in rows:
            row.holder_id = to_user_id
            emit(ctx, "service.cash_passed", row, number=row.number, name=name)
        return len(rows)


# --- closing unpaid ---------------------------------------------------------------------------------------------------


def allow_unpaid(ctx: Ctx, order_id: int, reason: str) -> Unpaid:
    """Let an order close although so much is not paid: by somebody with the role that the table of steps names."""
    with transaction(ctx):
        order = _locked(ctx, order_id)
        role = unpaid_role(order)
        if not may_allow(ctx, order):
            text = _("Only the role “{role}” lets it close unpaid.", role=order_queries.role_label(ctx, role))
            raise Forbidden("not_your_role", text)
        now = queries.balance_of(ctx, order.id)
        if not now.open > 0:
            raise Conflict("nothing_open", _("Nothing is open on {number}.", number=order.number))
        row = Unpaid(
            order_id=order.id, at=ctx.now, amount=now.open, role=role,
            reason=required(reason, "reason", _("Give a reason."), 1000), by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "service.unpaid_allowed", order, links=links_of(order), number=order.number,
            amount=queries.money(ctx, row.amount), reason=row.reason,
        )  # fmt: skip
        return row


def unpaid_role(order: Order) -> str:
    """The role that may let this order close unpaid; empty: whoever settles money."""
    return str((order.steps.get(PAY_STEP) or {}).get("role") or "")


def may_allow(ctx: Ctx, order: Order) -> bool:
    """Whether this person may let the order close unpaid."""
    role = unpaid_role(order)
    if ctx.actor.is_system:
        return True
    return role in ctx.actor.roles if role else ctx.can(SETTLE)


# --- shared -----------------------------------------------------------------------------------------------------------


def _locked(ctx: Ctx, order_id: int) -> Order:
    """The order, locked, while its money may still move."""
    order = to_change(ctx, order_id)
    lock(ctx, order)
    require_not_archived(order)
    return order


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]


def _of_orders(rows: Iterable[Payment]) -> list[RecordRef]:
    return [RecordRef(ORDER, i) for i in sorted({r.order_id for r in rows})]
