"""The rights of contracts, follow-ups, suppliers and claims, and the lives of contracts and claims."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _
from plugins.warranty.agreed import (
    CLAIM,
    CLAIM_STATE_ICONS,
    CLAIM_STATE_WORDS,
    CONTRACT,
    CONTRACT_STATE_ICONS,
    CONTRACT_STATE_WORDS,
    WISH_WORDS,
)
from plugins.warranty.models.agreements import CONTRACT_OPEN, ContractItem, ServiceContract
from plugins.warranty.models.claims import CLAIM_OPEN, SupplierClaim
from plugins.warranty.queries import agreements

SEE_CONTRACTS = "warranty.contract.view"
EDIT_CONTRACTS = "warranty.contract.edit"
APPROVE_CONTRACTS = "warranty.contract.approve"
BOOK_USE = "warranty.contract.use"
TAKE_PAYMENTS = "warranty.contract.pay"
SEE_FOLLOW_UPS = "warranty.follow_up.view"
WORK_FOLLOW_UPS = "warranty.follow_up.work"
SEE_SUPPLIERS = "warranty.supplier.view"
EDIT_SUPPLIERS = "warranty.supplier.edit"
SEE_CLAIMS = "warranty.claim.view"
WORK_CLAIMS = "warranty.claim.work"
CLOSE_CLAIMS = "warranty.claim.close"


def _has_scope(ctx: Ctx, contract: ServiceContract) -> list[Gate]:
    query = sa.select(ContractItem.id).where(ContractItem.contract_id == contract.id).limit(1)
    named = ctx.session.scalar(query) is not None
    text = _("It says what it is about") if named else _("It names no unit, product or site")
    return [Gate("warranty.scope", text, not named, "#items", _("Fill in"), waivable=False)]


def _no_clash(ctx: Ctx, contract: ServiceContract) -> list[Gate]:
    """Two contracts must not promise the same for the same thing on the same days."""
    found = agreements.clash_words(ctx, contract)
    if not found:
        return [Gate("warranty.clash", _("No other contract covers the same"), False)]
    hint = _("Take it out of one of the two, or let one end before the other begins.")
    return [Gate("warranty.clash", found[0], True, "#items", _("Change"), hint, waivable=False)]


def _facts(_ctx: Ctx, contract: ServiceContract, _transition: str) -> dict[str, Any]:
    return {"amount": contract.price, "renewal": contract.follows_id is not None, "title": contract.title}


CONTRACTS = Workflow(
    CONTRACT,
    tuple(
        State(name, words, CONTRACT_STATE_ICONS[name], final=name not in CONTRACT_OPEN)
        for name, words in CONTRACT_STATE_WORDS.items()
    ),
    (
        Transition("approve", N_("Approve"), ("draft",), "approved", APPROVE_CONTRACTS, gates=(_has_scope, _no_clash)),
        Transition("begin", N_("Put in force"), ("approved",), "in_force", APPROVE_CONTRACTS),
        Transition("rework", N_("Back to draft"), ("approved",), "draft", EDIT_CONTRACTS, True),
        Transition("drop", N_("Not concluded"), ("draft", "approved"), "dropped", EDIT_CONTRACTS, True),
        Transition("terminate", N_("Terminate"), ("in_force",), "terminated", APPROVE_CONTRACTS, True),
        Transition("end", N_("End"), ("in_force",), "ended", APPROVE_CONTRACTS),
        Transition("give_way", N_("Renewed by another"), ("in_force",), "renewed", APPROVE_CONTRACTS),
    ),
    fact_columns=({"name": "renewal", "label": N_("Renews another contract"), "type": "bool"},),
    facts=_facts,
)


def _recovered(_ctx: Ctx, claim: SupplierClaim) -> list[Gate]:
    """What was accepted has come, or closing says why not (the outcome is then another)."""
    lacking = claim.outcome == "recovered" and claim.recovered < claim.claimed
    text = _("All that was claimed was recovered")
    if lacking:
        text = _("Less was recovered than claimed")
    hint = _("Record what came, or choose another outcome.")
    return [Gate("warranty.recovered", text, lacking, "#recovered", _("Record"), hint)]


def _claim_facts(_ctx: Ctx, claim: SupplierClaim, _transition: str) -> dict[str, Any]:
    return {"amount": claim.claimed, "wish": claim.wish, "title": claim.subject}


CLAIMS = Workflow(
    CLAIM,
    tuple(
        State(name, words, CLAIM_STATE_ICONS[name], final=name not in CLAIM_OPEN)
        for name, words in CLAIM_STATE_WORDS.items()
    ),
    (
        Transition("tell", N_("Tell the supplier"), ("opened", "told"), "told", WORK_CLAIMS),
        Transition("answer", N_("Record the answer"), ("told", "answered"), "answered", WORK_CLAIMS),
        Transition("insist", N_("Tell again"), ("answered",), "told", WORK_CLAIMS, True),
        Transition("close", N_("Close the claim"), CLAIM_OPEN, "closed", CLOSE_CLAIMS, gates=(_recovered,)),
        Transition("withdraw", N_("Withdraw"), CLAIM_OPEN, "withdrawn", CLOSE_CLAIMS, True),
    ),
    fact_columns=({"name": "wish", "label": N_("What is wanted"), "type": "choice", "choices": WISH_WORDS},),
    facts=_claim_facts,
)
