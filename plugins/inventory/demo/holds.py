"""A held batch for the demonstration: some of it had gone out before, and one customer was reached already."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef
from plugins.inventory.contracts import Circumstances, StockLine
from plugins.inventory.models import Batch, HoldTask
from plugins.inventory.queries.trace import CUSTOMER, DEVICE
from plugins.inventory.services import holding, lots, stock


def hand_out(ctx: Ctx, batch: Batch) -> None:
    """Some of a batch goes to a customer and into a unit."""
    for kind, quantity in ((CUSTOMER, 2), (DEVICE, 1)):
        model: Any = ctx.registry.kinds[kind].model
        found = ctx.session.scalar(sa.select(sa.func.min(model.id)))
        if found is not None:
            line = StockLine(batch.part_id, Decimal(quantity), batch_id=batch.id)
            stock.issue(ctx, [line], Circumstances(reference=RecordRef(kind, found)))


def stop(ctx: Ctx, batches: list[Batch], words: dict[str, Any]) -> None:
    """One batch is held, and a customer reached; another was held and is released."""
    lots.hold_batch(ctx, batches[1].id, words["held"])
    query = sa.select(HoldTask.id).where(HoldTask.customer_id.is_not(None)).order_by(HoldTask.id)
    task_id = ctx.session.scalars(query.limit(1)).first()
    if task_id is not None:
        holding.finish_task(ctx, task_id, words["reached"])
    lots.hold_batch(ctx, batches[2].id, words["held"])
    lots.release_batch(ctx, batches[2].id, words["tested"], decision="sorted")
