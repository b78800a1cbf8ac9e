"""What batch holds add to other pages: the batch's case, "Trace" on records that parts were used for, work to do."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Panel, WorkItem, _
from plugins.inventory.lists.holds import SEE, hold_mark
from plugins.inventory.models import Batch
from plugins.inventory.queries import holds as queries
from plugins.inventory.services.holding import WORK

SHOWN = 10


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """The holds of a batch, and where it is traced."""
    if not isinstance(record, Batch) or not ctx.can(SEE):
        return []
    holds = queries.holds_of(ctx, record.id, SHOWN)
    data = {"batch": record, "holds": [(hold, hold_mark(hold)) for hold in holds]}
    return [Panel(_("Holds and trace"), "inventory/_holds.html", data, "side", 30)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Every hold with something to do, for those who may do it."""
    if not ctx.can(WORK):
        return []
    rows = queries.open_holds(ctx, SHOWN)
    counts = queries.progress_of(ctx, [row.id for row in rows])
    due = queries.first_due(ctx, [row.id for row in rows])
    items = []
    for row in rows:
        of_it = counts.get(row.id, {})
        todo = sum(n for (_kind, state), n in of_it.items() if state == "open")
        clock = due.get(row.id)
        if todo:
            items.append(
                WorkItem(
                    title=_("Batch {number} of {part} is held", number=row.batch.number, part=row.batch.part.name),
                    url=url_for("inventory.hold_page", record_id=row.id), number=row.batch.number,
                    kind=_("Batch hold"), icon="octagon-pause", due=clock.due_at if clock is not None else None,
                    clock=clock,
                    detail=_("{done} of {total}", done=sum(of_it.values()) - todo, total=sum(of_it.values())),
                    next_step=_("Report tasks done"),
                )
            )  # fmt: skip
    return items
