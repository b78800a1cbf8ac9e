"""The rights of warranty, and the lives of its records."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, State, Transition, Workflow
from plugins.warranty.contracts import COVER_WORDS, TERM, TERM_STATE_ICONS, TERM_STATE_WORDS

SEE_TERMS, EDIT_TERMS, PUBLISH_TERMS = "warranty.term.view", "warranty.term.edit", "warranty.term.publish"
SEE_CARD = "warranty.card.view"
EDIT_DATES, READ_METERS = "warranty.date.edit", "warranty.meter.read"
SEE_REPAIRS, RECORD_REPAIRS = "warranty.repair.view", "warranty.repair.record"
RECORD_EXCHANGES = "warranty.exchange.record"


def _facts(_ctx: Ctx, term: Any, _transition: str) -> dict[str, Any]:
    """What a company's rules of approval may depend on."""
    return {"cover": term.cover, "for_customer": term.customer_id is not None, "title": f"{term.code} {term.name}"}


TERMS = Workflow(
    TERM,
    tuple(
        State(name, words, TERM_STATE_ICONS[name], final=name in ("withdrawn", "discarded"))
        for name, words in TERM_STATE_WORDS.items()
    ),
    (
        Transition("put_in_force", N_("Put in force"), ("draft",), "in_force", PUBLISH_TERMS),
        Transition("discard", N_("Discard the draft"), ("draft",), "discarded", EDIT_TERMS, True),
        Transition("end", N_("Let it end"), ("in_force",), "in_force", PUBLISH_TERMS),
        Transition("withdraw", N_("Withdraw"), ("in_force",), "withdrawn", PUBLISH_TERMS, True),
    ),
    fact_columns=(
        {"name": "cover", "label": N_("Cover"), "type": "choice", "choices": COVER_WORDS},
        {"name": "for_customer", "label": N_("For one customer"), "type": "bool"},
    ),
    facts=_facts,
)
