"""Pages of money: that of an order, one payment, the cash that somebody hands over, what finance counts."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, timeline
from core.web_api import (
    RecordForms,
    clock_views,
    current_ctx,
    flash_done,
    form_token,
    needs,
    panels_of,
    plain_form,
    sent,
    timeline_items,
    typed,
)
from plugins.service import life
from plugins.service.forms import money as forms
from plugins.service.models import CashHandover, Order, Payment
from plugins.service.money_contracts import (
    CHARGE_WORDS,
    HANDOVER_WORDS,
    METHOD_WORDS,
    MODE_WORDS,
    PAYER_WORDS,
    PAYMENT_WORDS,
    SOURCE_WORDS,
    ChargeData,
    PaymentData,
)
from plugins.service.queries import money as queries
from plugins.service.queries import orders as order_queries
from plugins.service.rules.workshop import plain_number
from plugins.service.services import money as services
from plugins.service.services.money import CHARGE, COLLECT, SETTLE
from plugins.service.views.blueprint import blueprint


class Words:
    """The words for codes of money."""

    def __init__(self, ctx: Ctx):
        self.ctx = ctx

    @staticmethod
    def charge(code: str) -> str:
        return _(CHARGE_WORDS[code])

    @staticmethod
    def payer(code: str) -> str:
        return _(PAYER_WORDS[code])

    @staticmethod
    def source(code: str) -> str:
        return _(SOURCE_WORDS[code])

    @staticmethod
    def method(code: str) -> str:
        return _(METHOD_WORDS[code])

    @staticmethod
    def mode(code: str) -> str:
        return _(MODE_WORDS[code])

    @staticmethod
    def payment(code: str) -> str:
        return _(PAYMENT_WORDS[code])

    @staticmethod
    def handover(code: str) -> str:
        return _(HANDOVER_WORDS[code])

    @staticmethod
    def number(quantity: Any) -> str:
        return plain_number(quantity)


# --- the money of an order --------------------------------------------------------------------------------------------


@blueprint.get("/<int:record_id>/money")
@needs(life.VIEW)
def money_page(record_id: int):
    """What an order costs, who pays, what came in, what is invoiced."""
    ctx = current_ctx()
    return _page(ctx, order_queries.get_order(ctx, record_id))


def _page(ctx: Ctx, order: Order, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    charges, payments = queries.charges_of(ctx, order.id), queries.payments_of(ctx, order.id)
    balance = queries.balance_of(ctx, order.id)
    open_money = order.state != "archived"
    page = render_template(
        "service/money.html",
        order=order,
        words=Words(ctx),
        charges=charges,
        countered={c.counters_id for c in charges} | {None},
        payments=payments,
        taken_back={p.counters_id for p in payments} | {None},
        invoices=queries.invoices_of(ctx, order.id),
        balance=balance,
        collection=queries.collection_of(ctx, order, balance.charged),
        unpaid=queries.unpaid_of(ctx, order.id),
        may_allow=open_money and balance.open > 0 and services.may_allow(ctx, order),
        clocks=[c for c in clock_views(ctx, order) if c.what == _("Writing the invoice")] if open_money else [],
        currency=ctx.company.currency,
        forms=ACTS.forms(ctx, order, failed, name) if open_money else {},
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/<int:record_id>/money/<action>")
@needs(life.VIEW)
def money_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _charge_form(ctx: Ctx, order: Order) -> forms.ChargeForm:
    payer = "contract" if order.work_kind == "contract" else "company" if order.work_kind == "free" else "customer"
    return forms.ChargeForm(formdata=sent(ctx, order, "charge"), token=form_token(), payer=payer)


def _pay_form(ctx: Ctx, order: Order) -> forms.PayForm:
    now = queries.balance_of(ctx, order.id)
    return forms.PayForm(
        formdata=sent(ctx, order, "pay"), token=form_token(), amount=max(now.open, 0) or None,
        mode=queries.collection_of(ctx, order, now.charged).mode, payer_name=order.person_name,
    )  # fmt: skip


def _refund_form(ctx: Ctx, order: Order) -> forms.RefundForm:
    return forms.RefundForm(formdata=sent(ctx, order, "refund"), token=form_token())


def _invoice_form(ctx: Ctx, order: Order) -> forms.InvoiceForm:
    now = queries.balance_of(ctx, order.id)
    left = max(now.charged, now.paid) - now.invoiced
    return forms.InvoiceForm(
        formdata=sent(ctx, order, "invoice"), invoiced_on=ctx.today, amount=left if left > 0 else None
    )


def _plain(name: str, kind: type) -> Any:
    return lambda ctx, order: kind(formdata=sent(ctx, order, name))


def _row_id(form: Any) -> int:
    text = str(form.row_id.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _charge(ctx: Ctx, order_id: int, form: Any) -> str:
    services.add_charge(
        ctx, order_id,
        ChargeData(
            form.kind.data, form.label.data or "", form.quantity.data, form.unit_price.data, form.payer.data,
            form.code.data or "", form.reason.data or "", _once(form),
        ),
    )  # fmt: skip
    return _("Charge recorded")


def _quote(ctx: Ctx, order_id: int, form: Any) -> str:
    services.take_quote(ctx, order_id)
    return _("The lines of the quote stand on the order")


def _counter(ctx: Ctx, order_id: int, form: Any) -> str:
    services.counter_charge(ctx, order_id, _row_id(form), form.reason.data)
    return _("Taken back by a counter-entry")


def _pay(ctx: Ctx, order_id: int, form: Any) -> str:
    data = PaymentData(
        form.amount.data, form.method.data, form.mode.data, form.mode_reason.data or "", form.paid_at.data,
        form.payer_name.data or "", form.note.data or "", _once(form),
    )
    return _("{number} recorded", number=services.collect(ctx, order_id, data).number)


def _refund(ctx: Ctx, order_id: int, form: Any) -> str:
    done = services.refund(ctx, order_id, form.amount.data, form.method.data, form.reason.data, once=_once(form))
    return _("{number} recorded", number=done.number)


def _invoice(ctx: Ctx, order_id: int, form: Any) -> str:
    services.record_invoice(ctx, order_id, form.number.data, form.invoiced_on.data, form.amount.data)
    return _("Invoice recorded")


def _cancel_invoice(ctx: Ctx, order_id: int, form: Any) -> str:
    services.cancel_invoice(ctx, order_id, _row_id(form), form.reason.data)
    return _("The invoice is cancelled")


def _unpaid(ctx: Ctx, order_id: int, form: Any) -> str:
    services.allow_unpaid(ctx, order_id, form.reason.data)
    return _("It may close unpaid")


def _once(form: Any) -> str:
    return f"form:{form.token.data}"[:80] if form.token.data else ""


DOERS = {
    "charge": _charge, "quote": _quote, "counter": _counter, "pay": _pay, "refund": _refund, "invoice": _invoice,
    "cancel_invoice": _cancel_invoice, "unpaid": _unpaid,
}

ACTS = RecordForms(
    makers={
        "charge": _charge_form,
        "quote": _plain("quote", forms.HandOverForm),
        "counter": _plain("counter", forms.CounterForm),
        "pay": _pay_form,
        "refund": _refund_form,
        "invoice": _invoice_form,
        "cancel_invoice": _plain("cancel_invoice", forms.CounterForm),
        "unpaid": _plain("unpaid", forms.ReasonOnlyForm),
    },
    rights={
        "charge": CHARGE, "quote": CHARGE, "counter": CHARGE, "pay": COLLECT, "refund": SETTLE, "invoice": COLLECT,
        "cancel_invoice": SETTLE, "unpaid": life.VIEW,
    },
    find=order_queries.get_order,
    page=_page,
    do=lambda ctx, order_id, name, form: DOERS[name](ctx, order_id, form),
    back=lambda order_id: url_for("service.money_page", record_id=order_id),
)


# --- one payment ------------------------------------------------------------------------------------------------------


@blueprint.get("/payments/<int:record_id>")
@needs(life.VIEW)
def payment_page(record_id: int):
    """One payment: what it is, where its cash is, what took it back."""
    ctx = current_ctx()
    return _payment_page(ctx, queries.get_payment(ctx, record_id))


def _payment_page(
    ctx: Ctx, payment: Payment, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200
):
    taken_back = queries.countered(ctx, Payment, payment.id)
    own = payment.hand_over and payment.handover_id is None and payment.holder_id == ctx.actor.user_id
    may = not taken_back and payment.kind != "correction" and payment.order.state != "archived"
    held = order_queries.names_of(ctx, [payment.holder_id])
    page = render_template(
        "service/payment.html",
        payment=payment,
        order=payment.order,
        words=Words(ctx),
        holder=held.get(payment.holder_id or 0, ""),
        taken_back=taken_back,
        may_correct=may and (ctx.can(SETTLE) or own and ctx.can(COLLECT)),
        clocks=clock_views(ctx, payment),
        currency=ctx.company.currency,
        panels=panels_of(ctx, payment),
        history=timeline_items(ctx, timeline(ctx, payment)),
        forms=PAYMENT_ACTS.forms(ctx, payment, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/payments/<int:record_id>/<action>")
@needs(life.VIEW)
def payment_act(record_id: int, action: str):
    """Take a payment back by a counter-entry."""
    return PAYMENT_ACTS.run(record_id, action)


def _correct(ctx: Ctx, payment_id: int, _name: str, form: Any) -> str:
    services.correct(ctx, payment_id, form.reason.data)
    return _("Taken back by a counter-entry")


PAYMENT_ACTS = RecordForms(
    makers={"correct": _plain("correct", forms.ReasonOnlyForm)},
    rights={"correct": life.VIEW},
    find=queries.get_payment,
    page=_payment_page,
    do=_correct,
    back=lambda payment_id: url_for("service.payment_page", record_id=payment_id),
)


# --- cash to finance --------------------------------------------------------------------------------------------------


@blueprint.route("/cash", methods=["GET", "POST"])
@needs(COLLECT)
def cash_page():
    """The cash that this person has, and handing it over to finance."""
    ctx = current_ctx()
    form = forms.HandOverForm(formdata=typed(), token=form_token())
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        chosen = [int(v) for v in request.form.getlist("payment") if v.isascii() and v.isdigit() and len(v) < 18]
        if form.validate():
            try:
                done = services.hand_over_cash(ctx, chosen, once=_once(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                ctx.session.expire_all()
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("{number} handed over; finance counts it", number=done.number))
                return redirect(url_for("service.handover_page", record_id=done.id))
    rows = queries.cash_with(ctx, ctx.actor.user_id)
    clocks = queries.cash_clocks(ctx, [r.id for r in rows])
    return render_template(
        "service/cash.html", rows=[(r, clocks.get(r.id)) for r in rows], total=sum((r.amount for r in rows), 0),
        currency=ctx.company.currency, form=form, extra=extra,
    ), status  # fmt: skip


@blueprint.get("/handovers/<int:record_id>")
@needs(life.VIEW)
def handover_page(record_id: int):
    """Cash that was handed over, and what finance counted."""
    ctx = current_ctx()
    return _handover_page(ctx, queries.get_handover(ctx, record_id))


def _handover_page(
    ctx: Ctx, handover: CashHandover, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200
):
    settles = handover.state == "given" and ctx.can(SETTLE) and handover.from_id != ctx.actor.user_id
    page = render_template(
        "service/handover.html",
        handover=handover,
        state=_(HANDOVER_WORDS[handover.state]),
        payments=queries.payments_with(ctx, handover.id),
        words=Words(ctx),
        settles=settles,
        own=handover.state == "given" and ctx.can(SETTLE) and not settles,
        currency=ctx.company.currency,
        panels=panels_of(ctx, handover),
        history=timeline_items(ctx, timeline(ctx, handover)),
        forms=HANDOVER_ACTS.forms(ctx, handover, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/handovers/<int:record_id>/<action>")
@needs(SETTLE)
def handover_act(record_id: int, action: str):
    """Finance confirms or refuses."""
    return HANDOVER_ACTS.run(record_id, action)


def _confirm_form(ctx: Ctx, handover: CashHandover) -> forms.ConfirmForm:
    return forms.ConfirmForm(
        formdata=sent(ctx, handover, "confirm"), version=handover.version, counted=handover.amount
    )


def _settle(ctx: Ctx, handover_id: int, name: str, form: Any) -> str:
    if name == "confirm":
        services.confirm_cash(ctx, handover_id, form.counted.data, form.reason.data or "", version=form.seen)
        return _("Confirmed")
    services.refuse_cash(ctx, handover_id, form.reason.data, version=form.seen)
    return _("Refused; the cash is still to be handed over")


HANDOVER_ACTS = RecordForms(
    makers={"confirm": _confirm_form, "refuse": plain_form("refuse", forms.RefuseForm)},
    rights={"confirm": SETTLE, "refuse": SETTLE},
    find=queries.get_handover,
    page=_handover_page,
    do=_settle,
    back=lambda handover_id: url_for("service.handover_page", record_id=handover_id),
)
