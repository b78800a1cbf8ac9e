"""What callback holds about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.callback.contracts import CALL, PREFERENCE
from plugins.callback.models import Call, Preference


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The calls to a customer and his or her wishes about them."""
    calls, wishes = _calls(ctx, ref), _wishes(ctx, ref)
    if not calls and not wishes:
        return []
    return [
        PersonalData(
            _("Callbacks"),
            len(calls) + len(wishes),
            _("Phone number, notes of calls, wishes about calls"),
            _("Days, reasons and results of calls: statistics need them; that somebody wishes no calls"),
            (*(RecordRef(CALL, c.id) for c in calls), *(RecordRef(PREFERENCE, w.id) for w in wishes)),
            max((c.done_at for c in calls if c.done_at is not None), default=None),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    for call in _calls(ctx, ref):
        call.phone = call.note = ""
    for wish in _wishes(ctx, ref):
        wish.note = ""


def _calls(ctx: Ctx, ref: RecordRef) -> list[Call]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    query = sa.select(Call).where(Call.customer_id.in_(ids)).order_by(Call.id).with_for_update()
    return list(ctx.session.scalars(query)) if ids else []


def _wishes(ctx: Ctx, ref: RecordRef) -> list[Preference]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    query = sa.select(Preference).where(Preference.customer_id.in_(ids)).order_by(Preference.id).with_for_update()
    return list(ctx.session.scalars(query)) if ids else []
