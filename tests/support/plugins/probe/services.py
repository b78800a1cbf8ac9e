"""The writers."""

from __future__ import annotations

import os
import time

from core.api import Ctx, Event, emit, transaction
from probe.models import Effect, Item


def make_item(ctx: Ctx, code: str, **values) -> Item:
    """Add an item, with its event."""
    with transaction(ctx):
        item = Item(code=code, **values)
        ctx.session.add(item)
        ctx.session.flush()
        emit(ctx, "probe.made", item, number=int(values.get("text") or 0))
        return item


def note_effect(ctx: Ctx, event: Event) -> None:
    """The handler: one audited row per event; fails where the event says so. Slow before and after writing if asked."""
    moment = float(os.environ.get("PROBE_SLEEP", "0")) / 2
    time.sleep(moment)
    if event.facts["number"] < 0:
        raise RuntimeError("this one always fails")
    ctx.session.add(Effect(event_id=event.id, number=event.facts["number"]))
    emit(ctx, "probe.noted", number=event.facts["number"])
    time.sleep(moment)


def count_run(ctx: Ctx) -> None:
    """The job: one effect without an event per run."""
    ctx.session.add(Effect(event_id=0, number=0))
    emit(ctx, "probe.counted")
