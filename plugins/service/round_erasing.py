"""What inspection rounds hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.models import Round, RoundFault, RoundPlace
from plugins.service.round_contracts import ROUND


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The rounds at a customer's."""
    orders = erasing.orders_of(ctx, ref)
    found = _rounds(ctx, [o.id for o in orders])
    if not found:
        return []
    return [
        PersonalData(
            _("Inspection rounds"),
            len(found),
            _("Names of places, remarks, reasons why a place was passed over"),
            _("What each point showed, dates and who looked: statistics need them"),
            tuple(RecordRef(ROUND, r.id) for r in found),
            max(o.closed_at or o.received_at for o in orders),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. A place is called by its count from now on."""
    ids = [r.id for r in _rounds(ctx, [o.id for o in erasing.orders_of(ctx, ref)])]
    if not ids:
        return
    gone = _("Removed")
    query = sa.select(RoundPlace).where(RoundPlace.round_id.in_(ids)).order_by(RoundPlace.id)
    places = list(ctx.session.scalars(query))
    for place in places:
        place.name, place.reason = str(place.n), gone if place.reason else ""
        place.answers = {code: {**said, "remark": ""} for code, said in place.answers.items()}
    own = RoundFault.place_id.in_([p.id for p in places])
    for fault in ctx.session.scalars(sa.select(RoundFault).where(own).order_by(RoundFault.id)):
        fault.remark = ""


def _rounds(ctx: Ctx, orders: list[int]) -> list[Round]:
    if not orders:
        return []
    return list(ctx.session.scalars(sa.select(Round).where(Round.order_id.in_(orders)).order_by(Round.id)))
