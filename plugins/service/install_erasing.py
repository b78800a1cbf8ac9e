"""What installations hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.models import Installation, InstallPaper, InstallStep, InstallVerdict, Trainee


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The installations at a customer's."""
    orders = erasing.orders_of(ctx, ref)
    ids = [o.id for o in orders]
    query = sa.select(Installation).where(Installation.order_id.in_(ids)).order_by(Installation.id)
    found = list(ctx.session.scalars(query)) if ids else []
    if not found:
        return []
    return [
        PersonalData(
            _("Installations"),
            len(found),
            _("Access, the customer's equipment, who accepted, objected, received papers and was trained, remarks"),
            _("Steps, papers and dates, and who of ours did it: statistics and warranty need them"),
            tuple(RecordRef("service.installation", i.id) for i in found),
            max(o.closed_at or o.received_at for o in orders),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return
    gone = _("Removed")
    for found in _rows(ctx, Installation, ids):
        found.access = found.equipment = found.hours_note = found.accepted_by = ""
    for step in _rows(ctx, InstallStep, ids):
        step.done_note = step.reason = ""
    for said in _rows(ctx, InstallVerdict, ids):
        said.who = said.reason = ""
    for paper in _rows(ctx, InstallPaper, ids):
        paper.received_by = ""
        paper.dropped_reason = gone if paper.dropped_reason else ""
    for trainee in _rows(ctx, Trainee, ids):
        trainee.name, trainee.job, trainee.note = gone, "", ""


def _rows(ctx: Ctx, model, ids: list[int]):
    return ctx.session.scalars(sa.select(model).where(model.order_id.in_(ids)).order_by(model.id))
