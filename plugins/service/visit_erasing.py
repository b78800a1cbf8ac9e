"""What visits hold about a person, and removing it. Signatures and photos go with the files of the visit."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service.erasing import orders_of
from plugins.service.models import PartLine, Rating, Signature, Visit
from plugins.service.visit_contracts import VISIT


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The visits on a customer's orders."""
    found = _visits(ctx, [o.id for o in orders_of(ctx, ref)])
    if not found:
        return []
    return [
        PersonalData(
            _("Visits"),
            len(found),
            _("What was found, told and done, contacts noted, names and pictures of signatures, photos, comments"),
            _("Who was there when, the grades given and the parts used: statistics need them"),
            tuple(RecordRef(VISIT, v.id) for v in found),
            max(v.left_at or v.arrived_at for v in found),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    ids = [o.id for o in orders_of(ctx, ref)]
    for visit in _visits(ctx, ids):
        visit.differs_text = visit.further_text = visit.done_text = visit.tested = visit.again_reason = ""
        visit.contact_who = visit.contacts_why = ""
        visit.contact_phone = "–" if visit.contacts == "exchanged" else ""
    for signature in ctx.session.scalars(sa.select(Signature).where(Signature.order_id.in_(ids))):
        signature.who = signature.reason = signature.ended_reason = ""
        signature.file_id = None
    for rating in ctx.session.scalars(sa.select(Rating).where(Rating.order_id.in_(ids))):
        rating.comment = rating.declined = ""
    for part in ctx.session.scalars(sa.select(PartLine).where(PartLine.order_id.in_(ids), PartLine.source == "hand")):
        part.name = part.number or "–"
    ctx.session.flush()


def _visits(ctx: Ctx, order_ids: list[int]) -> list[Visit]:
    if not order_ids:
        return []
    return list(ctx.session.scalars(sa.select(Visit).where(Visit.order_id.in_(order_ids)).order_by(Visit.id)))
