"""What the phone desk holds about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person, phones_of
from plugins.callback.calling_contracts import MISSED
from plugins.callback.models import MissedCall


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """Missed calls of a customer."""
    rows = _rows(ctx, ref)
    if not rows:
        return []
    return [
        PersonalData(
            _("Missed calls"),
            len(rows),
            _("Number, name, what was said when called back"),
            _("When a call was missed, who had to answer, what followed from it"),
            tuple(RecordRef(MISSED, row.id) for row in rows),
            max(row.at for row in rows),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it; the key holds the number, too."""
    for row in _rows(ctx, ref):
        row.phone = row.caller = row.note = row.result = row.why = ""
        row.external_key = None


def _rows(ctx: Ctx, ref: RecordRef) -> list[MissedCall]:
    """Those of the person, and those from his or her numbers that were missed before anybody knew whose they are."""
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    numbers = [phone.number for customer_id in ids for phone in phones_of(ctx, customer_id)]
    theirs = sa.or_(MissedCall.customer_id.in_(ids), MissedCall.phone.in_(numbers))
    query = sa.select(MissedCall).where(theirs).order_by(MissedCall.id).with_for_update()
    return list(ctx.session.scalars(query)) if ids else []
