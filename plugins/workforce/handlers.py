"""What workforce does when something happens elsewhere."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.workforce.contracts import LEAVE
from plugins.workforce.services import leave, moving


def follow_member(ctx: Ctx, event: Event) -> None:
    """Somebody works in another organisation unit now."""
    user_id = event.facts.get("user_id")
    if isinstance(user_id, int):
        moving.follow_member(ctx, user_id)


def leave_approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a leave: it counts from now on, nothing more is to be entered."""
    if event.record_kind == LEAVE and event.record_id is not None:
        leave.approved(ctx, event.record_id)


def leave_refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a leave: it is refused for good."""
    if event.record_kind == LEAVE and event.record_id is not None:
        leave.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))
