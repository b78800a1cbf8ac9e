"""What happens to a unit moves the clocks of its decisions on coverage."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.warranty.contracts import DECISION
from plugins.warranty.models import RepairRecord
from plugins.warranty.services import coverage as services


def repair_finished(ctx: Ctx, event: Event) -> None:
    """A repair was handed back: neither the repair nor a loaner is due any more."""
    repair = ctx.session.get(RepairRecord, event.record_id)
    if repair is not None:
        services.repair_is_done(ctx, repair.device_id, at=event.occurred_at)


def loaner_given(ctx: Ctx, event: Event) -> None:
    """A module that lends loaners handed one out for a case that was decided on: what was owed by that is given."""
    coverage = event.facts.get("coverage") or {}
    if coverage.get("kind") == DECISION and coverage.get("id"):
        services.loaner_was_given(ctx, int(coverage["id"]))
