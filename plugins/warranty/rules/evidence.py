"""Which day counts when several proofs speak of an event: the weightiest; of equal weight only one day, or a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.api import N_
from plugins.warranty.contracts import IN_SALES, Events, Reason
from plugins.warranty.rules.periods import ProvenDate


@dataclass(frozen=True)
class Proof:
    """A paper or register that says when an event was."""

    event: str
    day: dt.date
    source: str


def proven(proofs: Iterable[Proof], weights: Mapping[str, int]) -> dict[str, ProvenDate]:
    """Event → its day. ``weights`` maps kinds of proof to their place, the weightiest first; unknown ones come last."""
    by_event: dict[str, list[Proof]] = {}
    for proof in proofs:
        by_event.setdefault(proof.event, []).append(proof)
    return {event: _decided(event, said, weights) for event, said in by_event.items()}


def _decided(event: str, said: list[Proof], weights: Mapping[str, int]) -> ProvenDate:
    def weight(proof: Proof) -> int:
        return weights.get(proof.source, len(weights))

    heaviest = min(map(weight, said))
    top = [proof for proof in said if weight(proof) == heaviest]
    days = sorted({proof.day for proof in top})
    source = top[0].source
    if len(days) > 1:
        text = N_("Proofs of {event} that weigh the same say different days: {days}. A person decides which counts.")
        if source == IN_SALES:
            text = N_("The sales ledger has it sold more than once: {days}. A person decides which sale counts.")
        named = ", ".join(map(str, days))
        return ProvenDate(days[0], source, tuple(days), Reason(text, {"event": Events((event,)), "days": named}))
    others = sorted({proof.day for proof in said} - set(days))
    doubt = None
    if others:
        text = N_("Another proof says {days}; the weightier one counts.")
        doubt = Reason(text, {"days": ", ".join(map(str, others))})
    return ProvenDate(days[0], source, doubt=doubt)
