"""Claims for lost and damaged tools: was it by fault, what is paid (GS-18), approved by whom the table says, paid or
waived.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    State,
    Transition,
    Workflow,
    _,
    advance,
    both,
    check_version,
    emit,
    notify,
    rule,
    transaction,
)
from plugins.inventory.models import Tool, ToolClaim
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of
from plugins.inventory.rules.tools import compensation
from plugins.inventory.services.common import chosen, required
from plugins.inventory.services.custody import claim_facts
from plugins.inventory.tool_contracts import CLAIM, CLAIM_STATE_WORDS, COMPENSATION, FAULT_WORDS, LOSS_WORDS

VIEW, DECIDE, COLLECT = "inventory.tool_claim.view", "inventory.tool_claim.decide", "inventory.tool_claim.collect"


def _facts(ctx: Ctx, row: ToolClaim, _transition: str) -> Mapping[str, Any]:
    custody = queries.get_custody(ctx, row.custody_id)
    return {
        "happened": row.happened, "title": f"{custody.tool_number} {custody.tool_name}",
        **({} if row.amount is None else {"amount": row.amount}),
    }  # fmt: skip


WORKFLOW = Workflow(
    CLAIM,
    (
        State("reported", CLAIM_STATE_WORDS["reported"], "circle-question-mark"),
        State("decided", CLAIM_STATE_WORDS["decided"], "circle-dashed"),
        State("approved", CLAIM_STATE_WORDS["approved"], "coins"),
        State("paid", CLAIM_STATE_WORDS["paid"], "circle-check", final=True),
        State("free", CLAIM_STATE_WORDS["free"], "circle-check", final=True),
        State("waived", CLAIM_STATE_WORDS["waived"], "undo-2", final=True),
    ),
    (
        Transition("decide", N_("Say what is to be paid"), ("reported",), "decided", DECIDE),
        Transition("free", N_("Say that nothing is to be paid"), ("reported",), "free", DECIDE),
        Transition("approve", N_("Approve the claim"), ("decided",), "approved", DECIDE),
        Transition("pay", N_("Note the payment"), ("approved",), "paid", COLLECT),
        Transition("waive", N_("Waive the claim"), ("reported", "decided", "approved"), "waived", DECIDE, True),
    ),
    fact_columns=({"name": "happened", "label": N_("What happened to it"), "type": "choice", "choices": LOSS_WORDS},),
    facts=_facts,
)


def decide(ctx: Ctx, claim_id: int, fault: str, reason: str, *, version: int | None = None) -> ToolClaim:
    """Decide whether it was by fault, with the reason; the company's table says what share of the price is paid.

    Raises Conflict while the price is not known and something would have to be paid.
    """
    with transaction(ctx):
        row = queries.get_claim(ctx, claim_id, lock=True)
        check_version(row, version)
        tool = queries.get_tool(ctx, row.tool_id)
        chosen(fault, FAULT_WORDS, "fault")
        row.fault_reason = required(reason, "reason", _("Give a reason."), 2000)
        row.fault, row.amount, row.price = fault, _amount(ctx, row, tool, fault), tool.price
        name = "decide" if row.amount else "free"
        advance(ctx, WORKFLOW, row, name, reason=row.fault_reason)
        if row.state == "free":
            row.ended_at, row.ended_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        facts = {**_told(ctx, row), "fault": both(FAULT_WORDS[fault]), "amount": row.amount, "reason": row.fault_reason}
        emit(ctx, "inventory.tool_fault_decided", row, links=[tool], **facts)
        if row.state == "decided" and row.assignee_id is not None:
            text = N_("{number}: for {tool} {amount} is to be paid, once it is approved")
            notify(
                ctx, [row.assignee_id], text, record=queries.get_custody(ctx, row.custody_id),
                once=f"claim decided {row.id}", number=row.number, tool=facts["tool"], amount=str(row.amount),
            )  # fmt: skip
        return row


def _amount(ctx: Ctx, row: ToolClaim, tool: Tool, fault: str) -> Decimal:
    ruling = rule(ctx, COMPENSATION, claim_facts(ctx, tool, row.happened, fault), record=row)
    share = Decimal((ruling.outputs or {}).get("share") or 0)
    if share and tool.price is None:
        words = _("What {tool} cost is not known: enter its price first.", tool=f"{tool.number} {tool.name}")
        raise Conflict("price_unknown", words)
    return compensation(tool.price or Decimal(0), share)


def approve(ctx: Ctx, claim_id: int, *, version: int | None = None) -> ToolClaim:
    """It is to be paid. Where the company's table asks for approvals, they are asked for instead."""
    with transaction(ctx):
        row = queries.get_claim(ctx, claim_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "approve")
        ctx.session.flush()
        emit(ctx, "inventory.tool_claim_approved", row, **_told(ctx, row), amount=row.amount)
        return row


def note_payment(ctx: Ctx, claim_id: int, note: str, *, version: int | None = None) -> ToolClaim:
    """It was paid; ``note`` says how, such as the number of the receipt."""
    with transaction(ctx):
        row = queries.get_claim(ctx, claim_id, lock=True)
        check_version(row, version)
        words = required(note, "reason", _("Say how it was paid."), 1000)
        advance(ctx, WORKFLOW, row, "pay")
        _end(ctx, row, words)
        emit(ctx, "inventory.tool_claim_paid", row, **_told(ctx, row), amount=row.amount, note=words)
        return row


def waive(ctx: Ctx, claim_id: int, reason: str, *, version: int | None = None) -> ToolClaim:
    """Nothing is asked for after all, with the reason."""
    with transaction(ctx):
        row = queries.get_claim(ctx, claim_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "waive", reason=reason)
        _end(ctx, row, reason.strip()[:1000])
        emit(ctx, "inventory.tool_claim_waived", row, **_told(ctx, row), reason=row.ended_note)
        return row


def approved(ctx: Ctx, claim_id: int) -> None:
    """What the last approval leads to; nothing where it went on without it."""
    if queries.get_claim(ctx, claim_id).state == "decided":
        approve(ctx, claim_id)


def refused(ctx: Ctx, claim_id: int, reason: str) -> None:
    """What a refused approval leads to; nothing where it went on without it."""
    if queries.get_claim(ctx, claim_id).state == "decided":
        waive(ctx, claim_id, reason or _("Not approved"))


def _end(ctx: Ctx, row: ToolClaim, words: str) -> None:
    row.ended_at, row.ended_by, row.ended_note = ctx.now, ctx.actor.name, words
    ctx.session.flush()


def _told(ctx: Ctx, row: ToolClaim) -> dict[str, Any]:
    custody = queries.get_custody(ctx, row.custody_id)
    name = names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, "")
    return {"number": row.number, "tool": f"{custody.tool_number} {custody.tool_name}", "name": name}
