"""Silence that closes an order, and decisions on coverage that a person took or changed elsewhere."""

from __future__ import annotations

from core.api import Ctx, Event, records_linked
from plugins.service import services
from plugins.service.contracts import ORDER, SILENCE

DECIDED = (
    "warranty.coverage_settled", "warranty.coverage_approved", "warranty.coverage_refused",
    "warranty.coverage_decided_again",
)
"""Events after which the decision on an order may be another one; nobody tells of them where no such module is."""


def close_by_silence(ctx: Ctx, event: Event) -> None:
    """The time of a customer's silence has run out: the order closes, or its person learns what is missing."""
    if event.facts.get("kind") == SILENCE and event.record_kind == ORDER and event.record_id is not None:
        services.close_silent(ctx, event.record_id)


def follow_coverage(ctx: Ctx, event: Event) -> None:
    """What was decided elsewhere about an order counts for it, too."""
    for ref in records_linked(ctx, event):
        if ref.kind == ORDER and ref.id is not None:
            services.follow_decision(ctx, ref.id, str(event.facts.get("reason") or ""))
