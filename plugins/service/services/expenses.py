"""Expenses on orders: allowed beforehand where the table asks for it (DEF-7.4), claimed, accepted or not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    advance,
    both,
    check_version,
    emit,
    gates,
    get_setting,
    next_number,
    notify,
    transaction,
)
from plugins.service.after_contracts import EXPENSE, EXPENSE_WORDS, HANDED_IN, ExpenseData
from plugins.service.after_life import ALLOW, EXPENSES
from plugins.service.contracts import ORDER
from plugins.service.life import WORK
from plugins.service.models import Expense, Order
from plugins.service.queries import after as queries
from plugins.service.queries import money
from plugins.service.rules.after import allowed_for
from plugins.service.rules.money import fits
from plugins.service.services.after import WORKING
from plugins.service.services.common import chosen, links_of, lock, require_not_archived, required, to_change

APPROVAL = "core.approval"
"""The key of the gate that an approval is."""
CENTS = 2


def plan_expense(ctx: Ctx, order_id: int, data: ExpenseData) -> Expense:
    """Ask for an expense before it is made. Whoever is named by the table of approvals is asked; without a row there,
    those with the right to allow expenses are told. The same ``once`` twice answers the first.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = _may_claim(ctx, order_id)
        known = queries.expense_by_once(ctx, data.once)
        if known is not None:
            return known
        row = _written(ctx, order, data)
        row.reason = required(data.reason, "reason", _("Say what it is needed for."), 400)
        facts = {"number": row.number, "kind": both(EXPENSE_WORDS[row.kind]), "reason": row.reason}
        emit(ctx, "service.expense_planned", row, links=_links(order), amount=money.money(ctx, row.amount), **facts)
        chain = _chain(ctx, row)
        if not chain:
            people = [p for p, _name in queries.who_agree(ctx, ALLOW) if p != ctx.actor.user_id]
            text = N_("{number}: {amount} are to be allowed beforehand: {what}")
            told = {"number": row.number, "amount": money.money(ctx, row.amount), "what": row.what[:80]}
            notify(ctx, people, text, record=row, once=f"expense {row.id} planned", **told)
    if chain:
        ask_for_allowance(ctx, row.id)
    return row


def ask_for_allowance(ctx: Ctx, expense_id: int) -> None:
    """Ask those whom the table of approvals names; one that waits already is not asked for again."""
    try:
        with transaction(ctx):
            row = queries.get_expense(ctx, expense_id)
            require_not_archived(row.order)
            advance(ctx, EXPENSES, row, "allow")
            raise Conflict("no_approval_needed", _("It needs no approval."))
    except Conflict as error:
        if error.code not in ("approval_asked", "approval_waits"):
            raise


def allow_expense(ctx: Ctx, expense_id: int, *, version: int | None = None) -> Expense:
    """Allow an expense that is planned, where no table of approvals names who does; never one's own."""
    ctx.require(ALLOW)
    with transaction(ctx):
        row = _locked(ctx, expense_id, version)
        if ctx.actor.user_id is not None and ctx.actor.user_id == row.person_id:
            raise Forbidden("own_expense", _("Somebody else has to allow your own expense."))
        if _chain(ctx, row):
            raise Conflict("by_approval", _("This is decided by the approval that was asked for."))
        _allow(ctx, row, ctx.now)
        return row


def allowance_granted(ctx: Ctx, expense_id: int, at: dt.datetime) -> None:
    """The approval was given at ``at``: the expense may be made from now on. Doing it twice changes nothing."""
    with transaction(ctx):
        row = queries.get_expense(ctx, expense_id)
        if row.state == "planned":
            _allow(ctx, row, at)


def claim_expense(ctx: Ctx, order_id: int, data: ExpenseData) -> Expense:
    """Claim what was spent. What has to be allowed beforehand is refused: it is claimed from its allowance."""
    ctx.require(WORK)
    with transaction(ctx):
        order = _may_claim(ctx, order_id)
        known = queries.expense_by_once(ctx, data.once)
        if known is not None:
            return known
        chosen(data.kind, EXPENSE_WORDS, "kind")
        if queries.beforehand(ctx, order, data.kind, data.amount):
            text = _("{kind} has to be allowed before it is spent, and was not.", kind=_(EXPENSE_WORDS[data.kind]))
            raise Conflict("not_allowed", text, "kind")
        row = _written(ctx, order, data)
        _claim(ctx, row, data.amount, data.spent_on, data.receipts, data.reason)
        return row


def claim_planned(
    ctx: Ctx, expense_id: int, amount: Decimal, spent_on: dt.date | None, receipts: int = 0, reason: str = "",
    *, version: int | None = None,
) -> Expense:  # fmt: skip
    """Claim what was planned: not before it was allowed, and no more than was allowed, where that is asked for."""
    ctx.require(WORK)
    with transaction(ctx):
        row = _locked(ctx, expense_id, version)
        order = _may_claim(ctx, row.order_id)
        _checked_amount(amount)
        day = _spent(ctx, spent_on)
        if queries.beforehand(ctx, order, row.kind, amount):
            on = row.allowed_at.astimezone(ctx.tz).date() if row.allowed_at else None
            lacks = allowed_for(row.allowed_amount, on, amount, day)
            said = {
                "none": _("It was not allowed beforehand."),
                "late": _("It was spent before it was allowed."),
                "more": _("No more than {amount} was allowed.", amount=money.money(ctx, row.allowed_amount or amount)),
            }
            if lacks:
                raise Conflict("not_allowed", said[lacks], {"late": "spent_on", "more": "amount"}.get(lacks, ""))
        _claim(ctx, row, amount, day, receipts, reason or row.reason)
        return row


def refuse_expense(ctx: Ctx, expense_id: int, reason: str, *, version: int | None = None) -> Expense:
    """Whoever checks the costs does not accept an expense, with the reason."""
    with transaction(ctx):
        row = _locked(ctx, expense_id, version)
        advance(ctx, EXPENSES, row, "refuse", reason=reason)
        row.refused_reason = required(reason, "reason", _("Give a reason."), 400)
        _tell(ctx, "service.expense_refused", row, reason=row.refused_reason)
        if row.person_id not in (None, ctx.actor.user_id):
            text = N_("{number} was not accepted: {reason}")
            told = {"number": row.number, "reason": row.refused_reason[:200]}
            notify(ctx, [row.person_id], text, record=row, once=f"expense {row.id} refused", **told)
        return row


def drop_expense(ctx: Ctx, expense_id: int, *, version: int | None = None) -> Expense:
    """An expense is not made, or not claimed after all."""
    with transaction(ctx):
        row = _locked(ctx, expense_id, version)
        _may_claim(ctx, row.order_id)
        advance(ctx, EXPENSES, row, "drop")
        _tell(ctx, "service.expense_dropped", row)
        return row


# --- shared -----------------------------------------------------------------------------------------------------------


def needs_chain(ctx: Ctx, row: Expense) -> bool:
    """Whether the company's table of approvals names who allows this expense."""
    return row.state == "planned" and _chain(ctx, row)


def _chain(ctx: Ctx, row: Expense) -> bool:
    return any(g.key == APPROVAL for g in gates(ctx, EXPENSES.transition("allow"), row))


def _allow(ctx: Ctx, row: Expense, at: dt.datetime) -> None:
    advance(ctx, EXPENSES, row, "allow")
    row.allowed_amount, row.allowed_at = row.amount, at
    _tell(ctx, "service.expense_allowed", row)
    if row.person_id not in (None, ctx.actor.user_id):
        text = N_("{number} is allowed: {amount}")
        told = {"number": row.number, "amount": money.money(ctx, row.amount)}
        notify(ctx, [row.person_id], text, record=row, once=f"expense {row.id} allowed", **told)


def _written(ctx: Ctx, order: Order, data: ExpenseData) -> Expense:
    _checked_amount(data.amount)
    row = Expense(
        number=next_number(ctx, EXPENSE, str(get_setting(ctx, "service.expense_pattern"))), order_id=order.id,
        kind=chosen(data.kind, EXPENSE_WORDS, "kind"), state="planned", amount=data.amount,
        what=required(data.what, "what", _("Say what it is for."), 200), reason=data.reason.strip()[:400],
        person_id=ctx.actor.user_id, person_name=ctx.actor.name, at=ctx.now, once=data.once[:80] or None,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    return row


def _claim(
    ctx: Ctx, row: Expense, amount: Decimal, spent_on: dt.date | None, receipts: int, reason: str
) -> None:
    if receipts < 0:
        raise Invalid("bad_receipts", _("How many receipts?"), "receipts")
    if not receipts:
        reason = required(reason, "reason", _("Without a receipt, say why there is none."), 400)
    row.amount, row.spent_on, row.receipts, row.reason = amount, _spent(ctx, spent_on), receipts, reason.strip()[:400]
    advance(ctx, EXPENSES, row, "claim")
    _tell(ctx, "service.expense_claimed", row)


def _spent(ctx: Ctx, spent_on: dt.date | None) -> dt.date:
    if spent_on is None:
        raise Invalid("day_missing", _("Say on which day it was spent."), "spent_on")
    if spent_on > ctx.today:
        raise Invalid("in_future", _("That can't have happened later than now."), "spent_on")
    return spent_on


def _checked_amount(amount: Decimal) -> None:
    if not amount > 0 or not fits(amount, CENTS):
        raise Invalid("bad_amount", _("An amount is more than 0, with 2 decimals at most."), "amount")


def _may_claim(ctx: Ctx, order_id: int) -> Order:
    """The order, while its claim was not handed in."""
    order = to_change(ctx, order_id)
    if order.state == "cancelled":
        raise Conflict("cancelled", _("{number} is cancelled.", number=order.number))
    row = queries.return_of(ctx, order.id)
    if row is not None and row.stage not in (WORKING, HANDED_IN) and HANDED_IN in row.asked:
        text = _("The claim of {number} was handed in already; it has to be sent back first.", number=order.number)
        raise Conflict("handed_in", text)
    return order


def _locked(ctx: Ctx, expense_id: int, version: int | None) -> Expense:
    row = queries.get_expense(ctx, expense_id)
    lock(ctx, row)
    require_not_archived(row.order)
    check_version(row, version)
    return row


def _tell(ctx: Ctx, event: str, row: Expense, **facts: str) -> None:
    given = {"number": row.number, "kind": both(EXPENSE_WORDS[row.kind]), "amount": money.money(ctx, row.amount)}
    emit(ctx, event, row, links=_links(row.order), **given, **facts)


def _links(order: Order) -> list[RecordRef]:
    return [RecordRef(ORDER, order.id), *links_of(order)]
