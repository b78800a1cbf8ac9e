"""Removing what inventory holds of a person: what was said when customers were reached about a held batch, and what was
written about sterile goods sold to them.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, RecordRef
from plugins.inventory.models import HoldTask, SterileCase
from plugins.inventory.queries.trace import CUSTOMER


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Empty what was written about reaching this customer; that it was done, and when, stays."""
    if ref.kind != CUSTOMER:
        return
    query = sa.select(HoldTask).where(HoldTask.customer_id == ref.id).order_by(HoldTask.id)
    for task in ctx.session.scalars(query):
        task.result = ""
    cases = sa.select(SterileCase).where(SterileCase.customer_id == ref.id).order_by(SterileCase.id)
    for case in ctx.session.scalars(cases):
        case.asked_note = case.quality_note = case.decision_reason = ""
