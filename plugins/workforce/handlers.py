"""What workforce does when something happens elsewhere."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.workforce.services import moving


def follow_member(ctx: Ctx, event: Event) -> None:
    """Somebody works in another organisation unit now."""
    user_id = event.facts.get("user_id")
    if isinstance(user_id, int):
        moving.follow_member(ctx, user_id)
