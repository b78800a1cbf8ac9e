"""What preventive plans hold about a person, and removing it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.service.models import CarePlan, Occurrence
from plugins.service.plan_contracts import PLAN


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The plans for a customer."""
    plans = _plans(ctx, ref)
    if not plans:
        return []
    return [
        PersonalData(
            _("Preventive plans"),
            len(plans),
            _("What is done, in what words, reasons why a visit was skipped or a plan paused or ended"),
            _("The number, rhythm, dates and what became of each visit: statistics need them"),
            tuple(RecordRef(PLAN, p.id) for p in plans),
            max(dt.datetime.combine(p.ends_on or p.next_on or p.starts_on, dt.time(), ctx.tz) for p in plans),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. A plan is called by its number from now on."""
    plans = _plans(ctx, ref)
    for plan in plans:
        plan.name = plan.number
        plan.text = plan.state_reason = plan.contract_words = ""
        if plan.device_id is not None or plan.customer_id is not None:
            plan.places = ""
        plan.external_key = None
    query = sa.select(Occurrence).where(Occurrence.plan_id.in_([p.id for p in plans])).order_by(Occurrence.id)
    for occurrence in ctx.session.scalars(query):
        occurrence.reason = ""


def _plans(ctx: Ctx, ref: RecordRef) -> list[CarePlan]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    if not ids:
        return []
    query = sa.select(CarePlan).where(CarePlan.customer_id.in_(ids)).order_by(CarePlan.id).with_for_update()
    return list(ctx.session.scalars(query))
