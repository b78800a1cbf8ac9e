"""The rights of decisions on coverage, and the life of one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import N_, Ctx, State, Transition, Workflow
from plugins.warranty.contracts import CHARGE_WORDS, DECISION, DECISION_STATE_ICONS, DECISION_STATE_WORDS

SEE, DECIDE = "warranty.decision.view", "warranty.decision.make"
SETTLE, APPROVE, REDECIDE = "warranty.decision.settle", "warranty.decision.approve", "warranty.decision.redecide"
EDIT_RULES = "warranty.rules.edit"


def _facts(_ctx: Ctx, row: Any, _transition: str) -> dict[str, Any]:
    """What a company's rules of approval may depend on."""
    amount = row.outputs.get("refund_amount")
    return {
        "charge": row.charge or None,
        "rule_set": row.rule_set or None,
        "exchange": bool(row.outputs.get("exchange")),
        "refund": bool(row.outputs.get("refund")),
        "amount": Decimal(str(amount)) if amount is not None else None,
        "title": f"{row.number} {row.problem}".strip(),
    }


DECISIONS = Workflow(
    DECISION,
    tuple(
        State(name, words, DECISION_STATE_ICONS[name], final=name == "superseded")
        for name, words in DECISION_STATE_WORDS.items()
    ),
    (
        Transition("refer", N_("Leave it to a person"), ("stands",), "referred", DECIDE, True),
        Transition("ask_again", N_("Ask for approval again"), ("refused",), "waiting", DECIDE, True),
        Transition("settle", N_("Decide it"), ("referred",), "stands", SETTLE, True),
        Transition("approve", N_("Approve"), ("waiting",), "stands", APPROVE),
        Transition("refuse", N_("Refuse"), ("waiting",), "refused", APPROVE, True),
        Transition(
            "redecide", N_("Decide again"), ("stands", "referred", "waiting", "refused"), "superseded", DECIDE
        ),
    ),
    fact_columns=(
        {"name": "charge", "label": N_("Charge"), "type": "choice", "choices": CHARGE_WORDS, "optional": True},
        {
            "name": "rule_set", "label": N_("Rule set"), "type": "str", "of": "tables:warranty.coverage",
            "optional": True,
        },
        {"name": "exchange", "label": N_("Exchange possible"), "type": "bool"},
        {"name": "refund", "label": N_("Refund possible"), "type": "bool"},
    ),
    facts=_facts,
)
