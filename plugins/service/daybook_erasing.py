"""What the day book keeps about a customer beside the register and the orders, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.contracts import ORDER
from plugins.service.models import Filing


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The signed vouchers of a customer's orders that were filed."""
    rows = _rows(ctx, ref)
    if not rows:
        return []
    return [
        PersonalData(
            _("Vouchers filed"),
            len(rows),
            _("Scans, remarks; the paper itself is in the folder named"),
            _("Number of the voucher, where it is filed and by whom: the archive needs them"),
            tuple(RecordRef(ORDER, r.order_id) for r in rows),
            max(r.filed_at for r in rows),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove scans and remarks."""
    for row in _rows(ctx, ref):
        row.note = row.ended_reason = ""
        row.file_id = None
    ctx.session.flush()


def _rows(ctx: Ctx, ref: RecordRef) -> list[Filing]:
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return []
    return list(ctx.session.scalars(sa.select(Filing).where(Filing.order_id.in_(ids)).order_by(Filing.id)))
