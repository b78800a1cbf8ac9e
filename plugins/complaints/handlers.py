"""What this plugin does when something has happened."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Ctx, Event, RecordRef
from plugins.complaints import services
from plugins.complaints.contracts import COMPLAINT, SILENCE, SOLUTION

STEPS = {
    "complaints.opened": "received",
    "complaints.routed": "routed",
    "complaints.assigned": "taken_on",
    "complaints.findings_written": "findings",
    "complaints.findings_shared": "findings",
    "complaints.reopened": "reopened",
    "complaints.closed": "closed",
    "core.clock_breached": "late",
}
"""Event → the step of which the customer is told."""
LOOKED_BACK = dt.timedelta(days=1)
"""Older steps are not told any more: a worker that was down for long must not flood anybody."""


def close_by_silence(ctx: Ctx, event: Event) -> None:
    """The time of a customer's silence has run out: the complaint closes, or its person learns what is missing."""
    if event.facts.get("kind") == SILENCE and event.record_kind == COMPLAINT and event.record_id is not None:
        services.close_silent(ctx, event.record_id)


def open_compensation(ctx: Ctx, event: Event) -> None:
    """Something was damaged by a repair of ours (REP-7): a case is opened for its compensation, one for each damage."""
    facts = event.facts
    services.open_compensation(
        ctx, RecordRef(str(event.record_kind), int(event.record_id or 0)), str(facts["number"]), str(facts["problem"]),
        device_id=facts.get("device_id"), case_id=facts["first_id"],
    )  # fmt: skip


def tell_customer(ctx: Ctx, event: Event) -> None:
    """A complaint has reached a step: its customer is told, each step once for each time that it is worked on."""
    if event.record_kind != COMPLAINT or event.record_id is None or event.occurred_at < ctx.now - LOOKED_BACK:
        return
    step = STEPS[event.name]
    if step == "late" and event.facts.get("kind") != SOLUTION:
        return
    if step == "routed" and _taken_in_by(ctx, event):
        return
    services.tell_step(ctx, event.record_id, step, f"{step}:{_times_reopened(ctx, event)}")


def _taken_in_by(ctx: Ctx, event: Event) -> bool:
    """Whether it was sent to its department as it was taken in: the customer is told that at once."""
    query = sa.select(Event.id).where(
        Event.record_kind == COMPLAINT, Event.record_id == event.record_id, Event.name == "complaints.opened",
        Event.occurred_at == event.occurred_at,
    )
    return ctx.session.scalar(query) is not None


def _times_reopened(ctx: Ctx, event: Event) -> int:
    query = sa.select(sa.func.count(Event.id)).where(
        Event.record_kind == COMPLAINT, Event.record_id == event.record_id, Event.name == "complaints.reopened",
        Event.id <= event.id,
    )
    return ctx.session.scalar(query) or 0
