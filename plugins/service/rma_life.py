"""The life of a return: from being expected to being done with."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, State, Transition, Workflow
from plugins.service.contracts import KIND_WORDS
from plugins.service.models import RMA_STATES, Rma
from plugins.service.queries.orders import served_by_agent
from plugins.service.rma_contracts import (
    PURPOSE_WORDS,
    RMA,
    RMA_STATE_ICONS,
    RMA_STATE_WORDS,
    WHAT_WORDS,
)

SEND = "service.rma.send"
RECEIVE = "service.rma.receive"
WRITE_OFF = "service.rma.write_off"
ENDED = ("closed", "written_off", "withdrawn")


def _facts(ctx: Ctx, item: Rma, transition: str) -> dict[str, Any]:
    return {
        "what": item.what, "purpose": item.purpose, "kind": item.order.kind, "by_agent": served_by_agent(item.order),
        "title": item.name,
    }  # fmt: skip


WORKFLOW = Workflow(
    RMA,
    tuple(State(name, RMA_STATE_WORDS[name], RMA_STATE_ICONS[name], name in ENDED) for name in RMA_STATES),
    (
        Transition("send", N_("It was sent"), ("expected",), "sent", SEND),
        Transition("receive", N_("Receive"), ("expected", "sent", "written_off"), "received", RECEIVE),
        Transition(
            "refuse", N_("Refuse it: not what was expected"), ("expected", "sent"), "expected", RECEIVE, True
        ),
        Transition("examine", N_("Examine"), ("received",), "examined", RECEIVE),
        Transition("close", N_("Done with it"), ("examined",), "closed", RECEIVE),
        Transition("write_off", N_("Write off"), ("expected", "sent"), "written_off", WRITE_OFF, True),
        Transition("withdraw", N_("Not expected any more"), ("expected",), "withdrawn", SEND, True),
    ),
    fact_columns=(
        {"name": "what", "label": N_("What comes back"), "type": "choice", "choices": WHAT_WORDS},
        {"name": "purpose", "label": N_("Why it comes back"), "type": "choice", "choices": PURPOSE_WORDS},
        {"name": "kind", "label": N_("Kind"), "type": "choice", "choices": KIND_WORDS},
        {"name": "by_agent", "label": N_("An agent serves it"), "type": "bool"},
    ),
    facts=_facts,
)
