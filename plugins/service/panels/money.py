"""What money adds to pages: sums of an order, gates, work, figures."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, OpenWork, Panel, WorkItem, _, n_
from plugins.service import life
from plugins.service.contracts import NextStep, Steps
from plugins.service.models import Order
from plugins.service.money_contracts import PAY_STEP, PAYER_WORDS
from plugins.service.queries import money as queries
from plugins.service.rules.money import WITHOUT_CHARGE, Balance
from plugins.service.services.money import CHARGE, COLLECT, SEE, SETTLE


def money_url(order_id: int, anchor: str = "") -> str:
    """The address of the money of an order."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("service.money_page", record_id=order_id, _anchor=anchor or None)


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """Closing waits until it is paid or may close unpaid (GS-11), the archive for cash and invoices, too."""
    if not isinstance(record, Order) or transition not in ("close", "archive"):
        return []
    now = queries.balance_of(ctx, record.id)
    found = _paid(ctx, record, now)
    return found if transition == "close" else [*found, *_settled(ctx, record, now)]


def _paid(ctx: Ctx, order: Order, now: Balance) -> list[Gate]:
    asked = PAY_STEP in order.steps and order.outcome not in WITHOUT_CHARGE
    if asked and not queries.charges_of(ctx, order.id):
        url = money_url(order.id, "charges")
        return [Gate("service.charges", _("Nothing is charged yet"), True, url, _("Enter charges"))]
    if not now.charged and not now.paid:
        return []
    if now.open > 0:
        unpaid = queries.unpaid_of(ctx, order.id)
        if unpaid is not None and unpaid.amount >= now.open:
            text = _("{name} lets it close unpaid: {reason}", name=unpaid.by_name, reason=unpaid.reason[:120])
            return [Gate("service.paid", text, False)]
        text = _("{amount} is not paid yet", amount=queries.money(ctx, now.open))
        return [Gate("service.paid", text, True, money_url(order.id, "payments"), _("Collect"))]
    if now.open < 0:
        text = _("{amount} too much was paid", amount=queries.money(ctx, -now.open))
        return [Gate("service.paid", text, True, money_url(order.id, "payments"), _("Give it back"))]
    return [Gate("service.paid", _("It is paid"), False)]


def _settled(ctx: Ctx, order: Order, now: Balance) -> list[Gate]:
    found = []
    cash = queries.cash_on(ctx, order.id)
    if cash:
        waiting = all(p.handover_id is not None for p in cash)
        amount = queries.money(ctx, now.cash_open)
        text = _("Finance has not confirmed {amount}", amount=amount) if waiting else _(
            "{amount} in cash is not handed over to finance", amount=amount
        )
        found.append(Gate("service.cash", text, True, money_url(order.id, "payments"), _("See the payments")))
    if now.paid > 0 and queries.collection_of(ctx, order, now.charged).invoice != "none":
        lacks = now.to_invoice > 0
        amount = queries.money(ctx, now.to_invoice)
        text = _("{amount} is not invoiced", amount=amount) if lacks else _("It is invoiced")
        found.append(Gate("service.invoiced", text, lacks, money_url(order.id, "invoices"), _("Record the invoice")))
    return found


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """Collecting, once the work is done."""
    done = [o.id for o in orders if o.state in ("done", "confirmed")] if ctx.can(COLLECT) else []
    return [
        (order_id, NextStep(_("Collect"), money_url(order_id, "payments"), 13))
        for order_id, now in queries.balances_of(ctx, done).items()
        if now.open > 0
    ]


BEFORE_PAYING = ("requested", "accepted", "dispatched", "working")
"""As long as it is not done, nothing has to be collected."""


def panels(ctx: Ctx, record) -> list[Panel]:
    """On an order's page: its sums."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    charges, payments = queries.charges_of(ctx, record.id), queries.payments_of(ctx, record.id)
    if not charges and not payments and not (ctx.can(CHARGE) and record.state != "archived"):
        return []
    now = queries.balance_of(ctx, record.id)
    data = {
        "charges": charges, "payments": payments, "balance": now, "url": money_url(record.id),
        "sums": [(_(PAYER_WORDS[payer]), amount) for payer, amount in now.by_payer.items() if amount],
        "currency": ctx.company.currency,
    }  # fmt: skip
    owed = now.open > 0 and record.state not in BEFORE_PAYING
    return [Panel(
        _("Charges and payments"), "service/_money.html", data, order=22,
        idle=not owed and now.cash_open <= 0, sub=queries.money(ctx, now.charged) if now.charged else "",
    )]  # fmt: skip


def work(ctx: Ctx) -> list[WorkItem]:
    """The cash that this person has to hand over, under its earliest clock."""
    if ctx.actor.user_id is None or not ctx.can(COLLECT):
        return []
    rows = queries.cash_with(ctx, ctx.actor.user_id, 200)
    if not rows:
        return []
    clocks = [c for c in queries.cash_clocks(ctx, [r.id for r in rows]).values() if c.state == "running"]
    first = min(clocks, key=lambda c: c.due_at, default=None)
    total = queries.money(ctx, sum((r.amount for r in rows), start=rows[0].amount * 0))
    return [
        WorkItem(
            title=_("{amount} in cash to hand over to finance", amount=total), url=url_for("service.cash_page"),
            kind=_("Cash"), icon="hand-coins", due=first.due_at if first else None, clock=first,
            detail=n_("{n} payment", "{n} payments", len(rows)), next_step=_("Hand the cash over"),
        )
    ]  # fmt: skip


def figures(ctx: Ctx) -> list[Figure]:
    """For finance: what waits to be counted, and what people still have."""
    found = []
    if ctx.can(SETTLE):
        waiting = queries.handovers_waiting(ctx)
        url = url_for("service.handovers_list", tab="given")
        found.append(Figure(_("Cash to count"), waiting, url, "warn" if waiting else "plain", icon="hand-coins"))
    if ctx.can(SEE):
        count, total = queries.cash_outside(ctx)
        url = url_for("service.payments_list", tab="cash")
        found.append(Figure(_("Cash not handed over"), count, url, hint=queries.money(ctx, total), icon="banknote"))
    return found


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """Cash that a person has."""
    count = len(queries.cash_with(ctx, user_id))
    return [OpenWork(_("Payments in cash to hand over"), count)] if count else []
