"""What signed slips hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.models import SlipPage
from plugins.service.queries import slips as queries
from plugins.service.slip_contracts import SLIP


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """What a customer signed."""
    rows = queries.of_orders(ctx, [o.id for o in erasing.orders_of(ctx, ref)])
    if not rows:
        return []
    return [
        PersonalData(
            _("Signed slips"),
            len(rows),
            _("Pictures of the slips, who signed, notes, tracking numbers, reasons"),
            _("When each was sent and judged, and by whom: time limits are counted from it"),
            tuple(RecordRef(SLIP, s.id) for s in rows),
            max(s.judged_at or s.sent_at for s in rows),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it; the files themselves are removed with what hangs on the records."""
    rows = queries.of_orders(ctx, [o.id for o in erasing.orders_of(ctx, ref)])
    for slip in rows:
        slip.signed_by = slip.note = slip.tracking = ""
        slip.reason = "–" if slip.reason else ""
        slip.once = None
    query = sa.select(SlipPage).where(SlipPage.slip_id.in_([s.id for s in rows])).order_by(SlipPage.id)
    for page in ctx.session.scalars(query):
        page.file_id = None
