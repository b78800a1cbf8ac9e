"""What reports of promises hold about a customer, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.late_contracts import LATE
from plugins.service.models import LateReport


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The reports on a customer's orders."""
    rows = _rows(ctx, ref)
    if not rows:
        return []
    return [
        PersonalData(
            _("Reports of promises not kept"),
            len(rows),
            _("The reason, the help asked for, the head's note"),
            _("Which time was missed and what was done: statistics need them"),
            tuple(RecordRef(LATE, r.id) for r in rows),
            max(r.at for r in rows),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove what may name the customer."""
    for row in _rows(ctx, ref):
        row.reason = row.help = row.answer_text = ""
        row.once = None


def _rows(ctx: Ctx, ref: RecordRef) -> list[LateReport]:
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return []
    return list(ctx.session.scalars(sa.select(LateReport).where(LateReport.order_id.in_(ids)).order_by(LateReport.id)))
