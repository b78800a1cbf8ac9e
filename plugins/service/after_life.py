"""The life of a return after the work, and of an expense."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _
from plugins.service.after_contracts import (
    EXPENSE,
    EXPENSE_STATE_WORDS,
    EXPENSE_WORDS,
    HANDED_IN,
    RETURN,
    RETURN_STATE_WORDS,
    REVIEW,
)
from plugins.service.contracts import KIND_WORDS, WORK_KIND_WORDS
from plugins.service.life import VIEW, WORK
from plugins.service.models import Expense, Order, Return
from plugins.service.queries import money
from plugins.service.queries.orders import product_group, served_by_agent

REVIEW_RIGHT = "service.return.review"
COSTS = "service.return.check_costs"
AGREE = "service.return.agree"
ALLOW = "service.expense.allow"


def _cash(ctx: Ctx, row: Return) -> list[Gate]:
    """DEF-6.2.7: receipts and money are handed in, too."""
    outside = [p for p in money.cash_on(ctx, row.order_id) if p.handover_id is None]
    if not outside:
        return []
    amount = money.money(ctx, sum((p.amount for p in outside[1:]), start=outside[0].amount))
    text = _("{amount} in cash is not handed over to finance", amount=amount)
    return [Gate("service.return_cash", text, True, "#cash", _("See the payments"))]


def _reviewed(ctx: Ctx, row: Return) -> list[Gate]:
    """DEF-6.2.8: first the review, then the costs."""
    if REVIEW not in row.asked or row.state == "reviewed":
        return []
    return [Gate("service.return_reviewed", _("Quality and rating are not reviewed yet"), True, "#review", _("Review"))]


def _handed_in(ctx: Ctx, row: Return) -> list[Gate]:
    if HANDED_IN not in row.asked or row.state != "due":
        return []
    return [Gate("service.return_handed_in", _("Not everything is handed in yet"), True, "#hand_in", _("Hand in"))]


def _order_facts(order: Order) -> dict[str, Any]:
    return {
        "kind": order.kind,
        "work_kind": order.work_kind or None,
        "product_group": product_group(order) or None,
        "by_agent": served_by_agent(order),
    }


def _facts(ctx: Ctx, row: Return, transition: str) -> dict[str, Any]:
    return {**_order_facts(row.order), "title": row.order.subject}


def _expense_facts(ctx: Ctx, row: Expense, transition: str) -> dict[str, Any]:
    return {
        "expense": row.kind, "kind": row.order.kind, "amount": row.amount,
        "title": _("{what} ({number})", what=row.what, number=row.order.number),
    }  # fmt: skip


_KIND = {"name": "kind", "label": N_("Kind of order"), "type": "choice", "choices": KIND_WORDS}

RETURNS = Workflow(
    RETURN,
    (
        State("due", RETURN_STATE_WORDS["due"], "inbox"),
        State("handed_in", RETURN_STATE_WORDS["handed_in"], "package-check"),
        State("reviewed", RETURN_STATE_WORDS["reviewed"], "search-check"),
        State("settled", RETURN_STATE_WORDS["settled"], "circle-check", final=True),
    ),
    (
        Transition("hand_in", N_("Everything is handed in"), ("due",), "handed_in", WORK, gates=(_cash,)),
        Transition("review", N_("Review"), ("due", "handed_in"), "reviewed", REVIEW_RIGHT, gates=(_handed_in,)),
        Transition(
            "check_costs", N_("Check the costs"), ("due", "handed_in", "reviewed"), "settled", COSTS,
            gates=(_handed_in, _reviewed),
        ),
        Transition("settle", N_("Nothing more is asked"), ("handed_in", "reviewed"), "settled", VIEW),
        Transition("waive_hand_in", N_("Go on without the return checklist"), ("due",), "handed_in", VIEW, True),
        Transition("waive_review", N_("Go on without the review"), ("due", "handed_in"), "reviewed", VIEW, True),
        Transition(
            "waive_costs", N_("Go on without the check of the costs"), ("due", "handed_in", "reviewed"), "settled",
            VIEW, True,
        ),
        Transition("send_back", N_("Send back"), ("handed_in", "reviewed"), "due", VIEW, True),
        Transition("begin_again", N_("The work goes on"), ("handed_in", "reviewed", "settled"), "due", VIEW),
    ),
    fact_columns=(
        _KIND,
        {
            "name": "work_kind",
            "label": N_("Kind of work"),
            "type": "choice",
            "choices": {k: w for k, w in WORK_KIND_WORDS.items() if k},
            "optional": True,
        },
        {"name": "product_group", "label": N_("Product group"), "type": "str", "optional": True},
        {"name": "by_agent", "label": N_("An agent serves it"), "type": "bool"},
    ),
    facts=_facts,
)  # fmt: skip

EXPENSES = Workflow(
    EXPENSE,
    (
        State("planned", EXPENSE_STATE_WORDS["planned"], "circle-dashed"),
        State("allowed", EXPENSE_STATE_WORDS["allowed"], "stamp"),
        State("claimed", EXPENSE_STATE_WORDS["claimed"], "receipt"),
        State("refused", EXPENSE_STATE_WORDS["refused"], "circle-x", final=True),
        State("dropped", EXPENSE_STATE_WORDS["dropped"], "circle-x", final=True),
    ),
    (
        Transition("allow", N_("Allow the expense"), ("planned",), "allowed", WORK),
        Transition("claim", N_("Claim the expense"), ("planned", "allowed"), "claimed", WORK),
        Transition("refuse", N_("Do not accept the expense"), ("claimed",), "refused", COSTS, True),
        Transition("drop", N_("Drop the expense"), ("planned", "allowed", "claimed"), "dropped", WORK),
    ),
    fact_columns=(
        {"name": "expense", "label": N_("Kind of expense"), "type": "choice", "choices": EXPENSE_WORDS},
        _KIND,
    ),
    facts=_expense_facts,
)
