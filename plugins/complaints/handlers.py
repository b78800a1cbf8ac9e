"""What this plugin does when something has happened."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.complaints import services
from plugins.complaints.contracts import COMPLAINT, SILENCE


def close_by_silence(ctx: Ctx, event: Event) -> None:
    """The time of a customer's silence has run out: the complaint closes, or its person learns what is missing."""
    if event.facts.get("kind") == SILENCE and event.record_kind == COMPLAINT and event.record_id is not None:
        services.close_silent(ctx, event.record_id)
