"""What quotes do when their time runs out, or is about to."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.warranty.contracts import QUOTE, QUOTE_VALID
from plugins.warranty.services import quotes as services


def expire(ctx: Ctx, event: Event) -> None:
    """The validity of a sent quote is over."""
    if _is_about_validity(event):
        services.expire(ctx, event.record_id or 0)


def remind(ctx: Ctx, event: Event) -> None:
    """The validity of a sent quote is about to end: whoever has it is told."""
    if _is_about_validity(event):
        services.remind(ctx, event.record_id or 0)


def _is_about_validity(event: Event) -> bool:
    return event.facts.get("kind") == QUOTE_VALID and event.record_kind == QUOTE and event.record_id is not None
