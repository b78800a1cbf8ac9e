"""Deciding all cases of a product again after a rule has changed, as a task with progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import N_, Ctx, DomainError, Outcome, Work
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as queries
from plugins.warranty.services import coverage as services

CHUNK = 100
CHANGES = 25
"""After so many new decisions a batch ends: whoever else wants to write waits no longer than for these."""
TOLD = 200
"""So many cases that could not be decided are named; the others are counted."""


def redecide_product(work: Work) -> Outcome:
    """Decide again in batches; what comes out the same is left alone."""
    product_id, reason = int(work.params["product_id"]), str(work.params["reason"])
    if "until" not in work.cursor:
        with work.reading() as ctx:
            until = queries.newest_id(ctx)
            total = queries.count_open_of_product(ctx, product_id)
        work.cursor |= {"until": until, "after": 0, "changed": 0, "kept": 0, "failed": 0, "problems": []}
        work.total = total
    while True:
        with work.batch() as ctx:
            rows = queries.open_of_product(ctx, product_id, work.cursor["after"], CHUNK, until=work.cursor["until"])
            known, before = queries.known_of(ctx, [r.device_id for r in rows]), queries.told_before(ctx, rows)
            changed = work.cursor["changed"]
            for row in rows:
                _again(ctx, work, row, before.get(row.id, {}), reason, known)
                work.cursor["after"] = row.id
                work.done += 1
                if work.cursor["changed"] - changed == CHANGES:
                    break
        if not rows:
            break
    told = {name: work.cursor[name] for name in ("changed", "kept", "failed", "problems")}
    return Outcome(told, N_("Decisions changed: {changed} of {n}."), {"changed": told["changed"], "n": work.done})


def _again(
    ctx: Ctx, work: Work, row: CoverageDecision, told: Mapping[str, Any], reason: str, known: queries.Known
) -> None:
    if row.by_hand:
        work.cursor["kept"] += 1
        return
    try:
        later = services.redecide_if_changed(ctx, row, told, reason, known=known, task_id=work.task_id)
    except DomainError as error:
        work.cursor["failed"] += 1
        if len(work.cursor["problems"]) < TOLD:
            work.cursor["problems"].append({"id": row.id, "number": row.number, "why": error.message})
        return
    work.cursor["changed"] += later is not None
