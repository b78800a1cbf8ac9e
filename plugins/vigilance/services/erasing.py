"""What this plugin holds of a person, and removing it. The register of implants stays: the law has it kept for ever."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.contracts import CUSTOMER
from plugins.vigilance.contracts import EVENT
from plugins.vigilance.models import AdverseEvent, Duty


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The adverse events of a customer."""
    if ref.kind != CUSTOMER:
        return []
    query = sa.select(AdverseEvent.id, AdverseEvent.learned_at).where(AdverseEvent.customer_id == ref.id)
    rows = ctx.session.execute(query).all()
    if not rows:
        return []
    goes, stays = _("What was told, who told it, the patient"), _("That it happened, its harm, cause and reports")
    refs = tuple(RecordRef(EVENT, row.id) for row in rows)
    return [PersonalData(_("Adverse events"), len(rows), goes, stays, refs, max(row.learned_at for row in rows))]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Empty what was told of a customer's adverse events."""
    if ref.kind != CUSTOMER:
        return
    query = sa.select(AdverseEvent).where(AdverseEvent.customer_id == ref.id).order_by(AdverseEvent.id)
    for row in ctx.session.scalars(query):
        row.subject = row.course = row.operation = row.usage = row.finding = row.patient = ""
        row.told_by = row.told_phone = ""
        for duty in ctx.session.scalars(sa.select(Duty).where(Duty.event_id == row.id).order_by(Duty.id)):
            duty.person = duty.note = duty.reference = ""
