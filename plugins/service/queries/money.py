"""Reads of the money of orders. Who sees the order sees it: lists join the order, and the session scopes that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Amount, Clock, Ctx, NotFound, _, get_locale, rule, written
from plugins.service.models import CashHandover, Charge, Invoice, Order, Payment, Unpaid
from plugins.service.money_contracts import CASH, PAYMENT, Collection
from plugins.service.queries.orders import COUNTED, by_order, product_group, served_by_agent
from plugins.service.rules.money import Balance, balance


def money(ctx: Ctx, value: Decimal) -> str:
    """An amount in the company's currency, as the language of the moment writes it."""
    return written(Amount(value, ctx.company.currency), get_locale())


def charges_of(ctx: Ctx, order_id: int) -> list[Charge]:
    """The charges of an order with their counter-entries, the first first."""
    return list(ctx.session.scalars(sa.select(Charge).where(Charge.order_id == order_id).order_by(Charge.id)))


def payments_of(ctx: Ctx, order_id: int) -> list[Payment]:
    """What was paid for an order, given back and corrected, the first first."""
    query = sa.select(Payment).where(Payment.order_id == order_id).options(orm.selectinload(Payment.handover))
    return list(ctx.session.scalars(query.order_by(Payment.id)))


def payment_ids(ctx: Ctx, order_id: int) -> list[int]:
    """The ids of the payments of an order."""
    return list(ctx.session.scalars(sa.select(Payment.id).where(Payment.order_id == order_id)))


def invoices_of(ctx: Ctx, order_id: int) -> list[Invoice]:
    """The invoices of an order, cancelled ones too, the first first."""
    return list(ctx.session.scalars(sa.select(Invoice).where(Invoice.order_id == order_id).order_by(Invoice.id)))


def unpaid_of(ctx: Ctx, order_id: int) -> Unpaid | None:
    """The newest leave to close an order unpaid."""
    query = sa.select(Unpaid).where(Unpaid.order_id == order_id).order_by(Unpaid.id.desc()).limit(1)
    return ctx.session.scalar(query)


def balances_of(ctx: Ctx, order_ids: Sequence[int]) -> dict[int, Balance]:
    """Order's id → its balance, of those on which anything is charged or paid; three statements at most."""
    if not order_ids:
        return {}

    def rows(model: Any) -> dict[int, list[Any]]:
        return by_order(ctx.session.scalars(sa.select(model).where(model.order_id.in_(order_ids)).order_by(model.id)))

    charges, payments, invoices = rows(Charge), rows(Payment), rows(Invoice)
    return {
        i: balance(charges.get(i, ()), payments.get(i, ()), invoices.get(i, ()))
        for i in order_ids
        if i in charges or i in payments
    }


def balance_of(ctx: Ctx, order_id: int) -> Balance:
    """What is charged, paid, invoiced and open on an order."""
    return balance(charges_of(ctx, order_id), payments_of(ctx, order_id), invoices_of(ctx, order_id))


def collection_of(ctx: Ctx, order: Order, amount: Decimal) -> Collection:
    """How an order is collected: by the table ``service.collection``."""
    facts = {
        "kind": order.kind,
        "amount": amount,
        "by_agent": served_by_agent(order),
        "product_group": product_group(order) or None,
        "customer_kind": order.customer.kind if order.customer is not None else None,
    }
    out = rule(ctx, "service.collection", facts).outputs or {}
    return Collection(str(out.get("mode") or "on_spot"), str(out.get("invoice") or "after"))


def limit_facts(order: Order, mode: str, method: str = "") -> dict[str, Any]:
    """Facts of the tables of limits of money and of escalation; the clock's name is added later."""
    return {"kind": order.kind, "urgency": order.urgency, "mode": mode, "method": method or None,
            "by_agent": served_by_agent(order)}  # fmt: skip


# --- one row --------------------------------------------------------------------------------------------------------


def payment_rows(_ctx: Ctx) -> sa.Select:
    """Payments with what columns show of their orders."""
    joined = sa.select(Payment).join(
        Order, sa.and_(Order.id == Payment.order_id, Order.company_id == Payment.company_id)
    )
    return joined.options(orm.joinedload(Payment.order).joinedload(Order.customer), orm.joinedload(Payment.handover))


def get_payment(ctx: Ctx, payment_id: int) -> Payment:
    """The payment; NotFound when there is none for this person."""
    row = ctx.session.scalar(payment_rows(ctx).where(Payment.id == payment_id))
    if row is None:
        raise NotFound("unknown_payment", _("There is no such payment, or it is not meant for you."))
    return row


def get_charge(ctx: Ctx, order_id: int, charge_id: int) -> Charge:
    """A charge of an order; NotFound when it has none such."""
    row = ctx.session.scalar(sa.select(Charge).where(Charge.id == charge_id, Charge.order_id == order_id))
    if row is None:
        raise NotFound("unknown_charge", _("This order has no such charge."))
    return row


def get_invoice(ctx: Ctx, order_id: int, invoice_id: int) -> Invoice:
    """An invoice of an order; NotFound when it has none such."""
    row = ctx.session.scalar(sa.select(Invoice).where(Invoice.id == invoice_id, Invoice.order_id == order_id))
    if row is None:
        raise NotFound("unknown_invoice", _("This order has no such invoice."))
    return row


def handover_rows(ctx: Ctx) -> sa.Select:
    """What was handed over: all for finance, his or her own for everybody else."""
    query = sa.select(CashHandover)
    if not (ctx.can("service.money.settle") or ctx.can("service.money.view")):
        query = query.where(CashHandover.from_id == ctx.actor.user_id)
    return query


def get_handover(ctx: Ctx, handover_id: int) -> CashHandover:
    """What was handed over; NotFound when there is none for this person."""
    row = ctx.session.scalar(handover_rows(ctx).where(CashHandover.id == handover_id))
    if row is None:
        raise NotFound("unknown_handover", _("There is no such hand-over, or it is not meant for you."))
    return row


def sees_handover(ctx: Ctx, row: CashHandover) -> bool:
    """Whether this person may see what was handed over."""
    return ctx.session.scalar(handover_rows(ctx).where(CashHandover.id == row.id)) is not None


def payments_with(ctx: Ctx, handover_id: int) -> list[Payment]:
    """The payments of a hand-over, the first first."""
    query = sa.select(Payment).where(Payment.handover_id == handover_id).options(orm.joinedload(Payment.order))
    return list(ctx.session.scalars(query.order_by(Payment.id)))


def twin(ctx: Ctx, model: Any, once: str) -> Any:
    """The row that a form with this key made."""
    return ctx.session.scalar(sa.select(model).where(model.once == once)) if once else None


def countered(ctx: Ctx, model: Any, row_id: int) -> bool:
    """Whether a counter-entry takes a row back."""
    return ctx.session.scalar(sa.select(model.id).where(model.counters_id == row_id)) is not None


def invoice_numbered(ctx: Ctx, number: str) -> Invoice | None:
    """The invoice with this number."""
    return ctx.session.scalar(sa.select(Invoice).where(Invoice.number == number))


# --- cash -----------------------------------------------------------------------------------------------------------


def cash_with(ctx: Ctx, user_id: int | None, limit: int | None = None) -> list[Payment]:
    """Cash that a person has and has not handed over."""
    query = sa.select(Payment).where(
        Payment.hand_over.is_(True), Payment.handover_id.is_(None), Payment.holder_id == user_id
    )
    return list(ctx.session.scalars(query.options(orm.joinedload(Payment.order)).order_by(Payment.id).limit(limit)))


def cash_on(ctx: Ctx, order_id: int) -> list[Payment]:
    """Cash of an order that finance has not confirmed."""
    query = sa.select(Payment).where(Payment.order_id == order_id, Payment.hand_over.is_(True))
    return list(ctx.session.scalars(query.order_by(Payment.id)))


def cash_clocks(ctx: Ctx, payment_ids: Iterable[int]) -> dict[int, Clock]:
    """Payment → its clock; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == PAYMENT, Clock.record_id.in_(list(payment_ids)), Clock.kind == CASH,
        Clock.state != "cancelled",
    )
    return {c.record_id: c for c in ctx.session.scalars(query)}


# --- lists ----------------------------------------------------------------------------------------------------------


def payment_tab(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the tabs of payments."""
    cash = Payment.hand_over.is_(True)
    clauses = {
        "cash": lambda: sa.and_(cash, Payment.handover_id.is_(None)),
        "given": lambda: sa.and_(cash, Payment.handover_id.is_not(None)),
        "mine": lambda: sa.and_(cash, Payment.holder_id == ctx.actor.user_id),
        "back": lambda: Payment.kind != "payment",
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["all"])()


def payment_search(text: str) -> Any:
    """Number of the payment or the order, who paid."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        Payment.number.ilike(f"{escaped}%", escape="\\"),
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Payment.payer_name.ilike(f"%{escaped}%", escape="\\"),
    )


def handovers_waiting(ctx: Ctx) -> int:
    """How many hand-overs wait for finance; 1,001 at most."""
    some = sa.select(CashHandover.id).where(CashHandover.state == "given").limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def cash_outside(ctx: Ctx) -> tuple[int, Decimal]:
    """(how many payments, how much) cash people still have, where this person looks."""
    query = (
        sa.select(sa.func.count(Payment.id), sa.func.coalesce(sa.func.sum(Payment.amount), 0))
        .join(Order, sa.and_(Order.id == Payment.order_id, Order.company_id == Payment.company_id))
        .where(Payment.hand_over.is_(True), Payment.handover_id.is_(None))
    )
    count, total = ctx.session.execute(query).one()
    return int(count), Decimal(total)
