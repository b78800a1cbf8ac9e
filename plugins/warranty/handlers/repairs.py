"""Repairs that another module carried out go into the repair register: each record is one line there (REP-7)."""

from __future__ import annotations

from core.api import Ctx, Event, RecordRef
from plugins.warranty.services import repairs as services


def repaired(ctx: Ctx, event: Event) -> None:
    """A record was closed, whose event says what was repaired."""
    done = event.facts.get("repair")
    if isinstance(done, dict) and event.record_id is not None:
        services.follow_repair(ctx, RecordRef(event.record_kind, event.record_id), done)


def goes_on(ctx: Ctx, event: Event) -> None:
    """It was reopened: the unit is under repair again."""
    if event.record_id is not None:
        services.take_up_again(ctx, RecordRef(event.record_kind, event.record_id))


def given_up(ctx: Ctx, event: Event) -> None:
    """What was reopened was cancelled after all: not repaired."""
    if event.record_id is not None:
        services.give_up(ctx, RecordRef(event.record_kind, event.record_id), event.occurred_at)
