"""What waiting for parts holds about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, RecordRef
from plugins.service import erasing
from plugins.service.models import PartWait


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove where the customer was told, and in what words; the part and its days are no person's."""
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return
    for row in ctx.session.scalars(sa.select(PartWait).where(PartWait.order_id.in_(ids)).order_by(PartWait.id)):
        row.mailed_to = row.explanation = row.ended_reason = ""
