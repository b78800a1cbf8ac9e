"""Warnings of time limits, and work that begins or ends: what that means for promises (VCH-9)."""

from __future__ import annotations

import datetime as dt

from core.api import Ctx, Event
from plugins.service.contracts import ARRIVAL, ORDER, SOLUTION
from plugins.service.services import late


def warned(ctx: Ctx, event: Event) -> None:
    """The warning share of a time limit is used."""
    kind = str(event.facts.get("kind") or "")
    if event.record_kind != ORDER or event.record_id is None or kind not in (ARRIVAL, SOLUTION):
        return
    due = dt.datetime.fromisoformat(str(event.facts["due"]))
    late.warn_late(ctx, event.record_id, int(str(event.facts["clock_id"])), kind.rpartition(".")[2], due)


def went_on(ctx: Ctx, event: Event) -> None:
    """Work on an order has begun, is done, or will not be."""
    if event.record_kind == ORDER and event.record_id is not None:
        late.settle_late(ctx, event.record_id)
